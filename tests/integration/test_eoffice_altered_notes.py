"""A green note that was changed behind the service's back is shown with a mark."""

import json
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.india import day_of
from services.eoffice.cli import notes as cli
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.note import confirm_note, save_draft, take_back_note
from services.eoffice.commands.open_file import open_file
from services.eoffice.documents import sheet_pdf
from services.eoffice.domain.chaining import digest
from services.eoffice.models import Act, File, Note
from services.eoffice.organisation_store import current
from services.eoffice.queries import notes
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.noting import DraftSaving, DraftStep, OneFile, TakingBack
from services.eoffice.sealing.record import row_of
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def _do(sessions, command, schema, asked: dict[str, Any]) -> Any:
    with sessions.begin() as session:
        return command(session, JE, schema().load(asked), NOW)


def _noted(sessions, file: File, markup: str) -> UUID:
    draft = _do(sessions, save_draft, DraftSaving, {"file_id": str(file.id), "markup": markup})
    return _do(sessions, confirm_note, DraftStep, {"id": str(draft.id)}).id


@pytest.fixture
def sent(sessions) -> File:
    """A file with three notes, sent on."""
    file = _do(sessions, open_file, Opening, {"subject": "Estimate"})
    for each in ("one", "two lakh", "three"):
        _noted(sessions, file, each)
    _do(sessions, forward_file, Forwarding, {"id": str(file.id), "to": "roads-de"})
    return file


def _marks(sessions, file: File) -> list[bool]:
    with sessions() as session:
        asked = OneFile().load({"id": str(file.id)})
        found = notes.note_sheet(session, current(session).posts["roads-je"], asked)
        return [each["altered"] for each in found["notes"]]


def _falsify(sessions) -> None:
    with sessions.begin() as session:
        session.execute(text("UPDATE note SET markup = 'two crore' WHERE number = 2"))


def test_what_was_written_down_has_no_mark(sessions, sent):
    assert _marks(sessions, sent) == [False, False, False]


@pytest.mark.parametrize(
    "what", ["markup = 'two crore'", "post = 'roads-ce'", "confirmed_at = now()", "rev = 7"]
)
def test_what_was_changed_behind_the_services_back_has_one(sessions, sent, what):
    with sessions.begin() as session:
        session.execute(text(f"UPDATE note SET {what} WHERE number = 2"))
    assert _marks(sessions, sent) == [False, True, False]


def test_so_has_what_was_changed_together_with_its_act(sessions, sent):
    _falsify(sessions)
    with sessions.begin() as session:
        note = session.scalars(select(Note).where(Note.number == 2)).one()
        wanted = select(Act.position, Act.rows).where(Act.chain_id == sent.id, Act.verb == "noted")
        name = f"note:{note.id}"
        (act,) = [each for each in session.execute(wanted) if name in each.rows]
        rows = {**act.rows, name: [note.rev, digest(row_of(note))]}
        session.execute(
            text("UPDATE act SET rows = :rows WHERE chain_id = :chain AND position = :position"),
            {"rows": json.dumps(rows), "chain": sent.id, "position": act.position},
        )
    assert _marks(sessions, sent) == [False, True, False]


def test_so_has_one_that_no_act_made_and_one_whose_act_is_gone(sessions, sent):
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO note (id, file_id, number, post, person, capacity, by_post, "
                "by_person, language, markup, confirmed_at, moves, rev) "
                "SELECT gen_random_uuid(), file_id, 4, post, person, capacity, "
                "by_post, by_person, language, 'four', confirmed_at, moves, rev "
                "FROM note WHERE number = 3"
            )
        )
        first = session.scalars(select(Note.id).where(Note.number == 1)).one()
        session.execute(
            text("DELETE FROM act WHERE verb = 'noted' AND rows ? :name"),
            {"name": f"note:{first}"},
        )
    assert _marks(sessions, sent) == [True, False, False, True]


def test_one_that_was_taken_back_and_confirmed_again_is_as_it_was_written_down(sessions):
    file = _do(sessions, open_file, Opening, {"subject": "Estimate"})
    note = _noted(sessions, file, "one")
    draft = _do(sessions, take_back_note, TakingBack, {"id": str(note)})
    changed = {"id": str(draft.id), "file_id": str(file.id), "markup": "two", "version": 1}
    _do(sessions, save_draft, DraftSaving, changed)
    _do(sessions, confirm_note, DraftStep, {"id": str(draft.id)})
    assert _marks(sessions, file) == [False]


@pytest.mark.parametrize(
    ("language", "mark"),
    [
        ("mr", "सावधान: ही टिपणी मूळ नोंदीप्रमाणे नाही"),
        ("en", "Warning: this note is not what was written down"),
    ],
)
def test_the_terminal_and_the_pdf_say_so(sessions, sent, monkeypatch, language, mark):
    monkeypatch.setattr(cli, "sessions", lambda service: sessions)
    asked = [sent.number, "--by", "roads-je", "--language", language]

    def shown() -> tuple[str, str]:
        told = CliRunner().invoke(cli.notes_command, asked)
        assert told.exit_code == 0, told.output
        with sessions() as session:
            paper = sheet_paper(session, session.get_one(File, sent.id), language)
        pages = PdfReader(BytesIO(sheet_pdf(paper, language, day_of(NOW)))).pages
        return told.output, " ".join(" ".join(each.extract_text() for each in pages).split())

    sound = shown()
    assert not any(mark in each for each in sound)
    _falsify(sessions)
    terminal, pdf = shown()
    assert terminal.count(mark) == 1
    assert f"palika eoffice verify {sent.number}" in terminal
    # Of Marathi the letters come apart in a PDF's text: how long it has become is to be seen.
    assert pdf.count(mark) == (1 if language == "en" else 0)
    assert len(pdf) > len(sound[1]) + len(mark) // 2
