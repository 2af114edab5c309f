"""The rules of a rate sheet, one by one: their dates, what they rest on, and their figures."""

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from palika.errors import Invalid
from palika.reading import MISSING, Reading
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis, Dated, History, doubts
from services.tax.domain.interest import InterestRule, Term
from services.tax.domain.rates import OPEN_PLOT, USES, Band, Cell, LettingValue, Rate, Relief, Slab
from services.tax.domain.rebates import Tier

T = TypeVar("T")

OF_BASIS = ("source", "illustrative", "note", "decided_on")
_PER = {"month": 12, "year": 1}
_OLDEST = 300
_MOST_A_MONTH = 10
_MOST_REFUND_YEARS = 20
_YEAR_IN_TEXT = re.compile(r"(?<![0-9])(1[89]|20)[0-9]{2}(?![0-9])")


class RulesReading(Reading):
    """Reads rules; ``sources`` are the citations, ``cited`` those that a rule has named,
    ``last_day`` that of the last half-year which the sheet covers."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: dict[str, str] = {}
        self.cited: set[str] = set()
        self.last_day = date.max
        self.rules_read = self.sourced_read = 0

    def read_sources(self, raw: Any) -> None:
        """The citations by their codes; each names the year that it is of."""
        for place, code, each in self.entries("sources", raw):
            citation = self.text(place, each)
            if citation and not _YEAR_IN_TEXT.search(citation):
                self.wrong(place, "a citation must name its date, at least the year")
            self.sources[code] = citation

    def basis(self, place: str, raw: Mapping[str, Any], effective_from: date, usual: date) -> Basis:
        """What a figure rests on: a source, or that it is illustrative; ``usual``: the day of its
        decision when none is given."""
        self.rules_read += 1
        source = raw.get("source")
        illustrative = raw.get("illustrative") is not None
        if illustrative and raw["illustrative"] is not True:
            self.wrong(f"{place}, illustrative", "must be true, or not be there")
        if source is None and not illustrative:
            self.wrong(place, "has neither a source nor illustrative: true")
        if source is not None and self.one_of(f"{place}, source", source, self.sources):
            self.cited.add(source)
        note = self.text(f"{place}, note", raw["note"]) if "note" in raw else None
        if source is not None and illustrative and note is None:
            self.wrong(place, "has a source and is illustrative: a note must say what is which")
        decided = (
            self.day(f"{place}, decided_on", raw["decided_on"]) if "decided_on" in raw else usual
        )
        self.sourced_read += source is not None
        citation = self.sources.get(source) if isinstance(source, str) else None
        return Basis(effective_from, decided, citation, illustrative, note)

    def rules(
        self,
        place: str,
        raw: Any,
        needed: Collection[str],
        optional: Collection[str],
        read: Callable[[str, Mapping[str, Any]], T],
    ) -> list[tuple[str, Dated[T]]]:
        """The dated rules of a list, each with its place; ``read`` makes the figure of one."""
        found = []
        for inner, each in self.items(place, raw):
            table = self.mapping(
                inner, each, ("effective_from", *needed), (*OF_BASIS, "refund_years", *optional)
            )
            begins = self.day(f"{inner}, effective_from", table["effective_from"])
            if begins != date.min and (begins.month, begins.day) not in ((4, 1), (10, 1)):
                self.wrong(
                    f"{inner}, effective_from",
                    "must be the first day of a half-year, 1 April or 1 October",
                )
            if begins > self.last_day:
                self.wrong(f"{inner}, effective_from", "is after the last day that is covered")
            basis = self.basis(inner, table, begins, begins)
            if "refund_years" in table:
                basis = self._with_refund(f"{inner}, refund_years", table["refund_years"], basis)
            found.append((inner, Dated(read(inner, table), basis)))
        return found

    def _with_refund(self, place: str, raw: Any, basis: Basis) -> Basis:
        if basis.decided_on <= basis.effective_from:
            self.wrong(place, "only what is decided after it takes effect can be refunded")
        return replace(basis, refund_years=self.whole(place, raw, 1, _MOST_REFUND_YEARS))

    def history(self, rules: Sequence[tuple[str, Dated[T]]]) -> History[T]:
        """The rules of one key; where it is in doubt which of them holds is a mistake."""
        for at, doubt in doubts([rule.basis for _, rule in rules]):
            self.wrong(rules[at][0], doubt)
        return History(tuple(rule for _, rule in rules))

    def half_year(self, place: str, raw: Any) -> HalfYear:
        """A half-year, as 2026-27/1."""
        try:
            return HalfYear.parse(raw)
        except Invalid:
            self.wrong(place, f"must be a half-year like 2026-27/1, not {raw!r:.40}")
            return HalfYear(1900, 1)

    def year(self, place: str, raw: Any) -> int:
        """A financial year, as 2026-27; gives 2026."""
        try:
            return HalfYear.parse(f"{raw}/1").year
        except Invalid:
            self.wrong(place, f"must be a financial year like 2026-27, not {raw!r:.40}")
            return 1900


# -- what a rule says; each takes the reading, the rule's place and the rule ----------------------


def percent_of(reading: RulesReading, place: str, raw: Mapping[str, Any]) -> Fraction:
    """A plain percentage."""
    return reading.percent(f"{place}, percent", raw["percent"])


def relief_of(reading: RulesReading, place: str, raw: Mapping[str, Any]) -> Relief:
    """A concession's percentage and cap."""
    cap = reading.rupees(f"{place}, cap_rupees", raw["cap_rupees"]) if "cap_rupees" in raw else None
    return Relief(percent_of(reading, place, raw), cap)


