"""A post ends while work is on its way to it: one waits for the other, and knows of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.commands.arrange_posts import abolish_post
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.hold_post import vacate_post
from services.eoffice.commands.mark import mark_file
from services.eoffice.commands.move_receipt import send_receipt
from services.eoffice.commands.open_file import open_file
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.moving import MarkingTo
from services.eoffice.schemas.organisation import Abolishing, Vacating
from services.eoffice.schemas.receipts import Sending
from tests.support.databases import service_database
from tests.support.eoffice import JE, NOW, emptied
from tests.support.eoffice_moves import ADMIN, LAW
from tests.support.part import wait_for
from tests.support.receipts import REGISTRY, Desk

WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def waits(sessions) -> bool:
    with sessions() as session:
        return session.connection().exec_driver_sql(WAITING).scalar() == 1


def abolish(session):
    return abolish_post(session, ADMIN, Abolishing().load({"code": "law"}), NOW)


def given(sessions, how):
    """A step that gives something to the chief law officer, as a function of a session."""
    desk = Desk(sessions)
    if how == "receipt":
        asked = Sending().load({"id": str(desk.diarise().id), "to": "law"})
        return lambda session: send_receipt(session, REGISTRY, asked, NOW)
    if how == "open":
        asked = Opening().load({"subject": "Suit"})
        return lambda session: open_file(session, LAW, asked, NOW)
    file = str(desk.file(JE).id)
    if how == "mark":
        asked = MarkingTo().load({"id": file, "posts": ["law"], "question": "?"})
        return lambda session: mark_file(session, JE, asked, NOW)
    asked = Forwarding().load({"id": file, "to": "law"})
    return lambda session: forward_file(session, JE, asked, NOW)


def in_its_own(sessions, step):
    with sessions.begin() as session:
        return step(session)


@pytest.mark.parametrize("how", ["forward", "receipt", "open"])
def test_who_abolishes_a_post_waits_for_what_is_on_its_way_there_and_is_told_of_it(sessions, how):
    step = given(sessions, how)
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            step(session)
            session.flush()
            ending = pool.submit(in_its_own, sessions, abolish)
            wait_for(lambda: waits(sessions), 10, "who abolishes it waits")
        with pytest.raises(Conflict, match="law has 1 "):
            ending.result()


@pytest.mark.parametrize("how", ["forward", "mark", "receipt", "open"])
def test_who_sends_to_a_post_that_is_being_abolished_waits_and_is_refused(sessions, how):
    step = given(sessions, how)
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            abolish(session)
            session.flush()
            sending = pool.submit(in_its_own, sessions, step)
            wait_for(lambda: waits(sessions), 10, "who sends waits")
        with pytest.raises((Invalid, Forbidden), match="law"):
            sending.result()


def test_two_who_send_do_not_wait_for_each_other(sessions):
    first, second = given(sessions, "forward"), given(sessions, "forward")
    with sessions.begin() as session, ThreadPoolExecutor(1) as pool:
        first(session)
        session.flush()
        assert pool.submit(in_its_own, sessions, second).result(timeout=10).held_by == "law"


def test_a_receipt_goes_to_no_post_that_nobody_holds(sessions):
    desk = Desk(sessions)
    receipt = desk.diarise()
    with sessions.begin() as session:
        vacate_post(session, ADMIN, Vacating().load({"code": "roads-je"}), NOW)
    with pytest.raises(Invalid) as refused:
        desk.send(receipt, "roads-je")
    assert refused.value.message.startswith("a receipt moves to a post that somebody holds")
    (rule,) = refused.value.fields["to"]
    assert rule.startswith("nobody holds roads-je now; above it are: roads-de")
