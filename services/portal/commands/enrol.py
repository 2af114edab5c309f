"""Sets up an officer's second factor."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from palika.errors import Conflict
from services.portal.commands.hold_session import Begun, begin_session, end_sessions, half_session
from services.portal.domain import totp
from services.portal.domain.clients import Client
from services.portal.domain.sessions import Ended, Stage, Way
from services.portal.keeping import Keeping
from services.portal.models import Account, RecoveryCode, WebSession


def offer(session: Session, keeping: Keeping, account: Account) -> bytes:
    """The secret that the officer's application is to take; until it is confirmed it is the same
    each time, and good for nothing.

    Raises:
        Conflict: there is one in use.
    """
    if account.totp_at is not None:
        raise Conflict("a second factor is set up already")
    if account.totp is None:
        account.totp = keeping.seal({"secret": totp.new_secret().hex()})
        session.add(account)
    return bytes.fromhex(keeping.open(account.totp)["secret"])


def confirm(
    session: Session,
    keeping: Keeping,
    row: WebSession,
    typed: str,
    client: Client,
    now: datetime,
) -> tuple[Begun, list[str]] | None:
    """Take the secret into use, if what was typed is its code: a whole session, and the recovery
    codes, which are never shown again. None when it is not.

    Raises:
        Conflict: there is one in use, or the session is over.
    """
    account = session.get_one(Account, row.account_id, with_for_update=True)
    half = half_session(session, row.id, now)
    secret = offer(session, keeping, account)
    step = totp.accepted(secret, "".join(typed.split()), now, account.totp_step)
    if step is None:
        return None
    account.totp_at, account.totp_step, account.signed_in_at = now, step, now
    words = new_recovery_codes(session, keeping, account)
    way = Way(half.way)
    session.delete(half)
    return begin_session(session, keeping, account, client, Stage.WHOLE, way, now), words


def new_recovery_codes(session: Session, keeping: Keeping, account: Account) -> list[str]:
    """Other recovery codes in the place of those that there were."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    words = [totp.new_recovery_code() for _ in range(totp.RECOVERY_CODES)]
    for word in words:
        digest = keeping.of_code(account.id, totp.typed_recovery_code(word))
        session.add(RecoveryCode(account_id=account.id, digest=digest, used_at=None))
    return words


def reset(session: Session, account: Account, now: datetime) -> None:
    """Take the second factor away, with the recovery codes and all sessions: the telephone is
    lost. The next time one signs in, another one is set up."""
    account.totp = account.totp_at = account.totp_step = None
    session.add(account)
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    end_sessions(session, account.id, Ended.CHANGED, now)
