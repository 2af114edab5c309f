"""A property is linked by a code that goes to the mobile number that the register has for it.

Also where that is the very number of this WhatsApp. WhatsApp has checked the number once, on the
day when the account was made; since then the SIM may be another's, or the account be open on a
second telephone. A code by SMS shows who has the SIM today. It goes over SMS (or a call) only: over
WhatsApp it would show nothing. What the match spares the citizen is to type a number: all
properties of theirs are linked by one code. Before the code is right, not even their numbers are
shown.

A code is of six digits and made of the message that asks for it, under the city's key: asked for
again by the same message it is the same, so that nothing has to be kept but a hash under the same
key. Guessing: ``code_tries`` a code and ``codes_a_day`` of them make a chance of 15 in a million a
day as the city has it; an owner's telephone rings ``codes_a_day_of_property`` times a day at most
for all others together. Which property numbers there are can be tried
``property_numbers_an_hour`` times from one telephone.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.text import plain_digits
from services.notify import tries
from services.notify.chat.actions.at import At
from services.notify.chat.actions.tax import exactly, phones_of
from services.notify.chat.ports import CodeToSend
from services.notify.domain import addresses
from services.notify.domain.chat.conversation import Outcome
from services.notify.domain.wording import digits
from services.notify.models import LinkCode, PropertyLink, Tried

_DIGITS = 6
_MOST_PROPERTIES = 50
_A_DAY = timedelta(days=1)


def code_to_this_number(at: At) -> Outcome:
    """A code to the citizen's own number, for all properties that the register has it for."""
    phone = addresses.mobile(at.phone)
    if phone is None:
        return Outcome("unknown")
    found = at.ask("tax", "look_up", phone=phone, limit=_MOST_PROPERTIES)["items"]
    own = [each for each in found if phone in phones_of(each)]
    if not own:
        return Outcome("unknown")
    return _send(at, phone, own)


def code_for_property(at: At) -> Outcome:
    """A code to the owner of the property whose number was typed."""
    with at.ports.begin() as session:
        tried = tries.count(session, at.key, Tried.PROPERTY_NUMBER, at.now)
    if tried > at.ports.table.rules.property_numbers_an_hour:
        return Outcome("too_many", forget=("typed",))
    typed = plain_digits(str(at.memory["typed"])).strip()
    owned = exactly(at, typed) or exactly(at, typed.upper())
    if owned is None:
        return Outcome("unknown", forget=("typed",))
    phones = phones_of(owned)
    if not phones:
        return Outcome("no_number", forget=("typed",))
    phone = at.phone if at.phone in phones else phones[0]
    return _send(at, phone, [owned])


def check_code(at: At) -> Outcome:
    """Whether what was typed is the last code that was sent; then its properties are linked."""
    typed = "".join(each for each in plain_digits(str(at.memory["code"])) if each.isdigit())
    now, rules = at.now, at.ports.table.rules
    with at.ports.begin() as session:
        code = session.scalars(
            select(LinkCode)
            .where(LinkCode.recipient_key == at.key)
            .order_by(LinkCode.made_at.desc(), LinkCode.id.desc())
            .limit(1)
            .with_for_update()
        ).one_or_none()
        if code is None:
            return Outcome("over", forget=("code",))
        if code.used_at is not None and code.used_by == at.message_id:
            return _linked(at, code.properties)
        if code.used_at is not None or code.expires_at <= now or code.tries >= rules.code_tries:
            return Outcome("over", forget=("code",))
        if not hmac.compare_digest(_hash(at, code.id, typed), code.code_hash):
            code.tries += 1
            left = rules.code_tries - code.tries
            if left <= 0:
                return Outcome("over", forget=("code",))
            return Outcome("wrong", {"left": digits(str(left), at.language)}, forget=("code",))
        code.used_at, code.used_by = now, at.message_id
        _link(session, at, code, now)
        return _linked(at, code.properties)


def _linked(at: At, properties: Sequence[Mapping[str, Any]]) -> Outcome:
    count = digits(str(len(properties)), at.language)
    return Outcome("linked", {"count": count}, forget=("code", "typed"), over=True)


def _link(session: Session, at: At, code: LinkCode, now: datetime) -> None:
    for each in code.properties:
        row = insert(PropertyLink).values(
            id=uuid7(),
            recipient_key=at.key,
            property_id=UUID(each["id"]),
            number=each["number"],
            phone_key=code.phone_key,
            linked_at=now,
            used_at=now,
        )
        session.execute(
            row.on_conflict_do_update(
                index_elements=["recipient_key", "property_id"],
                index_where=PropertyLink.ended_at.is_(None),
                set_={"phone_key": code.phone_key, "linked_at": now, "used_at": now},
            )
        )


def _send(at: At, phone: str, properties: Sequence[Mapping[str, Any]]) -> Outcome:
    rules = at.ports.table.rules
    phone_key = at.ports.secrets.recipient(phone)
    code = _code(at)
    with at.ports.begin() as session:
        # Two citizens who ask for the same owner at once are counted one after the other.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(phone_key, 0))))
        made = session.scalars(
            select(LinkCode).where(LinkCode.asked_by == at.message_id)
        ).one_or_none()
        if made is None:
            if _too_many(session, at, phone, phone_key):
                return Outcome("too_many", forget=("typed",))
            now = at.now
            made = LinkCode(
                id=uuid7(),
                recipient_key=at.key,
                phone_key=phone_key,
                properties=[{"id": each["id"], "number": each["number"]} for each in properties],
                code_hash="",
                asked_by=at.message_id,
                made_at=now,
                expires_at=now + timedelta(minutes=rules.code_minutes),
            )
            made.code_hash = _hash(at, made.id, code)
            # The last one counts: what was sent before is of no use any more.
            session.execute(
                update(LinkCode)
                .where(LinkCode.recipient_key == at.key, LinkCode.expires_at > now)
                .values(expires_at=now)
            )
            session.add(made)
        key = made.id
    at.ports.send_code(CodeToSend(key, phone, code, rules.code_minutes, at.language))
    return Outcome(
        "sent",
        {
            "masked": addresses.mask(phone),
            "minutes": digits(str(rules.code_minutes), at.language),
        },
        forget=("typed",),
    )


def _too_many(session: Session, at: At, phone: str, phone_key: str) -> bool:
    """Whether it has to wait; an owner's own telephone does not wait for what others have asked."""
    rules, now = at.ports.table.rules, at.now
    since = now - _A_DAY
    own = session.scalars(
        select(LinkCode.made_at).where(LinkCode.recipient_key == at.key, LinkCode.made_at > since)
    ).all()
    to_owner = session.scalar(
        select(func.count())
        .select_from(LinkCode)
        .where(
            LinkCode.phone_key == phone_key,
            LinkCode.recipient_key != phone_key,
            LinkCode.made_at > since,
        )
    )
    by_others = 0 if phone == at.phone else to_owner or 0
    pause = timedelta(seconds=rules.seconds_between_codes)
    return (
        len(own) >= rules.codes_a_day
        or by_others >= rules.codes_a_day_of_property
        or any(each > now - pause for each in own)
    )


def _code(at: At) -> str:
    made = int(at.ports.secrets.recipient(f"code of {at.message_id}"), 16) % 10**_DIGITS
    return f"{made:0{_DIGITS}}"


def _hash(at: At, code_id: UUID, code: str) -> str:
    return at.ports.secrets.recipient(f"{code_id}:{code}")