def letting_values_of(
    reading: RulesReading,
    place: str,
    raw: Mapping[str, Any],
    zones: Collection[str],
    classes: Collection[str],
) -> dict[Cell, LettingValue]:
    """The values by zone, use and class that a rule sets; those that it leaves out stay."""
    months = _PER.get(reading.one_of(f"{place}, per", raw["per"], _PER), 1)
    found: dict[Cell, LettingValue] = {}
    for in_zone, zone, by_use in reading.entries(f"{place}, rupees", raw["rupees"]):
        reading.one_of(in_zone, zone, zones)
        for in_use, use, by_class in reading.entries(in_zone, by_use):
            if not reading.one_of(in_use, use, USES):
                continue
            if use == OPEN_PLOT:
                found[zone, use, None] = LettingValue(reading.rupees(in_use, by_class), months)
                continue
            for in_class, code, rupees in reading.entries(in_use, by_class):
                reading.one_of(in_class, code, classes)
                found[zone, use, code] = LettingValue(reading.rupees(in_class, rupees), months)
    return found


def bands_of(
    reading: RulesReading, place: str, raw: Mapping[str, Any], classes: Collection[str]
) -> dict[str, tuple[Band, ...]]:
    """What age takes off the letting value, by class; those that it leaves out stay."""
    found = {}
    for in_class, code, listed in reading.entries(f"{place}, bands", raw["bands"]):
        reading.one_of(in_class, code, classes)
        bands: list[Band] = []
        for inner, each in reading.items(in_class, listed):
            table = reading.mapping(inner, each, ("from_age", "percent"))
            age = reading.whole(f"{inner}, from_age", table["from_age"], 0, _OLDEST)
            if not bands and age != 0:
                reading.wrong(f"{inner}, from_age", "the first band must begin at 0: a gap")
            if bands and age <= bands[-1].from_age:
                reading.wrong(f"{inner}, from_age", "must be above the band before: an overlap")
            bands.append(Band(age, percent_of(reading, inner, table)))
        found[code] = tuple(bands)
    return found


