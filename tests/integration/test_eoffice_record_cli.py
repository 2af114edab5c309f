"""``palika eoffice verify`` and ``root``, as processes of their own."""

import json
import os
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.root import begin_record
from services.eoffice.models import File
from services.eoffice.schemas import Opening
from services.eoffice.sealing.record import RECORD
from tests.support import commands
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]


@pytest.fixture
def office(database: sessionmaker[Session]) -> sessionmaker[Session]:
    emptied(database)
    with database.begin() as session:
        begin_record(session, NOW)
        open_file(session, JE, Opening().load({"subject": "अंदाजपत्रक"}), NOW)
    return database


def palika(office, *arguments: str) -> tuple[int, str, str]:
    url = office.kw["bind"].url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = os.environ | {
        "EOFFICE_DATABASE_URL": url,
        "DATABASE_URL": url,
        "AMQP_URI": "amqp://nobody@localhost:1/",
        "PYTHONPATH": commands.PYTHONPATH,
    }
    done = commands.run(["eoffice", *arguments], environment)
    return done.returncode, done.stdout, done.stderr


def the_file(office) -> File:
    with office() as session:
        return session.scalars(select(File)).one()


def spoil(office) -> None:
    with office.begin() as session:
        session.execute(text("UPDATE file SET subject = 'Another'"))


def test_all_is_as_it_was_written_down(office):
    status, said, _ = palika(office, "verify")
    assert status == 0
    assert said.startswith("as it was written down; ")
    assert said.endswith("no root is signed yet\n")


def test_before_the_service_has_begun_the_record_nothing_is_amiss(database):
    emptied(database)
    status, said, _ = palika(database, "verify")
    assert status == 0, said
    assert said.startswith("as it was written down")
    assert "the record has not begun yet" in said
    # Who is faster than the service has acts before it.
    with database.begin() as session:
        open_file(session, JE, Opening().load({"subject": "अंदाजपत्रक"}), NOW)
    status, said, _ = palika(database, "verify", "--json")
    assert (status, json.loads(said)["begun"]) == (0, False)


def test_a_record_whose_beginning_was_removed_is_missed(database):
    emptied(database)
    assert palika(database, "root")[0] == 0
    assert palika(database, "verify")[0] == 0
    with database.begin() as session:
        for table in ("root_entry", "act"):
            session.execute(text(f"DELETE FROM {table} WHERE chain_id = :id"), {"id": RECORD})
        session.execute(text("DELETE FROM chain WHERE id = :id"), {"id": RECORD})
    missed = f"removed   chain:{RECORD}: the act that began the record is not there"
    status, said, _ = palika(database, "verify")
    assert (status, missed in said) == (1, True), said
    # With the roots too: the chains under them still say so.
    with database.begin() as session:
        session.execute(text("TRUNCATE root_entry, root"))
    status, said, _ = palika(database, "verify")
    assert (status, missed in said) == (1, True), said


def test_what_is_not_is_named_and_ends_with_1(office):
    spoil(office)
    file = the_file(office)
    status, said, _ = palika(office, "verify")
    assert status == 1
    assert said.splitlines()[0] == (
        f"changed   file:{file.id} (of {file.number}): it is not what its last act has written "
        f"(act {file.id},1)"
    )
    # The words to search by are not those of the subject any more.
    assert said.splitlines()[1].startswith(f"changed   search_words:{file.id} (of {file.number}): ")
    assert said.splitlines()[2].startswith("2 findings; ")


def test_a_row_is_named_with_the_number_of_its_file(office):
    spoil(office)
    number = the_file(office).number
    status, said, _ = palika(office, "verify")
    assert status == 1
    assert f"(of {number}): " in said
    (finding,) = json.loads(palika(office, "verify", "--json", number)[1])["findings"]
    assert finding["number"] == number


