"""The wall of the war room: it tells how many there are, and not how many it was given."""

from typing import Any

import pytest

from services.portal.asking import Part
from services.portal.wall import naming, summary

COUNTS = {"red": 41, "amber": 2, "green": 300, "none": 7}


def project(code: str, light: str) -> dict[str, Any]:
    return {"code": code, "health": {"light": light}, "planned_percent": 50, "done_percent": 40}


def kpi(department: str, short: float, target: Any = 10.0, value: float = 0.0) -> dict[str, Any]:
    shown = {"owned_by": department, "short": short, "target": target, "value": value}
    return {"status": "red", **shown}


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
        "kpis": {"kpis": [kpi("a", 1), {"status": "green"}]},
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


def test_the_red_kpis_that_are_shown_are_the_worst_of_each_department():
    """Of 30 in three departments 18 are shown: by how far they are from their target."""
    kpis = [kpi(name, short) for name in "abc" for short in range(1, 11)]
    of_b = kpi("b", 40, [20.0, 30.0], value=70)
    told = parts() | {"kpis": Part({"kpis": [*kpis, of_b]})}
    scenes = summary.scenes(told)["kpis"]
    shown = [each for scene in scenes for each in scene.data["items"]]
    assert [(scene.data["shown"], scene.data["all"]) for scene in scenes] == [(18, 31)] * 3
    assert shown[0] is of_b
    assert {each["owned_by"] for each in shown[:3]} == set("abc")
    assert sorted(each["short"] for each in shown if each["owned_by"] == "a") == [5, 6, 7, 8, 9, 10]


def test_what_is_red_beside_a_target_of_nothing_is_worst():
    nothing, near = kpi("a", 3, 0.0, value=3), kpi("b", 1, 10.0, value=9)
    assert summary.worst_first([near, nothing]) == [nothing, near]


def test_posts_in_a_sentence_are_called_by_their_names():
    text = "issue overdue by 4 days (traffic-head): a court (24-11-2026), (4 × 5); (roads-ce, late)"
    assert naming.posts_said([text]) == {"traffic-head", "roads-ce"}
    said = naming.with_names(text, {"traffic-head": "Head, Traffic Planning"})
    assert "(Head, Traffic Planning): a court (24-11-2026), (4 × 5); (roads-ce, late)" in said
