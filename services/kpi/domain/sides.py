"""Which places a value covers, and whether what goes into it was entered for the same ones.

All who show, judge, mark or print a KPI ask the same rule (`Made.basis`).
"""

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import date, timedelta
from typing import NamedTuple

from palika.india import in_digits
from palika.text import Name
from services.kpi.domain.flows import degree
from services.kpi.domain.indicators import Indicator, MeasureInfo
from services.kpi.domain.parting import OF_A_PLACE
from services.kpi.domain.period import Period
from services.kpi.domain.places import Places

MOST_NAMED = 5
"""Places that are named in words; all of them are told as data."""
_MANY = {"ward": Name("प्रभाग", "wards"), "zone": Name("परिमंडळे", "zones")}


class Side(NamedTuple):
    """A measure that people enter, of which periods it is read, and of which of them and which
    places a value is in force."""

    info: MeasureInfo
    periods: tuple[Period, ...]
    covers: Set[tuple[Period, str]]


class Missing(NamedTuple):
    """A place that has no value: since which period (None: it never had one). `stands`: it is of a
    level, and the last value, which is out of date, counts still."""

    place: str
    since: Period | None
    stands: bool


class Covers(NamedTuple):
    """For which places a value should be there, and which of them are missing; both in the order of
    the city's list."""

    by: str
    places: tuple[str, ...]
    missing: tuple[Missing, ...]

    @property
    def has(self) -> int:
        """How many places are there."""
        return len(self.places) - len(self.missing)


class Basis(NamedTuple):
    """What a value is of.

    Attributes:
        covers: None: nothing of it is entered by places.
        partial: why it is not the value of all that it should be of; None if it is.
        rises: what is missing can only make it more.
    """

    covers: Covers | None = None
    partial: Name | None = None
    rises: bool = False


WHOLE = Basis()
"""Of a value into which nothing goes that is entered by places."""


class Counted(NamedTuple):
    """A sum that events feed, beside what people enter: up to which day it is counted, and whether
    its period still runs."""

    info: MeasureInfo
    until: date
    running: bool


class Made(NamedTuple):
    """A KPI's value of a period: what people enter of it, and which places lack since when."""

    indicator: Indicator
    sides: tuple[Side, ...]
    missing: Mapping[tuple[str, str], Missing]
    """By measure and place (`lacking` says of which)."""
    before: tuple[Side, ...] = ()
    """Of sums that are compared with those of a period before: what was entered of that one, in
    the place of the periods of this one with which they are compared."""
    counted: Counted | None = None
    """The first sum of the formula that events feed; None: there is none, or nothing beside it that
    people enter."""

    def basis(self, places: Places, within: Collection[str] | None = None) -> Basis:
        """Which places the value covers, and whether it can be held to a target.

        What lacks on one side would count as zero against the other (`uneven`). Where all sides
        lack the same places, a rate is one of the others; a sum, a level, and a rate against
        something that was not entered by places are too small or too large, and are `partial`. So
        is a value of which nothing is up to date. What has `zero_with` lacks nothing.

        Args:
            places: of the city.
            within: of a part: the wards (and the zone) that it is; None: of the whole.
        """
        sides, before = self.sides, self.before
        if within is not None:
            sides, before = (
                tuple(
                    each._replace(covers={one for one in each.covers if one[1] in within})
                    for each in some
                )
                for some in (sides, before)
            )
        uneven_words = uneven((*sides, *before)) or behind(sides, self.counted)
        missing = {
            key: each for key, each in self.missing.items() if within is None or key[1] in within
        }
        covers = _covers(self.sides, missing, places, within)
        if covers is None:
            return WHOLE._replace(partial=uneven_words)
        partial = uneven_words
        if partial is not None or not missing:
            return Basis(covers, partial)
        codes = {measure for measure, _ in missing}
        grows = degree(self.indicator.formula.root, lambda code, _: code in codes, OF_A_PLACE)
        old = not covers.has and all(each.stands for each in covers.missing)
        if grows == 0 and not old:
            return Basis(covers)
        return Basis(covers, _partial(covers, places), rises=grows == 1)


def lacking(sides: Iterable[Side], places: Places) -> dict[tuple[str, str], Period]:
    """The places of which a value lacks, by measure and place, with the newest period of which it
    does: of a sum in a period of which others have one, of a level in all that it is read of.

    A measure of which nothing is there is "no data": of that others speak.
    """
    found: dict[tuple[str, str], Period] = {}
    for info, periods, covers in sides:
        if not _by_place(info):
            continue
        expected = places.expected(info.by)
        there = {period for period, place in covers if place in expected}
        for place in expected if there else ():
            if info.kind == "level":
                if all((each, place) not in covers for each in periods):
                    found[info.code, place] = periods[0]
                continue
            lack = [each for each in periods if each in there and (each, place) not in covers]
            if lack:
                found[info.code, place] = max(lack, key=lambda each: each.last)
    return found


