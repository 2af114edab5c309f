"""The catalogue as a city writes it: units, sources, measures, and a file for each department.

Every mistake is told at once, each with its file and place.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from services.kpi.domain.catalogue_kpis import KpiReader
from services.kpi.domain.catalogue_measures import Attributes, Measures
from services.kpi.domain.catalogue_reading import FileReading, Found, Wrong
from services.kpi.domain.formula import CODES
from services.kpi.domain.formula_normal import normal
from services.kpi.domain.indicators import (
    CITY,
    Catalogue,
    Department,
    Indicator,
    Source,
)

UNITS, SOURCES = "units.yaml", "sources.yaml"
MEASURES, DEPARTMENTS = "measures/", "departments/"


def catalogue(
    files: Mapping[str, Any],
    projected: Collection[str],
    attributes: Attributes | None = None,
    kinds: Mapping[str, str] | None = None,
    posts: Collection[str] = (),
) -> Catalogue:
    """Check the files and make the catalogue.

    Args:
        files: the content of each file by its name: `units.yaml`, `sources.yaml`, `measures/*.yaml`
            and `departments/*.yaml`.
        projected: the measures that events feed.
        attributes: what each of those can be parted by; None: that is not checked.
        kinds: of what kind each of those is; None: that is not checked.
        posts: of the city, one of which owns each KPI; none: that is not checked.

    Raises:
        Wrong: names each file, place and rule; every mistake is told at once.
    """
    reader = _Reader(files, posts)
    made = reader.read(projected, attributes, kinds)
    found = reader.found()
    if found:
        raise Wrong(found)
    return made


class _Reader:
    """One reading of all files."""

    def __init__(self, files: Mapping[str, Any], posts: Collection[str]) -> None:
        self.posts = posts
        self.files = {UNITS: None, SOURCES: None, **files}
        self.readings = {name: FileReading() for name in self.files}
        self.raw: dict[str, Mapping[str, Any]] = {}
        self.indicators: dict[str, Indicator] = {}
        self.places: dict[str, tuple[FileReading, str]] = {}
        self.mentioned: set[str] = set()
        """Measures in formulas that cannot be read: they are not unused, too."""

    def found(self) -> list[Found]:
        """All mistakes."""
        return [
            (file, place, rule)
            for file, reading in self.readings.items()
            for place, rule in reading.found
        ]

    def read(
        self,
        projected: Collection[str],
        attributes: Attributes | None,
        kinds: Mapping[str, str] | None,
    ) -> Catalogue:
        units = {
            code: reading.both(place, each) for reading, place, code, each in self._codes(UNITS)
        }
        sources = {
            code: self._source(reading, place, code, each)
            for reading, place, code, each in self._codes(SOURCES)
        }
        measures = Measures(units)
        for name, reading in self._of(MEASURES):
            raw = reading.mapping("file", self.files[name], ("measures",))
            measures.read(reading, raw["measures"], None)
        departments = dict(self._departments())
        for name, of in departments.items():
            measures.read(self.readings[name], self.raw[name].get("measures"), of.code)
        measures.link(projected, attributes, kinds)
        for code in measures.undescribed(projected):
            self.readings[UNITS].wrong("file", f"events feed {code}, which measures/ lacks")
        reader = KpiReader(measures.found, units, sources, self.posts)
        for name, of in departments.items():
            self._kpis(reader, name, of)
        self._same(measures)
        self._unused(measures)
        return Catalogue(
            {each.code: each for each in departments.values()},
            measures.found,
            units,
            sources,
            self.indicators,
        )

    def _of(self, folder: str) -> Iterator[tuple[str, FileReading]]:
        for name, reading in sorted(self.readings.items()):
            if name.startswith(folder):
                yield name, reading

    def _codes(self, name: str) -> Iterator[tuple[FileReading, str, str, Any]]:
        reading, part = self.readings[name], name.removesuffix(".yaml")
        raw = reading.mapping("file", self.files[name], (part,))
        if isinstance(raw[part], Mapping):
            for place, code, each in reading.entries(part, raw[part]):
                yield reading, place, code, each
        elif isinstance(self.files[name], Mapping) and part in self.files[name]:
            reading.wrong(part, "must be a mapping")

    def _source(self, reading: FileReading, place: str, code: str, raw: Any) -> Source:
        given = reading.mapping(place, raw, ("title", "publisher", "year"), ("url",))
        return Source(
            code,
            reading.both(f"{place}, title", given["title"]),
            reading.text(f"{place}, publisher", given["publisher"]),
            str(given["year"]),
            reading.text(f"{place}, url", given["url"]) if "url" in given else None,
        )

    def _departments(self) -> Iterator[tuple[str, Department]]:
        for name, reading in self._of(DEPARTMENTS):
            needed = ("department", "name", "owner", "kpis")
            raw = reading.mapping("file", self.files[name], needed, ("measures",))
            self.raw[name] = raw
            code = name.removeprefix(DEPARTMENTS).removesuffix(".yaml")
            if reading.code("department", raw["department"]) not in ("", code):
                reading.wrong("department", f"must be as the file is called: {code}")
            names = reading.both("name", raw["name"])
            yield name, Department(code, names, reading.owner("owner", raw["owner"], self.posts))

    def _kpis(self, reader: KpiReader, name: str, department: Department) -> None:
        reading, listed = self.readings[name], self.raw[name]["kpis"]
        prefix: str | None = None
        named: dict[str, str] = {}
        for place, each in reading.items("kpis", listed) if isinstance(listed, list) else ():
            made = reader.read(reading, place, each, department)
            if made is None:
                if isinstance(each, Mapping):
                    self.mentioned.update(CODES.findall(str(each.get("formula"))))
                continue
            first = made.code.partition("-")[0]
            prefix = prefix or first
            if first != prefix:
                rule = f"begins with {first}, and the codes of this file with {prefix}"
                reading.wrong(f"{place}, code", rule)
            if made.code in self.indicators:
                other = self.indicators[made.code].department
                reading.wrong(f"{place}, code", f"used twice: {other} has it too")
                continue
            for said in (made.name.mr, made.name.en):
                if said and named.setdefault(said, made.code) != made.code:
                    reading.wrong(f"{place}, name", f"{named[said]} has the same name")
            self.indicators[made.code] = made
            self.places[made.code] = reading, place
        if not isinstance(listed, list) and isinstance(self.files[name], Mapping):
            reading.wrong("kpis", "must be a list")

    def _same(self, measures: Measures) -> None:
        """No two KPIs that say the same of the same department, under whichever name."""
        seen: dict[str, str] = {}
        for code, each in self.indicators.items():
            whose = "" if each.scope == CITY else f"@{each.department}"

            def label(measure: str, whose: str = whose) -> str:
                manual = measures.found[measure].manual
                return measures.identity(measure) + ("" if manual else whose)

            other = seen.setdefault(normal(each.formula.root, label), code)
            if other != code:
                reading, place = self.places[code]
                reading.wrong(f"{place}, formula", f"the same as that of {other}")

    def _unused(self, measures: Measures) -> None:
        used = self.mentioned & measures.found.keys()
        for each in self.indicators.values():
            used |= each.formula.measures
        # What a measure that is used is zero with, a part of, or held against, is used too.
        rest = list(used)
        while rest:
            info = measures.found[rest.pop()]
            further = {info.zero_with, info.of, info.at_most, info.rarely_above} - used - {None}
            rest += [code for code in further if code in measures.found]
            used |= {code for code in further if code is not None}
        for code, info in measures.found.items():
            if info.manual and code not in used:
                reading, place = measures.where[code]
                reading.wrong(place, "no KPI uses it")
