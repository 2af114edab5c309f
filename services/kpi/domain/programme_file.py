"""Programmes as a city writes them, one file each; every mistake is told with its place."""

from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from palika.reading import MISSING
from services.kpi.domain.catalogue_reading import FileReading, Found, Wrong
from services.kpi.domain.indicators import Indicator
from services.kpi.domain.period import MONTHS_OF
from services.kpi.domain.programme import (
    ILLUSTRATIVE,
    SUBJECTS,
    Criterion,
    Exhibit,
    Link,
    Programme,
    Reference,
    Rule,
    Step,
)

FOLDER = "programmes/"
_NEEDED = (
    *("programme", "name", "authority", "assessor", "owner", "subjects", "start", "days"),
    *("evaluation_days", "low", "total", "criteria", "references"),
)
_STATUSES = ("green", "amber", "red")
_RULES = ("none", "full", "at_least", "at_most", "by_status")
_MOST_DAYS = 3_660
_MOST_MARKS = 100_000


def programmes(files: Mapping[str, Any], kpis: Mapping[str, Indicator]) -> dict[str, Programme]:
    """Check the files and make the programmes, by code.

    Args:
        files: the content of each `programmes/*.yaml` by its name.
        kpis: those that there are, by their codes.

    Raises:
        Wrong: names each file, place and rule.
    """
    found: dict[str, Programme] = {}
    wrong: list[Found] = []
    for name in sorted(files):
        reading = FileReading()
        made = _Reader(reading, kpis).read(name, files[name])
        found[made.code] = made
        wrong += [(name, place, rule) for place, rule in reading.found]
    if wrong:
        raise Wrong(wrong)
    return found


def check_named(named: Mapping[str, Collection[str]], known: Collection[str]) -> list[str]:
    """What KPIs name as their programme and no file is: a rule for each such KPI."""
    return [
        f"KPI {code} names the programme {each}, which programmes/ lacks"
        for code, those in named.items()
        for each in those
        if each not in known
    ]


