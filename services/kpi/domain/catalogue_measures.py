"""Reading the measures: what each file says of its own, and whether all of them go together."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from palika.reading import MISSING
from palika.text import Name
from services.kpi.domain.catalogue_reading import FileReading
from services.kpi.domain.catalogue_wholes import wrong_wholes
from services.kpi.domain.formula import KINDS
from services.kpi.domain.indicators import DIMENSIONS, ENTRIES, MeasureInfo
from services.kpi.domain.nearest import did_you_mean
from services.kpi.domain.period import FREQUENCIES

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
_LONGEST = 80
_MOST_DAYS = 366

Conditions = dict[str, tuple[str | int | None, ...]]
Attributes = Mapping[str, Collection[str]]
"""By what the rule of each measure that events feed can be parted."""


class Measures:
    """All measures as they are read: `found` by code, and `where` each is (file, place)."""

    def __init__(self, units: Mapping[str, Name]) -> None:
        self.units = units
        self.found: dict[str, MeasureInfo] = {}
        self.where: dict[str, tuple[FileReading, str]] = {}
        self.doubtful: set[str] = set()
        """Those that have a mistake of their own, or are parts of such: what would be wrong of
        others for it is not told."""
        self.lacking: set[str] = set()
        """Those that events feed and no file describes."""

    def read(self, reading: FileReading, raw: Any, department: str | None) -> None:
        """Read the measures of a file; `department` is None for those that only events feed."""
        for code, each in reading.table("measures", raw).items():
            place = f"measures, {code}"
            if not isinstance(code, str) or not _CODE.fullmatch(code) or len(code) > _LONGEST:
                reading.wrong(place, "a measure is words parted by dots, such as water.billed_kl")
            elif code in self.found:
                reading.wrong(place, "there is another measure of this code")
            else:
                self.where[code] = reading, place
                self.found[code] = self._measure(reading, place, code, each, department)

    def _measure(
        self, reading: FileReading, place: str, code: str, raw: Any, department: str | None
    ) -> MeasureInfo:
        part = isinstance(raw, Mapping) and "of" in raw
        if part:
            needed, optional = ["of", "where", "name"], ["unit", "kind", "zero_with"]
        elif department is None:
            needed, optional = ["name", "unit", "kind"], ["zero_with", "due_with"]
        else:
            needed = ["name", "unit", "kind", "every", "by", "source", "due_days"]
            optional = ["decimals", "min", "max", "zero_with", "at_most", "rarely_above"]
            optional += ["due_with"]
        given = reading.mapping(place, raw, needed, optional)
        kinds = KINDS if part or department is None else ("sum", "level")
        info = MeasureInfo(
            code,
            reading.both(f"{place}, name", given["name"]),
            reading.one_of(f"{place}, unit", given.get("unit", MISSING), self.units),
            reading.one_of(f"{place}, kind", given.get("kind", MISSING), kinds),
            self._code(reading, f"{place}, zero_with", given.get("zero_with")),
            self._code(reading, f"{place}, of", given.get("of")),
            self._values(reading, f"{place}, where", given.get("where", MISSING)) if part else {},
            department,
            due_with=self._code(reading, f"{place}, due_with", given.get("due_with")),
        )
        info = replace(info, unit_name=self.units.get(info.unit))
        if part or department is None:
            return info
        return self._by_hand(reading, place, given, info)

    def _by_hand(
        self, reading: FileReading, place: str, given: Mapping[str, Any], info: MeasureInfo
    ) -> MeasureInfo:
        by: tuple[str, ...] = ()
        if given["by"] is not MISSING:
            by = reading.some(f"{place}, by", given["by"], DIMENSIONS)
            if len(by) > 1:
                reading.wrong(f"{place}, by", "ward or zone, not both: wards make up the zones")
        bounds = {
            key: reading.number(f"{place}, {key}", given[key])
            for key in ("min", "max")
            if key in given
        }
        least, most = bounds.get("min"), bounds.get("max")
        if least is not None and most is not None and least >= most:
            reading.wrong(f"{place}, max", "must be above min")
        decimals = reading.whole(f"{place}, decimals", given.get("decimals", 0), 0, 3)
        if info.unit == "paise" and decimals:
            reading.wrong(f"{place}, decimals", "paise are whole: decimals 0")
        return replace(
            info,
            decimals=decimals,
            every=reading.one_of(f"{place}, every", given["every"], FREQUENCIES) or "month",
            by=by,
            source=reading.one_of(f"{place}, source", given["source"], ENTRIES),
            due_days=reading.whole(f"{place}, due_days", given["due_days"], 0, _MOST_DAYS),
            least=None if least is None else Decimal(str(given["min"])),
            most=None if most is None else Decimal(str(given["max"])),
            at_most=self._code(reading, f"{place}, at_most", given.get("at_most")),
            rarely_above=self._code(reading, f"{place}, rarely_above", given.get("rarely_above")),
        )

    @staticmethod
    def _code(reading: FileReading, place: str, raw: Any) -> str | None:
        if raw is None or raw is MISSING:
            return None
        return reading.text(place, raw) or None

    @staticmethod
    def _values(reading: FileReading, place: str, raw: Any) -> Conditions:
        found: Conditions = {}
        if raw is MISSING:
            return found
        for name, values in reading.mapping(place, raw, optional=None).items():
            words: list[str | int | None] = [
                each if each is None or isinstance(each, int) else reading.text(inner, each)
                for inner, each in reading.items(f"{place}, {name}", values)
            ]
            if len(set(words)) != len(words):
                reading.wrong(f"{place}, {name}", "the same twice")
            found[str(name)] = tuple(words)
        if isinstance(raw, Mapping) and not found:
            reading.wrong(place, "there must be one attribute at least")
        return found

    def link(
        self,
        projected: Collection[str],
        attributes: Attributes | None,
        kinds: Mapping[str, str] | None,
    ) -> None:
        """Check what the measures say of each other, and give the parts what they have of theirs.

        Args:
            projected: the measures that events feed.
            attributes: what each of those can be parted by; None: that is not checked.
            kinds: of what kind each of those is; None: that is not checked.
        """
        for code in list(self.found):
            self._part(code)
        self._doubt()
        for code, info in self.found.items():
            if code in self.doubtful:
                continue
            reading, place = self.where[code]
            if self._circular(code):
                reading.wrong(f"{place}, zero_with", "circular: it leads back to itself")
            elif info.zero_with not in (None, *self.found) and not self._inherits(info):
                reading.wrong(f"{place}, zero_with", f"unknown measure {info.zero_with}")
            if info.due_with not in self.doubtful and (wrong := self._wrong_due_with(info)):
                reading.wrong(f"{place}, due_with", wrong)
            if info.of is not None:
                self._check_part(info, projected, attributes)
            elif not info.manual and code not in projected:
                hint = did_you_mean(code, self.lacking)
                reading.wrong(place, f"no event feeds it{hint}")
            elif not info.manual and kinds is not None and kinds[code] != info.kind:
                reading.wrong(f"{place}, kind", f"must be {kinds[code]}, as events feed it")
        self._doubt()
        self._same_parts()
        for code, key, rule in wrong_wholes(self.found):
            if self.doubtful.isdisjoint((code, getattr(self.found[code], key))):
                reading, place = self.where[code]
                reading.wrong(f"{place}, {key}", rule)
        for code, info in self.found.items():
            # A mistake that is told already must not make others of the formulas.
            self.found[code] = info if info.kind else replace(info, kind="sum")

    def _doubt(self) -> None:
        for code, (reading, place) in self.where.items():
            if reading.doubts(place):
                self.doubtful.add(code)
        for code, info in self.found.items():
            if any(each.code in self.doubtful for each in self._chain(info)):
                self.doubtful.add(code)

    def _inherits(self, info: MeasureInfo) -> bool:
        """Whether what it is zero with is what the whole one says, of which that is told."""
        return info.of in self.found and self.found[info.of].zero_with == info.zero_with

    def stand_in(self, projected: Collection[str], kinds: Mapping[str, str] | None) -> list[str]:
        """Take measures that events feed, and that no file describes, as if they were there, so
        that nothing else is wrong for it. Given back are those that are to be told as missing: one
        that is there under a code of which no event knows is told there."""
        self.lacking = set(self.undescribed(projected))
        hints = {
            did_you_mean(code, self.lacking)
            for code, info in self.found.items()
            if not (info.manual or info.of or code in projected)
        }
        for code in self.lacking:
            self.found[code] = MeasureInfo(code, Name("", ""), "", (kinds or {}).get(code, "sum"))
            self.doubtful.add(code)
        return sorted(code for code in self.lacking if did_you_mean(code, [code]) not in hints)

    def undescribed(self, projected: Collection[str]) -> list[str]:
        """The measures that events feed and no file describes."""
        return sorted(set(projected) - self.found.keys())

    def _part(self, code: str, above: tuple[str, ...] = ()) -> MeasureInfo:
        """A part with what it has of the whole one."""
        info = self.found[code]
        if info.of is None:
            return info
        reading, place = self.where[code]
        if info.of == code or info.of in above:
            reading.wrong(f"{place}, of", "circular: it leads back to itself")
            return info
        if info.of not in self.found:
            reading.wrong(f"{place}, of", f"unknown measure {info.of}")
            return info
        base = self._part(info.of, (*above, code))
        self.found[code] = replace(
            info,
            unit=info.unit or base.unit,
            kind=info.kind or base.kind,
            zero_with=info.zero_with or base.zero_with,
        )
        return self.found[code]

    def _base(self, info: MeasureInfo) -> MeasureInfo | None:
        """The whole measure of a part; None if there is none."""
        seen: set[str] = set()
        while info.of is not None:
            if info.code in seen or info.of not in self.found:
                return None
            seen.add(info.code)
            info = self.found[info.of]
        return info

    def identity(self, code: str) -> str:
        """What a measure is, under whichever name: the whole one, and which part of it."""
        chain = list(self._chain(self.found[code]))
        parts = [
            f"{name}={'|'.join(sorted(map(str, values)))}"
            for info in chain
            for name, values in info.where.items()
        ]
        base = chain[-1].code
        return f"{base}{{{'&'.join(sorted(parts))}}}" if parts else base

    def _chain(self, info: MeasureInfo) -> Iterator[MeasureInfo]:
        seen: set[str] = set()
        yield info
        while info.of in self.found and info.of not in seen:
            seen.add(info.of)
            info = self.found[info.of]
            yield info

    def _check_part(
        self, info: MeasureInfo, projected: Collection[str], attributes: Attributes | None
    ) -> None:
        reading, place = self.where[info.code]
        base = self._base(info)
        if base is None:
            return
        if base.manual or base.code not in projected:
            reading.wrong(f"{place}, of", f"only what events feed has parts: {base.code} is none")
        elif attributes is not None:
            offered = attributes.get(base.code, ())
            for name in info.where:
                if name not in offered:
                    rule = f"{base.code} offers {', '.join(sorted(offered)) or 'no attributes'}"
                    reading.wrong(f"{place}, where, {name}", rule)
        for name, values in info.where.items():
            for of in list(self._chain(info))[1:]:
                if name in of.where and not set(values) & set(of.where[name]):
                    rule = f"{of.code}, of which it is a part, has none of these: it counts nothing"
                    reading.wrong(f"{place}, where, {name}", rule)

    def _wrong_due_with(self, info: MeasureInfo) -> str | None:
        if info.due_with is None:
            return None
        if info.due_with == info.code or info.due_with not in self.found:
            return f"must be another measure: {info.due_with} is none"
        due = self.found[info.due_with]
        return None if due.unit == info.unit else f"{due.code} is in {due.unit}, not {info.unit}"

    def _same_parts(self) -> None:
        seen: dict[str, str] = {}
        for code, info in self.found.items():
            if info.of is not None and self._base(info) is not None:
                other = seen.setdefault(self.identity(code), code)
                if other != code and self.doubtful.isdisjoint((code, other)):
                    reading, place = self.where[code]
                    reading.wrong(place, f"the same part as {other}")

    def _circular(self, code: str) -> bool:
        seen = {code}
        at = self.found[code].zero_with
        while at in self.found:
            if at in seen:
                return at == code
            seen.add(at)
            at = self.found[at].zero_with
        return False
