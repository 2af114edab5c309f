"""Money that leaves the gateway without the city, or that came wrong: a person posts it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, NotFound
from palika.events import Event
from palika.local import Postgres
from palika.tables import outbox
from services.tax.commands.charge_back import accept_held, charge_back
from services.tax.domain.ledger.accounts import Account
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.models import Payment, Property, Receipt
from services.tax.queries import online
from tests.support.collecting import BOSS
from tests.support.databases import service_database
from tests.support.razorpay import (
    SOON,
    YEARLY,
    book,
    client_of,
    count,
    gateway_running,
    mark,
    ordered,
    rows,
    told,
)
from tests.support.taxes import APRIL, bill, clear, register


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A gateway on the loopback."""
    with gateway_running(now=APRIL.timestamp) as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """An empty database."""
    clear(database)
    return database


@pytest.fixture
def owed(sessions: sessionmaker[Session]) -> Property:
    """A property with its bill of 2026-27."""
    found = register(sessions)
    bill(sessions, found)
    return found


def charged(sessions: Any, kind: str, key: str) -> Payment | None:
    with sessions.begin() as session:
        args = {"kind": kind, "id": key, "note": "as the gateway's report says"}
        return charge_back(session, BOSS, args, SOON)


def captured(sessions: Any, server: LoopbackServer, owed: Property, name: str = "k1") -> str:
    key = server.pay(ordered(sessions, server, owed, key=name).gateway_id)
    told(sessions, server.webhook("payment.captured", key))
    return key


def refunded(sessions: Any, server: LoopbackServer, key: str, amount: int) -> str:
    made = server.refund(key, amount)
    assert told(sessions, server.webhook("refund.created", made)) == "noted"
    return made


def held(sessions: Any) -> dict[str, Any]:
    with sessions() as session:
        return online.held(session, 50, SOON)


def events(sessions: Any) -> list[Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        return [Event.from_json(body) for body in bodies]


def test_a_refund_from_the_dashboard_takes_the_payment_back(sessions, server, owed):
    key = captured(sessions, server, owed)
    made = refunded(sessions, server, key, YEARLY)
    assert len(held(sessions)["refunds"]) == 1
    assert [charged(sessions, "refund", made) for _ in range(2)] == [None, None]
    after = book(sessions)
    assert (after.net, after.money) == (YEARLY, {Account.GATEWAY: 0})
    assert sum(after.rebated.values()) == 0
    assert [each.state for each in rows(sessions, Payment)] == ["reversed"]
    assert rows(sessions, Receipt)[0].cancelled_for == "charged back: as the gateway's report says"
    assert held(sessions)["refunds"] == []
    last = events(sessions)[-1]
    assert (last.type, last.data["outcome"]) == ("tax.payment_reversed.v1", "reversed")
    assert (last.data["amount_paise"], last.data["balance_paise"]) == (YEARLY, YEARLY)
    assert [each.sequence for each in events(sessions)] == [1, 2, 3]


def test_refunds_of_parts_leave_a_payment_of_the_rest(sessions, server, owed):
    key = captured(sessions, server, owed)
    left = charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    assert left is not None
    assert (left.amount_paise, left.receipt_number) == (
        YEARLY - 1_000_00,
        "RC/2026-27/ONLINE/000002",
    )
    again = charged(sessions, "refund", refunded(sessions, server, key, 500_00))
    assert again is not None
    assert again.amount_paise == YEARLY - 1_500_00
    after = book(sessions)
    assert after.money == {Account.GATEWAY: YEARLY - 1_500_00}
    assert after.net == 1_500_00
    assert count(sessions, Receipt) == 3


def test_a_dispute_that_is_lost_is_charged_back_and_no_other(sessions, server, owed):
    key = captured(sessions, server, owed)
    told(sessions, server.webhook("payment.dispute.created", key))
    dispute = f"disp_{key[4:]}"
    with pytest.raises(Conflict, match="is open, not lost"):
        charged(sessions, "dispute", dispute)
    told(sessions, server.webhook("payment.dispute.lost", key))
    charged(sessions, "dispute", dispute)
    assert book(sessions).net == YEARLY
    assert held(sessions)["disputes"] == []
    with pytest.raises(NotFound):
        charged(sessions, "dispute", "disp_none")
    with pytest.raises(NotFound):
        charged(sessions, "refund", "rfnd_none")


def test_of_money_in_suspense_so_much_goes_back(sessions, server, owed):
    order = ordered(sessions, server, owed)
    mark(sessions, owed, "split")
    key = server.pay(order.gateway_id)
    told(sessions, server.webhook("payment.captured", key))
    charged(sessions, "refund", refunded(sessions, server, key, 1_000_00))
    after = book(sessions)
    assert (after.suspense, after.money) == (
        YEARLY - 1_000_00,
        {Account.GATEWAY: YEARLY - 1_000_00},
    )
    assert held(sessions)["refunds"] == [], "nobody has to look at it any more"


def test_the_money_of_a_held_order_is_taken_as_it_came(sessions, server, owed):
    order = ordered(sessions, server, owed)
    args = {"order_id": order.id, "note": "the gateway's own mistake"}
    with pytest.raises(Conflict, match="is open, not held"):
        accept_held(sessions.begin, client_of(server), args, SOON)
    key = server.pay(order.gateway_id, amount=YEARLY - 1)
    assert told(sessions, server.webhook("payment.captured", key)) == "refused"
    assert [each["state"] for each in held(sessions)["orders"]] == ["held"]
    done = accept_held(sessions.begin, client_of(server), args, SOON)
    assert done.state == "paid"
    assert book(sessions).suspense == YEARLY - 1
    with pytest.raises(Conflict, match="is paid, not held"):
        accept_held(sessions.begin, client_of(server), args, SOON)
    assert count(sessions, Payment) == 1


def test_what_came_in_another_currency_is_not_taken(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id, currency="USD")
    assert told(sessions, server.webhook("payment.captured", key)) == "refused"
    args = {"order_id": order.id, "note": "x"}
    with pytest.raises(Conflict, match="no rupees came"):
        accept_held(sessions.begin, client_of(server), args, SOON)
    assert count(sessions, Payment) == 0
