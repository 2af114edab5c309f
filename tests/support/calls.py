"""Calls on a real database, with a telephone provider and our own address on the loopback."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.local.loopback import LoopbackServer, Reply, Request
from palika.tables import outbox
from services.notify.calls.dialling import Wanted, ask_for_call, dial_due
from services.notify.calls.outside import PROPERTY_ID, Desk, Owner
from services.notify.calls.talking import Line, Webhook
from services.notify.calls.voices import Engine
from services.notify.channels.loopback.telephony import Played, Script, Telephony
from services.notify.channels.voice import VoiceProvider
from services.notify.commands.receive import receive
from services.notify.domain.care import Care, Purpose
from services.notify.models import Call, CallTurn
from services.notify.reference import city_policy
from services.notify.secrets import Secrets
from tests.unit.notify.call.test_engine import table

NOW = datetime(2026, 6, 10, 5, 30, tzinfo=UTC)
"""A Wednesday, 11:00 in India."""
PHONE = "+919812345610"
PROPERTY = UUID("018f0000-0000-7000-8000-000000000001")
OWED = 12_345_50
TABLES = (
    "call_turn, promise, call, consent, day_count, number_try, delivery, attempt, receipt, outbox"
)
_STATUS = {Forbidden: 403, Invalid: 400, NotFound: 404, Conflict: 409, Unavailable: 503}


class City:
    """The other services, as a test wants them."""

    def __init__(self) -> None:
        self.phone: str | None = PHONE
        self.language: str | None = "mr"
        self.owed = OWED
        self.grievances: dict[tuple[str, str], dict[str, str]] = {}
        self.away = False
        self.before_answer = lambda: None

    def owner(self, property_id: UUID) -> Owner | None:
        self.before_answer()
        if self.away:
            raise Unavailable("tax does not answer")
        if property_id != PROPERTY:
            return None
        return Owner(self.phone, self.language, self._facts())

    def dues(self, phone: str) -> Mapping[str, Any] | None:
        if self.away:
            raise Unavailable("tax does not answer")
        return self._facts() if phone == self.phone else None

    def grievance(self, digits: str, phone: str) -> Mapping[str, Any] | None:
        found = self.grievances.get((digits, phone))
        return None if found is None else {"status": found}

    def _facts(self) -> dict[str, Any]:
        number = {"property": "P/09/001234", "verify": "1234"}
        return {PROPERTY_ID: str(PROPERTY), "owed": self.owed, **number}


class Portal(LoopbackServer):
    """Our own address: it passes webhooks on, as the portal does."""

    line: Line

    def answer(self, request: Request) -> Reply:
        path, _, query = request.path.partition("?")
        try:
            found = self.line.answer(Webhook(path, query, request.headers, request.body))
        except tuple(_STATUS) as error:
            return Reply(_STATUS[type(error)], error.to_dict())
        return Reply(200, found.body, found.media_type)

    def failure(self, status: int) -> Any:
        return {"status": status}


class Calls:
    """The voice bot, whole: database, provider, portal, clock."""

    def __init__(
        self, sessions: sessionmaker[Session], telephony: Telephony, portal: Portal
    ) -> None:
        self.sessions, self.telephony, self.portal = sessions, telephony, portal
        self.now = NOW
        self.city = City()
        self.secrets = Secrets([b"k" * 32])
        self.care = Care(quiet={}, a_day={Purpose.REMINDER: 2})
        self.engine: Engine | None = None
        self.person = "+912025501001"
        self.changes: dict[str, Any] = {}
        portal.line = self.line

    @property
    def provider(self) -> VoiceProvider:
        given = {
            "url": self.telephony.url,
            "account": self.telephony.account,
            "tokens": [self.telephony.token],
            "sender": "+912025501000",
            "portal_url": self.portal.url,
            "table": table(),
            "timeout_s": 1.0,
            "now": lambda: self.now,
            **self.changes,
        }
        return VoiceProvider(**given)

    @property
    def desk(self) -> Desk:
        return Desk(
            begin=self.sessions.begin,
            table=table(),
            care=self.care,
            secrets=self.secrets,
            outside=self.city,
            provider=self.provider,
            engine=self.engine,
            receive=self._receive,
            person=self.person,
            now=lambda: self.now,
        )

    def _receive(self, session: Session, said: Any) -> None:
        receive(session, "voice", said, city_policy(48), self.now)

    @property
    def line(self) -> Line:
        return Line(self.desk)

    def ask(self, **changes: Any) -> Call:
        wanted = {"id": uuid7(), "property_id": PROPERTY, "flow": "reminder", **changes}
        return ask_for_call(self.desk, Wanted(**wanted))

    def dial(self) -> int:
        """Make what is due, and let it come to its end."""
        self.portal.line = self.line
        looked_at = dial_due(self.desk, lambda: False)
        self.telephony.wait()
        return looked_at

    def call(self, *acts: str | None, **script: Any) -> tuple[Call, Played]:
        """Ask for a call, and make it; whoever takes it does this."""
        self.telephony.scripts[PHONE] = Script(acts=acts, **script)
        asked = self.ask()
        self.dial()
        return self.row(asked.id), self.telephony.played[-1]

    def call_in(self, *acts: str | None, sender: str = PHONE, **script: Any) -> Played:
        self.portal.line = self.line
        url = f"{self.portal.url}/webhooks/voice/answer"
        return self.telephony.call_in(url, sender, Script(acts=acts, **script))

    def row(self, call_id: UUID) -> Call:
        with self.sessions.begin() as session:
            return session.get_one(Call, call_id)

    def all(self, kind: type) -> list[Any]:
        with self.sessions.begin() as session:
            return list(session.scalars(select(kind).order_by(kind.id)))

    def turns(self, call_id: UUID) -> list[CallTurn]:
        with self.sessions.begin() as session:
            found = select(CallTurn).where(CallTurn.call_id == call_id).order_by(CallTurn.turn)
            return list(session.scalars(found))

    def events(self) -> list[str]:
        with self.sessions.begin() as session:
            return list(session.scalars(select(outbox.c.type).order_by(outbox.c.position)))

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)
