"""The wall of the war room: it tells how many there are, and not how many it was given."""

from typing import Any

import pytest

from services.portal.asking import Part
from services.portal.wall import summary

COUNTS = {"red": 41, "amber": 2, "green": 300, "none": 7}


def project(code: str, light: str) -> dict[str, Any]:
    return {"code": code, "health": {"light": light}, "planned_percent": 50, "done_percent": 40}


def parts() -> dict[str, Part]:
    """Of each list the first page alone."""
    found: dict[str, Any] = {
        "projects": {
            "items": [project("RD-1", "red"), project("RD-2", "red"), project("RD-3", "green")],
            "counts": COUNTS,
        },
        "actions": {"items": [{"days_beyond": 3}, {"days_beyond": 9}], "counts": {"all": 1_200}},
        "today": {"total": {}},
        "pending": {"rows": [], "total": {}},
        "kpis": {"kpis": [{"status": "red"}, {"status": "green"}]},
    }
    return {name: Part(value) for name, value in found.items()}


@pytest.fixture
def scenes() -> dict[str, list[summary.Scene]]:
    return summary.scenes(parts())


def test_projects_are_counted_by_their_service(scenes):
    first, red = scenes["projects"]
    assert first.data["counts"] == COUNTS
    assert (red.kind, red.data["all"]) == ("red", 41)
    assert [each["code"] for each in red.data["items"]] == ["RD-1", "RD-2"]


def test_actions_are_counted_by_their_service(scenes):
    (late,) = scenes["actions"]
    assert late.data["all"] == 1_200
    assert [each["days_beyond"] for each in late.data["items"]] == [9, 3]
