"""Who is signed in by a key, and who acts by a token."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from services.portal.demo import is_closed
from services.portal.domain.sessions import NOTE_EVERY, is_over, takes_old_key
from services.portal.keeping import Keeping
from services.portal.models import Account, ApiToken, Citizen, WebSession


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with whose it is."""

    row: WebSession
    account: Account | None
    citizen: Citizen | None
    by_old_key: bool


def signed_in(session: Session, keeping: Keeping, token: str, now: datetime) -> SignedIn | None:
    """Who is signed in by this key; None: nobody. That they are there is noted, once a minute."""
    digest = keeping.of_token(token)
    found = session.execute(
        select(WebSession, Account, Citizen)
        .outerjoin(Account, Account.id == WebSession.account_id)
        .outerjoin(Citizen, Citizen.id == WebSession.citizen_id)
        .where(or_(WebSession.digest == digest, WebSession.before == digest))
    ).first()
    if found is None:
        return None
    row, account, citizen = found
    by_old_key = row.digest != digest
    if by_old_key and not takes_old_key(row.rotated_at, now):
        return None
    if is_over(row.kept(), now) or (account is not None and is_closed(account)):
        return None
    if row.seen_at + NOTE_EVERY <= now:
        # Not by the row itself: another request may be changing it.
        session.execute(update(WebSession).where(WebSession.id == row.id).values(seen_at=now))
    return SignedIn(row, account, citizen, by_old_key)


def token_holder(
    session: Session, keeping: Keeping, token: str, now: datetime
) -> tuple[ApiToken, Account | None] | None:
    """A program's token with the account that it acts for; None: it is none, or over."""
    found = session.execute(
        select(ApiToken, Account)
        .outerjoin(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.digest == keeping.of_token(token))
    ).first()
    if found is None:
        return None
    row, account = found
    over = row.ended_at is not None or row.until <= now
    if over or (account is not None and is_closed(account)):
        return None
    if row.used_at is None or row.used_at + NOTE_EVERY <= now:
        session.execute(update(ApiToken).where(ApiToken.id == row.id).values(used_at=now))
    return row, account
