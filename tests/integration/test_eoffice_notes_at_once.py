"""Two hands on one note at one moment: nothing is lost, and each is told what the other did."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict
from services.eoffice.commands.note import (
    confirm_note,
    discard_draft,
    save_draft,
    take_back_note,
)
from services.eoffice.commands.open_file import open_file
from services.eoffice.models import Note, NoteDraft
from services.eoffice.schemas import Opening
from services.eoffice.schemas.noting import DraftSaving, DraftStep, TakingBack
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.part import wait_for

__all__ = ["database"]

WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture
def draft(sessions) -> NoteDraft:
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "Estimate"}), NOW)
    return saved(sessions, file.id, "half-wri")


def saved(sessions, file_id, markup, **said) -> NoteDraft:
    with sessions.begin() as session:
        asked = {"file_id": str(file_id), "markup": markup, **said}
        return save_draft(session, JE, DraftSaving().load(asked), NOW)


def confirmed(session, draft) -> Note:
    found = confirm_note(session, JE, DraftStep().load({"id": str(draft.id)}), NOW)
    session.flush()
    return found


def taken_back(session, note, draft_id) -> NoteDraft:
    asked = TakingBack().load({"id": str(note.id), "draft_id": draft_id})
    found = take_back_note(session, JE, asked, NOW)
    session.flush()
    return found


def waits(sessions) -> bool:
    # In a transaction of its own: one sees who waits as it was when it looked first.
    with sessions() as session:
        return session.connection().exec_driver_sql(WAITING).scalar() == 1


@pytest.mark.parametrize(
    ("ended", "told"),
    [(confirm_note, "confirmed as note 1"), (discard_draft, "was thrown away")],
)
def test_a_save_that_comes_while_the_draft_ends_is_told_so(sessions, draft, ended, told):
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            ended(session, JE, DraftStep().load({"id": str(draft.id)}), NOW)
            session.flush()
            asked = {"id": str(draft.id), "version": 1}
            saving = pool.submit(saved, sessions, draft.file_id, "half-written", **asked)
            wait_for(lambda: waits(sessions), 10, "who saves waits")
        with pytest.raises(Conflict, match=told):
            saving.result()


def test_a_note_that_is_taken_back_twice_at_once_is_one_draft(sessions, draft):
    key = str(uuid7())
    with sessions.begin() as session:
        note = confirmed(session, draft)

    def again() -> NoteDraft:
        with sessions.begin() as other:
            return taken_back(other, note, key)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            first = taken_back(session, note, key)
            second = pool.submit(again)
            wait_for(lambda: waits(sessions), 10, "the second waits")
        assert second.result().id == first.id
