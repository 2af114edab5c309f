"""The words that are searched: kept in step with the things, checked and mended."""

import json
import uuid
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.cli import search as commands
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, SearchWords
from services.eoffice.sealing import act
from services.eoffice.searching import (
    SOURCES,
    Entry,
    How,
    differences,
    index,
    reindex,
)
from services.eoffice.seed import seed
from tests.support.eoffice import CE, JE, NOW, PORTAL, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_search import asked, counted, found, opened
from tests.support.eoffice_search_office import Office

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


# -- the words kept ------------------------------------------------------------------------------


def test_the_demos_files_are_found_and_no_row_differs(sessions):
    seed(sessions, 40, 1, NOW)
    assert counted(sessions, "demo", PORTAL, post="commissioner") == {"count": 40, "more": False}
    with sessions() as session:
        assert list(differences(session)) == []


def test_a_thing_is_found_as_it_is_now(sessions):
    file = opened(sessions, "Bridge")
    with sessions.begin() as session:
        session.get(File, file.id).subject = "Flyover"
        index(session, Kind.FILE, file.id)
        act(session, file.id, "file", "renamed", None, NOW)
    assert found(sessions, "bridge") == []
    assert found(sessions, "flyover") == ["Flyover"]


def test_pages_that_are_no_more_are_found_no_longer(sessions, monkeypatch):
    paper = uuid.uuid4()
    pages = ["bridge", "flyover", "tunnel"]

    def source(session, ids):
        for number, said in enumerate(pages, 1):
            yield Entry(
                kind=Kind.PAPER,
                thing=paper,
                page=number,
                file_id=None,
                department="roads",
                at=NOW,
                title="Plan",
                text=said,
            )

    monkeypatch.setitem(SOURCES, Kind.PAPER, source)
    for left in (3, 1):
        del pages[left:]
        with sessions.begin() as session:
            assert index(session, Kind.PAPER, paper) == left
        assert len(found(sessions, "plan")) == left
    (only,) = asked(sessions, "bridge")["items"]
    assert (only["id"], only["page"], only["file"]) == (str(paper), 1, None)
    with sessions() as session:
        assert list(differences(session)) == []


OTHERWISE = {
    "id": uuid.uuid4(),
    "kind": "note",
    "thing": uuid.uuid4(),
    "page": 2,
    "file_id": None,
    "receipt_id": uuid.uuid4(),
    "department": "water-supply",
    "grade": 1,
    "secrecy": 3,
    "at": NOW + timedelta(microseconds=1),
    "title": "Bridge.",
    "words": ["tunnel"],
    "tokens": ["tunnel"],
}


@pytest.mark.parametrize("column", [each.name for each in SearchWords.__table__.c])
def test_a_row_that_was_edited_is_found_out_and_mended(sessions, column):
    file = opened(sessions, "Bridge", secrecy="confidential", caller=CE)
    opened(sessions, "Bridge again")
    with sessions.begin() as session:
        edited = update(SearchWords).where(SearchWords.thing == file.id)
        session.execute(edited.values({column: OTHERWISE[column]}))
    with sessions() as session:
        wrong = list(differences(session))
    assert {each.how for each in wrong} <= {How.CHANGED, How.REMOVED, How.INSERTED}
    assert file.id in {each.thing for each in wrong}
    assert sum(reindex(sessions).values()) == len(wrong) > 0
    with sessions() as session:
        assert list(differences(session)) == []
    assert len(found(sessions, "bridge", CE)) == 2


def test_a_row_that_was_removed_or_put_in_is_named_and_mended(sessions):
    file = opened(sessions, "Bridge")
    with sessions.begin() as session:
        row = dict(session.execute(select(SearchWords.__table__)).mappings().one())
        session.execute(delete(SearchWords))
        session.execute(
            insert(SearchWords.__table__), {**row, "id": uuid.uuid4(), "thing": uuid.uuid4()}
        )
    with sessions() as session:
        assert sorted(each.how for each in differences(session)) == [How.INSERTED, How.REMOVED]
    assert reindex(sessions) == {How.CHANGED: 0, How.INSERTED: 1, How.REMOVED: 1}
    assert asked(sessions, "bridge")["items"][0]["id"] == str(file.id)


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def palika(sessions, monkeypatch):
    monkeypatch.setattr(commands, "sessions", lambda service: sessions)

    def run(command, *arguments):
        return CliRunner().invoke(command, list(arguments))

    return run


