"""What its owner does with a project's plan and standing is seen, and heard at the next review."""

from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner
from marshmallow import ValidationError

from palika.errors import Invalid
from services.warroom.cli import showing
from services.warroom.commands.hold_reviews import review_id
from services.warroom.commands.record_money import record_money
from services.warroom.commands.revise_milestone import forecast_milestone, revise_milestone
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.set_agenda import make_agenda
from services.warroom.commands.take_minutes import attend, close, minute, open_review
from services.warroom.commands.withdraw import withdraw
from services.warroom.queries import projects
from services.warroom.schemas import asking, reading
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom_reviews import FIRST, SECOND, TAKER, ReviewRoom


def revise(room: ReviewRoom, road: str, **given: Any) -> None:
    room.do(revise_project, asking.Revising, {"id": road, **given})


def changes(room: ReviewRoom, road: str, since: datetime) -> dict[str, Any]:
    args = reading.Comparing().load({"id": road, "since": since.isoformat()})
    with room.sessions() as session:
        return projects.compare(session, args, room.later(minutes=1))


def reasons(room: ReviewRoom, review: Any = FIRST) -> list[str]:
    found = room.on(make_agenda, schemas.WritingReview, review=review)
    return [why.code for each in found.items.values() for why in each.why]


def decide_in(room: ReviewRoom, review: Any, **given: Any) -> None:
    room.snapshot(review)
    room.on(open_review, schemas.WritingReview, TAKER, review)
    room.on(attend, schemas.Attending, TAKER, review, post="roads-ce", presence="present")
    if given:
        said = {"kind": "decision", "text": "So be it", "post": "commissioner", "code": "RD-01"}
        room.on(minute, schemas.Minuting, TAKER, review, **said, **given)
    room.on(close, schemas.WritingReview, review=review)


@pytest.mark.parametrize("standing", ["on_hold", "dropped"])
def test_a_project_is_set_aside_with_a_reason_only(room, road, standing):
    with pytest.raises(Invalid) as refusal:
        revise(room, road, standing=standing)
    assert list(refusal.value.details) == ["reason"]
    revise(room, road, standing=standing, reason="no money")
    revise(room, road, standing="active")


@pytest.mark.parametrize("standing", ["on_hold", "dropped"])
def test_what_is_set_aside_is_on_every_agenda_until_a_review_has_decided_about_it(
    room, road, standing
):
    revise(room, road, standing=standing, reason="no money")
    room.at("2026-06-09")
    assert reasons(room) == ["set_aside"]
    decide_in(room, FIRST)
    room.at("2026-06-23")
    assert reasons(room, SECOND) == ["set_aside"]
    decide_in(room, SECOND, about="other")
    room.at("2026-07-07")
    assert reasons(room, review_id("fortnightly", "2026-07-07")) == []


def test_what_a_review_has_put_on_hold_is_not_brought_before_it_again(room, road):
    room.at("2026-06-09")
    decide_in(room, FIRST, about="hold")
    room.at("2026-06-12")
    revise(room, road, standing="on_hold", reason="as decided")
    room.at("2026-06-23")
    assert reasons(room, SECOND) == []


def test_what_a_review_has_decided_of_a_standing_is_followed_until_it_is_so(room, road):
    room.at("2026-06-09")
    decide_in(room, FIRST, about="hold")
    room.at("2026-06-23")
    assert reasons(room, SECOND) == ["undone"]
    (item,) = room.review(SECOND).items.values()
    assert "09-06-2026 to put it on hold is not carried out" in item.why[0].text.en
    assert "09-06-2026 रोजीच्या आढाव्यातील काम थांबवण्याचा निर्णय अमलात नाही" in item.why[0].text.mr
    revise(room, road, standing="on_hold", reason="as decided")
    assert reasons(room, SECOND) == []
    decide_in(room, SECOND, about="resume")
    room.at("2026-07-07")
    third = review_id("fortnightly", "2026-07-07")
    assert reasons(room, third) == ["undone"]
    revise(room, road, standing="active")
    assert reasons(room, third) == []


