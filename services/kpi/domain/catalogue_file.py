"""The catalogue as a city writes it: units, sources, measures, and a file for each department.

Every mistake is told at once, each with its file and place.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from services.kpi.domain.catalogue_kpis import KpiReader
from services.kpi.domain.catalogue_measures import Attributes, Measures
from services.kpi.domain.catalogue_reading import FileReading, Found, Wrong
from services.kpi.domain.catalogue_same import same
from services.kpi.domain.formula import CODES
from services.kpi.domain.indicators import (
    Catalogue,
    Department,
    Indicator,
    Source,
)
from services.kpi.domain.nearest import did_you_mean

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
        self.unread: set[str] = set()
        """Departments with a KPI of which not even that is known."""

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
        whole = list(self._of(MEASURES))
        for name, reading in whole:
            raw = reading.mapping("file", self.files[name], ("measures",))
            measures.read(reading, raw["measures"], None)
        departments = dict(self._departments())
        for name, of in departments.items():
            measures.read(self.readings[name], self.raw[name].get("measures"), of.code)
        untold = measures.stand_in(projected, kinds)
        unread = any(at in ("file", "measures") for _, each in whole for at, _ in each.found)
        for code in () if unread else untold:
            self.readings[UNITS].wrong("file", f"events feed {code}, which measures/ lacks")
        measures.link(projected, attributes, kinds)
        reader = KpiReader(measures.found, units, sources, self.posts, measures.doubtful)
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
            given = reading.code("department", raw["department"])
            if given not in ("", code):
                reading.wrong("department", f"must be as the file is called: {code}")
                if f"{DEPARTMENTS}{given}.yaml" in self.files:
                    continue  # A copy: all that is in it is there twice, which is one mistake.
            names = reading.both("name", raw["name"])
            yield name, Department(code, names, reading.owner("owner", raw["owner"], self.posts))

    def _kpis(self, reader: KpiReader, name: str, department: Department) -> None:
        reading, listed = self.readings[name], self.raw[name]["kpis"]
        prefix = _prefix(listed)
        named: dict[str, str] = {}
        for place, each in reading.items("kpis", listed) if isinstance(listed, list) else ():
            made = reader.read(reading, place, each, department)
            if made is None:
                self._mention(each, department)
                continue
            first = made.code.partition("-")[0]
            if first != prefix:
                rule = f"begins with {first}, and the codes of this file with {prefix}"
                reading.wrong(f"{place}, code", rule)
            if made.code in self.indicators:
                other = self.indicators[made.code].department
                reading.wrong(f"{place}, code", f"used twice: {other} has it too")
                self._mention(each, department)
                continue
            for said in (made.name.mr, made.name.en):
                if said and named.setdefault(said, made.code) != made.code:
                    reading.wrong(f"{place}, name", f"{named[said]} has the same name")
            self.indicators[made.code] = made
            self.places[made.code] = reading, place
        if not isinstance(listed, list) and isinstance(self.files[name], Mapping):
            reading.wrong("kpis", "must be a list")
        if not isinstance(listed, list):
            self.unread.add(department.code)

    def _mention(self, raw: Any, department: Department) -> None:
        """Take note of what a KPI that is not made would have used."""
        text = raw.get("formula") if isinstance(raw, Mapping) else None
        codes = CODES.findall(text) if isinstance(text, str) else []
        self.mentioned.update(codes)
        if not codes:
            self.unread.add(department.code)

    def _same(self, measures: Measures) -> None:
        """No two KPIs that say the same of the same department, under whichever name."""
        sure = [
            each
            for each in self.indicators.values()
            if measures.doubtful.isdisjoint(each.formula.measures)
        ]
        for code, rule in same(sure, measures.found, measures.identity):
            reading, place = self.places[code]
            reading.wrong(f"{place}, formula", rule)

    def _unused(self, measures: Measures) -> None:
        used = self.mentioned & measures.found.keys()
        unknown = self.mentioned - used
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
            if code in used or code in measures.doubtful or info.department in self.unread:
                continue
            if info.manual and not any(did_you_mean(each, [code]) for each in unknown):
                reading, place = measures.where[code]
                reading.wrong(place, "no KPI uses it")


def _prefix(listed: Any) -> str:
    """With what the codes of a file begin: most of them."""
    if not isinstance(listed, list):
        return ""
    codes = [each.get("code") for each in listed if isinstance(each, Mapping)]
    first = Counter(code.partition("-")[0] for code in codes if isinstance(code, str))
    return first.most_common(1)[0][0] if first else ""
