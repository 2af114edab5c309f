"""Signs citizens in: a code goes to their telephone, and comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import SYSTEM
from palika.errors import Invalid
from palika.india import normal_phone
from services.portal import demo
from services.portal.calls import Calls
from services.portal.commands.hold_session import Begun, begin_session, end_sessions
from services.portal.commands.take import take
from services.portal.domain import codes
from services.portal.domain.clients import Client
from services.portal.domain.limits import Limit
from services.portal.domain.sessions import Ended, Stage, Way
from services.portal.keeping import Keeping
from services.portal.models import Citizen, OneTimeCode
from services.portal.store import Store

TEMPLATE: Final = "login.code"
ANOTHERS_AFTER: Final = timedelta(days=180)
"""After so long without a sign-in a number may be another's: operators give a number that was
given back to somebody else after 90 days at the least (TRAI). The city's own choice."""


@dataclass(frozen=True, slots=True)
class SignInCitizen:
    """Where sign-ins happen, and how codes are sent."""

    store: Store
    keeping: Keeping
    calls: Calls

    def ask(self, number: str, language: str, client: Client, now: datetime) -> UUID:
        """Send a code; the id by which it is asked for, for the browser that has asked, alone.

        Codes that others have asked for go on being good where those are: whoever knows a number
        ends nobody else's sign-in.

        Raises:
            Invalid: no telephone number, or not a mobile of India.
            TooMany: too many codes for the number, for it from this network, for the client, or
                in the city.
            Unavailable: the database or notify does not answer; nothing was sent, or it is not
                known whether it was.
        """
        phone = _mobile(number)
        digest = self.keeping.of_phone(phone)
        with self.store.begin() as session:
            from_here = self.keeping.of_client("number", digest, client.network)
            take(session, Limit.CODES_OF_CLIENT, self.keeping.of_client(client.network), now)
            take(session, Limit.CODES_FROM_HERE, from_here, now)
            take(session, Limit.CODES_OF_NUMBER, digest, now)
            take(session, Limit.CODES_OF_NUMBER_A_DAY, digest, now)
            take(session, Limit.CODES_OF_CITY, "", now)
        code_id = uuid7()
        code = demo.citizen_code(self.keeping, phone, code_id) or codes.new_code()
        with self.store.begin() as session:
            session.add(
                OneTimeCode(
                    id=code_id,
                    phone_digest=digest,
                    phone=self.keeping.sealed_phone(phone),
                    digest=self.keeping.of_code(code_id, code),
                    created_at=now,
                    until=now + codes.VALID,
                    tries=0,
                    used_at=None,
                )
            )
        with self.calls.as_(SYSTEM("portal")) as services:
            services.notify.send(
                id=str(code_id),
                template=TEMPLATE,
                contact={"phone": phone, "language": language},
                fields={"code": code, "minutes": round(codes.VALID.total_seconds() / 60)},
            )
        return code_id

    def sent_to(self, code_id: UUID, now: datetime) -> str | None:
        """The number (E.164) to which a code went; None: it is over, or nobody knows of it.

        Raises:
            Unavailable: the database does not answer.
        """
        with self.store.begin() as session:
            sent = session.get(OneTimeCode, code_id)
            if sent is None or sent.used_at is not None or sent.until <= now:
                return None
            return self.keeping.phone(sent.phone)

    def tell(
        self, code_id: UUID, text: str, language: str, client: Client, now: datetime
    ) -> Begun | codes.Outcome:
        """Sign in by what was typed; else why not.

        Raises:
            TooMany: too many attempts from the client.
            Unavailable: the database does not answer.
        """
        with self.store.begin() as session:
            take(session, Limit.TRIES_OF_CLIENT, self.keeping.of_client(client.network), now)
        with self.store.begin() as session:
            sent = session.get(OneTimeCode, code_id, with_for_update=True)
            if sent is None:
                return codes.Outcome.OVER
            kept = codes.Sent(sent.digest, sent.until, sent.tries, sent.used_at is not None)
            digest = self.keeping.of_code(sent.id, codes.typed(text))
            outcome = codes.judge(kept, digest, now)
            if outcome is not codes.Outcome.RIGHT:
                sent.tries += 1
                over = outcome is codes.Outcome.WRONG and sent.tries >= codes.TRIES
                return codes.Outcome.OVER if over else outcome
            sent.used_at = now
            phone = self.keeping.phone(sent.phone)
            citizen = _citizen(session, self.keeping, phone, language, now)
            return begin_session(session, self.keeping, citizen, client, Stage.WHOLE, Way.CODE, now)


def _mobile(number: str) -> str:
    """In E.164; one rule is told, whatever is wrong. Raises Invalid."""
    try:
        phone = normal_phone(number)
    except Invalid:
        phone = ""
    if not phone.startswith("+91") or len(phone) != 13 or phone[3] not in "6789":
        rule = "must be a 10-digit Indian mobile number"
        raise Invalid("not a mobile of India", {"phone": [rule]})
    return phone


def _citizen(
    session: Session, keeping: Keeping, phone: str, language: str, now: datetime
) -> Citizen:
    digest = keeping.of_phone(phone)
    # Of a number that nobody has there is no row to lock, and two may come with it at once.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(digest, 0))))
    known = session.scalar(
        select(Citizen)
        .where(Citizen.phone_digest == digest, Citizen.ended_at.is_(None))
        .with_for_update()
    )
    if known is not None and known.seen_at + ANOTHERS_AFTER <= now:
        end_citizen(session, known, Ended.ERASED, now)
        session.flush()
        known = None
    if known is None:
        known = Citizen(
            id=uuid7(),
            phone_digest=digest,
            phone=keeping.sealed_phone(phone),
            language=language,
            created_at=now,
            seen_at=now,
            ended_at=None,
        )
        session.add(known)
        session.flush()
    known.seen_at, known.language = now, language
    return known


def end_citizen(session: Session, citizen: Citizen, why: Ended, now: datetime) -> None:
    """Let nobody be this citizen any more: the number goes, and all sessions end."""
    citizen.phone = citizen.phone_digest = None
    citizen.ended_at = now
    session.add(citizen)
    end_sessions(session, citizen.id, why, now)
