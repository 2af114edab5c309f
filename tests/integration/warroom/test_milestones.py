"""Milestones: what they depend on, when they slip and are reached."""

from uuid import UUID, uuid4

import pytest
from uuid6 import uuid7

from palika.errors import Conflict, Invalid
from services.warroom.commands.add_milestone import add_milestone
from services.warroom.commands.revise_milestone import (
    complete_milestone,
    forecast_milestone,
    revise_milestone,
)
from services.warroom.commands.revise_project import revise_project
from services.warroom.domain.facts import State
from services.warroom.queries import projects, views
from services.warroom.schemas import asking
from tests.support.warroom import (
    MILESTONE,
    TODAY,
    Room,
    three_in_a_row,
)


@pytest.fixture
def road(room: Room) -> str:
    """A project with three milestones in a row: dpr, tender, work."""
    return three_in_a_row(room)


def dpr_is_done(room: Room, road: str) -> State:
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    given = {"id": road, "milestone_id": room.key(state, "dpr"), "done_on": "2026-03-01"}
    return room.do(complete_milestone, asking.Completing, given)


def test_a_milestone_that_depends_on_itself_is_refused_with_the_circle(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    dpr, work = room.key(state, "dpr"), room.key(state, "work")
    given = {"id": road, "milestone_id": dpr, "reason": "another order"}
    with pytest.raises(Invalid) as refusal:
        room.do(revise_milestone, asking.RevisingMilestone, {**given, "after": [work]})
    assert refusal.value.fields == {
        "after": ["dpr depends on itself in a circle: dpr → work → tender → dpr"]
    }
    with pytest.raises(Invalid, match="dpr depends on itself: dpr → dpr"):
        room.do(revise_milestone, asking.RevisingMilestone, {**given, "after": [dpr]})
    stranger = str(uuid4())
    with pytest.raises(Invalid, match=f"dpr depends on {stranger}, which is no milestone"):
        room.do(revise_milestone, asking.RevisingMilestone, {**given, "after": [stranger]})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"key": "dpr"}, "key"),
        ({"stage": "launch"}, "stage"),
        ({"planned_on": "2025-12-31"}, "planned_on"),
    ],
)
def test_a_milestone_that_cannot_be_is_refused(room, road, given, field):
    with pytest.raises(Invalid) as refusal:
        room.milestone(road, **{"key": "new", **given})
    assert list(refusal.value.fields) == [field]


