"""A part and its main file: neither is left behind by the other."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, NotFound
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.continue_file import next_volume
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.schemas import Closing
from services.eoffice.schemas.filing import NextVolume
from services.eoffice.schemas.moving import Reopening
from tests.integration.test_eoffice_contents import add, part
from tests.support.eoffice import ACCOUNTS, CLERK, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import HOUR, LAW, opened, read, take, verbs
from tests.support.part import wait_for

__all__ = ["database"]

WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def test_of_a_closed_file_no_part_is_opened_and_the_way_is_told(sessions):
    file = opened(sessions)
    key = str(uuid7())
    first = part(sessions, file, DE, id=key)
    take(sessions, "close", first, DE)
    take(sessions, "close", file)
    for caller, legal in ((JE, ["reopen"]), (ACCOUNTS, [])):
        with pytest.raises(Conflict, match="it is closed; reopen it first") as refused:
            part(sessions, file, caller)
        assert (refused.value.details["state"], refused.value.details["legal"]) == ("closed", legal)
    # What was opened before is what a repeated call is answered with.
    assert part(sessions, file, DE, id=key).id == first.id
    take(sessions, "reopen", file, remark="More came")
    assert part(sessions, file, DE).number == f"{file.number}/P3"


def test_of_a_file_that_goes_on_in_an_open_volume_parts_are_opened(sessions):
    file = opened(sessions)
    add(sessions, file, 201)
    with sessions.begin() as session:
        second = next_volume(session, JE, NextVolume().load({"file_id": str(file.id)}), NOW)
    assert part(sessions, file, DE).number == f"{file.number}/P2"
    take(sessions, "close", part(sessions, second, DE), DE)
    with pytest.raises(Conflict, match=f"{file.number}/P2"):
        take(sessions, "close", second)


def test_a_part_of_a_closed_file_is_reopened_after_it(sessions):
    file = opened(sessions)
    of_it = part(sessions, file, LAW)
    take(sessions, "close", of_it, LAW)
    take(sessions, "close", file)
    with pytest.raises(Conflict, match="of which it is a part, is closed; reopen that") as refused:
        take(sessions, "reopen", of_it, LAW, remark="Appeal")
    assert refused.value.details["main"] == {"id": str(file.id), "number": file.number}
    assert refused.value.details["legal"] == []
    take(sessions, "reopen", file, remark="Appeal")
    assert take(sessions, "reopen", of_it, LAW, remark="Appeal").state == "open"


def test_who_has_the_main_file_is_told_where_its_parts_are_and_brings_them_in(sessions):
    file = opened(sessions)
    of_it = part(sessions, file, LAW)
    take(sessions, "forward", of_it, LAW, to="accounts")
    take(sessions, "park", of_it, ACCOUNTS, wake_on="2026-07-09", reason="Awaits the audit")
    with pytest.raises(Conflict, match=rf"{of_it.number} \(with accounts\) is not closed") as told:
        take(sessions, "close", file)
    assert told.value.details["parts"] == [
        {
            "id": str(of_it.id),
            "number": of_it.number,
            "held_by": "accounts",
            "state": "parked",
        }
    ]
    assert "close" not in read(sessions, file)["legal"]
    here = take(sessions, "pull_up", of_it, remark="The file is to be closed")
    assert (here.held_by, here.state) == ("roads-je", "open")
    assert verbs(sessions, of_it) == ["opened", "forwarded", "parked", "pulled up"]
    take(sessions, "close", of_it)
    assert take(sessions, "close", file).state == "closed"


def test_only_who_has_the_main_file_brings_a_part_in(sessions):
    file = opened(sessions)
    of_it = part(sessions, file, LAW)
    take(sessions, "forward", file, to="roads-de")
    with pytest.raises(Forbidden, match="the file of which it is a part"):
        take(sessions, "pull_up", of_it, JE)
    assert take(sessions, "pull_up", of_it, DE).held_by == "roads-de"


def test_who_has_a_secret_main_file_reads_and_brings_in_its_parts(sessions):
    with cleared(sessions, "roads-clerk", Secrecy.SECRET):
        file = opened(sessions, CLERK, secrecy="secret")
    take(sessions, "mark", file, CLERK, posts=["law"], question="?")
    of_it = part(sessions, file, LAW)
    assert take(sessions, "pull_up", of_it, CLERK).held_by == "roads-clerk"
    other = part(sessions, file, LAW)
    take(sessions, "forward", file, CLERK, to="roads-ce")
    with pytest.raises(NotFound):
        take(sessions, "pull_up", other, CLERK)


def test_a_part_and_the_closing_of_its_file_at_one_instant_wait_for_each_other(sessions):
    def reopens(session: Session, of_it: Any) -> Any:
        asked = Reopening().load({"id": str(of_it.id), "remark": "Appeal"})
        return reopen_file(session, LAW, asked, NOW + HOUR)

    def closes(session: Session, file: Any) -> Any:
        return close_file(session, JE, Closing().load({"id": str(file.id)}), NOW + HOUR)

    def in_its_own(step: Any, *args: Any) -> Any:
        with sessions.begin() as session:
            return step(session, *args)

    def waits() -> bool:
        with sessions() as session:
            return session.connection().exec_driver_sql(WAITING).scalar() == 1

    for first, second, message in (
        ((reopens, 1), (closes, 0), "is not closed"),
        ((closes, 0), (reopens, 1), "is closed; reopen that"),
        ((closes, 0), (None, 0), "it is closed; reopen it first"),
    ):
        file = opened(sessions)
        files = [file, part(sessions, file, LAW)]
        take(sessions, "close", files[1], LAW)
        with ThreadPoolExecutor(1) as pool:
            with sessions.begin() as session:
                first[0](session, files[first[1]])
                session.flush()
                if second[0] is None:
                    then = pool.submit(part, sessions, file, LAW)
                else:
                    then = pool.submit(in_its_own, second[0], files[second[1]])
                wait_for(waits, 10, "the second waits")
            with pytest.raises(Conflict, match=message):
                then.result()
