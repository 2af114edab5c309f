"""How sending stands now: what waits in each lane, and how each provider is used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.notify.domain.breaker import Circuit
from services.notify.domain.bucket import Bucket
from services.notify.domain.care import Lane
from services.notify.domain.provider_plan import ProviderPlan
from services.notify.models import ProviderState, Receipt

_QUEUE = text("""
    SELECT lane,
        count(*) FILTER (WHERE next_attempt_at <= :now) AS due,
        count(*) FILTER (WHERE next_attempt_at > :now) AS later,
        min(next_attempt_at) AS first
    FROM delivery WHERE state IN ('created', 'failed_temporary') GROUP BY lane
""")
_SENDING = text("SELECT lane, count(*) AS sending FROM delivery WHERE state = 'sending' GROUP BY 1")


def queue(session: Session, now: datetime) -> list[dict[str, Any]]:
    """What waits, by lane.

    Args:
        now: aware.

    Returns:
        Of each lane ``due`` messages, those that wait for ``later``, those in ``sending``, and
        ``oldest_s``: for how long the first that is due has been; 0 when none is.
    """
    waiting = {row.lane: row for row in session.execute(_QUEUE, {"now": now})}
    sending = {row.lane: row.sending for row in session.execute(_SENDING)}
    found = []
    for lane in Lane:
        row = waiting.get(lane)
        oldest = (now - row.first).total_seconds() if row else 0.0
        found.append(
            {
                "lane": lane.value,
                "due": row.due if row else 0,
                "later": row.later if row else 0,
                "sending": sending.get(lane, 0),
                "oldest_s": round(max(oldest, 0.0), 1),
            }
        )
    return found


def providers(
    session: Session, plan: ProviderPlan, set_up: Sequence[str], now: datetime
) -> list[dict[str, Any]]:
    """How each provider of the city's plan is used, in the order in which they are asked.

    Args:
        set_up: the names of those that the settings give.
        now: aware.

    Returns:
        Of each ``channel``, ``provider``, ``set_up``, ``per_s`` and ``burst`` of its rate,
        ``tokens`` (messages that may go at once), ``good``, ``bad`` and ``slow`` answers in the
        window, ``open_until`` (ISO 8601; None: it is not left alone) and ``opened`` (how many
        times in a row).
    """
    states = {row.provider: row for row in session.scalars(select(ProviderState))}
    found = []
    for channel, names in plan.order.items():
        for name in names:
            rate, row = plan.rates[name], states.get(name)
            shown: dict[str, Any] = {
                "channel": channel.value,
                "provider": name,
                "set_up": name in set_up,
                "per_s": rate.per_s,
                "burst": rate.burst,
                "tokens": rate.burst,
                "good": 0,
                "bad": 0,
                "slow": 0,
                "opened": 0,
                "open_until": None,
            }
            if row is not None:
                _, filled = Bucket(row.tokens, row.filled_at).take(0, now, rate, urgent=True)
                circuit = Circuit(
                    row.since, row.good, row.bad, row.slow, row.opened, row.open_until
                )
                until = circuit.open_until if circuit.is_open(now) else None
                shown |= {
                    "tokens": int(filled.tokens),
                    **{key: getattr(row, key) for key in ("good", "bad", "slow", "opened")},
                    "open_until": until.isoformat() if until else None,
                }
            found.append(shown)
    return found


def unmatched(session: Session) -> int:
    """How many receipts are of no attempt that is known, of those that were looked at."""
    found: int = session.scalar(
        select(func.count())
        .select_from(Receipt)
        .where(Receipt.attempt_id.is_(None), Receipt.looked_at.is_not(None))
    )
    return found