def in_words(covers: Covers, places: Places) -> Name:
    """How many places a value covers, and which of them it does not, since when."""
    many, of = _MANY[covers.by], len(covers.places)
    if not covers.missing:
        return Name(f"सर्व {of} {many.mr}", f"all {of} {many.en}")
    named = places.expected((covers.by,))
    told = [_missing(each, named[each.place]) for each in covers.missing[:MOST_NAMED]]
    more = len(covers.missing) - len(told)
    mr, en = (", ".join(getattr(each, language) for each in told) for language in ("mr", "en"))
    if more:
        mr, en = f"{mr} आणि आणखी {more}", f"{en} and {more} more"
    return Name(
        f"{of} पैकी {covers.has} {many.mr}; नसलेले: {mr}",
        f"{covers.has} of {of} {many.en}; without {en}",
    )


def _missing(each: Missing, name: Name) -> Name:
    if each.since is None:
        return Name(f"{name.mr} (कधीच नाही)", f"{name.en} (never entered)")
    since = each.since.code
    if each.stands:
        return Name(
            f"{name.mr} ({since} पासून; शेवटचे मूल्य धरले आहे)",
            f"{name.en} (since {since}; its last value counts)",
        )
    return Name(f"{name.mr} ({since} पासून)", f"{name.en} (since {since})")


def _partial(covers: Covers, places: Places) -> Name:
    told = in_words(covers, places)
    return Name(f"{told.mr}; मूल्यमापन होत नाही", f"{told.en}: this is not judged")


def _covers(
    sides: Iterable[Side],
    missing: Mapping[tuple[str, str], Missing],
    places: Places,
    within: Collection[str] | None,
) -> Covers | None:
    """Of the kind of places by which the first side is entered of which something is there."""
    by = next((each.info.by for each in sides if each.covers and _by_place(each.info)), None)
    if by is None:
        return None
    expected = tuple(each for each in places.expected(by) if within is None or each in within)
    if not expected:
        return None
    told: dict[str, Missing] = {}
    for (_, place), each in missing.items():
        before = told.get(place)
        if before is None or _since(each) < _since(before):
            told[place] = each
    return Covers(by[0], expected, tuple(told[each] for each in expected if each in told))


def _since(each: Missing) -> str:
    """To tell which is missing for longer; who never had a value, for ever."""
    return "" if each.since is None else each.since.first.isoformat()


def _by_place(info: MeasureInfo) -> bool:
    return bool(info.by) and info.zero_with is None


def uneven(sides: Iterable[Side]) -> Name | None:
    """Why a value is not judged: its sides do not cover the same; None if they do.

    What is lacking on one side would count as zero against what is there on the other. So sums of
    the same periods are to be there for the same periods and places, and whatever else is entered
    by the same kind of places (a level beside a sum, a level that stands from before) for the same
    places. A side of which nothing is in force is "no data", or a true zero: of that
    others speak; and so is one whose absence is a zero (`zero_with`).

    Args:
        sides: of one value; those of other kinds of places are not compared.
    """
    there = [each for each in sides if each.covers and each.info.zero_with is None]
    for at, one in enumerate(there):
        for other in there[at + 1 :]:
            if one.info.by == other.info.by and (lacking := _lacking(one, other)) is not None:
                return lacking
    return None


def behind(sides: Iterable[Side], counted: Counted | None) -> Name | None:
    """Why a value of sums that are entered beside sums that events feed is not judged: those are
    counted up to today, and these are entered when their period is over; None if all is there. What
    lacks would count as zero against what came in the meantime."""
    if counted is None:
        return None
    for info, periods, covers in sides:
        if info.kind != "sum" or info.zero_with is not None or not covers:
            continue
        there = {period for period, _ in covers}
        missing = sorted(each.code for each in periods if each not in there)
        last = max(each.last for each in there)
        # What is entered by the day is there up to yesterday.
        if missing or (counted.running and last < counted.until - timedelta(days=1)):
            a, b = info.name, counted.info.name
            lack = ", ".join(missing)
            upto, now = in_digits(last), in_digits(counted.until)
            return Name(
                f"“{a.mr}” {upto} पर्यंत भरले आहे{f' ({lack} नाही)' if lack else ''}, आणि “{b.mr}” "
                f"{now} पर्यंत मोजले आहे; मूल्यमापन होत नाही",
                f"“{a.en}” is entered up to {upto}{f' (without {lack})' if lack else ''}, and "
                f"“{b.en}” is counted up to {now}: this is not judged",
            )
    return None


def _lacking(one: Side, other: Side) -> Name | None:
    if {one.info.kind, other.info.kind} == {"sum"} and one.periods == other.periods:
        only = one.covers ^ other.covers
        periods = sorted({of.code for of, _ in only})
        differ = {place for _, place in only}
    else:
        mine, theirs = ({place for _, place in each.covers} for each in (one, other))
        differ, periods = mine ^ theirs, []
    if not differ:
        return None
    a, b = one.info.name, other.info.name
    places = len(differ - {""})
    mr = [*periods, f"ठिकाणे: {places}"] if places else periods
    en = [*periods, f"places: {places}"] if places else periods
    return Name(
        f"“{a.mr}” आणि “{b.mr}” सारख्याच ठिकाणांची व कालावधींची नाहीत (फरक: {', '.join(mr)}); "
        "मूल्यमापन होत नाही",
        f"“{a.en}” and “{b.en}” are not of the same places and periods (they differ in "
        f"{', '.join(en)}): this is not judged",
    )
