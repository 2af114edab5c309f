"""The catalogue of KPIs: what each one is called, how it is worked out and what is aimed at.

A KPI is a formula over measures with a direction and a target. The catalogue is data
(`data/kpis.yaml`); this module checks it and judges a value against its target.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from palika.errors import Invalid, NotFound
from services.kpi.domain.formula import Formula, parse

DIRECTIONS = ("higher", "lower", "none")
LANGUAGES = ("mr", "en")


@dataclass(frozen=True, slots=True)
class MeasureInfo:
    """A measure by name, and the measure whose data makes its own absence a true zero.

    Where bills were raised and none was paid, `tax.paid` has no row but *is* 0: it is
    `zero_with: tax.billed`. Where nothing was billed either, there is no data.
    """

    name: str
    text: Mapping[str, str]
    unit: str
    zero_with: str | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A KPI. `departments` empty means every department; `target` None means none is set."""

    code: str
    name: Mapping[str, str]
    unit: str
    decimals: int
    formula: Formula
    direction: str
    target: Decimal | None
    departments: frozenset[str]

    def is_of(self, department: str | None) -> bool:
        """Whether a department's dashboard shows it; None is the whole city, which shows all."""
        return department is None or not self.departments or department in self.departments

    def rounded(self, value: Fraction) -> Decimal:
        """The value with the KPI's own number of decimals, halves away from zero."""
        step = Decimal(1).scaleb(-self.decimals)
        scaled = abs(value) * 10**self.decimals
        whole = Decimal((scaled.numerator * 2 + scaled.denominator) // (2 * scaled.denominator))
        return (whole * step).quantize(step, ROUND_HALF_UP) * (-1 if value < 0 else 1)

    def status(self, value: Fraction | None) -> str:
        """`met`, `missed`, `no target` or `no data`, judged on the exact value."""
        if value is None:
            return "no data"
        if self.target is None or self.direction == "none":
            return "no target"
        target = Fraction(self.target)
        met = value >= target if self.direction == "higher" else value <= target
        return "met" if met else "missed"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All measures and KPIs, checked: no name is used that is not known."""

    measures: Mapping[str, MeasureInfo]
    units: Mapping[str, Mapping[str, str]]
    indicators: Mapping[str, Indicator]

    def indicator(self, code: str) -> Indicator:
        """The KPI of that code.

        Raises:
            NotFound: there is none.
        """
        found = self.indicators.get(code)
        if found is None:
            raise NotFound(f"There is no KPI with the code {code!r}.", {"code": code})
        return found

    def of(self, department: str | None) -> list[Indicator]:
        """The KPIs of a department (None: of the city), in the order of the catalogue."""
        return [each for each in self.indicators.values() if each.is_of(department)]

    def complete(self, sums: Mapping[str, int]) -> dict[str, int]:
        """Add the true zeros: a measure without rows whose `zero_with` has data is 0."""
        whole = dict(sums)
        for name in self.measures:
            self._settle(name, whole)
        return whole

    def _settle(self, name: str, whole: dict[str, int]) -> bool:
        if name in whole:
            return True
        base = self.measures[name].zero_with
        if base is None or not self._settle(base, whole):
            return False
        whole[name] = 0
        return True


def catalogue(data: Mapping[str, Any], projected: Iterable[str]) -> Catalogue:
    """Check the catalogue's data and build it; `projected` are the measures that events feed.

    Raises:
        Invalid: names each entry, field and rule; every mistake is told at once.
    """
    wrong: dict[str, list[str]] = {}
    units = data.get("units", {})
    measures = {
        name: MeasureInfo(name, entry["name"], entry["unit"], entry.get("zero_with"))
        for name, entry in data.get("measures", {}).items()
        if _known(wrong, f"measures.{name}", entry, {"name", "unit"}, {"zero_with"})
    }
    for name in sorted(set(projected) ^ set(measures)):
        side = "is fed by no event" if name in measures else "is projected but not described"
        wrong.setdefault(f"measures.{name}", []).append(side)
    for info in measures.values():
        where = f"measures.{info.name}"
        _named(wrong, where, info.text)
        _unit(wrong, where, info.unit, units)
        if _circular(info.name, measures):
            wrong.setdefault(where, []).append("zero_with: unknown or circular")
    indicators: dict[str, Indicator] = {}
    for place, entry in enumerate(data.get("kpis", []), start=1):
        label = entry.get("code") if isinstance(entry, Mapping) else None
        where = f"kpis.{label or place}"
        required = {"code", "name", "unit", "decimals", "formula", "direction"}
        if not _known(wrong, where, entry, required, {"target", "departments", "note"}):
            continue
        if entry["code"] in indicators:
            wrong.setdefault(where, []).append("code: used twice")
        indicator = _indicator(wrong, where, entry, measures, units)
        if indicator is not None:
            indicators[indicator.code] = indicator
    if wrong:
        raise Invalid("The KPI catalogue has mistakes.", wrong)
    return Catalogue(measures, units, indicators)


def _indicator(
    wrong: dict[str, list[str]],
    where: str,
    entry: Mapping[str, Any],
    measures: Mapping[str, MeasureInfo],
    units: Mapping[str, Any],
) -> Indicator | None:
    mistakes = wrong.setdefault(where, [])
    _named(wrong, where, entry["name"])
    _unit(wrong, where, entry["unit"], units)
    if entry["direction"] not in DIRECTIONS:
        mistakes.append(f"direction: one of {', '.join(DIRECTIONS)}")
    if entry["decimals"] not in (0, 1, 2, 3):
        mistakes.append("decimals: 0 to 3")
    target = entry.get("target")
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | float)):
        mistakes.append("target: a number, or nothing")
        target = None
    try:
        formula = parse(entry["formula"])
    except Invalid as error:
        mistakes.append(f"formula: {error}")
        return None
    unknown = sorted(formula.measures - measures.keys())
    if unknown:
        mistakes.append(f"formula: unknown measure {', '.join(unknown)}")
    if not mistakes:
        del wrong[where]
    return Indicator(
        code=entry["code"],
        name=entry["name"],
        unit=entry["unit"],
        decimals=entry["decimals"],
        formula=formula,
        direction=entry["direction"],
        target=None if target is None else Decimal(str(target)),
        departments=frozenset(entry.get("departments") or ()),
    )


def _known(
    wrong: dict[str, list[str]], where: str, entry: Any, required: set[str], optional: set[str]
) -> bool:
    if not isinstance(entry, Mapping):
        wrong.setdefault(where, []).append("must be a table of fields")
        return False
    for field in sorted(required - entry.keys()):
        wrong.setdefault(where, []).append(f"{field}: missing")
    for field in sorted(entry.keys() - required - optional):
        wrong.setdefault(where, []).append(f"{field}: unknown field")
    return required <= entry.keys()


def _named(wrong: dict[str, list[str]], where: str, names: Any) -> None:
    for language in LANGUAGES:
        if not isinstance(names, Mapping) or not str(names.get(language) or "").strip():
            wrong.setdefault(where, []).append(f"name.{language}: missing")


def _unit(wrong: dict[str, list[str]], where: str, unit: Any, units: Mapping[str, Any]) -> None:
    if unit not in units:
        wrong.setdefault(where, []).append(f"unit: one of {', '.join(units)}")


def _circular(name: str, measures: Mapping[str, MeasureInfo]) -> bool:
    seen: set[str] = set()
    at: str | None = name
    while at is not None:
        if at in seen or at not in measures:
            return True
        seen.add(at)
        at = measures[at].zero_with
    return False
