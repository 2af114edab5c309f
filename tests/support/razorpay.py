"""The loopback gateway as tests use it: the server, a client for it, storms of webhooks; and what
the tax service makes of them."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from services.tax.commands.orders import make_order
from services.tax.commands.poll import Asked, Poll
from services.tax.commands.webhooks import take_webhook
from services.tax.domain.ledger.book import Book
from services.tax.gateway.loopback import Loopback, Webhook
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.gateway.razorpay import Gateway
from services.tax.ledger_store import entry_of
from services.tax.models import LedgerEntry, PaymentOrder, Property
from tests.support.taxes import APRIL, YEARLY

PORTAL = Identity.of("service:portal", "service")
SOON = APRIL + timedelta(minutes=6)


@contextmanager
def gateway_running(**options: Any) -> Iterator[LoopbackServer]:
    """A loopback gateway, while the context lasts."""
    with LoopbackServer(**options) as running:
        yield running


def client_of(server: LoopbackServer, timeout_s: float = 2.0, **changes: Any) -> Gateway:
    """A client of it; it does not wait between its tries."""
    given = {"key_id": server.key_id, "key_secret": server.key_secret, **changes}
    return Gateway(server.url, timeout_s=timeout_s, pause=lambda _: None, **given)


def storm(webhooks: Sequence[Webhook], times: int, seed: int) -> list[Webhook]:
    """Each so often, in an order of chance."""
    found = [each for each in webhooks for _ in range(times)]
    random.Random(seed).shuffle(found)
    return found


def forged(webhook: Webhook, secret: str = "guessed") -> Webhook:
    """The same, signed by somebody else."""
    body, _, event_id = webhook
    return (*Loopback(webhook_secret=secret).signed(body)[:2], event_id)


def ordered(
    sessions: sessionmaker[Session],
    server: LoopbackServer,
    owed: Property,
    amount: Any = YEARLY,
    key: str = "k1",
    by: Identity = PORTAL,
    **changes: Any,
) -> PaymentOrder:
    """An order at the gateway; ``changes`` are of its client."""
    args = {"property_id": owed.id, "amount_paise": amount, "key": key}
    return make_order(sessions.begin, client_of(server, **changes), by, args, APRIL)


def told(sessions: sessionmaker[Session], webhook: Webhook, now: datetime = SOON) -> str:
    """What became of a webhook."""
    body, signature, event_id = webhook
    secrets = ("loopback-webhook-secret",)
    return take_webhook(sessions.begin, body, signature, event_id, secrets, now).outcome.value


def polled(sessions: sessionmaker[Session], server: LoopbackServer, now: datetime) -> Asked:
    """A poll."""
    return Poll(sessions.begin, client_of(server, timeout_s=0.5), lambda: now).run()


def rows(sessions: sessionmaker[Session], model: Any) -> list[Any]:
    """All rows of a table."""
    with sessions() as session:
        return list(session.scalars(select(model)))


def book(sessions: sessionmaker[Session]) -> Book:
    """The books of the whole city."""
    return Book.of(entry_of(each) for each in rows(sessions, LedgerEntry))


def mark(sessions: sessionmaker[Session], owed: Property, status: str) -> None:
    """Let a property be ``merged``, say."""
    with sessions.begin() as session:
        session.execute(
            text("UPDATE property SET status = :s WHERE id = :i"), {"s": status, "i": owed.id}
        )