def test_as_json_of_one_file(office):
    spoil(office)
    file = the_file(office)
    status, said, _ = palika(office, "verify", "--json", file.number)
    document = json.loads(said)
    assert (status, document["found"], document["file"]) == (1, 1, file.number)
    assert document["findings"][0]["row"] == f"file:{file.id}"


def test_a_number_that_no_file_has(office):
    status, _, errors = palika(office, "verify", "NO/2026/1")
    assert (status, errors) == (2, "Error: there is no file NO/2026/1\n")


def test_a_signed_root_is_checked_against_the_event_that_was_kept(office, tmp_path: Path):
    assert palika(office, "root")[0] == 0
    with office() as session:
        rooted = text("SELECT body::text FROM outbox WHERE type = 'eoffice.rooted.v1'")
        event = json.loads(session.scalars(rooted).one())
    kept = tmp_path / "roots.jsonl"
    kept.write_text(json.dumps(event) + "\n", "utf-8")
    status, said, _ = palika(office, "verify", "--roots", str(kept))
    assert (status, "under 1 signed roots, the last of " in said) == (0, True)
    assert said.endswith("; 1 of them were kept elsewhere\n")
    event["data"]["signature"] = "00"
    kept.write_text(json.dumps(event) + "\n", "utf-8")
    status, said, _ = palika(office, "verify", "--roots", str(kept))
    assert (status, said.splitlines()[0]) == (1, "changed   root:1: another one was published")


def test_a_root_that_was_signed_again_is_found_though_it_was_published_too(office, tmp_path: Path):
    assert palika(office, "root")[0] == 0
    status, kept, _ = palika(office, "root", "--list", "--json")
    assert (status, len(kept.splitlines())) == (0, 1)
    event = json.loads(kept)
    assert event["type"] == "eoffice.rooted.v1"
    told = tmp_path / "roots.jsonl"
    told.write_text(kept, "utf-8")
    assert palika(office, "verify", "--roots", str(told))[0] == 0
    signature = event["data"]["signature"]
    event["data"]["signature"] = "00"
    # What was published first counts as much as what was published last.
    told.write_text(json.dumps(event) + "\n" + kept, "utf-8")
    status, said, _ = palika(office, "verify", "--roots", str(told))
    assert (status, said.splitlines()[0]) == (1, "changed   root:1: another one was published")
    said = palika(office, "root", "--list")[1]
    assert (said.startswith("1  "), said.endswith(f"{signature}\n")) == (True, True)


def test_what_is_under_no_root_yet_is_told(office):
    assert palika(office, "root")[0] == 0
    with office.begin() as session:
        open_file(session, JE, Opening().load({"subject": "दुसरी"}), NOW)
    assert palika(office, "verify")[1].endswith("; 1 acts are under none yet\n")
    assert json.loads(palika(office, "verify", "--json")[1])["unrooted"] == 1


def test_where_no_root_was_kept_nothing_is_compared(office, tmp_path: Path):
    kept = tmp_path / "roots.jsonl"
    kept.write_text('\n{"type": "eoffice.file_opened.v1"}\n', "utf-8")
    status, _, errors = palika(office, "verify", "--roots", str(kept))
    assert (status, errors) == (2, "Error: roots.jsonl: there is no root in it\n")


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"type": "eoffice.rooted.v1", "data": 1}'])
def test_kept_roots_that_are_none_are_named_by_their_line(office, tmp_path: Path, line: str):
    kept = tmp_path / "roots.jsonl"
    kept.write_text(f"\n{line}\n", "utf-8")
    status, _, errors = palika(office, "verify", "--roots", str(kept))
    assert status == 2
    assert errors.startswith("Error: roots.jsonl, line 2: no event (")


def test_the_public_keys_are_shown(office):
    status, said, _ = palika(office, "root", "--keys", "--json")
    ((name, key),) = json.loads(said).items()
    assert (status, len(name), len(bytes.fromhex(key))) == (0, 12, 32)
