"""The notify service on a real database, and a mail server that can be told what to answer."""

import email
import email.policy
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

from aiosmtpd.controller import Controller
from sqlalchemy import select
from uuid6 import uuid7

from palika.errors import Invalid, Unavailable
from palika.events import Event
from palika.local.processes import free_port
from services.notify.channels import SmtpChannel
from services.notify.commands.enqueue import enqueue
from services.notify.commands.send import Sender
from services.notify.models import Delivery
from services.notify.reference import city_calls, city_policy, city_templates

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
POLICY = replace(city_policy(48), max_attempts=3, batch=10)
CONTACT = {
    "name": "आशा कुलकर्णी",
    "phone": "+919812345610",
    "email": "asha@example.in",
    "language": "mr",
    "number": "GRV-2026-000123",
    "category_name": {"mr": "पथदिवे बंद", "en": "Street lights not working"},
}


class MailServer:
    """An SMTP server on loopback that can be told what to answer."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.recipients: list[str] = []
        self.answer_rcpt: str | None = None
        self.answer_data: str | None = None
        self.stall = threading.Event()
        self.port = free_port()
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True
        )
        self.controller.start()

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802
        if self.answer_rcpt:
            return self.answer_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if self.answer_data:
            return self.answer_data
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        if self.stall.is_set():
            # Accepted, but the answer does not come: the worst moment for a client to give up.
            await server.loop.create_future()
        return "250 accepted"

    def channel(self, timeout_s: float = 5) -> SmtpChannel:
        return SmtpChannel(f"smtp://127.0.0.1:{self.port}", "no-reply@city.example", timeout_s)


@dataclass
class Desk:
    """The notify service's database, its clock, and a sender on it."""

    begin: Callable
    now: datetime = NOW
    contact: dict | None = None
    unavailable: bool = False
    asked: int = 0
    refuses: tuple[str, ...] = ()
    rule: str = "Not allowed."

    def happen(self, count: int = 1, kind: str = "grievance.filed.v1", **data) -> list[Event]:
        events = [self.event(kind, **data) for _ in range(count)]
        with self.begin() as session:
            assert enqueue(session, events, self.now, city_calls(), POLICY) == {}
        return events

    def event(self, kind: str = "grievance.filed.v1", **data) -> Event:
        facts = {
            "grievance_id": str(uuid4()),
            "number": "GRV-2026-000123",
            "category": "street-lights",
            "filed_at": "2026-04-01T05:00:00Z",
            "due_at": "2026-04-08T05:00:00Z",
        }
        return Event(str(uuid7()), kind, facts["grievance_id"], self.now, facts | data)

    def contacts(self, audience: str, ids) -> dict:
        self.asked += 1
        if self.unavailable:
            raise Unavailable(f"{audience} is not running")
        if wrong := {n: [self.rule] for n, each in enumerate(ids) if each in self.refuses}:
            raise Invalid(f"{audience}.contacts: wrong arguments", {"ids": wrong})
        return dict.fromkeys(ids, self.contact) if self.contact else {}

    def sender(self, channel, **changes) -> Sender:
        made = Sender(
            begin=self.begin,
            contacts=self.contacts,
            channel=channel,
            templates=city_templates(),
            policy=POLICY,
            now=lambda: self.now,
        )
        return replace(made, **changes)

    def rows(self) -> list[Delivery]:
        with self.begin() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def row(self) -> Delivery:
        (only,) = self.rows()
        return only
