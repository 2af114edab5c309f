"""The minutes as a file."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.text import Name
from services.warroom.commands.follow_actions import answer_action
from services.warroom.commands.take_minutes import (
    add_addendum,
    assign,
    attend,
    close,
    minute,
)
from services.warroom.documents.minutes import minutes_content, minutes_pdf
from services.warroom.queries.review_views import get_minutes
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom_packs import in_trouble, words_of
from tests.support.warroom_reviews import FIRST, TAKER, ReviewRoom


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    """A road in trouble, with all that a page shows."""
    return in_trouble(database, tmp_path / "store")


def read(room: ReviewRoom) -> dict[str, Any]:
    with room.sessions() as session:
        args = schemas.ReadingReview().load({"review_id": str(FIRST)})
        return get_minutes(session, args, room.now)


def minutes(room: ReviewRoom) -> bytes:
    return minutes_pdf(read(room), "en")


def test_the_minutes_call_posts_as_they_were_called_when_they_were_closed(room):
    room.begin()
    room.on(attend, schemas.Attending, post="roads-ce", presence="present")
    names = {"roads-ce": Name("मुख्य अभियंता, पथ", "Chief Engineer, Roads")}
    room.on(partial(close, post_names=names), schemas.WritingReview)
    for language, said in (("mr", "मुख्य अभियंता, पथ"), ("en", "Chief Engineer, Roads")):
        told = minutes_content(read(room), language)
        assert told["attendance"][0][0] == said
        # One that has no name is called by its code.
        assert told["facts"][1][1] == "commissioner"
    assert minutes_content(read(room), "mr")["facts"][0][1] == "०९-०६-२०२६, ११:००"


def test_the_minutes_say_whether_they_are_final_and_show_their_corrections(room):
    room.begin()
    room.on(attend, schemas.Attending, post="roads-ce", presence="represented", by="उप अभियंता")
    entry = {"kind": "decision", "text": "वृक्षतोडीस मंजुरी", "post": "commissioner"}
    room.on(minute, schemas.Minuting, TAKER, **entry, code="RD-01")
    action = {"title": "झाडे तोडणे", "post": "garden-head", "due_on": "2026-06-19"}
    room.on(assign, schemas.Assigning, TAKER, **action, code="RD-01")
    assert "Draft: the minutes are not final" in words_of(minutes(room))
    room.on(close, schemas.WritingReview)
    room.on(add_addendum, schemas.Adding, text="The fee is waived")
    final = words_of(minutes(room))
    for each in (
        "Final minutes",
        "represented by",
        "garden-head",
        "19-06-2026",
        "The fee is waived",
    ):
        assert each in final


def test_the_minutes_say_what_was_decided_to_the_day_and_the_paisa(room):
    room.begin()
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    by = {"kind": "decision", "post": "commissioner", "code": "RD-01"}
    for given in (
        {"text": "A revised budget is agreed", "about": "budget", "amount_paise": 123456750},
        {"text": "Work stops", "about": "hold", "day": "2026-08-01"},
        {"text": "Another day", "about": "date", "day": "2026-12-31"},
        {"text": "As proposed"},
    ):
        room.on(minute, schemas.Minuting, TAKER, **by, **given)
    room.on(close, schemas.WritingReview)
    told = words_of(minutes(room))
    for each in (
        "A revised budget is agreed (new budget, ₹12,34,567.50)",
        "Work stops (on hold, 01-08-2026)",
        "Another day (new date, 31-12-2026)",
        "As proposed",
    ):
        assert each in told
    assert "As proposed (" not in told


def test_what_becomes_of_an_action_does_not_alter_the_minutes_in_which_it_stands(room):
    action = room.promised(code="RD-01")
    before = minutes(room)
    room.later(days=3)
    extended = {"action_id": action, "answer": "extend", "due_on": "2026-08-01", "reason": "rain"}
    room.on(answer_action, schemas.AnsweringAction, **extended)
    assert minutes(room) == before
