"""The notify service on a real database, with providers on this machine."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from uuid6 import uuid7

from palika.errors import Invalid, Unavailable
from palika.events import Event
from services.notify.channels import LogProvider, Provider
from services.notify.channels.email import Email
from services.notify.channels.inbox import Inbox
from services.notify.channels.infobip import Infobip
from services.notify.channels.loopback import InfobipServer, MetaServer, PlivoServer, SmtpServer
from services.notify.channels.loopback.carrier import Carrier, Hook
from services.notify.channels.plivo import Plivo
from services.notify.channels.whatsapp import Meta
from services.notify.commands.apply import apply_new
from services.notify.commands.enqueue import enqueue
from services.notify.commands.receive import keep
from services.notify.commands.sending import Carriers, Sender
from services.notify.commands.sweep import Sweeper
from services.notify.domain.care import Lane
from services.notify.domain.policy import LaneRules, Policy
from services.notify.domain.routes import Channel
from services.notify.models import Attempt, Delivery
from services.notify.reference import city_calls, city_plan, city_policy, city_templates
from services.notify.secrets import Secrets

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
POLICY = replace(
    city_policy(48),
    tries=3,
    lanes={lane: LaneRules(10, 4, timedelta(hours=48), timedelta(minutes=15)) for lane in Lane},
)
SECRETS = Secrets([b"0" * 32])
CONTACT = {
    "name": "आशा कुलकर्णी",
    "phone": "+919812345610",
    "email": "asha@example.in",
    "language": "mr",
    "number": "GRV-2026-000123",
    "category_name": {"mr": "पथदिवे बंद", "en": "Street lights not working"},
}
TABLES = (
    "delivery, attempt, receipt, consent, preference, day_count, provider_state, outbox, "
    "inbox_message, resend, provider_month"
)


@dataclass
class Carrying:
    """Loopback servers, and the adapters that speak to them."""

    meta: MetaServer
    plivo: PlivoServer
    infobip: InfobipServer
    smtp: SmtpServer
    providers: dict[str, Provider]

    @contextmanager
    def standing_in(self, provider: Any) -> Iterator[None]:
        """Another adapter in place of one, by its name, or beside them."""
        well = self.providers.get(provider.name)
        self.providers[provider.name] = provider
        try:
            yield
        finally:
            if well is None:
                del self.providers[provider.name]
            else:
                self.providers[provider.name] = well

    def reset(self) -> None:
        """All well, and nothing sent."""
        for server in (self.meta, self.plivo, self.infobip):
            server.sent.clear()
            server.faults.clear()
            server.requests.clear()
        self.smtp.mails.clear()
        self.smtp.faults.clear()


@contextmanager
def carrying(timeout_s: float = 2.0) -> Iterator[Carrying]:
    """All of them, running."""
    with ExitStack() as stack:
        meta = stack.enter_context(MetaServer())
        plivo = stack.enter_context(PlivoServer())
        infobip = stack.enter_context(InfobipServer())
        smtp = stack.enter_context(SmtpServer())
        meta.webhook_url = "https://city.example/webhooks/meta"
        adapters: list[Provider] = [
            Meta(
                meta.url, "v25.0", meta.phone_number_id, meta.token, [meta.app_secret],
                timeout_s=timeout_s,
            ),
            Plivo(
                plivo.url, plivo.auth_id, [plivo.auth_token],
                "https://city.example/webhooks/plivo", ["secret"], timeout_s=timeout_s,
            ),
            Infobip(
                infobip.url, infobip.api_key, "https://city.example/webhooks/infobip", ["secret"],
                timeout_s=timeout_s,
            ),
            Email(smtp.url, "no-reply@city.example", timeout_s),
            LogProvider(),
        ]  # fmt: skip
        yield Carrying(meta, plivo, infobip, smtp, {each.name: each for each in adapters})


@dataclass
class Desk:
    """The notify service's database, its clock, its providers, and senders on it."""

    begin: Callable[[], Any]
    carrying: Carrying
    now: datetime = NOW
    contact: dict[str, Any] | None = field(default_factory=lambda: dict(CONTACT))
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Contacts of their own, by the id that the service knows them by."""
    unavailable: bool = False
    asked: int = 0
    refuses: tuple[str, ...] = ()
    rule: str = "Not allowed."
    policy: Policy = POLICY
    channels: tuple[str, ...] = ("whatsapp", "sms", "email")
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))
    lane: Lane = Lane.TRANSACTIONAL

    def happen(self, count: int = 1, kind: str = "grievance.filed.v1", **data: Any) -> list[Event]:
        """Events come, and become deliveries."""
        events = [self.event(kind, **data) for _ in range(count)]
        with self.begin() as session:
            assert self.enqueue(session, events) == {}
        return events

    def enqueue(self, session: Any, events: list[Event]) -> Any:
        """What the subscription does."""
        return enqueue(session, events, self.now, city_calls(), city_templates(), self.policy)

    def event(self, kind: str = "grievance.filed.v1", **data: Any) -> Event:
        """An event of a grievance."""
        facts = {
            "grievance_id": str(uuid4()),
            "number": "GRV-2026-000123",
            "category": "street-lights",
            "filed_at": "2026-04-01T05:00:00Z",
            "due_at": "2026-04-08T05:00:00Z",
        }
        return Event(str(uuid7()), kind, facts["grievance_id"], self.now, facts | data)

    def contacts(self, audience: str, ids: Any) -> dict[str, Any]:
        """As the service would give them."""
        self.asked += 1
        if self.unavailable:
            raise Unavailable(f"{audience} is not running")
        if wrong := {n: [self.rule] for n, each in enumerate(ids) if each in self.refuses}:
            raise Invalid(f"{audience}.contacts: wrong arguments", {"ids": wrong})
        known = {each: self.people.get(each, self.contact) for each in ids}
        return {each: contact for each, contact in known.items() if contact}

    @property
    def carriers(self) -> Carriers:
        """The city's providers."""
        used = frozenset(Channel(each) for each in self.channels)
        inbox = Inbox(self.begin, SECRETS, self.policy, lambda: self.now)
        return Carriers(city_plan(), {**self.carrying.providers, inbox.name: inbox}, used)

    def sender(self, **changes: Any) -> Sender:
        """A sender."""
        made = Sender(
            begin=self.begin,
            contacts=self.contacts,
            carriers=self.carriers,
            templates=city_templates(),
            policy=self.policy,
            secrets=SECRETS,
            pool=self.pool,
            now=lambda: self.now,
        )
        return replace(made, **changes)

    def run(self, **changes: Any) -> int:
        """Send one batch; how many were claimed."""
        return self.sender(**changes).run(self.lane)

    def sweep(self) -> None:
        """Look after what hangs."""
        Sweeper(self.begin, self.carriers, self.policy, lambda: self.now).run()

    def told(self, provider: str, *hooks: Hook) -> int:
        """Webhooks come; how many receipts were new."""
        new = 0
        for hook in hooks:
            said = self.carrying.providers[provider].receipts(*hook.arrived())
            with self.begin() as session:
                new += len(keep(session, provider, said, self.now))
            with self.begin() as session:
                apply_new(session, self.policy, self.now)
        return new

    def server(self, provider: str) -> Carrier:
        """Its loopback server."""
        found: Carrier = getattr(self.carrying, provider)
        return found

    def rows(self) -> list[Delivery]:
        """All deliveries."""
        with self.begin() as session:
            return list(session.scalars(select(Delivery).order_by(Delivery.id)))

    def row(self) -> Delivery:
        """The only delivery."""
        (found,) = self.rows()
        return found

    def attempts(self) -> list[Attempt]:
        """All attempts, in their order."""
        with self.begin() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.id)))

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What was published: type and data."""
        with self.begin() as session:
            rows = session.connection().exec_driver_sql("SELECT body FROM outbox ORDER BY position")
            found = [Event.from_json(row.body) for row in rows]
        return [(each.type, each.data) for each in found]
