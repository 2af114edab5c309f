"""Reading one KPI of a department's file, and whether what it says goes together."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from palika.errors import Invalid
from palika.reading import MISSING
from palika.text import Name
from services.kpi.domain.catalogue_formulas import wrong_formula
from services.kpi.domain.catalogue_reading import FileReading
from services.kpi.domain.formula import Formula, formula
from services.kpi.domain.indicators import (
    CITY,
    DIMENSIONS,
    DIRECTIONS,
    SOURCES,
    Aim,
    Baseline,
    Department,
    Indicator,
    MeasureInfo,
    Reference,
    Thresholds,
    coarser,
    source_of,
)
from services.kpi.domain.period import FREQUENCIES, period
from services.kpi.domain.shares import share_of

_NEEDED = (
    "code",
    "name",
    "definition",
    "unit",
    "decimals",
    "formula",
    "direction",
    "frequency",
    "source",
)
_OPTIONAL = (
    "scope",
    "baseline",
    "targets",
    "thresholds",
    "tolerance",
    "illustrative",
    "owner",
    "dimensions",
    "reference",
    "programme",
    "public",
    "note",
)
_OF_NO_SOURCE = ("targets", "baseline", "thresholds")
_YEARS = range(2000, 2101)


class KpiReader:
    """Reads KPIs over measures, units and sources that are known."""

    def __init__(
        self,
        measures: Mapping[str, MeasureInfo],
        units: Mapping[str, Name],
        sources: Collection[str],
        posts: Collection[str] = (),
        doubtful: Collection[str] = (),
    ) -> None:
        """`doubtful`: measures that have mistakes of their own, of which no others are made."""
        self.posts = posts
        self.doubtful = frozenset(doubtful)
        self.measures = measures
        self.units = units
        self.sources = sources

    def read(
        self, reading: FileReading, place: str, raw: Any, department: Department
    ) -> Indicator | None:
        """One KPI; None when too much is wrong to make one."""
        given = reading.mapping(place, raw, _NEEDED, _OPTIONAL)
        compiled = self._formula(reading, f"{place}, formula", given["formula"])
        frequencies = FREQUENCIES[1:]
        frequency = reading.one_of(f"{place}, frequency", given["frequency"], frequencies)
        direction = reading.one_of(f"{place}, direction", given["direction"], DIRECTIONS)
        dimensions = reading.some(f"{place}, dimensions", given.get("dimensions", []), DIMENSIONS)
        source = reading.one_of(f"{place}, source", given["source"], SOURCES)
        unit = reading.one_of(f"{place}, unit", given["unit"], self.units)
        if compiled is not None and self.doubtful.isdisjoint(compiled.measures):
            used = [self.measures[each] for each in sorted(compiled.measures)]
            self._go_with(reading, place, used, frequency, dimensions, source)
            for rule in wrong_formula(compiled.root, self.measures, unit) if used else ():
                reading.wrong(f"{place}, formula", rule)
        owner = department.owner
        if "owner" in given:
            owner = reading.owner(f"{place}, owner", given["owner"], self.posts)
        code = reading.code(f"{place}, code", given["code"])
        every_year, targets = self._targets(
            reading, f"{place}, targets", given.get("targets"), direction
        )
        aims = [*targets.values(), *([every_year] if every_year else [])]
        thresholds = self._thresholds(
            reading, f"{place}, thresholds", given.get("thresholds"), direction, aims
        )
        tolerance = Fraction(10)
        if "tolerance" in given:
            tolerance = reading.percent(f"{place}, tolerance", given["tolerance"])
            if thresholds is not None:
                reading.wrong(f"{place}, tolerance", "thresholds say it already: one of them")
        reference = self._reference(reading, f"{place}, reference", given.get("reference"))
        indicator = Indicator(
            code=code,
            department=department.code,
            name=reading.both(f"{place}, name", given["name"]),
            definition=reading.both(f"{place}, definition", given["definition"]),
            unit=unit,
            decimals=reading.whole(f"{place}, decimals", given["decimals"], 0, 3),
            formula=compiled or _NOTHING,
            direction=direction,
            frequency=frequency,
            source=source,
            owner=owner,
            scope=reading.one_of(
                f"{place}, scope", given.get("scope", "department"), (CITY, "department")
            ),
            every_year=every_year,
            targets=targets,
            thresholds=thresholds,
            tolerance=tolerance,
            baseline=self._baseline(reading, f"{place}, baseline", given.get("baseline")),
            illustrative=self._illustrative(reading, place, given, reference),
            dimensions=dimensions,
            reference=reference,
            programme=tuple(
                reading.code(inner, each)
                for inner, each in reading.items(f"{place}, programme", given["programme"])
            )
            if "programme" in given
            else (),
            public=reading.flag(f"{place}, public", given.get("public", True)),
            share="" if compiled is None else share_of(compiled.root, self.measures),
            unit_name=self.units.get(unit),
            note=reading.text(f"{place}, note", given["note"]) if "note" in given else None,
        )
        return None if compiled is None or not code else indicator

    def _formula(self, reading: FileReading, place: str, raw: Any) -> Formula | None:
        if raw is MISSING:
            return None
        try:
            return formula(raw, self.measures)
        except Invalid as error:
            for rule in error.fields["formula"]:
                reading.wrong(place, str(rule))
            return None

    def _go_with(
        self,
        reading: FileReading,
        place: str,
        used: Collection[MeasureInfo],
        frequency: str,
        dimensions: Collection[str],
        source: str,
    ) -> None:
        """Whether the measures can give what the KPI says of itself."""
        if not used:
            reading.wrong(f"{place}, formula", "there is no measure in it")
        elif source and source != (right := source_of(used)):
            reading.wrong(f"{place}, source", f"its measures make it {right}, not {source}")
        for each in used:
            if not each.manual or each.every is None:
                continue
            if frequency and each.kind == "sum" and coarser(each.every, frequency):
                rule = f"{each.code} is entered every {each.every} only"
                reading.wrong(f"{place}, frequency", rule)
            for name in dimensions:
                # Wards make up the zones.
                if name not in each.by and not (name == "zone" and "ward" in each.by):
                    rule = f"{each.code} is not entered by {name}"
                    reading.wrong(f"{place}, dimensions", rule)

    def _targets(
        self, reading: FileReading, place: str, raw: Any, direction: str
    ) -> tuple[Aim | None, dict[int, Aim]]:
        if raw is None:
            if direction == "band":
                reading.wrong(place.rpartition(", ")[0], "targets missing: a band is [low, high]")
            return None, {}
        if direction == "none":
            reading.wrong(place, "of direction none, nothing is aimed at")
            return None, {}
        if not isinstance(raw, Mapping):
            return self._aim(reading, place, raw, direction), {}
        targets = {}
        for year, each in reading.mapping(place, raw, optional=None).items():
            inner = f"{place}, {year}"
            if not str(year).isdecimal() or int(str(year)) not in _YEARS:
                reading.wrong(inner, 'must be a financial year by its beginning, such as "2026"')
            elif (aim := self._aim(reading, inner, each, direction)) is not None:
                targets[int(str(year))] = aim
        return None, targets

    def _aim(self, reading: FileReading, place: str, raw: Any, direction: str) -> Aim | None:
        if direction == "band":
            if not isinstance(raw, list) or len(raw) != 2:
                reading.wrong(place, f"a band is [low, high], not {raw!r:.60}")
                return None
            low, high = (reading.number(f"{place}, {at}", each) for at, each in enumerate(raw, 1))
            if low is None or high is None:
                return None
            if low >= high:
                reading.wrong(place, "the band's low end must be below its high end")
            return Aim(low, high)
        if isinstance(raw, list):
            reading.wrong(place, "[low, high] is for direction: band only")
            return None
        number = reading.number(place, raw)
        return None if number is None else Aim(number, number)

    def _thresholds(
        self,
        reading: FileReading,
        place: str,
        raw: Any,
        direction: str,
        aims: Collection[Aim],
    ) -> Thresholds | None:
        if raw is None or not direction:
            return None
        if direction == "none":
            reading.wrong(place, "of direction none, nothing is green or red")
            return None
        if direction == "band":
            given = reading.mapping(place, raw, ("amber",))
            amber = reading.number(f"{place}, amber", given["amber"])
            if amber is not None and amber <= 0:
                reading.wrong(f"{place}, amber", "must be above 0")
            return Thresholds(amber=amber)
        given = reading.mapping(place, raw, ("green", "red"))
        green = reading.number(f"{place}, green", given["green"])
        red = reading.number(f"{place}, red", given["red"])
        if green is None or red is None:
            return None
        sign = 1 if direction == "lower" else -1
        if sign * green >= sign * red:
            side = "below" if direction == "lower" else "above"
            reading.wrong(place, f"where {direction} is better, green must be {side} red")
            return None
        for aim in aims:
            if sign * aim.low >= sign * red:
                reading.wrong(place, f"a target, {float(aim.low):g}, would be red")
            elif sign * aim.low > sign * green:
                reading.wrong(
                    place, f"a target, {float(aim.low):g}, would be reached and not green"
                )
        return Thresholds(green, red)

    def _baseline(self, reading: FileReading, place: str, raw: Any) -> Baseline | None:
        if raw is None:
            return None
        given = reading.mapping(place, raw, ("value", "period"), ("illustrative",))
        value = reading.number(f"{place}, value", given["value"])
        reading.flag(f"{place}, illustrative", given.get("illustrative", False))
        if given["period"] is MISSING or value is None:
            return None
        try:
            return Baseline(value, period(str(given["period"])).code)
        except Invalid as error:
            reading.wrong(f"{place}, period", str(error.fields["period"][0]))
            return None

    def _reference(self, reading: FileReading, place: str, raw: Any) -> Reference | None:
        if raw is None:
            return None
        given = reading.mapping(place, raw, ("source",), ("clause",))
        source, clause = given["source"], given.get("clause")
        if source is MISSING:
            return None
        if not isinstance(source, str) or source not in self.sources:
            reading.wrong(f"{place}, source", f"unknown: {source!r:.60} is not in sources.yaml")
        text = None if clause is None else reading.text(f"{place}, clause", str(clause))
        return Reference(str(source), text)

    def _illustrative(
        self,
        reading: FileReading,
        place: str,
        given: Mapping[str, Any],
        reference: Reference | None,
    ) -> frozenset[str]:
        """What no source gives; where there is no reference, that is whatever is there."""
        raw = given.get("illustrative", [])
        said = set(reading.some(f"{place}, illustrative", raw, _OF_NO_SOURCE))
        baseline = given.get("baseline")
        if isinstance(baseline, Mapping) and baseline.get("illustrative") is True:
            said.add("baseline")
        # One of these keys may be misspelt, or say nothing that can be read.
        unsure = any(at == place for at, _ in reading.found) or any(
            reading.doubts(f"{place}, {name}") for name in ("illustrative", "reference", "baseline")
        )
        names = [name for name in _OF_NO_SOURCE if name in given and name not in said]
        if names and reference is None and not unsure:
            rule = f"no reference gives {' and '.join(names)}: name them under illustrative"
            reading.wrong(f"{place}, {names[0]}", rule)
        return frozenset(said)


_NOTHING = formula("0", {})
"""In the place of a formula that cannot be read: of a KPI that is not made."""
