"""Actions are claimed, answered and judged: by whom, told to whom, against which day."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from services.warroom.commands.follow_actions import (
    answer_action,
    complete_action,
    follow_actions,
    report_action,
)
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.set_packs import set_packs
from services.warroom.commands.sitting import Sitting
from services.warroom.commands.take_minutes import assign, attend, close, minute, open_review
from services.warroom.domain.reviews import Action
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import emptied
from tests.support.warroom_reviews import CHAIR, TAKER, ReviewRoom

ELECTRICAL = Identity.of("officer:electrical-head", "officer")
SECRETARY = Identity.of("supervisor:addl-commissioner", "supervisor")


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    made = ReviewRoom(emptied(database), tmp_path / "store")
    made.at("2026-06-09")
    return made


def claim(room: ReviewRoom, key: str, caller: Identity = ELECTRICAL, **given: Any) -> Action:
    found = room.on(
        complete_action, schemas.CompletingAction, caller, action_id=key, evidence="see", **given
    )
    return found.actions[UUID(key)]


def answer(room: ReviewRoom, key: str, said: str, caller: Identity = CHAIR, **given: Any) -> Action:
    found = room.on(
        answer_action, schemas.AnsweringAction, caller, action_id=key, answer=said, **given
    )
    return found.actions[UUID(key)]


def follow_daily(room: ReviewRoom, days: int) -> None:
    for _ in range(days):
        room.later(days=1)
        follow_actions(room.sessions.begin, room.now)


# ---- honesty


def test_nothing_was_done_before_it_was_given(room):
    key = room.promised(due_on="2026-06-10")
    room.at("2026-08-01")
    with pytest.raises(Invalid) as refusal:
        claim(room, key, done_on="2020-01-01")
    assert refusal.value.details["done_on"] == [
        "must be from 2026-06-09, when it was given, to 2026-08-01"
    ]
    claim(room, key, done_on="2026-06-09")
    assert answer(room, key, "accept").kept is True


def test_a_promise_is_judged_by_its_first_day_however_often_it_has_moved(room):
    key = room.promised(due_on="2026-06-10")
    room.at("2026-06-20")
    for day in ("2026-08-01", "2026-09-01"):
        answer(room, key, "extend", due_on=day, reason="rain")
    room.at("2026-08-30")
    claim(room, key)
    done = answer(room, key, "accept")
    assert (done.kept, done.extensions, str(done.promised_on)) == (False, 2, "2026-06-10")
    assert [each["days_late"] for each in room.told("action_done")] == [81]


def test_nobody_answers_an_action_of_their_own(room):
    key = room.promised(post="addl-commissioner")
    claim(room, key, SECRETARY)
    for said in ("accept", "reject", "drop"):
        with pytest.raises(Forbidden) as refusal:
            answer(room, key, said, SECRETARY, reason="x")
        assert refusal.value.details["posts"] == ["commissioner"]
    assert answer(room, key, "accept").work == "done"


def test_who_answers_an_action_does_not_claim_it_for_its_owner(room):
    key = room.promised()
    with pytest.raises(Forbidden):
        claim(room, key, SECRETARY)
    with pytest.raises(Forbidden):
        room.on(report_action, schemas.ReportingAction, CHAIR, action_id=key, status="half")


def test_a_claim_outlives_another_day_and_no_day_is_more_than_two_years_off(room):
    key = room.promised(due_on="2026-06-30")
    claim(room, key)
    with pytest.raises(Invalid, match="two years from 2026-06-09, or earlier"):
        answer(room, key, "extend", due_on="2028-07-01", reason="rain")
    extended = answer(room, key, "extend", due_on="2026-07-09", reason="rain")
    assert (extended.work, extended.claimed_on is None) == ("claimed", False)
    assert answer(room, key, "accept").work == "done"


# ---- who is told


def test_a_claim_is_told_to_who_may_answer_and_again_while_nobody_does(room):
    key = room.promised(due_on="2026-06-30")
    room.later(days=1)
    claim(room, key)
    follow_daily(room, 15)
    told = [(each["days"], each["to"]) for each in room.told("action_claimed")]
    leading = ["addl-commissioner", "commissioner"]
    assert told == [(0, leading), (7, leading), (14, leading)]


def test_what_the_chair_answers_is_told_to_whose_action_it_is(room):
    key = room.promised(due_on="2026-06-30")
    claim(room, key)
    answer(room, key, "reject", reason="half of it")
    claim(room, key)
    assert answer(room, key, "extend", due_on="2026-07-09", reason="rain").work == "claimed"
    answer(room, key, "drop", reason="not needed")
    told = [(each["answer"], each["post"], each["due_on"]) for each in room.told("action_answered")]
    assert told == [
        ("reject", "electrical-head", "2026-06-30"),
        ("extend", "electrical-head", "2026-07-09"),
        ("drop", "electrical-head", "2026-07-09"),
    ]


def test_an_action_that_is_overdue_is_never_told_of_as_one_that_is_due(room):
    room.promised(due_on="2026-06-10")
    follow_daily(room, 40)
    assert [each["reminded_at"][:10] for each in room.told("action_due")] == ["2026-06-10"]
    days = [each["days"] for each in room.told("action_overdue")]
    assert days == [1, 3, 7, 14, 21, 28, 35]
    assert [each["to"] for each in room.told("action_overdue")][-3:] == [[], [], []]


def test_an_action_is_escalated_to_who_answers_for_the_project_now(room):
    added = room.add()
    room.promised(code="RD-01", due_on="2026-06-10")
    room.do(revise_project, asking.Revising, {"id": str(added.id), "owner": "drainage-ce"})
    follow_daily(room, 4)
    assert [each["to"] for each in room.told("action_overdue")] == [[], ["drainage-ce"]]


def test_an_action_that_cannot_be_followed_holds_up_no_other(room, monkeypatch, caplog):
    for title in ("One", "Two", "Three"):
        if title == "One":
            room.begin()
        action = {"title": title, "post": "electrical-head", "due_on": "2026-06-10"}
        room.on(assign, schemas.Assigning, TAKER, **action)
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    room.on(close, schemas.WritingReview)
    keys = sorted(room.review().actions, key=str)
    about = Sitting.about

    def broken(self: Sitting, key: UUID, *given: Any, **data: Any) -> dict[str, Any]:
        if key == keys[1]:
            raise RuntimeError("no such post")
        return about(self, key, *given, **data)

    monkeypatch.setattr(Sitting, "about", broken)
    room.at("2026-06-12")
    assert follow_actions(room.sessions.begin, room.now) == 2
    assert f"the action {keys[1]} cannot be followed" in caplog.text
    monkeypatch.undo()
    # The next round tells of it.
    assert follow_actions(room.sessions.begin, room.now) == 1
    assert {each["action_id"] for each in room.told("action_overdue")} == {*map(str, keys)}


# ---- asked again


def test_pages_and_reminders_are_no_reason_to_read_a_review_again(room):
    read = room.snapshot().version
    set_packs(room.sessions.begin, room.store, room.now)
    begun = room.on(open_review, schemas.WritingReview, TAKER, version=read)
    assert begun.version == read + 2
    with pytest.raises(Conflict, match="has changed since version"):
        room.on(open_review, schemas.WritingReview, TAKER, version=read)


def test_no_entry_of_the_minutes_has_the_id_of_a_projects_fact(room):
    added = room.add()
    stone = room.key(room.milestone(added.id), "dpr")
    room.begin()
    said = {"kind": "decision", "text": "Go on", "post": "commissioner", "code": "RD-01"}
    with pytest.raises(Conflict, match="is the id of something else already"):
        room.on(minute, schemas.Minuting, TAKER, minute_id=stone, **said)
