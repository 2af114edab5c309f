"""A plan or a budget that is moved has a reason and is before the next review."""

import json
from typing import Any

import pytest

from palika.errors import Invalid
from services.warroom.commands.add_milestone import add_milestone
from services.warroom.commands.record_money import record_money
from services.warroom.commands.revise_milestone import complete_milestone, revise_milestone
from services.warroom.commands.set_agenda import make_agenda
from services.warroom.commands.withdraw import withdraw
from services.warroom.documents.briefing import pack as briefing
from services.warroom.queries import projects
from services.warroom.schemas import asking, reading
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import MILESTONE
from tests.support.warroom_reviews import SECOND, ReviewRoom

REASON = {"reason": "another scope"}


def reviewed(room: ReviewRoom) -> Any:
    """A review has been held; since when the next one tells what has changed."""
    room.at("2026-06-09")
    room.promised(post="roads-ce", due_on="2026-07-30")
    since = room.later(minutes=1)
    room.later(minutes=1)
    return since


def why(room: ReviewRoom) -> list[tuple[str, str]]:
    room.at("2026-06-23")
    found = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    return [(each.code, each.text.en) for item in found.items.values() for each in item.why]


def changed(room: ReviewRoom, since: Any) -> dict[str, Any]:
    args = reading.Comparing().load({"code": "RD-01", "since": since.isoformat()})
    with room.sessions() as session:
        return projects.compare(session, args, room.now)


def on_the_page(room: ReviewRoom) -> list[str]:
    room.snapshot(SECOND)
    found = next(each for each in room.review(SECOND).packs.values() if each.form == "json")
    (page,) = briefing(json.loads(room.store.get(found.key)), "en")["projects"]
    told: list[str] = page["changes"]
    return told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"weight": 900}, "weight 900 instead of 10"),
        ({"days": 9}, "days of work 9 instead of none"),
        ({"after": ["dpr"]}, "depends on dpr instead of none"),
    ],
)
def test_what_a_milestone_weighs_takes_or_depends_on_is_its_plan(room, road, given, told):
    since = reviewed(room)
    if "after" in given:
        given = {"after": [room.key(room.state(road), "dpr")]}
    asked = {"id": road, "milestone_id": room.key(room.state(road), "work"), **given}
    with pytest.raises(Invalid, match="must be given where the plan moves"):
        room.do(revise_milestone, asking.RevisingMilestone, asked)
    room.do(revise_milestone, asking.RevisingMilestone, asked | REASON)
    (found,) = changed(room, since)["milestones_revised"]
    assert (found["key"], found["what"]) == ("work", next(iter(given)))
    said = told.replace("depends on", "dependencies")
    assert ("replanned", f"the plan was changed: {said}: Report") in why(room)
    assert any(told in line for line in on_the_page(room))


def test_another_weight_of_a_milestone_that_is_reached_is_a_moved_plan_too(room, road):
    reviewed(room)
    on = {"id": road, "milestone_id": room.key(room.state(road), "dpr")}
    room.do(complete_milestone, asking.Completing, on | {"done_on": "2026-06-09"})
    room.do(revise_milestone, asking.RevisingMilestone, on | {"weight": 900} | REASON)
    assert [code for code, _ in why(room)] == ["replanned"]


def later_end(room: ReviewRoom, road: str, **given: Any) -> None:
    """The last milestone goes, and another comes that is planned for later."""
    work = room.key(room.state(road), "work")
    gone = {"id": road, "kind": "milestone", "fact_id": work, "reason": "done by others"}
    new = {**MILESTONE, "id": road, "key": "works", "planned_on": "2027-12-01", **given}
    room.do(add_milestone, asking.AddingMilestone, new)
    room.do(withdraw, asking.Withdrawing, gone)


def test_the_end_that_moves_by_another_milestone_has_a_reason_and_is_on_the_agenda(room, road):
    since = reviewed(room)
    with pytest.raises(Invalid, match="must be given where the plan's end, 2026-12-01, moves"):
        later_end(room, road)
    later_end(room, road, **REASON)
    found = changed(room, since)["planned_end"]
    assert found == {"before": "2026-12-01", "now": "2027-12-01"}
    told = "the planned end of the project has moved from 01-12-2026 to 01-12-2027"
    assert ("replanned", told) in why(room)
    assert "planned end 01-12-2027 instead of 01-12-2026" in on_the_page(room)


def test_the_end_that_comes_nearer_by_a_milestone_that_goes_is_on_the_agenda(room, road):
    reviewed(room)
    gone = {"id": road, "kind": "milestone", "fact_id": room.key(room.state(road), "work")}
    room.do(withdraw, asking.Withdrawing, gone | REASON)
    told = "the planned end of the project has moved from 01-12-2026 to 01-09-2026"
    assert ("replanned", told) in why(room)


def test_a_milestone_that_is_moved_to_the_new_end_is_told_once(room, road):
    reviewed(room)
    work = {"id": road, "milestone_id": room.key(room.state(road), "work")}
    moved = work | {"planned_on": "2027-02-01"} | REASON
    room.do(revise_milestone, asking.RevisingMilestone, moved)
    assert [code for code, _ in why(room)].count("replanned") == 1


def enter(room: ReviewRoom, road: str, kind: str, amount: int, **given: str) -> int:
    entry = {"id": road, "kind": kind, "amount_paise": amount, "on": "2026-06-01", **given}
    return room.do(record_money, asking.Entering, entry).budget_paise


def test_a_revised_budget_has_a_reason_or_a_file_and_a_raised_one_is_on_the_agenda(room, road):
    enter(room, road, "sanctioned", 1_000_00)
    reviewed(room)
    with pytest.raises(Invalid) as refusal:
        enter(room, road, "revised", 1_500_00)
    assert list(refusal.value.fields) == ["reason"]
    assert enter(room, road, "revised", 900_00, reference="P/2") == 900_00
    assert "budget_raised" not in dict(why(room))
    assert enter(room, road, "revised", 1_500_00, reason="rates") == 1_500_00
    assert dict(why(room))["budget_raised"] == ("the budget was raised from ₹1,000.00 to ₹1,500.00")


def test_what_is_spent_far_beyond_the_budget_is_a_slip_of_the_pen(room, road):
    enter(room, road, "sanctioned", 1_000_00)
    enter(room, road, "spent", 1_999_00)
    with pytest.raises(Invalid) as refusal:
        enter(room, road, "spent", 1_00)
    assert refusal.value.fields == {
        "amount_paise": [
            "with this ₹2,000.00 would be spent; it must be below 2 times the budget, ₹1,000.00"
        ]
    }
