"""Receipts: what providers say of attempts later, in any order and any number of times.

They are kept when they come and applied soon after (``apply``): a bill run's are many, and what
takes them in sends login codes too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.notify.commands.apply import apply
from services.notify.commands.details import kept
from services.notify.counts import count
from services.notify.domain.messages import Receipt as Said
from services.notify.domain.policy import Policy
from services.notify.models import Receipt


def keep(session: Session, provider: str, said: Sequence[Said], now: datetime) -> list[UUID]:
    """Keep receipts, in the caller's transaction; ``apply_new`` raises what is known of them.

    Args:
        provider: whose.
        said: as the provider's adapter has read them; one that is there already is let be.
        now: aware.

    Returns:
        The ids of those that are new.
    """
    rows = [_row(provider, each, now) for each in said]
    if not rows:
        return []
    table = Receipt.__table__
    new = (
        session.connection()
        .execute(
            insert(table)
            .on_conflict_do_nothing(constraint="uq_receipt_told")
            .returning(table.c.id, table.c.told),
            sorted(rows, key=lambda row: (row["reference"], row["told"])),
        )
        .all()
    )
    for each in new:
        count("receipts", provider, each.told)
    return [each.id for each in new]


def receive(
    session: Session, provider: str, said: Sequence[Said], policy: Policy, now: datetime
) -> int:
    """Keep receipts and apply them at once, in the caller's transaction; how many were new.

    For what the city sees itself: a call that has ended, its own inbox. Arguments as of ``keep``.
    """
    new = keep(session, provider, said, now)
    apply(session, session.scalars(select(Receipt).where(Receipt.id.in_(new))).all(), policy, now)
    return len(new)


def _row(provider: str, said: Said, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "provider": provider,
        "reference": said.reference,
        "own_id": said.attempt_id,
        "told": said.told,
        "at": said.at,
        "permanent": said.permanent,
        "reason": said.reason or None,
        "detail": kept(said.detail),
        "received_at": now,
    }
