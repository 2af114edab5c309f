"""Keeps who fails waiting (``domain/lockout.py``)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.outbox import record
from services.portal.domain.lockout import (
    Scope,
    Tried,
    after_failure,
    after_success,
    has_begun_to_wait,
    waits,
)
from services.portal.errors import TooMany
from services.portal.models import Account, Failure
from services.portal.schemas import HELD_BACK

Counted = Mapping[Scope, str]
"""Whom an attempt counts for: a digest for each scope."""
Charged = Mapping[Scope, tuple[str, Tried]]
"""The same, with the counts as they stood when the attempt had been counted."""


def charge(session: Session, counted: Counted, now: datetime, account: Account | None) -> Charged:
    """Count an attempt as failed before it is looked at; ``give_back`` takes that back.

    So a hundred attempts at the same moment are a hundred failures, and no more are looked at than
    are free. Rows are locked in the order of their scopes.

    Args:
        account: that is tried, if it is one: others are told when strangers to it begin to wait.

    Raises:
        TooMany: it is to be waited first; ``after_s`` says how long. Nothing was counted.
    """
    found = {scope: _locked(session, scope, counted[scope], now) for scope in sorted(counted)}
    longest = max(waits(_tried(row), now) for row in found.values())
    if longest:
        after_s = max(1, round(longest.total_seconds()))
        raise TooMany("too many attempts; wait before the next one", {"after_s": after_s})
    for scope, row in found.items():
        tried = after_failure(scope, _tried(row), now)
        row.count, row.last_at, row.free_at = tried.count, tried.last_at, tried.free_at
        if scope is Scope.STRANGERS and account is not None and has_begun_to_wait(scope, tried):
            data = {
                "account_id": str(account.id),
                "tries": tried.count,
                "until": tried.free_at.isoformat(),
                "person": account.person,
            }
            record(session, HELD_BACK.new(subject=str(account.id), data=data))
    return {scope: (counted[scope], _tried(row)) for scope, row in found.items()}


def give_back(session: Session, charged: Charged) -> None:
    """It was right: all is as if it had not been tried."""
    for scope in sorted(charged):
        digest, counted = charged[scope]
        row = session.get(Failure, (scope, digest), with_for_update=True, populate_existing=True)
        if row is not None:
            tried = after_success(counted, _tried(row))
            row.count, row.free_at = tried.count, tried.free_at


def forgive(session: Session, counted: Counted) -> None:
    """It was right to the end: the counts of the account begin anew. A network's does not: it may
    be the address of a whole office, and of who tries other accounts."""
    for scope in sorted(counted.keys() - {Scope.CLIENT}):
        found = (scope, counted[scope])
        row = session.get(Failure, found, with_for_update=True, populate_existing=True)
        if row is not None:
            row.count, row.free_at = 0, row.last_at


def _locked(session: Session, scope: Scope, digest: str, now: datetime) -> Failure:
    made: Any = insert(Failure).values(
        scope=scope, digest=digest, count=0, last_at=now, free_at=now
    )
    # That it is there already locks it, too.
    locked = made.on_conflict_do_update(
        index_elements=[Failure.scope, Failure.digest], set_={"count": Failure.count}
    )
    session.execute(locked)
    return session.get_one(Failure, (scope, digest), populate_existing=True)


def _tried(row: Failure) -> Tried:
    return Tried(row.count, row.last_at, row.free_at)