def rates_of(reading: RulesReading, place: str, raw: Mapping[str, Any]) -> dict[str, Rate]:
    """A head's rate for each use: one for all, or ``by_use`` with every use."""
    if "by_use" not in raw:
        rate = _rate(reading, place, raw)
        return dict.fromkeys(USES, rate)
    if "percent" in raw or "slabs" in raw or "in_parts" in raw:
        reading.wrong(place, "has by_use and a rate for all uses; must have one of them")
    listed = reading.mapping(f"{place}, by_use", raw["by_use"], USES)
    return {
        use: _rate(
            reading,
            f"{place}, by_use, {use}",
            reading.mapping(
                f"{place}, by_use, {use}", listed[use], (), ("percent", "slabs", "in_parts")
            ),
        )
        for use in USES
        if listed[use] is not MISSING
    }


def _rate(reading: RulesReading, place: str, raw: Mapping[str, Any]) -> Rate:
    if ("percent" in raw) == ("slabs" in raw):
        reading.wrong(place, "must have either a percent or slabs")
        return Rate((Slab(0, Fraction(0)),))
    if "percent" in raw:
        return Rate((Slab(0, percent_of(reading, place, raw)),))
    slabs: list[Slab] = []
    for inner, each in reading.items(f"{place}, slabs", raw["slabs"]):
        table = reading.mapping(inner, each, ("above_rupees", "percent"))
        above = reading.rupees(f"{inner}, above_rupees", table["above_rupees"])
        if not slabs and above != 0:
            reading.wrong(f"{inner}, above_rupees", "the first slab must begin at 0: a gap")
        if slabs and above <= slabs[-1].above:
            reading.wrong(f"{inner}, above_rupees", "must be above the slab before: an overlap")
        slabs.append(Slab(above, percent_of(reading, inner, table)))
    in_parts = reading.flag(f"{place}, in_parts", raw.get("in_parts", False))
    return Rate(tuple(slabs), in_parts)


def tiers_of(reading: RulesReading, place: str, raw: Mapping[str, Any]) -> tuple[Tier, ...]:
    """The rebate by the amount of the year's tax; the last tier is of any amount."""
    listed = list(reading.items(f"{place}, tiers", raw["tiers"]))
    tiers: list[Tier] = []
    for at, (inner, each) in enumerate(listed, 1):
        table = reading.mapping(inner, each, ("percent",), ("up_to_rupees",))
        up_to = None
        if "up_to_rupees" in table:
            up_to = reading.rupees(f"{inner}, up_to_rupees", table["up_to_rupees"])
            if tiers and tiers[-1].up_to is not None and up_to <= tiers[-1].up_to:
                reading.wrong(f"{inner}, up_to_rupees", "must be above the tier before: an overlap")
        if (up_to is None) != (at == len(listed)):
            reading.wrong(inner, "the last tier, and no other, is without up_to_rupees: a gap")
        tiers.append(Tier(up_to, percent_of(reading, inner, table)))
    return tuple(tiers)


def interest_of(reading: RulesReading, place: str, raw: Mapping[str, Any]) -> InterestRule:
    """What a month costs, and until when each half-year is free."""
    percent = reading.percent(f"{place}, percent_a_month", raw["percent_a_month"], _MOST_A_MONTH)
    first, second = (_term(reading, f"{place}, {half}", raw[half]) for half in HALVES)
    return InterestRule(percent, (first, second))


HALVES = ("first_half", "second_half")


def _term(reading: RulesReading, place: str, raw: Any) -> Term:
    table = reading.mapping(place, raw, (), ("months_after_bill", "by"))
    if not table and raw is not MISSING:
        reading.wrong(place, "must have months_after_bill, by, or both")
    months = by = None
    if "months_after_bill" in table:
        months = reading.whole(f"{place}, months_after_bill", table["months_after_bill"], 0, 24)
    if "by" in table:
        inner = f"{place}, by"
        day_of = reading.mapping(inner, table["by"], ("month", "day"))
        month = reading.whole(f"{inner}, month", day_of["month"], 1, 12)
        last = monthrange(2001, month)[1]
        by = month, reading.whole(f"{inner}, day", day_of["day"], 1, last)
    return Term(months, by)
