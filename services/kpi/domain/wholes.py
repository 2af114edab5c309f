"""A part against what it is a part of: the same days, the same place, whichever came first.

A level stands until the next one: of a whole that is entered by the year its last value is held
against a month's part. It may have grown since, so that what is above it is told and not refused;
of the same day it is refused. Where one is entered by ward and the other for the whole city, the
wards are added up: of the whole all of them must be there, of the part those that are.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from palika.text import Name
from services.kpi.domain.catalogue_wholes import wholes
from services.kpi.domain.entry import Key, Problem
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.money import PAISE, for_people
from services.kpi.domain.places import Places


@dataclass(frozen=True, slots=True)
class Above:
    """A value above another that it should not exceed, on a day.

    Attributes:
        part, whole: the measures.
        place: '' is the whole city.
        day: of the part.
        has, most: both values, in their unit.
        refused: it is impossible; False: it is only told.
    """

    part: MeasureInfo
    whole: MeasureInfo
    place: str
    day: date
    has: Fraction
    most: Fraction
    refused: bool

    @property
    def words(self) -> Name:
        """That it is so."""
        has, most = _said(self.has, self.part), _said(self.most, self.whole)
        return Name(
            f"“{self.part.name.mr}” {has} हे “{self.whole.name.mr}” {most} पेक्षा जास्त आहे",
            f"“{self.part.name.en}”, {has}, is more than “{self.whole.name.en}”, {most}",
        )


class _At(NamedTuple):
    value: Fraction
    day: date


class Known:
    """Values by measure, place and day, and how they stand to each other."""

    def __init__(
        self, values: Mapping[Key, int], measures: Mapping[str, MeasureInfo], city: Places
    ) -> None:
        self._measures = measures
        self._city = city
        self._values: dict[str, dict[str, dict[date, int]]] = defaultdict(lambda: defaultdict(dict))
        for key, steps in values.items():
            self._values[key.measure][key.place][key.day] = steps
        self._days: dict[tuple[str, str], list[date]] = {}
        self._parts: dict[str, list[str]] = defaultdict(list)
        for code, info in measures.items():
            for whole in wholes(info):
                self._parts[whole].append(code)

    def above(self, key: Key) -> list[Above]:
        """What of a value's own measure is above the ones that it should not exceed."""
        info = self._measures[key.measure]
        found = []
        for code in wholes(info):
            whole = self._measures[code]
            place = key.place if info.by == whole.by else ""
            most = self._whole(whole, place, key.day)
            has = self._part(info, place, key.day)
            if most is not None and has is not None and has > most.value:
                refused = code == info.at_most and most.day == key.day
                found.append(Above(info, whole, place, key.day, has, most.value, refused))
        return found

    def touched(self, key: Key) -> list[Above]:
        """As `above`, and where the value is itself the whole, of the parts that are held to it."""
        found = self.above(key)
        if not self._parts[key.measure] or key.day not in self._values[key.measure][key.place]:
            return found
        until = self._held_until(key)
        for code in self._parts[key.measure]:
            same = self._measures[code].by == self._measures[key.measure].by
            days = {
                day: place
                for place in ([key.place] if same else [*self._values[code]])
                for day in self._between(code, place, key.day, until)
            }
            for day, place in sorted(days.items()):
                found += [
                    each
                    for each in self.above(Key(code, place, day))
                    if each.whole.code == key.measure
                ]
        return found

    def _held_until(self, key: Key) -> date | None:
        """Before which day a whole's value is the one that stands; None: it is the last."""
        if self._measures[key.measure].kind != "level":
            return key.day + timedelta(days=1)
        days = self._days_of(key.measure, key.place)
        after = bisect_right(days, key.day)
        return days[after] if after < len(days) else None

    def _between(self, code: str, place: str, first: date, until: date | None) -> list[date]:
        """The days from the first on, and before `until`, on which there is a value."""
        days = self._days_of(code, place)
        end = len(days) if until is None else bisect_left(days, until)
        return days[bisect_left(days, first) : end]

    def _days_of(self, code: str, place: str) -> list[date]:
        """The days on which there is a value, in their order."""
        found = self._days.get((code, place))
        if found is None:
            found = self._days[code, place] = sorted(self._values[code][place])
        return found

    def _part(self, info: MeasureInfo, place: str, day: date) -> Fraction | None:
        of = self._values[info.code]
        values = [of[one][day] for one in ([place] if place else [*of]) if day in of[one]]
        return _scaled(sum(values), info) if values else None

    def _whole(self, info: MeasureInfo, place: str, day: date) -> _At | None:
        places = [place] if place else [*self._city.expected(info.by)]
        found = [self._newest(info.code, one, day) for one in places]
        there = [each for each in found if each is not None]
        if not there or len(there) < len(places):
            return None
        return _At(sum((each.value for each in there), Fraction(0)), min(e.day for e in there))

    def _newest(self, code: str, place: str, day: date) -> _At | None:
        info, of = self._measures[code], self._values[code][place]
        if day in of:
            return _At(_scaled(of[day], info), day)
        if info.kind != "level":
            return None
        days = self._days_of(code, place)
        at = bisect_right(days, day)
        return None if not at else _At(_scaled(of[days[at - 1]], info), days[at - 1])


def beside(measures: Iterable[str], known: Mapping[str, MeasureInfo]) -> set[str]:
    """The measures, those that they are held against, and those that are held against them."""
    asked = {each for each in measures if each in known}
    found = asked | {whole for each in asked for whole in wholes(known[each])}
    return found | {code for code, info in known.items() if asked & set(wholes(info))}


def too_much(lines: Mapping[int, Key], known: Known) -> list[Problem]:
    """What of lines, by their number, is impossible beside what is `known`, which they are among.

    A part and its whole in the same batch are told once, on the part's line.
    """
    keys = {(key.measure, key.day) for key in lines.values()}
    problems = []
    for line, key in lines.items():
        for each in known.touched(key):
            own = each.part.code == key.measure
            if not each.refused or (not own and (each.part.code, each.day) in keys):
                continue
            has, most = _said(each.has, each.part), _said(each.most, each.whole)
            if own:
                rule = f"must be at most {most}, as {each.whole.code} is: no part of it is more"
                if each.place != key.place:
                    rule += f", and with the other places it is {has}"
            else:
                rule = f"must be at least {has}, as {each.part.code} is, which is a part of it"
            problems.append(Problem(line, "value", rule))
    return problems


def _scaled(steps: int, info: MeasureInfo) -> Fraction:
    return Fraction(steps, 10**info.decimals)


def _said(value: Fraction, info: MeasureInfo) -> str:
    if info.unit == PAISE or value.denominator == 1:
        return str(for_people(round(value), info.unit))
    return f"{float(value):.15g}"
