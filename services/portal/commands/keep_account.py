"""Makes officers' accounts, and changes what they are signed in to by; in a transaction of the
caller's. Each act of an administrator is one of the ``by`` that is given."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict, Invalid, NotFound
from services.portal.commands.hold_session import end_sessions
from services.portal.domain.passwords import LONGEST, SHORTEST, Rule, broken
from services.portal.domain.rights import Post
from services.portal.domain.sessions import Ended
from services.portal.keeping import Keeping, hash_password
from services.portal.models import Account, Invitation
from services.portal.reference import common_passwords

INVITED: Final = timedelta(hours=72)
RULES: Final = {
    Rule.SHORT: f"must have {SHORTEST} characters or more",
    Rule.LONG: f"must have at most {LONGEST} characters",
    Rule.COMMON: "is one that many people use",
    Rule.NAMES: "must not have your name or code in it",
    Rule.MONOTONE: "is only a few characters over and over, or a row of keys",
}


def add(
    session: Session, person: str, known: dict[str, Any], by: str, language: str, now: datetime
) -> Account:
    """An account for an officer; nobody can sign in to it yet.

    Args:
        known: what the e-office's ``my_posts`` has answered of them.

    Raises:
        Conflict: they have one.
    """
    person = person.strip().casefold()
    if session.scalar(select(Account.id).where(Account.person == person)) is not None:
        raise Conflict(f"{person} has an account already")
    account = Account(
        id=uuid7(),
        person=person,
        names={language: known["person"][language] for language in ("mr", "en")},
        created_at=now,
        created_by=by,
        language=language,
        posts=[Post.of(each).to_dict() for each in known["items"]],
        posts_asked_at=now,
    )
    session.add(account)
    session.flush()
    return account


def account_of(session: Session, person: str, *, lock: bool = False) -> Account:
    """An officer's account. Raises NotFound: there is none."""
    query = select(Account).where(Account.person == person.strip().casefold())
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"{person} has no account")
    return found


def invite(session: Session, keeping: Keeping, account: Account, by: str, now: datetime) -> str:
    """The token of a link by which the officer chooses a password within 72 hours; earlier links
    are over.

    Raises:
        Conflict: the account is disabled.
    """
    if account.disabled_at is not None:
        raise Conflict(f"the account of {account.person} is disabled")
    session.execute(
        update(Invitation)
        .where(Invitation.account_id == account.id, Invitation.used_at.is_(None))
        .values(used_at=now)
    )
    token = secrets.token_urlsafe(32)
    session.add(
        Invitation(
            id=uuid7(),
            account_id=account.id,
            digest=keeping.of_token(token),
            created_at=now,
            created_by=by,
            until=now + INVITED,
            used_at=None,
        )
    )
    return token


def invited(session: Session, keeping: Keeping, token: str, now: datetime) -> Account:
    """Whose invitation it is. Raises NotFound: nobody's, or it is over."""
    return _invitation(session, keeping, token, now)[1]


def accept(session: Session, keeping: Keeping, token: str, password: str, now: datetime) -> Account:
    """Choose a password by an invitation, which is over then; all sessions end.

    Raises:
        NotFound: the invitation is nobody's, or over.
        Invalid: the password breaks a rule; the invitation stays.
    """
    row, account = _invitation(session, keeping, token, now)
    set_password(session, account, password, now)
    row.used_at = now
    return account


def set_password(
    session: Session, account: Account, password: str, now: datetime, *, but: UUID | None = None
) -> None:
    """Another password; all sessions end but the one that is named.

    Raises:
        Invalid: it breaks a rule.
    """
    names = (account.person, *account.names.values())
    if rules := broken(password, names, common_passwords()):
        raise Invalid("not a password", {"password": [RULES[rule] for rule in rules]})
    account.password, account.password_at = hash_password(password), now
    session.add(account)
    end_sessions(session, account.id, Ended.CHANGED, now, but=but)


def disable(session: Session, account: Account, now: datetime) -> int:
    """Let nobody sign in to it any more; how many sessions that has ended."""
    account.disabled_at = account.disabled_at or now
    session.add(account)
    return end_sessions(session, account.id, Ended.DISABLED, now)


def enable(session: Session, account: Account) -> None:
    """Let its officer sign in again, with the password and the second factor of before."""
    account.disabled_at = None
    session.add(account)


def _invitation(
    session: Session, keeping: Keeping, token: str, now: datetime
) -> tuple[Invitation, Account]:
    row = session.scalar(
        select(Invitation).where(Invitation.digest == keeping.of_token(token)).with_for_update()
    )
    if row is None or row.used_at is not None or row.until <= now:
        raise NotFound("this invitation is over; ask for another")
    account = session.get_one(Account, row.account_id)
    if account.disabled_at is not None:
        raise NotFound("this invitation is over; ask for another")
    return row, account