def test_nothing_is_planned_before_what_it_depends_on(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    with pytest.raises(Invalid, match="early must not be before tender, on which it depends"):
        room.milestone(
            road, key="early", planned_on="2026-06-30", after=[room.key(state, "tender")]
        )


def test_a_milestone_asked_for_twice_is_there_once_even_after_it_has_moved(room, road):
    key = str(uuid7())
    given = {**MILESTONE, "id": road, "milestone_id": key, "key": "new"}
    first = room.do(add_milestone, asking.AddingMilestone, given)
    room.do(
        forecast_milestone,
        asking.Forecasting,
        {"id": road, "milestone_id": key, "forecast_on": "2026-08-01", "reason": "rain"},
    )
    again = room.do(add_milestone, asking.AddingMilestone, given)
    assert again.version == first.version + 1
    with pytest.raises(Conflict) as refusal:
        room.do(add_milestone, asking.AddingMilestone, {**given, "weight": 11})
    assert refusal.value.details["differs"] == ["weight"]


def test_a_slip_is_told_with_what_the_project_feels_of_it(room, road):
    state = dpr_is_done(room, road)
    given = {"id": road, "milestone_id": room.key(state, "tender"), "forecast_on": "2026-07-21"}
    with pytest.raises(Invalid, match="must be given where it is later than before"):
        room.do(forecast_milestone, asking.Forecasting, given)
    room.do(forecast_milestone, asking.Forecasting, {**given, "reason": "no bidder"})
    (told,) = room.told("milestone_slipped")
    assert (told["days"], told["critical"], told["project_days"]) == (20, True, 20)
    given["milestone_id"] = room.key(state, "land")
    room.do(forecast_milestone, asking.Forecasting, {**given, "reason": "court"})
    told = room.told("milestone_slipped")[1]
    assert (told["days"], told["critical"], told["project_days"]) == (170, False, 0)
    sooner = {**given, "forecast_on": "2026-07-01"}
    room.do(forecast_milestone, asking.Forecasting, sooner)
    assert len(room.told("milestone_slipped")) == 2
    with pytest.raises(Invalid, match="must be 2026-06-01 or later"):
        room.do(forecast_milestone, asking.Forecasting, {**given, "forecast_on": "2026-05-01"})


def test_a_milestone_is_reached_once_and_a_correction_has_a_reason(room, road):
    state = room.do(revise_project, asking.Revising, {"id": road, "owner": "roads-ce"})
    given = {"id": road, "milestone_id": room.key(state, "dpr")}
    for day, rule in (("2026-06-02", "must be 2026-06-01 or earlier"), ("2025-12-31", "starts")):
        with pytest.raises(Invalid, match=rule):
            room.do(complete_milestone, asking.Completing, {**given, "done_on": day})
    room.do(complete_milestone, asking.Completing, {**given, "done_on": "2026-03-11"})
    (told,) = room.told("milestone_done")
    assert (told["done_on"], told["days_late"]) == ("2026-03-11", 10)
    with pytest.raises(Conflict, match="was reached on 2026-03-11"):
        room.do(forecast_milestone, asking.Forecasting, {**given, "forecast_on": "2026-07-01"})
    for day in ("2026-03-12", None):
        with pytest.raises(Invalid, match="must be given where done_on is corrected"):
            room.do(complete_milestone, asking.Completing, {**given, "done_on": day})
    back = {**given, "done_on": None, "reason": "another road"}
    again = room.do(complete_milestone, asking.Completing, back)
    assert [each.key for each in again.milestones.values() if each.done_on] == []
    assert room.told("project_changed")[-1]["action"] == "reopen_milestone"
    assert len(room.told("milestone_done")) == 1


def test_what_is_reached_before_what_it_depends_on_has_a_reason(room, road):
    state = room.state(road)
    given = {"id": road, "milestone_id": room.key(state, "tender"), "done_on": "2026-05-01"}
    with pytest.raises(Invalid) as refusal:
        room.do(complete_milestone, asking.Completing, given)
    rule = "must be given where it is reached before what it depends on: dpr"
    assert refusal.value.fields == {"reason": [rule]}
    told = room.do(complete_milestone, asking.Completing, given | {"reason": "An urgent tender"})
    assert told.milestones[UUID(given["milestone_id"])].done_on is not None
    with room.sessions() as session:
        last = projects.history(session, {"id": UUID(road), "before": None, "limit": 1})
    assert last["items"][0]["reason"] == "An urgent tender"


def test_the_plan_moves_with_a_reason_only(room, road):
    state = dpr_is_done(room, road)
    given = {"id": road, "milestone_id": room.key(state, "work"), "planned_on": "2027-01-01"}
    with pytest.raises(Invalid, match="must be given where the plan moves"):
        room.do(revise_milestone, asking.RevisingMilestone, given)
    moved = room.do(revise_milestone, asking.RevisingMilestone, {**given, "reason": "new scope"})
    assert str(moved.forecasts["official"].finish_on) == "2027-01-01"


def test_the_expected_day_of_a_milestone_is_that_of_the_critical_path_everywhere(room):
    road = three_in_a_row(room)
    found = room.state(road)
    # The report is not there on its day, and what comes after it moves with it.
    days = {"land": "2026-06-01", "dpr": "2026-06-01", "tender": "2026-10-01", "work": "2027-03-03"}
    whole, shown = views.whole(found, TODAY), views.public(found, TODAY)
    assert {each["key"]: each["expected_on"] for each in whole["milestones"]} == days
    assert {each["expected_on"] for each in shown["milestones"]} == set(days.values())
    assert whole["expected_end"] == "2027-03-03"
    assert [each["late_days"] for each in whole["milestones"]] == [120, 92, 92, 92]
    assert all(each["late"] for each in whole["milestones"])
