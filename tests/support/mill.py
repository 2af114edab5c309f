"""A small catalogue: a shop that events feed, and the department of a mill."""

import copy
from typing import Any

from services.kpi.domain.catalogue_file import catalogue

NAME = {"mr": "नाव", "en": "Name"}
PROJECTED = {"shop.filed", "shop.sold", "shop.days"}
ATTRIBUTES = {
    "shop.filed": frozenset({"category", "mode"}),
    "shop.sold": frozenset({"category"}),
    "shop.days": frozenset(),
}
KINDS = {"shop.filed": "sum", "shop.sold": "sum", "shop.days": "distribution"}
EVENTS = {
    "measures": {
        "shop.filed": {"name": NAME, "unit": "count", "kind": "sum"},
        "shop.sold": {"name": NAME, "unit": "count", "kind": "sum", "zero_with": "shop.filed"},
        "shop.days": {"name": NAME, "unit": "days", "kind": "distribution"},
        "tea.sold": {"of": "shop.sold", "where": {"category": ["tea"]}, "name": NAME},
    }
}
MILL = {
    "department": "mill",
    "name": NAME,
    "owner": "mill-head",
    "measures": {
        "mill.ground": {
            "name": NAME,
            "unit": "count",
            "kind": "sum",
            "decimals": 1,
            "every": "month",
            "by": ["ward"],
            "source": "form",
            "due_days": 10,
            "min": 0,
            "max": 1000,
        },
        "mill.people": {
            "name": NAME,
            "unit": "count",
            "kind": "level",
            "every": "year",
            "by": [],
            "source": "csv",
            "due_days": 30,
        },
    },
    "kpis": [
        {
            "code": "mill-yield",
            "name": {"mr": "उतारा", "en": "Yield"},
            "definition": NAME,
            "unit": "percent",
            "decimals": 1,
            "formula": "per(mill.ground, mill.people, 1000)",
            "direction": "higher",
            "frequency": "month",
            "source": "manual",
            "targets": {"2025": 40, "2026": 50},
            "thresholds": {"green": 40, "red": 30},
            "baseline": {"value": 38, "period": "2024", "illustrative": True},
            "illustrative": ["targets", "thresholds"],
            "reference": {"source": "slb", "clause": "2.5"},
            "programme": ["150-days"],
            "note": "A note.",
        },
        {
            "code": "mill-sold",
            "name": {"mr": "विक्री", "en": "Sales"},
            "definition": NAME,
            "unit": "percent",
            "decimals": 1,
            "formula": "rate(shop.sold, shop.filed)",
            "direction": "band",
            "frequency": "month",
            "source": "events",
            "targets": [40, 60],
            "thresholds": {"amber": 5},
            "illustrative": ["targets", "thresholds"],
        },
    ],
}
FILES = {
    "units.yaml": {
        "units": {
            "count": {"mr": "संख्या", "en": "count"},
            "percent": {"mr": "टक्के", "en": "%"},
            "days": {"mr": "दिवस", "en": "days"},
        }
    },
    "sources.yaml": {
        "sources": {
            "slb": {"title": NAME, "publisher": "MoUD", "year": 2008, "url": "https://example.in"}
        }
    },
    "measures/shop.yaml": EVENTS,
    "departments/mill.yaml": MILL,
}
FILE = "departments/mill.yaml"
REMOVED = object()


def made(**changes: Any) -> Any:
    content = copy.deepcopy(FILES) | changes
    return catalogue(content, PROJECTED, ATTRIBUTES, KINDS)


def mill(*path: str | int, to: Any) -> dict[str, Any]:
    """The mill's file with one value changed."""
    content = copy.deepcopy(MILL)
    at: Any = content
    for word in path[:-1]:
        at = at[word]
    if to is REMOVED:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return {FILE: content}
