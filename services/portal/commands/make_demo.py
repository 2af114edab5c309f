"""Makes the accounts of the city of sample work, and puts them back as they were."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.demo import CITIZEN, CITIZEN_LOGIN
from services.portal import demo
from services.portal.commands import enrol, keep_account
from services.portal.keeping import Keeping, is_password
from services.portal.models import Account, Citizen


def make_demo(
    session: Session, keeping: Keeping, known: Mapping[str, Mapping[str, Any]], now: datetime
) -> int:
    """The citizen, and an account for each officer, with the password and the second factor that
    the pages tell; what somebody has changed of one since is as before. An officer's account that
    was made otherwise is left alone.

    Args:
        known: what the e-office's ``my_posts`` has answered, by officer.

    Returns:
        How many officers can be tried out.
    """
    _make_citizen(session, keeping, now)
    count = 0
    word = demo.password(keeping)
    for person, told in known.items():
        account = session.scalar(select(Account).where(Account.person == person).with_for_update())
        if account is None:
            account = keep_account.add(session, person, dict(told), demo.BY, "mr", now)
        elif account.created_by != demo.BY:
            continue
        keep_account.enable(session, account)
        if not is_password(account.password, word):
            keep_account.set_password(session, account, word, now)
        if account.totp_at is None:
            enrol.offer(session, keeping, account)
            account.totp_at = now
        count += 1
    return count


def _make_citizen(session: Session, keeping: Keeping, now: datetime) -> None:
    """The one whose grievances are among the sample work, under the login that those have: once.
    Who has had themselves forgotten since, or was there before, stays as they are."""
    login, digest = UUID(CITIZEN_LOGIN), keeping.of_phone(CITIZEN)
    there = (Citizen.phone_digest == digest) & Citizen.ended_at.is_(None)
    if session.scalar(select(Citizen.id).where(there | (Citizen.id == login)).limit(1)):
        return
    session.add(
        Citizen(
            id=login,
            phone_digest=digest,
            phone=keeping.sealed_phone(CITIZEN),
            language="mr",
            created_at=now,
            seen_at=now,
            ended_at=None,
        )
    )
