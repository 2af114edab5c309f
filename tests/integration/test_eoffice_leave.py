"""Leave with a linked officer, on the real database."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.organisation_store import actor
from services.eoffice.schemas.delegating import EndingLeave, TakingLeave
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, DE, JE, NOW, emptied

SHINDE = Identity.of("officer:m.shinde3", "officer")
DAYS = {"since": "2026-07-02", "until": "2026-07-05"}


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def leave(sessions, by, **args):
    with sessions.begin() as session:
        return take_leave(session, by, TakingLeave().load({**DAYS, **args}), NOW)


def able(sessions, days) -> str:
    with sessions.begin() as session:
        return actor(session, SHINDE, "roads-je", NOW + timedelta(days=days)).capacity


def test_the_linked_officer_acts_on_those_days_until_the_other_is_back(sessions):
    wanted = str(uuid7())
    made = leave(sessions, JE, linked="m.shinde3", id=wanted)
    assert leave(sessions, JE, linked="m.shinde3", id=wanted).id == made.id
    assert able(sessions, 2) == "linked"
    with pytest.raises(Forbidden):
        able(sessions, 0)
    with sessions.begin() as session:
        back = EndingLeave().load({"id": wanted})
        end_leave(session, JE, back, NOW + timedelta(days=2))
    with pytest.raises(Forbidden):
        able(sessions, 2)
    assert able(sessions, 1) == "linked"


def test_overlaps_and_chains_of_leave_are_refused(sessions):
    leave(sessions, JE, linked="m.shinde3")
    with pytest.raises(Conflict, match="already"):
        leave(sessions, JE, linked="m.shinde3")
    with pytest.raises(Conflict, match=r"stands in for a\.jadhav2"):
        leave(sessions, DE, linked="s.kulkarni1")
    with pytest.raises(Conflict, match="name another"):
        leave(sessions, ACCOUNTS, linked="a.jadhav2")


def test_only_oneself_or_who_is_above_and_only_a_real_stand_in(sessions):
    with pytest.raises(Forbidden, match="down the line"):
        leave(sessions, ACCOUNTS, person="a.jadhav2", linked="m.shinde3")
    with pytest.raises(Invalid, match="another officer"):
        leave(sessions, JE, linked="a.jadhav2")
    with pytest.raises(Invalid, match="no officer"):
        leave(sessions, JE, linked="nobody")
    assert leave(sessions, DE, person="a.jadhav2", linked="s.kulkarni1").person == "a.jadhav2"


def test_nobody_is_on_leave_for_ten_years(sessions):
    with pytest.raises(Invalid, match="no leave is so long") as refused:
        leave(sessions, JE, linked="m.shinde3", until="2036-07-01")
    assert "3,653 days; one leave is of 1,827 at most" in refused.value.fields["until"][0]
    assert "rule 12 of the Central Civil Services (Leave) Rules" in refused.value.fields["until"][0]
    made = leave(sessions, JE, linked="m.shinde3", until="2031-07-02")
    assert (made.until - made.since).days == 1826
