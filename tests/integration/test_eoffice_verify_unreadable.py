"""Verification names rows that hold what nobody could have written, and reads on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Unavailable
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.root import sign_root
from services.eoffice.commands.tend_papers import read_texts
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.verify import How, verify, whole
from tests.support.databases import service_database
from tests.support.eoffice import NOW
from tests.support.eoffice_hands import behind, tables
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_records import Scene

DISPATCHED = "WHERE verb = 'dispatched a letter'"
_TABLES = {each.name: each for each in tables()}


@pytest.fixture(scope="module")
def scene(postgres: Postgres, tmp_path_factory) -> Iterator[Scene]:
    """A closed file with all there is, its papers read, under a signed root."""
    papers = Folder(Path(tmp_path_factory.mktemp("papers")))
    with service_database(postgres, "eoffice") as found:
        scene = Scene.begun(found, papers)
        scene.file = scene.whole(store_in(tmp_path_factory.mktemp("keys")))
        read_texts(found.begin, papers, lambda: NOW, lambda: False)
        rooted(found)
        yield scene


def rooted(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        sign_root(session, city_keys_of_record(), NOW)


@contextmanager
def edited(scene: Scene, table: str, change: str) -> Iterator[None]:
    with behind(scene.sessions, _TABLES[table]) as session:
        session.execute(text(f"UPDATE {table} SET {change}"))
        session.commit()
        yield


def verified(scene: Scene, only=None):
    found = []
    with scene.sessions() as session:
        verify(session, city_keys_of_record(), found.append, store=scene.store, only=only)
    return found


def kinds_of(findings) -> set[str]:
    return {each.row.partition(":")[0] for each in findings}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("note", "confirmed_at = '20000-01-01'"),
        ("act", "at = '0044-03-15 BC' WHERE verb = 'noted'"),
        ("act", f"data = data - 'letter' {DISPATCHED}"),
        ("act", f"data = jsonb_set(data, '{{letter}}', '\"x\"') {DISPATCHED}"),
        ("act", f"data = jsonb_set(data, '{{certificate}}', '[1]') {DISPATCHED}"),
        ("act", f"data = '[1]' {DISPATCHED}"),
        ("act", f"at = 'infinity' {DISPATCHED}"),
        ("act", "rows = CAST(repeat('[', 3000) || repeat(']', 3000) AS jsonb)"),
        ("act", "rows = CAST('{\"note:1\": [1, ' || repeat('9', 5000) || ']}' AS jsonb)"),
        ("paper", "key = '../../etc/passwd'"),
        ("paper", "key = ''"),
        ("paper", "size = 9223372036854775000"),
        ("paper", "size = -5"),
        ("file", "number = 'ROADS²'"),
        ("file", "number = 'ROADS/1' || repeat('9', 5000)"),
        ("file", "due_on = '20000-01-01'"),
        ("file", "due_on = 'infinity'"),
        ("file", "opened_at = '0001-01-01 00:00:00+14'"),
        ("letter", "number = 'ROADS²'"),
        ("certificate", "not_before = '20000-01-01'"),
        ("certificate", "added_at = '20000-01-01' WHERE person IS NULL"),
        ("signature", "signed_at = '20000-01-01'"),
        ("signature", "statement = ''"),
        ("root", "day = '20000-01-01'"),
        ("root", "signature = ''"),
        ("search_words", "at = '20000-01-01'"),
        ("paper_text", "pages = '{NULL}'"),
        ("correspondence", "first_page = 99, last_page = 1"),
    ],
)
def test_what_nobody_could_have_written_is_named_and_all_else_is_read(scene, table, change):
    with edited(scene, table, change):
        findings = verified(scene)
        alone = verified(scene, scene.file.id)
    assert table in kinds_of(findings)
    assert "stage" not in kinds_of(findings + alone), [each.why for each in findings + alone]
    assert verified(scene) == []


def test_a_chain_that_says_it_is_longer_than_any_is_named_once(scene):
    with edited(scene, "chain", f"length = 2147483647 WHERE id = '{scene.file.id}'"):
        (named,) = [each for each in verified(scene) if each.row.startswith("act:")]
    assert named.how is How.REMOVED
    assert named.row.startswith(f"act:{scene.file.id},")


def test_one_file_alone_is_read_to_its_end_too(scene):
    with edited(scene, "correspondence", "added_at = '20000-01-01'"):
        assert "correspondence" in kinds_of(verified(scene, scene.file.id))


def test_with_an_act_edited_the_note_that_was_forged_is_named(scene):
    with (
        edited(scene, "act", f"data = jsonb_set(data, '{{letter}}', '\"x\"') {DISPATCHED}"),
        edited(scene, "note", "markup = 'forged' WHERE number = 2"),
    ):
        assert {"act", "note"} <= kinds_of(verified(scene))


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT 1 / 0"])
def test_a_stage_that_cannot_be_finished_is_told_and_the_next_ones_go_on(scene, monkeypatch, sql):
    def broken(session):
        session.execute(text(sql)).all()
        raise ValueError("no such thing")
        yield

    monkeypatch.setitem(whole.DERIVED, "counter", broken)
    with edited(scene, "paper", "size = size + 1"):
        findings = verified(scene)
    (unread,) = [each for each in findings if each.how is How.UNREAD]
    assert unread.row == "stage:counter"
    assert "could not be read to its end" in unread.why
    assert "paper" in kinds_of(findings)


def test_a_store_that_does_not_answer_is_no_finding(scene, monkeypatch):
    def away(*_):
        raise Unavailable("the store does not answer")

    monkeypatch.setattr(scene.store, "part", away)
    with pytest.raises(Unavailable):
        verified(scene)


def test_afterwards_the_connection_reads_as_it_did(scene):
    with scene.sessions() as session:
        connection = session.connection().connection.dbapi_connection
        before = dict(connection.string_types)
        session.rollback()
        verify(session, city_keys_of_record(), lambda _: None)
        assert session.connection().connection.dbapi_connection is connection
        assert connection.string_types == before


def test_a_chain_of_a_file_that_there_never_was_is_named(scene):
    never = UUID("0197a000-0000-7000-8000-00000000abcd")
    with scene.sessions() as session:
        act(session, never, "file", "submitted", None, NOW)
        found = []
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(whole, "as_of_one_moment", lambda _: None)
            verify(session, city_keys_of_record(), found.append)
        session.rollback()
    assert [(each.how, each.row) for each in found] == [(How.INSERTED, f"chain:{never}")]
