"""The agenda of a review: what has changed, and what the chair makes of it."""

from uuid import UUID

import pytest

from palika.errors import Forbidden
from services.warroom.commands.hold_reviews import cancel, review_id
from services.warroom.commands.judge import judge
from services.warroom.commands.raise_issue import raise_issue
from services.warroom.commands.revise_milestone import forecast_milestone
from services.warroom.commands.set_agenda import change_agenda, make_agenda
from services.warroom.domain.reviews import in_order
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom_reviews import FIRST, SECOND, TAKER


def test_nothing_that_is_in_order_is_on_the_agenda(room, road):
    assert room.on(make_agenda, schemas.WritingReview).items == {}


def test_what_has_changed_since_the_last_review_is_on_the_agenda_and_says_why(room, road):
    room.at("2026-06-09", "05:30")
    room.promised()
    room.at("2026-06-22")
    room.do(
        forecast_milestone,
        asking.Forecasting,
        {
            "id": road,
            "milestone_id": room.key(room.state(road), "work"),
            "forecast_on": "2027-02-15",
            "reason": "rain",
        },
    )
    found = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    (item,) = found.items.values()
    assert [each.code for each in item.why] == ["turned_red", "critical_slip"]
    assert "slipped by 76 days" in item.why[1].text.en
    assert item.weight == sum(each.weight for each in item.why)
    assert item.minutes == 15


def test_what_a_review_that_was_called_off_would_have_looked_at_the_next_does(room, road):
    room.at("2026-06-09", "05:30")
    action = room.promised(code="RD-01", due_on="2026-06-12")
    room.at("2026-06-15")
    milestone = room.key(room.state(road), "work")
    given = {"id": road, "milestone_id": milestone, "forecast_on": "2027-01-31", "reason": "rain"}
    room.do(forecast_milestone, asking.Forecasting, given)
    room.at("2026-06-22")
    room.on(cancel, schemas.Cancelling, review=SECOND, reason="floods")
    cancelled_at = room.now
    third = review_id("fortnightly", "2026-07-07")
    room.at("2026-07-06")
    made = room.on(make_agenda, schemas.WritingReview, review=third)
    assert made.meeting.since == room.review(FIRST).meeting.frozen_at
    (item,) = made.items.values()
    assert {each.code for each in item.why} >= {"critical_slip", "overdue_action"}
    assert any("overdue by 24 days" in each.text.en for each in item.why)
    # As of the day on which the second was called off, the third had looked at nothing yet.
    assert room.review(third, cancelled_at).items == {}
    assert room.review(SECOND, room.now).meeting.phase == "cancelled"
    assert str(next(iter(room.review(FIRST).actions))) == action


def test_a_silent_project_and_an_overdue_action_are_on_the_agenda(room, road):
    room.at("2026-06-09", "05:30")
    room.promised(code="RD-01", due_on="2026-06-12")
    room.at("2026-06-22")
    judge(room.sessions.begin, room.now)
    found = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    (item,) = found.items.values()
    assert {"silent", "overdue_action"} <= {each.code for each in item.why}
    assert {"turned_red", "turned_amber", "red"} & {each.code for each in item.why}
    silence = next(each.text.en for each in item.why if each.code == "silent")
    assert [each.code for each in item.why if silence in each.text.en] == ["silent"]


def test_what_a_court_has_is_not_taken_up(room, road):
    issue = {"severity": "high", "post": "law", "raised_on": "2026-05-01", "due_on": "2026-05-20"}
    for title, sub_judice in (("Land is before the court", True), ("Trees are to be cut", False)):
        given = {"id": road, "title": title, "sub_judice": sub_judice, **issue}
        room.do(raise_issue, asking.RaisingIssue, given)
    (item,) = room.on(make_agenda, schemas.WritingReview).items.values()
    told = " ".join(each.text.en for each in item.why)
    assert "Trees" in told
    assert "Land" not in told
    assert [each.en for each in item.excluded] == [
        "before a court, not taken up: Land is before the court"
    ]


def test_the_chair_adds_drops_and_moves_and_the_agenda_made_anew_keeps_it(room, road):
    for number in (2, 3):
        room.add(code=f"RD-0{number}")
    made = room.on(make_agenda, schemas.WritingReview)
    assert [item.code for _, item in in_order(made.items)] == []
    for code in ("RD-01", "RD-02", "RD-03"):
        made = room.on(change_agenda, schemas.ChangingAgenda, what="add", code=code, reason="seen")
    keys = {each.code: str(key) for key, each in made.items.items()}
    room.on(
        change_agenda,
        schemas.ChangingAgenda,
        what="drop",
        item_id=keys["RD-02"],
        reason="the engineer is on leave",
    )
    room.on(
        change_agenda,
        schemas.ChangingAgenda,
        what="move",
        item_id=keys["RD-03"],
        place=1,
        reason="urgent",
    )
    again = room.on(make_agenda, schemas.WritingReview)
    assert [item.code for _, item in in_order(again.items)] == ["RD-03", "RD-01"]
    dropped = again.items[UUID(keys["RD-02"])]
    assert (dropped.dropped, dropped.reason, dropped.minutes) == (
        *(True, "the engineer is on leave"),
        0,
    )
    with pytest.raises(Forbidden):
        room.on(
            change_agenda,
            schemas.ChangingAgenda,
            TAKER,
            what="restore",
            item_id=keys["RD-02"],
            reason="x",
        )
