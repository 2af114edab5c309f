"""The note sheet says what others have answered and with which remarks the file moved: for a court
the sheet is the file."""

import io

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from palika.errors import NotFound
from services.eoffice.cli import notes as cli
from services.eoffice.documents import sheet_content, sheet_pdf
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organisation_store import current
from services.eoffice.queries import notes
from services.eoffice.queries.archived_sheet import archived_sheet
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.records.document import collect
from services.eoffice.schemas.noting import OneFile
from tests.support.eoffice import ACCOUNTS, DE, JE, NOW, cleared
from tests.support.eoffice_databases import database, sessions
from tests.support.eoffice_moves import HOUR, LAW, TODAY, file_of, opened, take

__all__ = ["database", "sessions"]


def heard(sessions, **said):
    """A file that was forwarded with a remark, on which law was asked, and accounts, who have
    not answered."""
    file = opened(sessions, **said)
    take(sessions, "forward", file, to="roads-de", remark="Please sanction")
    take(sessions, "mark", file, DE, posts=["law"], question="May we acquire it?")
    take(sessions, "answer", file, LAW, answer="Only after a notice under section 4")
    later = NOW + 2 * HOUR
    take(sessions, "mark", file, DE, later, posts=["accounts"], question="Is there money?")
    return file


def content_of(sessions, file, language="en"):
    with sessions() as session:
        return sheet_content(sheet_paper(session, file_of(sessions, file), language), language)


def test_opinions_and_remarks_are_on_the_sheet(sessions):
    file = heard(sessions)
    opinions, _, moves = content_of(sessions, file)["sections"]
    assert opinions["heading"] == "Opinions"
    law, accounts = opinions["parts"]
    assert ["Question", "May we acquire it?"] in law["facts"]
    assert ["Answer", "Only after a notice under section 4"] in law["facts"]
    assert law["signature"][-1] == "01-07-2026 11:00"
    assert ["Answer", "not answered yet"] in accounts["facts"]
    assert accounts["signature"] == []
    (move,) = moves["parts"]
    assert ["Remark", "Please sanction"] in move["facts"]
    assert content_of(sessions, file, "mr")["sections"][0]["heading"] == "मागवलेली मते"


def test_so_they_are_on_paper_and_at_a_terminal_and_in_the_answer(sessions, monkeypatch):
    file = heard(sessions)
    with sessions() as session:
        paper = sheet_pdf(sheet_paper(session, file_of(sessions, file), "en"), "en", TODAY)
        asked = OneFile().load({"id": str(file.id)})
        found = notes.note_sheet(session, current(session).posts["roads-de"], asked)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    shown = " ".join(text.split())
    assert "Only after a notice under section 4" in shown
    assert "Please sanction" in shown
    assert [each["answer"] for each in found["opinions"]] == [
        "Only after a notice under section 4",
        None,
    ]
    assert [each["remark"] for each in found["remarks"]] == ["Please sanction"]
    monkeypatch.setattr(cli, "sessions", lambda _: sessions)
    by = [file.number, "--by", "roads-de", "--language", "en"]
    told = CliRunner().invoke(cli.notes_command, by).output
    assert "Opinions: " in told
    assert "    Answer: Only after a notice under section 4\n" in told
    assert "    Remark: Please sanction\n" in told


def test_a_withdrawn_question_is_said_to_be_withdrawn(sessions):
    file = heard(sessions)
    take(sessions, "gather", file, DE, withdraw=True)
    accounts = content_of(sessions, file)["sections"][0]["parts"][1]
    assert ["Answer", "the question was withdrawn"] in accounts["facts"]


def test_the_sheet_of_an_archive_says_the_same(sessions):
    file = heard(sessions)
    take(sessions, "answer", file, ACCOUNTS, answer="Yes")
    take(sessions, "close", file, DE)
    with sessions() as session:
        document = collect(session, file_of(sessions, file)).document
    archived = sheet_content(archived_sheet(document, "en"), "en")
    assert archived["sections"] == content_of(sessions, file)["sections"]


def test_who_may_not_read_the_file_reads_no_opinion(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        file = opened(sessions, JE, secrecy="secret")
    take(sessions, "forward", file, to="roads-ce", remark="Secret")
    asked = OneFile().load({"id": str(file.id)})
    with sessions() as session, pytest.raises(NotFound):
        notes.note_sheet(session, current(session).posts["accounts"], asked)
