"""Whoever forges an event in the outbox, changes one or takes one out of it is found out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.heartbeat import beat
from palika.outbox import record
from palika.tables import outbox
from services.eoffice.commands.approve import approve_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.root import begin_record, sign_root, take_in_events
from services.eoffice.schemas import FILE_OPENED, Opening
from services.eoffice.schemas.approving import Approving
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import Finding, How, verify
from services.eoffice.seed import seed
from tests.support.eoffice import JE, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]

NOW = datetime.now(UTC)


@pytest.fixture
def office(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """Where a file was opened and approved, is overdue and has a part; a root was signed."""
    with emptied(database).begin() as session:
        begin_record(session, NOW)
    with database.begin() as session:
        file = open_file(session, JE, Opening().load({"subject": "रस्ता"}), NOW)
    with database.begin() as session:
        approve_file(session, JE, Approving().load({"id": str(file.id), "remark": "मान्य"}), NOW)
    with database.begin() as session:
        sign_root(session, city_keys_of_record(), NOW)
    return database


def found_in(sessions) -> list[Finding]:
    findings: list[Finding] = []
    with sessions() as session:
        verify(session, city_keys_of_record(), findings.append)
    return findings


def test_events_of_every_command_are_named_by_acts(office):
    with office() as session:
        assert len(session.execute(select(outbox)).all()) == 3
    assert found_in(office) == []


def test_events_of_the_demo_are_named_by_acts(office):
    seed(office, 3, seed=7, now=NOW)
    assert found_in(office) == []


def test_the_heartbeat_is_of_no_act(office):
    assert beat(office, "eoffice", 0)
    assert found_in(office) == []


def test_a_forged_event_is_found_out(office):
    forge = (
        "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body, sent_at) "
        "SELECT gen_random_uuid(), type, exchange, routing_key, mandatory, body, sent_at "
        "FROM outbox WHERE type = 'eoffice.file_approved.v1' RETURNING event_id"
    )
    with office.begin() as session:
        forged = session.execute(text(forge)).scalar_one()
    found = found_in(office)
    assert [(each.how, each.row) for each in found] == [(How.INSERTED, f"outbox:{forged}")]


def test_an_event_that_was_put_there_twice_is_found_out(office):
    twice = (
        "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body) "
        "SELECT event_id, type, exchange, routing_key, mandatory, body FROM outbox LIMIT 1"
    )
    with office.begin() as session:
        session.execute(text(twice))
    assert [each.how for each in found_in(office)] == [How.INSERTED]


def test_a_forged_root_is_found_out(office):
    forge = (
        "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body) "
        "SELECT gen_random_uuid(), type, exchange, routing_key, mandatory, "
        'replace(body, \'"signature":"\', \'"signature":"00\') FROM outbox '
        "WHERE type = 'eoffice.rooted.v1'"
    )
    with office.begin() as session:
        session.execute(text(forge))
    assert [each.how for each in found_in(office)] == [How.INSERTED]


@pytest.mark.parametrize("column", ["body", "routing_key", "exchange", "type"])
def test_a_changed_event_is_found_out(office, column):
    change = f"UPDATE outbox SET {column} = {column} || ' ' WHERE type = 'eoffice.file_opened.v1'"
    with office.begin() as session:
        session.execute(text(change))
    assert [each.how for each in found_in(office)] == [How.CHANGED]


@pytest.mark.parametrize("sent", [None, NOW])
def test_a_removed_event_is_found_out(office, sent):
    with office.begin() as session:
        session.execute(outbox.update().values(sent_at=sent))
        session.execute(delete(outbox).where(outbox.c.type == "eoffice.file_approved.v1"))
    found = found_in(office)
    assert [each.how for each in found] == [How.REMOVED]
    assert found[0].act is not None


@pytest.mark.parametrize("sent", [None, NOW])
def test_a_root_that_nobody_will_be_told_of_is_found_out(office, sent):
    with office.begin() as session:
        session.execute(outbox.update().values(sent_at=sent))
        session.execute(delete(outbox).where(outbox.c.type == "eoffice.rooted.v1"))
    found = [(each.how, each.row) for each in found_in(office)]
    assert found == [(How.REMOVED, "outbox:eoffice.rooted.v1 1")]


def test_what_was_sent_long_ago_may_have_been_pruned(database):
    long_ago = NOW - timedelta(days=3)
    with emptied(database).begin() as session:
        begin_record(session, long_ago)
    with database.begin() as session:
        open_file(session, JE, Opening().load({"subject": "रस्ता"}), long_ago)
    with database.begin() as session:
        sign_root(session, city_keys_of_record(), long_ago)
    with database.begin() as session:
        session.execute(delete(outbox))
    assert found_in(database) == []


def test_what_was_sent_before_it_was_taken_in_may_be_pruned_soon_after(office):
    with office.begin() as session:
        session.execute(text("UPDATE outbox SET event_id = gen_random_uuid()"))
    with office.begin() as session:
        assert take_in_events(session, NOW) > 0
    before = found_in(office)
    with office.begin() as session:
        session.execute(delete(outbox).where(outbox.c.type != "eoffice.rooted.v1"))
    assert found_in(office) == before


def test_an_event_without_an_act_after_it_is_not_committed(office):
    data = {
        "file_id": "0197f0b0-0000-7000-8000-000000000001",
        "number": "",
        "department": "roads",
        "opened_at": NOW,
        "held_by": "roads-je",
    }
    with pytest.raises(RuntimeError, match="without an act"), office.begin() as session:
        record(session, FILE_OPENED.new(subject="x", sequence=1, time=NOW, data=data))


def test_events_of_before_are_taken_in_once(office):
    with office.begin() as session:
        forged = (
            "UPDATE outbox SET event_id = gen_random_uuid() WHERE type = 'eoffice.file_opened.v1'"
        )
        session.execute(text(forged))
    assert {each.how for each in found_in(office)} == {How.INSERTED, How.REMOVED}
    with office.begin() as session:
        assert take_in_events(session, NOW) == 2
    assert [each.how for each in found_in(office)] == [How.REMOVED]
    with office.begin() as session:
        assert take_in_events(session, NOW) == 0
