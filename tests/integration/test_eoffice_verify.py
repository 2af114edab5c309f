"""Whoever edits the database behind the service's back is found out, in every table."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.eoffice.commands.close import close_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.root import begin_record, root_due, sign_root, take_in_events
from services.eoffice.commands.sign import sign_row
from services.eoffice.models import Act, Chain, Chained, File, Movement, Root
from services.eoffice.organisation_store import current
from services.eoffice.schemas import Closing, Forwarding, Opening
from services.eoffice.schemas.signing import Signing
from services.eoffice.sealing import Keys, city_keys_of_record
from services.eoffice.sealing.record import RECORD
from services.eoffice.sealing.verify import Finding, How, verify
from services.eoffice.sealing.verify.rows import kinds
from services.eoffice.searching import reindex
from tests.support import eoffice_hands as hands
from tests.support.databases import service_database
from tests.support.eoffice import DE, JE, NOW, emptied
from tests.support.eoffice_keys import issued, store_in

TABLES = {each.name: each for each in hands.tables()}


@pytest.fixture(scope="module")
def database(postgres: Postgres, tmp_path_factory) -> Iterator[sessionmaker[Session]]:
    """An office with something in every table, a signature and a signed root."""
    with service_database(postgres, "eoffice") as found:
        emptied(found)
        with found.begin() as session:
            begin_record(session, NOW)
        signed(found, store_in(tmp_path_factory.mktemp("keys")), work(found))
        hands.fill(found, NOW)
        # What no command has made has no words yet.
        reindex(found)
        rooted(found, NOW)
        work(found)
        yield found


def work(sessions: sessionmaker[Session]) -> File:
    """A file that was opened, forwarded and closed."""
    with sessions.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "रस्ता दुरुस्ती"}), NOW)
    with sessions.begin() as session:
        asked = Forwarding().load({"id": str(file.id), "to": "roads-de"})
        forward_file(session, JE, asked, NOW + timedelta(hours=1))
    with sessions.begin() as session:
        asked = Closing().load({"id": str(file.id)})
        return close_file(session, DE, asked, NOW + timedelta(hours=2))


def signed(sessions, store, file) -> None:
    """Its move is signed by the junior engineer."""
    with sessions() as session:
        person = current(session).holder("roads-je", NOW.date())
    issued(sessions, store, person, NOW)
    with sessions.begin() as session:
        asked = Signing().load({"row": f"movement:{file.id},1"})
        sign_row(session, store, JE, asked, NOW + timedelta(hours=3))


def rooted(sessions, at) -> Root:
    with sessions.begin() as session:
        return sign_root(session, city_keys_of_record(), at)


def found_in(sessions, **options) -> list[Finding]:
    findings: list[Finding] = []
    with sessions() as session:
        verify(session, city_keys_of_record(), findings.append, **options)
    return findings


def names(findings: list[Finding], how: How | None = None) -> set[str]:
    return {each.row for each in findings if how in (None, each.how)}


def is_named(table, row, findings, how) -> bool:
    """The row itself; of the record itself, it may be the chain, an act of it, or the root."""
    if hands.name(table, row) in names(findings, how):
        return True
    if not issubclass(kinds()[table.name], Chained):
        return False
    chain = row.get("chain_id", row.get("id"))
    root = f"root:{row.get('root', row.get('position'))}"
    return any(str(chain) in each.row or each.row == root for each in findings)


def test_every_table_is_of_a_kind():
    assert kinds().keys() == TABLES.keys()


def test_what_nobody_has_touched_is_as_it_was_written_down(database):
    assert found_in(database) == []


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_changed_column_is_found_out(database, table):
    for column in table.c:
        with hands.behind(database, table) as session:
            row = hands.first_row(session, table)
            changed = hands.change(session, table, row, column.name)
            findings = found_in(database)
            named = [is_named(table, each, findings, None) for each in (row, changed)]
            assert any(named), f"{table.name}.{column.name}: {findings}"
    assert found_in(database) == []


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_that_python_cannot_read_is_found_out(database, table):
    for column in table.c:
        if (value := hands.unreadable(column.type)) is None:
            continue
        with hands.behind(database, table) as session:
            row = hands.first_row(session, table)
            written = {column.name: text(value)}
            session.execute(table.update().where(*hands.where(table, row)).values(written))
            session.commit()
            findings = found_in(database)
        assert is_named(table, row, findings, None), f"{column}: {findings}"
        assert How.UNREAD not in {each.how for each in findings}, f"{column}: {findings}"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_removed_row_is_found_out(database, table):
    with hands.behind(database, table) as session:
        row = hands.first_row(session, table)
        hands.remove(session, table, row)
        assert is_named(table, row, found_in(database), How.REMOVED)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_an_inserted_row_is_found_out(database, table):
    with hands.behind(database, table) as session:
        copy = hands.insert_copy(session, table, hands.first_row(session, table))
        assert is_named(table, copy, found_in(database), How.INSERTED)


def test_a_file_that_was_removed_with_its_whole_chain_is_missed_by_the_root(database):
    file = work(database)
    rooted(database, NOW + timedelta(days=1))
    with database() as session:
        session.execute(text("SET session_replication_role = replica"))
        session.execute(delete(Movement).where(Movement.file_id == file.id))
        session.execute(delete(File).where(File.id == file.id))
        session.execute(delete(Act).where(Act.chain_id == file.id))
        session.execute(delete(Chain).where(Chain.id == file.id))
        assert f"chain:{file.id}" in names(found_here(session), How.REMOVED)
        session.rollback()


def found_here(session, **options) -> list[Finding]:
    """With what the session itself has not committed."""
    findings: list[Finding] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("services.eoffice.sealing.verify.whole.as_of_one_moment", lambda _: None)
        verify(session, city_keys_of_record(), findings.append, **options)
    return findings


def test_acts_that_were_cut_off_at_the_end_are_missed_by_the_root(database):
    file = work(database)
    rooted(database, NOW + timedelta(days=2))
    with database() as session:
        session.execute(delete(Act).where(Act.chain_id == file.id, Act.position == 3))
        before = session.get(Act, (file.id, 2)).mac
        session.execute(
            text("UPDATE chain SET length = 2, head = :head, rooted = 2 WHERE id = :id"),
            {"head": before, "id": file.id},
        )
        findings = found_here(session)
        session.rollback()
    assert f"chain:{file.id}" in names(findings, How.CHANGED)
    assert f"file:{file.id}" in names(findings, How.CHANGED)


def test_a_number_in_a_json_column_that_nobody_can_have_written_is_found_out(database):
    file = work(database)
    with database() as session:
        session.execute(
            text(
                "UPDATE act SET data = data || CAST(:data AS jsonb) "
                "WHERE chain_id = :id AND position = 1"
            ),
            {"data": json.dumps({"number": 1.5}), "id": file.id},
        )
        findings = found_here(session)
        session.rollback()
    assert names(findings) == {f"act:{file.id},1"}


def test_rows_that_are_no_object_are_found_out(database):
    file = work(database)
    with database() as session:
        session.execute(
            text("UPDATE act SET rows = '[]' WHERE chain_id = :id AND position = 3"),
            {"id": file.id},
        )
        findings = found_here(session)
        session.rollback()
    assert f"act:{file.id},3" in names(findings, How.CHANGED)


def test_one_file_is_looked_at_alone(database):
    one, another = work(database), work(database)
    with hands.behind(database, TABLES["file"]) as session:
        session.execute(text("UPDATE file SET subject = 'x' WHERE id = :id"), {"id": another.id})
        session.commit()
        assert found_in(database, only=one.id) == []
        (found,) = found_in(database, only=another.id)
        assert (found.how, found.row) == (How.CHANGED, f"file:{another.id}")
        assert found.act == f"{another.id},3"


def test_of_one_file_a_movement_that_no_act_made_is_found_out(database):
    one = work(database)
    with hands.behind(database, TABLES["movement"]) as session:
        move = dict(
            session.execute(
                TABLES["movement"].select().where(TABLES["movement"].c.file_id == one.id)
            )
            .one()
            ._mapping
        )
        session.execute(TABLES["movement"].insert().values(move | {"position": 2}))
        session.commit()
        assert names(found_in(database, only=one.id), How.INSERTED) == {f"movement:{one.id},2"}


def test_a_root_of_another_hand_is_not_the_one_that_was_published(database):
    with database() as session:
        kept = {each.position: {each.signature.hex()} for each in session.query(Root)}
    assert found_in(database, published=kept) == []
    assert names(found_in(database, published=kept | {1: {"00"}}), How.CHANGED) == {"root:1"}
    assert names(found_in(database, published=kept | {99: {"00"}}), How.REMOVED) == {"root:99"}
    # Whoever signs another one publishes it too: the first was another.
    again = kept | {1: {"00", *kept[1]}}
    assert names(found_in(database, published=again), How.CHANGED) == {"root:1"}


def test_the_last_root_is_missed_by_what_was_done_after_it(database):
    last = rooted(database, NOW + timedelta(days=3))
    file = work(database)
    with database() as session:
        unrooted(session, last.position)
        assert named_after(session, last.position) == (How.REMOVED, f"{file.id},1")
        session.rollback()


def unrooted(session, position: int) -> None:
    """A root is taken away as if it had never been signed: its entries, its event, and what the
    chains say of it."""
    session.execute(text("DELETE FROM root WHERE position = :at"), {"at": position})
    session.execute(text("DELETE FROM root_entry WHERE root = :at"), {"at": position})
    session.execute(text("DELETE FROM outbox WHERE type = 'eoffice.rooted.v1'"))
    session.execute(
        text(
            "UPDATE chain SET rooted = COALESCE("
            "(SELECT max(length) FROM root_entry WHERE chain_id = chain.id), 0)"
        )
    )


def named_after(session, position: int) -> tuple[How, str | None]:
    (found,) = [each for each in found_here(session) if each.row == f"root:{position}"]
    return found.how, found.act


def test_all_roots_are_missed_with_the_beginning_of_the_record_too(database):
    work(database)
    with database() as session:
        for table in ("act", "chain"):
            column = "chain_id" if table == "act" else "id"
            session.execute(text(f"DELETE FROM {table} WHERE {column} = :id"), {"id": RECORD})
        for position in session.scalars(select(Root.position)).all():
            unrooted(session, position)
        assert session.scalar(text("SELECT count(*) FROM root_entry")) == 0
        assert named_after(session, 1)[0] == How.REMOVED
        session.rollback()


def test_of_one_file_its_own_acts_miss_a_root(database):
    last = rooted(database, NOW + timedelta(days=4))
    file = work(database)
    with database() as session:
        unrooted(session, last.position)
        (found,) = [each for each in found_here(session, only=file.id) if "root:" in each.row]
        assert found.act == f"{file.id},1"
        session.rollback()


@pytest.mark.parametrize("said", ["9" * 5_000, "1e3", "-1", '"1"', "null", "[]", "1.5"])
def test_what_nobody_can_have_written_of_a_root_ends_no_stage(database, said):
    file = work(database)
    with database() as session:
        session.execute(
            text(
                "UPDATE act SET data = data || CAST(:data AS jsonb) "
                "WHERE chain_id = :id AND position = 1"
            ),
            {"data": f'{{"after_root": {said}}}', "id": file.id},
        )
        findings = found_here(session)
        session.rollback()
    assert f"act:{file.id},1" in names(findings, How.CHANGED)
    assert How.UNREAD not in {each.how for each in findings}


def test_with_other_keys_nothing_is_believed(database):
    findings: list[Finding] = []
    with database() as session:
        verify(session, Keys([b"another key, as long as one must be"]), findings.append)
    assert {"act", "root"} <= {each.partition(":")[0] for each in names(findings)}


def test_a_root_is_signed_once_a_day_of_india(database):
    late = NOW + timedelta(days=40)
    with database.begin() as session:
        assert root_due(session, late)
    rooted(database, late)
    with database.begin() as session:
        assert not root_due(session, late)
        assert root_due(session, late + timedelta(days=1))
    assert found_in(database) == []


def test_files_of_before_the_record_are_taken_into_it_once(postgres):
    with service_database(postgres, "eoffice") as sessions:
        emptied(sessions)
        file = work(sessions)
        with sessions() as session:
            session.execute(delete(Act).where(Act.chain_id == file.id))
            session.execute(delete(Chain).where(Chain.id == file.id))
            session.commit()
        assert f"file:{file.id}" in names(found_in(sessions), How.INSERTED)
        with sessions.begin() as session:
            assert begin_record(session, NOW) == 1
            assert take_in_events(session, NOW) == 3
        assert found_in(sessions) == []
        with sessions.begin() as session:
            session.execute(delete(Act).where(Act.chain_id == file.id))
            session.execute(delete(Chain).where(Chain.id == file.id))
        with sessions.begin() as session:
            assert begin_record(session, NOW) == 0
        assert f"file:{file.id}" in names(found_in(sessions), How.INSERTED)
