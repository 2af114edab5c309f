"""What was late stays counted, whatever is done to have it look otherwise."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from click.testing import CliRunner

from services.warroom.cli import showing
from services.warroom.commands.act import Act
from services.warroom.commands.follow_actions import answer_action, complete_action
from services.warroom.commands.hold_reviews import review_id
from services.warroom.commands.revise_milestone import (
    complete_milestone,
    forecast_milestone,
    revise_milestone,
)
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.set_agenda import make_agenda
from services.warroom.commands.take_minutes import attend, close, minute, open_review
from services.warroom.commands.withdraw import withdraw
from services.warroom.documents.briefing import pack as briefing
from services.warroom.domain.facts import Standing
from services.warroom.queries import projects
from services.warroom.schemas import asking, reading
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OWNER
from tests.support.warroom_reviews import CHAIR, FIRST, SECOND, TAKER, ReviewRoom

THIRD = review_id("fortnightly", "2026-07-07")


def stand(room: ReviewRoom, road: str, *standings: str) -> None:
    for each in standings:
        reason = {} if each == "active" else {"reason": "no money"}
        room.do(revise_project, asking.Revising, {"id": road, "standing": each, **reason})
        room.later(minutes=1)


def why(room: ReviewRoom, review: Any) -> dict[str, str]:
    found = room.on(make_agenda, schemas.WritingReview, review=review)
    return {each.code: each.text.en for item in found.items.values() for each in item.why}


def begin(room: ReviewRoom, review: Any) -> None:
    room.snapshot(review)
    room.on(open_review, schemas.WritingReview, TAKER, review)
    room.on(attend, schemas.Attending, TAKER, review, post="roads-ce", presence="present")


def held(room: ReviewRoom, review: Any, **decision: Any) -> None:
    begin(room, review)
    if decision:
        said = {"kind": "decision", "text": "So be it", "post": "commissioner", "code": "RD-01"}
        room.on(minute, schemas.Minuting, TAKER, review, **said, **decision)
    room.on(close, schemas.WritingReview, review=review)


def pack(room: ReviewRoom, review: Any) -> dict[str, Any]:
    found = next(each for each in room.review(review).packs.values() if each.form == "json")
    content: dict[str, Any] = json.loads(room.store.get(found.key))
    return content


def get(room: ReviewRoom, **given: Any) -> dict[str, Any]:
    args = reading.Reading().load({"code": "RD-01", **given})
    with room.sessions() as session:
        return projects.get(session, args, room.now)


def take_back(room: ReviewRoom, road: str, key: str) -> None:
    milestone = room.key(room.state(road), key)
    given = {"id": road, "kind": "milestone", "fact_id": milestone, "reason": "not needed"}
    room.do(withdraw, asking.Withdrawing, given)


# ---- put on hold, taken up, and put on hold again


def test_a_hold_that_a_review_has_decided_ends_when_the_work_is_taken_up(room, road):
    room.at("2026-06-09")
    held(room, FIRST, about="hold")
    room.at("2026-06-10")
    stand(room, road, "on_hold")
    room.at("2026-06-12")
    stand(room, road, "active", "on_hold")
    room.at("2026-06-23")
    assert "set_aside" in why(room, SECOND)


def test_holds_add_up_and_another_does_not_begin_anew(room, road):
    room.at("2026-06-02")
    stand(room, road, "on_hold")
    room.at("2026-06-08")
    stand(room, road, "active", "on_hold")
    room.at("2026-06-09")
    assert why(room, FIRST)["set_aside"] == (
        "put on hold on 08-06-2026; the chair has not taken note yet; "
        "set aside 2 times, 7 days in all"
    )
    room.snapshot(FIRST)
    (page,) = pack(room, FIRST)["projects"]
    assert (page["set_aside"]["times"], page["set_aside"]["days"]) == (2, 7)
    told = briefing(pack(room, FIRST), "en")["projects"][0]["facts"]
    assert ["Set aside", "2 ×, 7 days in all"] in told


def test_how_often_and_how_long_a_project_was_set_aside_is_known_as_of_any_moment(room, road):
    room.at("2026-06-02")
    stand(room, road, "on_hold")
    room.at("2026-06-08")
    stand(room, road, "active")
    room.at("2026-06-20")
    stand(room, road, "dropped")
    room.at("2026-06-25")
    now = get(room)["set_aside"]
    assert (now["times"], now["days"]) == (2, 11)
    assert [each["standing"] for each in now["spells"]] == ["on_hold", "dropped"]
    assert now["spells"][1]["until"] is None
    then = get(room, as_of="2026-06-05T06:00:00Z")["set_aside"]
    assert (then["times"], then["days"], then["spells"][0]["until"]) == (1, 3, None)


def test_a_hold_until_a_day_is_before_the_review_again_when_that_day_is_over(room, road):
    room.at("2026-06-09")
    held(room, FIRST, about="hold", day="2026-06-25")
    stand(room, road, "on_hold")
    room.at("2026-06-23")
    assert "set_aside" not in why(room, SECOND)
    held(room, SECOND)
    room.at("2026-07-07")
    assert "set_aside" in why(room, THIRD)


def test_what_was_set_aside_before_its_day_was_kept_is_on_the_agenda_too(room, road):
    # As a release wrote it that kept no day with it.
    with room.sessions.begin() as session:
        act = Act.load(session, OWNER, {"id": UUID(road)}, room.now)
        act.put(act.id, replace(act.project, standing=Standing.ON_HOLD))
        act.save("revise_project", "no money")
    assert room.state(road).project.standing_on is None
    room.at("2026-06-09")
    assert why(room, FIRST)["set_aside"] == (
        "put on hold on 01-06-2026; the chair has not taken note yet"
    )


# ---- a decision of earlier the same day


def test_what_a_review_has_decided_in_the_morning_is_no_note_of_what_is_dropped_after_it(
    room, road
):
    room.at("2026-06-09", "05:30")
    held(room, FIRST, about="other")
    room.at("2026-06-09", "09:00")
    stand(room, road, "dropped")
    room.at("2026-06-23")
    assert "set_aside" in why(room, SECOND)


def test_what_was_dropped_in_the_morning_is_noted_by_the_review_of_the_day(room, road):
    room.at("2026-06-09", "04:30")
    stand(room, road, "dropped")
    room.at("2026-06-09", "05:30")
    held(room, FIRST, about="other")
    room.at("2026-06-23")
    assert why(room, SECOND) == {}


def test_what_is_dropped_between_the_meeting_and_its_minutes_is_not_noted_by_them(room, road):
    room.at("2026-06-09")
    begin(room, FIRST)
    said = {"kind": "decision", "text": "Go on", "post": "commissioner", "code": "RD-01"}
    room.on(minute, schemas.Minuting, TAKER, **said)
    room.later(hours=1)
    stand(room, road, "dropped")
    room.later(hours=1)
    room.on(close, schemas.WritingReview)
    room.at("2026-06-23")
    assert "set_aside" in why(room, SECOND)


# ---- a late milestone that is withdrawn


def test_a_late_milestone_that_is_withdrawn_is_told_and_stays_on_the_record(
    room, road, monkeypatch
):
    room.milestone(room.state(road).id, key="trench", planned_on="2026-05-22")
    room.at("2026-06-09")
    held(room, FIRST)
    room.at("2026-06-11")
    take_back(room, road, "trench")
    room.at("2026-06-23")
    told = "withdrawn when 20 days late (planned for 22-05-2026): Report"
    assert why(room, SECOND)["withdrawn_late"] == told
    held(room, SECOND)
    (page,) = pack(room, SECOND)["projects"]
    assert [each["late_days"] for each in page["withdrawn_late"]] == [20]
    shown = briefing(pack(room, SECOND), "en")["projects"][0]
    assert ["Withdrawn late", "1; 20 days at the most"] in shown["facts"]
    room.at("2026-07-07")
    assert "withdrawn_late" not in why(room, THIRD)
    (record,) = get(room)["withdrawn_late"]
    assert (record["key"], record["late_days"], record["withdrawn_on"], record["reason"]) == (
        *("trench", 20, "2026-06-11"),
        "not needed",
    )
    assert get(room, as_of="2026-06-10T06:00:00Z")["withdrawn_late"] == []
    monkeypatch.setattr(showing, "sessions", lambda _: room.sessions)
    said = CliRunner().invoke(showing.show_command, ["RD-01", "--language", "en"])
    assert "withdrawn when 20 days late: Report (22-05-2026)" in " ".join(said.output.split())


def test_neither_another_plan_nor_another_forecast_makes_a_withdrawn_milestone_one_in_time(
    room, road
):
    work = room.key(room.state(road), "work")
    late = {"id": road, "milestone_id": work, "forecast_on": "2027-03-01", "reason": "rain"}
    room.do(forecast_milestone, asking.Forecasting, late)
    room.later(days=1)
    moved = {"id": road, "milestone_id": work, "planned_on": "2027-03-01", "reason": "as expected"}
    room.do(revise_milestone, asking.RevisingMilestone, moved)
    room.do(forecast_milestone, asking.Forecasting, late | {"forecast_on": None})
    take_back(room, road, "work")
    room.at("2026-06-09")
    told = "withdrawn when 90 days late (planned for 01-12-2026): Report"
    assert why(room, FIRST)["withdrawn_late"] == told


def test_a_milestone_that_is_withdrawn_in_time_is_none_that_was_late(room, road):
    take_back(room, road, "work")
    room.at("2026-06-09")
    assert why(room, FIRST) == {}
    assert get(room)["withdrawn_late"] == []


def test_a_project_that_is_completed_by_withdrawing_what_is_late_is_on_the_agenda(room, road):
    room.milestone(room.state(road).id, key="trench", planned_on="2026-05-22")
    for key in ("dpr", "work"):
        milestone = room.key(room.state(road), key)
        given = {"id": road, "milestone_id": milestone, "done_on": "2026-06-01"}
        room.do(complete_milestone, asking.Completing, given)
    take_back(room, road, "trench")
    room.later(minutes=1)
    room.do(revise_project, asking.Revising, {"id": road, "standing": "completed"})
    room.at("2026-06-09")
    assert list(why(room, FIRST)) == ["withdrawn_late"]


# ---- an action that is extended


def test_an_action_that_is_extended_is_told_with_its_first_day(room, road):
    room.at("2026-06-09")
    key = room.promised(due_on="2026-06-10", code="RD-01", post="roads-ce")
    room.at("2026-06-20")
    extend = {"answer": "extend", "due_on": "2026-07-20", "reason": "rain"}
    room.on(answer_action, schemas.AnsweringAction, CHAIR, action_id=key, **extend)
    room.at("2026-06-23")
    room.snapshot(SECOND)
    (told,) = briefing(pack(room, SECOND), "en")["promises"]
    assert told["told"] == "13 days beyond its first day; extended 1 ×, first day 10-06-2026"
    room.on(complete_action, schemas.CompletingAction, OWNER, action_id=key, evidence="see")
    room.on(answer_action, schemas.AnsweringAction, CHAIR, action_id=key, answer="accept")
    room.snapshot(SECOND)
    (told,) = briefing(pack(room, SECOND), "en")["promises"]
    assert told["told"] == "done 13 days late; extended 1 ×, first day 10-06-2026"


def test_an_action_extended_before_its_day_is_told_with_its_first_day(room, road):
    room.at("2026-06-09")
    key = room.promised(due_on="2026-07-10", code="RD-01", post="roads-ce")
    extend = {"answer": "extend", "due_on": "2026-07-20", "reason": "rain"}
    room.on(answer_action, schemas.AnsweringAction, CHAIR, action_id=key, **extend)
    room.at("2026-06-23")
    room.snapshot(SECOND)
    (told,) = briefing(pack(room, SECOND), "en")["promises"]
    assert told["told"] == "not due yet; 14 days old; extended 1 ×, first day 10-07-2026"
    (told,) = briefing(pack(room, SECOND), "mr")["promises"]
    assert told["told"] == "मुदत बाकी; १४ दिवस जुने; १ वेळा मुदतवाढ, पहिली मुदत १०-०७-२०२६"


# ---- what the cover says of the review before


def test_the_cover_says_when_the_last_review_was_held_and_since_when_changes_are_told(room, road):
    room.at("2026-06-08", "10:00")
    room.snapshot(FIRST)
    room.at("2026-06-09", "05:45")
    room.on(open_review, schemas.WritingReview, TAKER, FIRST)
    room.on(attend, schemas.Attending, TAKER, FIRST, post="roads-ce", presence="present")
    room.on(close, schemas.WritingReview, review=FIRST)
    room.at("2026-06-23")
    room.snapshot(SECOND)
    facts = dict(briefing(pack(room, SECOND), "en")["facts"])
    assert facts["Last review"] == "09-06-2026, 11:15"
    assert facts["Changed since the last review"] == "08-06-2026, 15:30"
    assert dict(briefing(pack(room, FIRST), "en")["facts"])["Last review"] == "the first review"