def test_of_a_hold_and_a_resumption_of_one_meeting_the_last_word_counts(room, road):
    room.at("2026-06-09")
    room.snapshot()
    room.on(open_review, schemas.WritingReview, TAKER)
    said = {"kind": "decision", "post": "commissioner", "code": "RD-01"}
    for about, text in (("hold", "Stop"), ("resume", "It goes on after all")):
        room.on(minute, schemas.Minuting, TAKER, text=text, about=about, **said)
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    room.on(close, schemas.WritingReview)
    room.at("2026-06-23")
    assert reasons(room, SECOND) == []


def test_a_hold_that_was_carried_out_ends_when_the_work_is_taken_up(room, road):
    room.at("2026-06-09")
    decide_in(room, FIRST, about="hold")
    room.at("2026-06-12")
    revise(room, road, standing="on_hold", reason="as decided")
    room.at("2026-06-20")
    revise(room, road, standing="active")
    room.at("2026-06-23")
    assert reasons(room, SECOND) == []


def test_a_hold_that_was_decided_until_a_day_is_followed_until_that_day(room, road):
    room.at("2026-06-09")
    decide_in(room, FIRST, about="hold", day="2026-06-20")
    room.at("2026-06-23")
    assert reasons(room, SECOND) == []


def test_a_plan_that_is_moved_is_a_change_and_on_the_agenda_though_the_forecast_stays(room, road):
    work = room.key(room.state(road), "work")
    late = {"id": road, "milestone_id": work, "forecast_on": "2027-03-01", "reason": "rain"}
    room.do(forecast_milestone, asking.Forecasting, late)
    room.at("2026-06-09")
    decide_in(room, FIRST)
    since = room.later(minutes=1)
    room.later(days=1)
    moved = {"id": road, "milestone_id": work, "planned_on": "2027-03-01", "reason": "as expected"}
    room.do(revise_milestone, asking.RevisingMilestone, moved)
    (slip,) = changes(room, road, since)["milestones_replanned"]
    assert (slip["was"], slip["now"], slip["days_later"]) == ("2026-12-01", "2027-03-01", 90)
    room.at("2026-06-23")
    assert "replanned" in reasons(room, SECOND)


def test_a_new_owner_and_a_new_standing_are_changes(room, road):
    since = room.now
    room.later(days=1)
    revise(room, road, standing="on_hold", owner="drainage-ce", reason="handed over")
    found = changes(room, road, since)
    assert found["owner"] == {"before": "roads-ce", "now": "drainage-ce"}
    assert found["standing"] == {"before": "active", "now": "on_hold"}
    assert found["any"] is True


def test_the_terminal_shows_every_kind_of_change(room, road, monkeypatch):
    money = {"id": road, "kind": "sanctioned", "amount_paise": 10_000, "on": "2026-05-01"}
    state = room.do(record_money, asking.Entering, money)
    since = room.later(minutes=1)
    room.later(days=1)
    (entry,) = state.money
    back = {"id": road, "kind": "money", "fact_id": str(entry), "reason": "twice"}
    room.do(withdraw, asking.Withdrawing, back)
    moved = {"id": road, "milestone_id": room.key(state, "work"), "planned_on": "2026-11-01"}
    room.do(revise_milestone, asking.RevisingMilestone, {**moved, "reason": "sooner"})
    revise(room, road, standing="on_hold", owner="drainage-ce", reason="handed over")
    monkeypatch.setattr(showing, "sessions", lambda _: room.sessions)
    asked = ["RD-01", "--since", since.isoformat(), "--language", "en"]
    said = CliRunner().invoke(showing.changes_command, asked, catch_exceptions=False).output
    for line in (
        "owner: roads-ce → drainage-ce",
        "standing: active → on hold",
        "milestones whose plan was moved:",
        "milestones brought forward:",
        "budget: ₹100.00 → ₹0.00",
        "withdrawn:",
        "01-05-2026 sanctioned: ₹100.00",
    ):
        assert line in said


def test_what_has_changed_is_asked_forward_in_time(room, road):
    asked = {"id": road, "since": "2026-06-02T00:00:00Z", "until": "2026-06-01T00:00:00Z"}
    with pytest.raises(ValidationError) as refusal:
        reading.Comparing().load(asked)
    assert refusal.value.messages == {"until": ["must not be before since"]}
