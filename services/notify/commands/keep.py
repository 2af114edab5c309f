"""Forgetting: messages are kept for some days after they were asked for, consent is kept.

Of what is forgotten its month stays, by channel and provider (``provider_month``).
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from palika.india import day_of
from services.notify.domain.policy import Policy
from services.notify.queries.report import COUNTED

_AT_ONCE: Final = 1_000
_SENT: Final = "'sent', 'delivered', 'read', 'failed_permanent', 'expired', 'skipped', 'cancelled'"
"""What has ended; and what was sent, and of which nothing was heard until now."""

# Ids have their time in them (version 7, RFC 9562): by `lowest` the index of (state, id) finds the
# old ones, and looks at no others.
_OLD: Final = text(f"""
    SELECT id FROM delivery
    WHERE state IN ({_SENT}) AND id < CAST(:lowest AS uuid) AND created_at < :before
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
""")  # noqa: S608 constants of the code alone, values are bound
_MONTHS: Final = text(f"""
    INSERT INTO provider_month AS month
        (month, channel, provider, attempts, accepted, delivered, failed, units)
    SELECT CAST(date_trunc('month', made_at AT TIME ZONE 'Asia/Kolkata') AS date), channel,
        provider, {COUNTED}
    FROM attempt WHERE delivery_id = ANY(CAST(:ids AS uuid[]))
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (month, channel, provider) DO UPDATE SET
        attempts = month.attempts + excluded.attempts,
        accepted = month.accepted + excluded.accepted,
        delivered = month.delivered + excluded.delivered,
        failed = month.failed + excluded.failed,
        units = month.units + excluded.units
""")  # noqa: S608 constants of the code alone, values are bound
_FORGET: Final = text("DELETE FROM delivery WHERE id = ANY(CAST(:ids AS uuid[]))")
_RESENDS: Final = text("DELETE FROM resend WHERE id = ANY(CAST(:ids AS uuid[]))")
_UNMATCHED: Final = text("""
    DELETE FROM receipt WHERE id IN (
        SELECT id FROM receipt WHERE attempt_id IS NULL AND received_at < :before
        ORDER BY received_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
""")
_DAYS: Final = text("DELETE FROM day_count WHERE day < :day")
_INBOX: Final = text("""
    DELETE FROM inbox_message WHERE id IN (
        SELECT id FROM inbox_message WHERE created_at < :before
        ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
""")


def forget(
    begin: Callable[[], AbstractContextManager[Session]],
    policy: Policy,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    batches: int = 50,
) -> dict[str, int]:
    """Forget what is older than the city keeps, in small transactions.

    Args:
        begin: opens a transaction on the service's database.
        now: aware.
        stopping: looked at between two of them.
        batches: so many of each kind at the most; the next run goes on.

    Returns:
        How many ``deliveries`` (with their attempts and receipts), ``receipts`` that were of no
        attempt, and messages of the ``inbox`` are gone.
    """
    before = now - policy.keep_messages
    done = {"deliveries": 0, "receipts": 0, "inbox": 0}
    for _ in range(batches):
        if stopping():
            return done
        with begin() as session:
            count = _deliveries(session, before)
        done["deliveries"] += count
        if count < _AT_ONCE:
            break
    for name, statement, until in (
        ("receipts", _UNMATCHED, before),
        ("inbox", _INBOX, now - policy.keep_inbox),
    ):
        for _ in range(batches):
            if stopping():
                return done
            with begin() as session:
                count = _count(session, statement, {"before": until, "most": _AT_ONCE})
            done[name] += count
            if count < _AT_ONCE:
                break
    with begin() as session:
        session.execute(_DAYS, {"day": day_of(now) - timedelta(days=7)})
    return done


def _deliveries(session: Session, before: datetime) -> int:
    given = {"lowest": _lowest_id(before), "before": before, "most": _AT_ONCE}
    ids = [str(each) for each in session.execute(_OLD, given).scalars()]
    gone(session, ids)
    return len(ids)


def gone(session: Session, ids: Sequence[str]) -> None:
    """Forget deliveries, each with its attempts and receipts; their months are counted."""
    if ids:
        given = {"ids": list(ids)}
        session.execute(_MONTHS, given)
        session.execute(_RESENDS, given)
        session.execute(_FORGET, given)


def _lowest_id(moment: datetime) -> str:
    """An id below all of version 7 that were made after a moment."""
    return f"{int(moment.timestamp() * 1000):012x}{'0' * 20}"


def _count(session: Session, statement: Any, given: dict[str, Any]) -> int:
    result: Any = session.execute(statement, given)
    count: int = result.rowcount
    return count
