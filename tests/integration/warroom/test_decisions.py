"""What reviews decide about projects stands with the projects, and so do their actions."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from marshmallow import ValidationError
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Forbidden, Invalid
from services.warroom.cli import reviewing as terminal
from services.warroom.cli import showing as cli
from services.warroom.commands.follow_actions import answer_action, complete_action
from services.warroom.commands.take_minutes import assign, attend, close, minute
from services.warroom.commands.withdraw import withdraw
from services.warroom.queries import projects
from services.warroom.schemas import asking, reading
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OWNER, emptied, posts_of_city
from tests.support.warroom_reviews import CHAIR, FIRST, SECOND, TAKER, ReviewRoom

ELECTRICAL = OWNER.of("officer:electrical-head", "officer")


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    room = ReviewRoom(emptied(database), tmp_path / "store")
    added = room.add()
    room.milestone(added.id, planned_on="2026-09-01")
    room.add(code="RD-02")
    room.at("2026-06-09", "05:30")
    return room


def got(room: ReviewRoom, as_of: datetime | None = None, code: str = "RD-01") -> dict[str, Any]:
    asked = {"code": code, **({} if as_of is None else {"as_of": as_of.isoformat()})}
    with room.sessions() as session:
        return projects.get(session, reading.Reading().load(asked), room.now)


def decided(room: ReviewRoom, text: str, **given: Any) -> None:
    entry = {"kind": "decision", "text": text, "post": "commissioner", **given}
    room.on(minute, schemas.Minuting, TAKER, **entry)


def held(room: ReviewRoom) -> datetime:
    """A review that has decided four things; gives the moment before it was closed."""
    room.begin()
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    decided(room, "Finish by October", code="RD-01", about="date", day="2026-10-15")
    decided(room, "Ten crores", code="RD-01", about="budget", amount_paise=10_00_00_000_00)
    decided(room, "Stop until the monsoon ends", code="RD-02", about="hold")
    decided(room, "Meet again")
    said = {"kind": "statement", "text": "The line is live", "post": "roads-ce", "code": "RD-01"}
    room.on(minute, schemas.Minuting, TAKER, **said)
    before = room.later(minutes=30)
    room.later(minutes=30)
    room.on(close, schemas.WritingReview)
    return before


def test_what_was_decided_about_a_project_is_the_projects_once_the_minutes_are_final(room):
    before = held(room)
    found = got(room)["decisions"]
    assert [(each["text"], each["about"], each["day"], each["amount_paise"]) for each in found] == [
        ("Finish by October", "date", "2026-10-15", None),
        ("Ten crores", "budget", None, 10_00_00_000_00),
    ]
    assert {each["review_id"] for each in found} == {str(FIRST)}
    assert {each["decided_on"] for each in found} == {"2026-06-09"}
    assert [each["about"] for each in got(room, code="RD-02")["decisions"]] == ["hold"]
    # As of any day before, it was not so.
    assert got(room, before)["decisions"] == []
    with room.sessions() as session:
        told = projects.history(session, reading.Telling().load({"code": "RD-01"}))["items"]
    assert (told[0]["action"], told[0]["by"]) == ("minuted", CHAIR.subject)
    assert "minuted" in {each["action"] for each in room.told("project_changed")}


def test_the_chair_takes_a_wrong_decision_back_and_the_past_keeps_it(room):
    held(room)
    then = room.now
    wrong = got(room)["decisions"][0]
    room.later(days=1)
    given = {"kind": "decision", "fact_id": wrong["id"], "reason": "it was of another road"}
    with pytest.raises(Forbidden) as refusal:
        room.do(withdraw, asking.Withdrawing, {"code": "RD-01", **given})
    assert refusal.value.details == {"posts": ["commissioner"]}
    room.do(withdraw, asking.Withdrawing, {"code": "RD-01", **given}, CHAIR)
    assert [each["about"] for each in got(room)["decisions"]] == ["budget"]
    assert [each["about"] for each in got(room, then)["decisions"]] == ["date", "budget"]


def test_a_decision_without_a_word_of_what_it_is_about_is_kept_as_another(room):
    room.begin()
    decided(room, "Go on", code="RD-01")
    (kept,) = room.review().minutes.values()
    assert kept.about == "other"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"about": "date", "code": "RD-01"}, "day"),
        ({"about": "resume", "code": "RD-01", "day": "2026-10-15"}, "day"),
        ({"about": "budget", "code": "RD-01"}, "amount_paise"),
        ({"about": "hold", "code": "RD-01", "amount_paise": 100}, "amount_paise"),
        ({"about": "hold"}, "about"),
        ({"about": "hold", "code": "RD-01", "kind": "statement"}, "about"),
    ],
)
def test_what_is_decided_goes_with_what_it_is_about(room, given, field):
    with pytest.raises(ValidationError) as caught:
        decided(room, "x", **given)
    assert list(caught.value.normalized_messages()) == [field]


@pytest.mark.parametrize("about", ["date", "hold"])
@pytest.mark.parametrize("day", ["2020-01-01", "2026-06-09"])
def test_what_is_decided_is_for_a_day_after_the_meeting(room, about, day):
    room.begin()
    with pytest.raises(Invalid) as refusal:
        decided(room, "Stop", code="RD-01", about=about, day=day)
    assert refusal.value.fields == {"day": ["must be after 2026-06-09, the day of the meeting"]}
    decided(room, "Stop", code="RD-01", about=about, day="2026-06-10")


@pytest.mark.parametrize(
    ("schema", "given"),
    [
        (asking.Entering, {"code": "RD-01", "kind": "spent", "on": "2026-05-01"}),
        (
            schemas.Minuting,
            {"review_id": str(FIRST), "kind": "decision", "text": "x", "post": "commissioner"}
            | {"about": "budget", "code": "RD-01"},
        ),
    ],
)
def test_no_amount_of_a_project_is_below_a_rupee(schema, given):
    with pytest.raises(ValidationError) as refusal:
        schema().load({**given, "amount_paise": 99})
    (rule,) = refusal.value.messages["amount_paise"]
    assert rule.startswith("must be from 100 paise, a rupee, to ")
    assert schema().load({**given, "amount_paise": 100})["amount_paise"] == 100


def test_a_project_shows_the_actions_that_are_still_to_be_done_as_of_any_moment(room):
    room.begin()
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    given = {"title": "Shift the line", "post": "electrical-head", "due_on": "2026-06-12"}
    room.on(assign, schemas.Assigning, TAKER, **given, code="RD-01")
    # A draft is nobody's yet.
    assert got(room)["actions"] == []
    room.later(minutes=5)
    room.on(close, schemas.WritingReview)
    then = room.at("2026-06-15")
    (action,) = got(room)["actions"]
    assert (action["title"], action["post"], action["days_overdue"]) == (
        *("Shift the line", "electrical-head"),
        3,
    )
    assert got(room, code="RD-02")["actions"] == []
    done = {"action_id": action["id"], "evidence": "shifted"}
    room.later(hours=1)
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    assert [each["work"] for each in got(room)["actions"]] == ["claimed"]
    room.on(answer_action, schemas.AnsweringAction, action_id=action["id"], answer="accept")
    assert got(room)["actions"] == []
    assert [each["work"] for each in got(room, then)["actions"]] == ["open"]


def test_both_are_shown_at_a_terminal(room, monkeypatch):
    monkeypatch.setattr(cli, "sessions", lambda service: room.sessions)
    room.begin()
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    given = {"title": "Shift the line", "post": "electrical-head", "due_on": "2026-06-12"}
    room.on(assign, schemas.Assigning, TAKER, **given, code="RD-01")
    decided(room, "Finish by October", code="RD-01", about="date", day="2026-10-15")
    room.on(close, schemas.WritingReview)
    env = {"COLUMNS": "200"}
    shown = CliRunner().invoke(cli.show_command, ["RD-01", "--language", "en"], env=env)
    assert "decision: 09-06-2026, commissioner (new date 15-10-2026): Finish by October" in (
        shown.output
    )
    # While the city does not run, posts are called by their codes.
    assert "action: electrical-head, 12-06-2026 (overdue by" in shown.output
    monkeypatch.setattr("services.warroom.cli.portfolio.posts_of_city", posts_of_city)
    marathi = CliRunner().invoke(cli.show_command, ["RD-01"], env=env).output
    assert "निर्णय: 09-06-2026, महानगरपालिका आयुक्त (नवी मुदत 15-10-2026)" in marathi
    assert "कार्यवाही: विद्युत विभागप्रमुख, 12-06-2026" in marathi
    told = json.loads(CliRunner().invoke(cli.show_command, ["RD-01", "--json"], env=env).output)
    assert [each["title"] for each in told["actions"]] == ["Shift the line"]
    assert [each["post"] for each in told["actions"]] == ["electrical-head"]
    monkeypatch.setattr(terminal, "sessions", lambda service: room.sessions)
    for asked in (terminal.actions_command, []), (terminal.show_command, ["2026-06-09"]):
        listed = CliRunner().invoke(*asked, env=env).output
        assert "विद्युत विभागप्रमुख" in listed
        assert "electrical-head" not in listed


def test_the_next_review_begins_with_the_promises_of_the_last_and_what_was_decided(room):
    held(room)
    closed_at = room.now
    room.at("2026-06-22")
    room.freeze(SECOND)
    # What it looks at begins where the last one has looked.
    second = room.review(SECOND)
    assert second.meeting.since == room.review(FIRST).meeting.frozen_at
    assert room.review(SECOND, closed_at).meeting.since is None
    (pack,) = [each for each in second.packs.values() if each.form == "json"]
    told = json.loads(room.store.get(pack.key))
    assert told["since"] == "2026-06-09T05:30:00Z"
    shown = {each["code"]: each for each in told["projects"]}
    assert {UUID(each["id"]) for each in told["promises"]} == set(room.review(FIRST).actions)
    for code, page in shown.items():
        texts = [each["text"] for each in page["changes"]["decisions"]]
        assert texts == [each["text"] for each in got(room, code=code)["decisions"]]