def test_the_command_finds_as_a_post_does(sessions, palika):
    file = opened(sessions, "निविदा मंजुरी")
    opened(sessions, "Tender for the vault", CE, secrecy="secret")
    for language, kind in (("en", "file"), ("mr", "नस्ती")):
        asked_in = ("--post", "roads-je", "--language", language)
        shown = palika(commands.search_command, "tender", *asked_in)
        assert shown.exit_code == 0
        assert shown.output == f"01-07-2026  {kind}  {file.number}  roads-je  निविदा मंजुरी\n"
    every = palika(commands.search_command, "tender", "--post", "roads-ce", "--json")
    assert json.loads(every.output)["count"] == 2
    one = ("--limit", "1", "--language", "en")
    newest = palika(commands.search_command, "tender", "--post", "roads-ce", *one)
    assert newest.output.endswith("the newest 1 of 2\n")
    none = palika(commands.search_command, "budget", "--post", "roads-je")
    assert (none.exit_code, none.output) == (1, "Error: nothing is found\n")
    for wrong in (["the", "--post", "roads-je"], ["tender", "--post", "nobody"]):
        assert palika(commands.search_command, *wrong).exit_code == 2
    day = palika(commands.search_command, "tender", "--post", "roads-je", "--from", "yesterday")
    assert (day.exit_code, "is not a day" in day.output) == (2, True)


def test_the_command_says_what_each_thing_is_and_what_it_says(sessions, palika):
    office = Office(sessions)
    file = office.file(subject="Road")
    office.note(file, "The <culvert> is broken")
    receipt = office.diarise(JE, subject="Culvert", secrecy="secret")
    in_english = ("--post", "roads-je", "--language", "en")
    shown = palika(commands.search_command, "culvert", *in_english)
    said = shown.output
    assert f"receipt  {receipt.number}" in said
    assert "  Culvert\n    आशा पाटील\n" in said
    assert "n:1" in said
    assert "The <culvert> is broken" in said
    assert said.endswith("note 1, receipt 1\n")
    # The title is the whole of it.
    assert said.count("The <culvert>") == 1


def test_what_is_found_fits_the_terminal_and_is_said_once_without_markup(sessions, palika):
    office = Office(sessions)
    file = office.file(subject="Road")
    long = f"The **culvert** of {{f:{file.number}}} is broken; water stands there since May. " * 6
    office.note(file, long)
    office.letter(file, subject="Culvert", body=long)
    asked_for = ["culvert", "--post", "roads-je", "--language", "en"]
    said = CliRunner().invoke(commands.search_command, asked_for, env={"COLUMNS": "80"}, color=True)
    lines = click.unstyle(said.output).splitlines()
    assert max(map(len, lines)) <= 80
    assert "**" not in said.output
    assert "{f:" not in said.output
    assert "\x1b[1mculvert\x1b[0m" in said.output
    note = next(at for at, line in enumerate(lines) if "  note  " in line)
    assert lines[note + 1].startswith(f"    The culvert of {file.number} is broken")
    assert sum(line.startswith("    The culvert of") for line in lines) == 1
    letter = next(at for at, line in enumerate(lines) if "  letter  " in line)
    assert lines[letter].endswith("  Culvert")
    assert lines[letter + 1].startswith("    M. Jadhav — The culvert")


def test_the_command_puts_in_what_is_missing(sessions, palika):
    opened(sessions, "Bridge")
    with sessions.begin() as session:
        session.execute(delete(SearchWords))
    said = palika(commands.reindex_command)
    assert said.output == "1 were missing, 0 were wrong, 0 were too many\n"
    assert palika(commands.reindex_command).output == "all is as it should be\n"
    assert json.loads(palika(commands.reindex_command, "--json").output)["removed"] == 0
    assert found(sessions, "bridge") == ["Bridge"]


@pytest.mark.parametrize("moment", ["20000-01-01", "0044-03-15 BC", "infinity"])
def test_the_command_names_what_cannot_be_read_and_mends_the_rest(sessions, palika, moment):
    strange, other = opened(sessions, "Bridge"), opened(sessions, "Culvert")
    with sessions.begin() as session:
        session.execute(delete(SearchWords).where(SearchWords.thing == other.id))
        edit = text("UPDATE file SET opened_at = :moment WHERE id = :id")
        session.execute(edit, {"moment": moment, "id": strange.id})
    said = palika(commands.reindex_command)
    assert said.exit_code == 1
    assert f"file:{strange.id}: the file {strange.id} is of no moment" in said.output
    assert "1 were missing, 0 were wrong, 0 were too many\n" in said.output
    assert found(sessions, "culvert") == ["Culvert"]
    told = json.loads(palika(commands.reindex_command, "--json").stdout)
    assert told["unread"] == [{"kind": "file", "id": str(strange.id)}]


def test_the_command_reads_papers_again_first_if_asked(sessions, palika):
    said = palika(commands.reindex_command, "--papers")
    assert said.output == "0 papers could be read now\nall is as it should be\n"
    said = palika(commands.reindex_command, "--papers", "--json")
    assert json.loads(said.output)["papers"] == 0
