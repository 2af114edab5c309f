"""What a desk did while it was away is known by ids and times that can be."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from services.eoffice.commands.pull import pull_up_file
from services.eoffice.commands.submit import submit
from services.eoffice.models import Act, NoteDraft
from services.eoffice.schemas.moving import Pulling
from services.eoffice.schemas.offline import Submitting
from tests.support.eoffice import CE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import opened
from tests.support.receipts import Desk

__all__ = ["database"]

BODY = "दुरुस्ती आवश्यक आहे."


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def one(method: str, file: object, key: str | None = None, **args: Any) -> dict[str, Any]:
    """An act of the desk's."""
    return {"id": key or str(uuid7()), "file_id": str(file), "method": method, "args": args}


def sent(sessions, acts, by=JE, **more) -> list[dict[str, Any]]:
    asked = Submitting().load({"acts": acts, **more})
    return [each.shown() for each in submit(sessions.begin, by, asked, NOW)]


def statuses(told) -> list[str]:
    return [each["status"] for each in told]


def test_an_act_whose_id_was_used_on_another_file_is_a_conflict(sessions):
    mine, other = opened(sessions), opened(sessions)
    act = one("save_draft", mine.id, id=str(uuid7()), markup=BODY)
    assert statuses(sent(sessions, [act])) == ["done"]
    again = one("save_draft", other.id, act["id"], id=str(uuid7()), markup=BODY)
    (told,) = sent(sessions, [again])
    assert (told["status"], told["error"]["details"]["differs"]) == ("conflict", ["file_id"])
    with sessions() as session:
        drafts = select(func.count()).where(NoteDraft.file_id == other.id)
        assert session.scalar(drafts) == 0


def test_an_id_that_no_desk_makes_or_a_time_to_come_is_refused_with_its_field(sessions):
    mine, other = opened(sessions), opened(sessions)
    ahead = {"made_at": (NOW + timedelta(minutes=5, seconds=1)).isoformat()}
    skewed = {"made_at": (NOW + timedelta(minutes=5)).isoformat()}
    told = sent(
        sessions,
        [
            one("put_up", mine.id, str(uuid4())),
            one("put_up", other.id) | ahead,
            one("put_up", other.id),
        ],
    )
    assert statuses(told) == ["refused", "refused", "waiting"]
    assert [list(each["error"]["details"]) for each in told[:2]] == [["id"], ["made_at"]]
    assert told[1]["error"]["details"]["made_at"] == [
        "must not be more than 5 minutes in the future"
    ]
    assert statuses(sent(sessions, [one("put_up", other.id) | skewed])) == ["done"]


def test_nothing_is_written_on_a_file_that_a_taken_back_note_is_not_of(sessions):
    mine, other = opened(sessions), opened(sessions)
    secret = opened(sessions, CE, secrecy="secret")
    receipt = Desk(sessions).diarise()
    note, draft = str(uuid7()), str(uuid7())
    back = {"id": note, "draft_id": draft}
    acts = [
        one("save_draft", mine.id, id=note, markup=BODY),
        one("confirm_note", mine.id, id=note),
        one("take_back_note", mine.id, **back),
    ]
    assert statuses(sent(sessions, acts)) == ["done"] * 3
    codes = []
    with sessions() as session:
        before = session.scalar(select(func.count()).select_from(Act))
    for target in (secret.id, uuid7(), receipt.id, other.id):
        (told,) = sent(sessions, [one("take_back_note", target, **back)])
        codes.append((told["status"], told["error"]["code"]))
    assert codes == [*[("refused", "not_found")] * 3, ("refused", "invalid")]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Act)) == before
    # Of the file that it is of, it may be asked for again.
    assert statuses(sent(sessions, [one("take_back_note", mine.id, **back)])) == ["done"]


def test_a_file_that_was_pulled_up_meanwhile_is_a_conflict_that_shows_where_it_is(sessions):
    file = opened(sessions)
    with sessions.begin() as session:
        pull_up_file(session, CE, Pulling().load({"id": str(file.id)}), NOW)
    (told,) = sent(sessions, [one("put_up", file.id, version=1)])
    assert told["status"] == "conflict"
    assert told["error"]["details"]["version"] == 2
    assert told["error"]["details"]["expected"] == 1
    assert (told["now"]["held_by"], told["now"]["version"]) == ("roads-ce", 2)
