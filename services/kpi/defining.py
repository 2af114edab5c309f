"""What a KPI's value means: its definition, as far as another makes another number."""

from collections.abc import Mapping
from typing import Any, Final

from palika.text import Name
from services.kpi.describing import described
from services.kpi.domain.indicators import Catalogue, Indicator

FIELDS: Final[Mapping[str, Name]] = {
    "formula": Name("सूत्र", "formula"),
    "measures": Name("परिमाणे", "measures"),
    "unit": Name("एकक", "unit"),
    "scope": Name("व्याप्ती", "scope"),
    "direction": Name("दिशा", "direction"),
    "frequency": Name("वारंवारता", "frequency"),
    "target": Name("लक्ष्य", "target"),
    "targets": Name("वर्षनिहाय लक्ष्ये", "targets by year"),
    "thresholds": Name("मर्यादा", "thresholds"),
    "tolerance": Name("सहनमर्यादा", "tolerance"),
}
"""What belongs to it, with its names. What a KPI is called, and whose it is, changes no value."""


def definition(each: Indicator, known: Catalogue) -> dict[str, Any]:
    """The definition of a KPI, as it is recorded: the values of `FIELDS`, for JSON.

    Of its measures what decides their values: of which whole one each is a part, and which.
    """
    said = described(each, known)
    measures = {}
    for code in sorted(each.formula.measures):
        info = known.measures[code]
        measures[code] = {
            "kind": info.kind,
            "of": info.of,
            "where": {name: list(values) for name, values in sorted(info.where.items())},
            "zero_with": info.zero_with,
        }
    return {name: said[name] for name in FIELDS if name != "measures"} | {"measures": measures}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Which fields of two definitions differ, in the order of `FIELDS`."""
    return [name for name in FIELDS if one.get(name) != other.get(name)]
