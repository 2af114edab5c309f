"""What a desk did while it was away is known by ids and times that can be."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.local import Postgres
from services.eoffice.commands.submit import submit
from services.eoffice.models import NoteDraft
from services.eoffice.schemas.offline import Submitting
from tests.support.databases import service_database
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_moves import opened

BODY = "दुरुस्ती आवश्यक आहे."


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


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
