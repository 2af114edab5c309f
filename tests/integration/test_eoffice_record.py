"""The record: nothing is committed that no act knows of."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.chaining import START, Deed, digest
from services.eoffice.models import Act, Chain, File
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.record import row_of
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions) -> File:
    with sessions.begin() as session:
        return open_file(session, JE, Opening().load({"subject": "अंदाजपत्रक"}), NOW)


def acts(sessions, file) -> list[Act]:
    with sessions() as session:
        found = select(Act).where(Act.chain_id == file.id).order_by(Act.position)
        return list(session.scalars(found))


def test_an_act_has_the_digests_of_the_rows_as_they_are_read_again(sessions):
    file = opened(sessions)
    (only,) = acts(sessions, file)
    assert (only.verb, only.post, only.capacity) == ("opened", "roads-je", "regular")
    with sessions() as session:
        read = session.get(File, file.id)
        assert only.rows == {f"file:{file.id}": [1, digest(row_of(read))]}


def test_each_act_carries_a_code_over_the_one_before(sessions):
    file = opened(sessions)
    with sessions.begin() as session:
        asked = Forwarding().load({"id": str(file.id), "to": "roads-de"})
        forward_file(session, JE, asked, NOW)
    before = START
    for each in acts(sessions, file):
        deed = Deed(
            *(each.chain_id, "file", each.position, each.verb, each.at, each.post, each.person),
            *(each.capacity, each.data, each.rows),
        )
        assert each.mac == deed.code(city_keys_of_record().key, before)
        before = each.mac
    with sessions() as session:
        chain = session.get(Chain, file.id)
        assert (chain.length, chain.head) == (2, before)


def test_a_change_without_an_act_is_not_committed(sessions):
    file = opened(sessions)
    refused = pytest.raises(RuntimeError, match=f"without an act: file:{file.id}")
    with refused, sessions.begin() as session:
        session.get(File, file.id).subject = "Another"
    with sessions() as session:
        assert session.get(File, file.id).subject == "अंदाजपत्रक"


def test_what_a_savepoint_takes_back_stands_in_no_act(sessions):
    file = opened(sessions)
    with sessions.begin() as session:
        found = session.get(File, file.id)
        found.due_on = date(2026, 8, 1)
        session.flush()
        try:
            with session.begin_nested():
                found.subject = "Another"
                session.flush()
                raise ValueError
        except ValueError:
            pass
        act(session, file.id, "file", "due", None, NOW)
    with sessions() as session:
        read = session.get(File, file.id)
        assert (read.due_on, read.subject) == (date(2026, 8, 1), "अंदाजपत्रक")
        assert acts(sessions, file)[-1].rows == {f"file:{file.id}": [2, digest(row_of(read))]}
