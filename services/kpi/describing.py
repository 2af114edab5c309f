"""A KPI as the catalogue has it, for people and programs: no values."""

from typing import Any

from palika.text import Name
from services.kpi.domain.indicators import Aim, Catalogue, Indicator


def both(name: Name) -> dict[str, str]:
    """A name in both languages."""
    return {"mr": name.mr, "en": name.en}


def aimed(aim: Aim | None) -> float | list[float] | None:
    """A target: a number; of a band its two ends."""
    if aim is None:
        return None
    return [float(aim.low), float(aim.high)] if aim.is_band else float(aim.low)


def outlined(each: Indicator, known: Catalogue) -> dict[str, Any]:
    """What a page needs of a KPI."""
    return {
        "code": each.code,
        "owned_by": each.department,
        "owner": each.owner,
        "name": both(each.name),
        "unit": each.unit,
        "unit_name": both(known.units[each.unit]),
        "formula": each.formula.text,
        "direction": each.direction,
        "frequency": each.frequency,
        "decimals": each.decimals,
    }


def described(each: Indicator, known: Catalogue) -> dict[str, Any]:
    """All that there is to know of a KPI."""
    mr, en = known.in_words(each.formula.text)
    thresholds = each.thresholds
    return {
        "code": each.code,
        "department": each.department,
        "name": both(each.name),
        "definition": both(each.definition),
        "unit": each.unit,
        "unit_name": both(known.units[each.unit]),
        "decimals": each.decimals,
        "formula": each.formula.text,
        "formula_in_words": {"mr": mr, "en": en},
        "measures": {
            code: both(known.measures[code].name) for code in sorted(each.formula.measures)
        },
        "scope": each.scope,
        "direction": each.direction,
        "frequency": each.frequency,
        "source": each.source,
        "owner": each.owner,
        "target": aimed(each.every_year),
        "targets": {str(year): aimed(aim) for year, aim in each.targets.items()},
        "thresholds": None
        if thresholds is None
        else {
            name: float(value)
            for name in ("green", "red", "amber")
            if (value := getattr(thresholds, name)) is not None
        },
        "tolerance": float(each.tolerance),
        "baseline": None
        if each.baseline is None
        else {"value": float(each.baseline.value), "period": each.baseline.period},
        "illustrative": sorted(each.illustrative),
        "dimensions": list(each.dimensions),
        "reference": None
        if each.reference is None
        else {
            "source": each.reference.source,
            "clause": each.reference.clause,
            "title": both(known.sources[each.reference.source].title),
        },
        "programme": list(each.programme),
        "public": each.public,
        "note": each.note,
    }
