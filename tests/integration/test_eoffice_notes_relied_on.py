"""A green note is for good once something rests on it, though the file has not moved."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict
from palika.store import Folder
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.commands.note import confirm_note, save_draft, take_back_note
from services.eoffice.commands.record_file import record_file
from services.eoffice.domain.reading import What
from services.eoffice.models import Note
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries import notes
from services.eoffice.schemas.approving import Approving, Refusing
from services.eoffice.schemas.noting import DraftSaving, DraftStep, OneFile, TakingBack
from services.eoffice.schemas.records import RecordingFile
from tests.support.eoffice import CE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE, approved, dispatch
from tests.support.eoffice_moves import LAW, opened, take

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session], tmp_path) -> sessionmaker[Session]:
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    return emptied(database)


def noted(sessions, file, markup="Sanction 8 lakh", caller=CE) -> Note:
    with sessions.begin() as session:
        asked = DraftSaving().load({"file_id": str(file.id), "markup": markup})
        draft = save_draft(session, caller, asked, NOW)
        return confirm_note(session, caller, DraftStep().load({"id": str(draft.id)}), NOW)


def take_back(sessions, note, caller=CE):
    with sessions.begin() as session:
        return take_back_note(session, caller, TakingBack().load({"id": str(note.id)}), NOW)


def final(sessions, file) -> list[bool]:
    with sessions.begin() as session:
        asked = OneFile().load({"id": str(file.id)})
        found = notes.note_sheet(session, current(session).posts["roads-ce"], asked)
    return [each["final"] for each in found["notes"]]


def approves(sessions, file) -> None:
    with sessions.begin() as session:
        asked = {"id": str(file.id), "power": "works", "amount_paise": 80_000_000}
        approve_file(session, CE, Approving().load(asked), NOW)


def refuses(sessions, file) -> None:
    with sessions.begin() as session:
        refuse_file(session, CE, Refusing().load({"id": str(file.id), "remark": "No"}), NOW)


def asks(sessions, file) -> None:
    take(sessions, "mark", file, CE, posts=["law"], question="?")


def answers(sessions, file) -> None:
    take(sessions, "answer", file, LAW, answer="Yes")


def approves_a_letter(sessions, file) -> None:
    approved(sessions, file, caller=CE)


def closes(sessions, file) -> None:
    take(sessions, "close", file, CE)
    take(sessions, "reopen", file, CE, remark="Audit")


def records(sessions, file) -> None:
    take(sessions, "close", file, CE)
    with sessions.begin() as session:
        record_file(session, CE, RecordingFile().load({"id": str(file.id)}), NOW)
    take(sessions, "reopen", file, CE, remark="Audit")


def reads(sessions, file) -> None:
    with sessions.begin() as session:
        keep_reading(session, actor(session, LAW, None, NOW), file.id, What.NOTE_SHEET, NOW)


@pytest.mark.parametrize(
    ("rests", "why"),
    [
        (approves, "the file was approved"),
        (refuses, "the file was refused"),
        (asks, "others were asked about the file"),
        (approves_a_letter, "a letter was approved"),
        (closes, "the file was closed"),
        (records, "the file was closed"),
        (reads, "law has read the file"),
    ],
)
def test_a_note_on_which_something_rests_is_not_taken_back(sessions, rests: Callable, why):
    file = opened(sessions, CE)
    note = noted(sessions, file)
    assert final(sessions, file) == [False]
    rests(sessions, file)
    with pytest.raises(Conflict, match=why) as refused:
        take_back(sessions, note)
    assert refused.value.details["legal"] == ["save_draft"]
    assert final(sessions, file) == [True]


def test_an_answer_that_comes_after_the_note_rests_on_it_too(sessions):
    file = opened(sessions, CE)
    asks(sessions, file)
    note = noted(sessions, file)
    take_back(sessions, note)
    note = noted(sessions, file)
    answers(sessions, file)
    with pytest.raises(Conflict, match="what was asked about the file was answered"):
        take_back(sessions, note)


def test_a_letter_that_went_out_after_the_note_rests_on_it(sessions):
    file = opened(sessions, CE)
    letter = approved(sessions, file, caller=CE)
    note = noted(sessions, file)
    dispatch(sessions, letter, CE)
    with pytest.raises(Conflict, match="a letter was dispatched"):
        take_back(sessions, note)


def test_what_was_before_the_note_does_not_rest_on_it(sessions):
    file = opened(sessions, CE)
    approves(sessions, file)
    asks(sessions, file)
    note = noted(sessions, file)
    assert final(sessions, file) == [False]
    take_back(sessions, note)


def test_who_saves_a_note_on_which_something_rests_is_not_told_to_take_it_back(sessions):
    file = opened(sessions, CE)
    note = noted(sessions, file)
    approves(sessions, file)
    said = {"id": str(note.id), "file_id": str(file.id), "markup": "Sanction 9 lakh"}
    asked = DraftSaving().load(said)
    with sessions.begin() as session, pytest.raises(Conflict) as refused:
        save_draft(session, CE, asked, NOW + timedelta(hours=2))
    assert refused.value.details["legal"] == ["save_draft"]


def test_the_officer_s_own_reading_does_not_make_a_note_final(sessions):
    file = opened(sessions, JE)
    note = noted(sessions, file, caller=JE)
    with sessions.begin() as session:
        keep_reading(session, actor(session, JE, None, NOW), file.id, What.NOTE_SHEET, NOW)
    take_back(sessions, note, JE)