class _Reader:
    def __init__(self, reading: FileReading, kpis: Mapping[str, Indicator]) -> None:
        self.reading = reading
        self.kpis = kpis

    def read(self, name: str, content: Any) -> Programme:
        reading = self.reading
        raw = reading.mapping("file", content, _NEEDED, ("illustrative", "note"))
        code = name.removeprefix(FOLDER).removesuffix(".yaml")
        if reading.code("programme", raw["programme"]) not in ("", code):
            reading.wrong("programme", f"must be as the file is called: {code}")
        criteria = tuple(
            self.criterion(place, each)
            for place, each in reading.items("criteria", raw["criteria"])
        )
        self.sums(criteria, self.marks("total", raw["total"]))
        low = reading.number("low", raw["low"]) or Fraction(0)
        if not 0 <= low <= 100:
            reading.wrong("low", "must be per cent, from 0 to 100")
        start = reading.day("start", raw["start"])
        return Programme(
            code,
            reading.both("name", raw["name"]),
            reading.both("authority", raw["authority"]),
            reading.both("assessor", raw["assessor"]),
            reading.code("owner", raw["owner"]),
            self.subjects(raw["subjects"]),
            start if start.year > 1 else date(2000, 1, 1),
            reading.whole("days", raw["days"], 1, _MOST_DAYS),
            low,
            criteria,
            tuple(self.reference(*each) for each in reading.items("references", raw["references"])),
            frozenset(reading.some("illustrative", raw["illustrative"], ILLUSTRATIVE))
            if "illustrative" in raw
            else frozenset(),
            reading.text("note", raw["note"]) if "note" in raw else None,
            reading.whole("evaluation_days", raw["evaluation_days"], 0, _MOST_DAYS),
        )

    def subjects(self, raw: Any) -> tuple[str, ...]:
        """Who is given marks: one at least."""
        found = () if raw is MISSING else self.reading.some("subjects", raw, SUBJECTS)
        if raw == []:
            self.reading.wrong("subjects", "there must be one at least")
        return found

    def sums(self, criteria: tuple[Criterion, ...], total: int | None) -> None:
        """The marks make the total, the weights 100; no code twice."""
        codes = [each.code for each in criteria if each.code]
        for at, code in enumerate(codes, 1):
            if code in codes[: at - 1]:
                self.reading.wrong(f"criteria, {at}, code", f"{code} is there twice")
        given = sum(each.marks for each in criteria)
        if total is not None and criteria and total != given:
            rule = f"the marks of the criteria are {given / 100:g} together"
            self.reading.wrong("total", f"must be their sum: {rule}")
        weights = [each.weight for each in criteria if each.weight is not None]
        if weights and len(weights) != len(criteria):
            self.reading.wrong("criteria", "either every criterion has a weight or none has")
        elif weights and sum(weights) != 100:
            rule = f"the weights are {float(sum(weights)):g} together, not 100"
            self.reading.wrong("criteria", rule)

    def criterion(self, place: str, raw: Any) -> Criterion:
        reading = self.reading
        given = reading.mapping(
            place, raw, ("code", "name", "marks"), ("weight", "evidence", "kpis")
        )
        weight = reading.number(f"{place}, weight", given["weight"]) if "weight" in given else None
        if weight is not None and not 0 < weight <= 100:
            reading.wrong(f"{place}, weight", "must be per cent, above 0")
        return Criterion(
            reading.code(f"{place}, code", given["code"]),
            reading.both(f"{place}, name", given["name"]),
            self.marks(f"{place}, marks", given["marks"]) or 0,
            weight,
            tuple(self.exhibits(f"{place}, evidence", given.get("evidence"))),
            tuple(self.links(f"{place}, kpis", given.get("kpis"))),
        )

    def exhibits(self, place: str, raw: Any) -> list[Exhibit]:
        found: list[Exhibit] = []
        for inner, each in self.reading.items(place, raw) if raw is not None else ():
            given = self.reading.mapping(inner, each, ("code", "name"))
            made = Exhibit(
                self.reading.code(f"{inner}, code", given["code"]),
                self.reading.both(f"{inner}, name", given["name"]),
            )
            if made.code in [other.code for other in found]:
                self.reading.wrong(f"{inner}, code", f"{made.code} is there twice")
            found.append(made)
        return found

    def links(self, place: str, raw: Any) -> list[Link]:
        found: list[Link] = []
        for inner, each in self.reading.items(place, raw) if raw is not None else ():
            given = self.reading.mapping(inner, each, ("kpi", "rule"), ("over",))
            code = self.reading.code(f"{inner}, kpi", given["kpi"])
            if code and code not in self.kpis:
                self.reading.wrong(f"{inner}, kpi", f"no KPI has the code {code}")
            if code in [other.kpi for other in found]:
                self.reading.wrong(f"{inner}, kpi", f"{code} is there twice")
            rule = self.rule(f"{inner}, rule", given["rule"])
            found.append(Link(code, rule, "over" in given and self.over(inner, code, given, rule)))
        return found

    def over(self, place: str, code: str, given: Mapping[str, Any], rule: Rule) -> bool:
        """Whether a KPI is read over twelve months: one whose formula can be worked out of them."""
        place = f"{place}, over"
        self.reading.one_of(place, given["over"], ("year",))
        indicator = self.kpis.get(code)
        if rule.statuses is not None:
            self.reading.wrong(place, "a status is of the KPI's own period: give values, not it")
        if indicator is not None and indicator.frequency not in MONTHS_OF:
            said = ", ".join(MONTHS_OF)
            rule_broken = f"{code} is of each {indicator.frequency}; must be of each {said}"
            self.reading.wrong(place, rule_broken)
        elif indicator is not None and any(
            each.shift.back or each.shift.span == "year_to_date" or each.aggregation == "first"
            for each in indicator.formula.inputs
        ):
            self.reading.wrong(place, f"the formula of {code} looks at other days than its own")
        return True

    def rule(self, place: str, raw: Any) -> Rule:
        reading = self.reading
        given = reading.mapping(place, raw, (), _RULES)
        kinds = {key for key in given if key in _RULES}
        if kinds == {"by_status"}:
            inner = f"{place}, by_status"
            table = reading.mapping(inner, given["by_status"], _STATUSES)
            return Rule(
                statuses={each: self.percent(f"{inner}, {each}", table[each]) for each in _STATUSES}
            )
        if kinds == {"none", "full"}:
            none = reading.number(f"{place}, none", given["none"])
            full = reading.number(f"{place}, full", given["full"])
            if none is not None and none == full:
                reading.wrong(place, "none and full must differ")
                return Rule(none=none, full=none + 1)
            return Rule(none=none, full=full)
        if kinds in ({"at_least"}, {"at_most"}):
            (kind,) = kinds
            steps = tuple(
                self.step(inner, each)
                for inner, each in reading.items(f"{place}, {kind}", given[kind])
            )
            return Rule(at_least=steps) if kind == "at_least" else Rule(at_most=steps)
        reading.wrong(place, "must have none and full, or at_least, or at_most, or by_status")
        return Rule(statuses=dict.fromkeys(_STATUSES, Fraction(0)))

    def step(self, place: str, raw: Any) -> Step:
        given = self.reading.mapping(place, raw, ("value", "percent"))
        limit = self.reading.number(f"{place}, value", given["value"])
        return Step(limit or Fraction(0), self.percent(f"{place}, percent", given["percent"]))

    def percent(self, place: str, raw: Any) -> Fraction:
        number = self.reading.number(place, raw)
        if number is not None and not 0 <= number <= 100:
            self.reading.wrong(place, "must be per cent, from 0 to 100")
        return number or Fraction(0)

    def marks(self, place: str, raw: Any) -> int | None:
        """Marks in hundredths."""
        number = self.reading.number(place, raw)
        if number is None:
            return None
        scaled = number * 100
        if scaled.denominator != 1 or not 0 < number <= _MOST_MARKS:
            rule = f"must be above 0 and at most {_MOST_MARKS}, with two decimals at most"
            self.reading.wrong(place, rule)
            return None
        return scaled.numerator

    def reference(self, place: str, raw: Any) -> Reference:
        reading = self.reading
        given = reading.mapping(place, raw, ("title", "publisher", "year", "says"), ("url",))
        return Reference(
            reading.text(f"{place}, title", given["title"]),
            reading.text(f"{place}, publisher", given["publisher"]),
            reading.whole(f"{place}, year", given["year"], 1900, 2200),
            reading.text(f"{place}, url", given["url"]) if "url" in given else None,
            reading.text(f"{place}, says", given["says"]),
        )
