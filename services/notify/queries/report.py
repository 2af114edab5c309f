"""How each channel does: how much arrived, how fast, and what it cost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_QUERY = text("""
    SELECT channel, provider,
        count(*) AS attempts,
        count(*) FILTER (WHERE state IN ('sent', 'delivered', 'read')) AS accepted,
        count(*) FILTER (WHERE state IN ('delivered', 'read')) AS delivered,
        count(*) FILTER (WHERE state = 'read') AS read,
        count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state IN ('sending', 'unknown')) AS unknown,
        coalesce(sum(units) FILTER (WHERE state <> 'failed'), 0) AS units,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY extract(epoch FROM delivered_at - made_at)) AS p50,
        percentile_cont(0.95) WITHIN GROUP (
            ORDER BY extract(epoch FROM delivered_at - made_at)) AS p95
    FROM attempt
    WHERE made_at >= :since AND made_at < :until
    GROUP BY channel, provider
    ORDER BY channel, provider
""")
_REASONS = text("""
    SELECT state, coalesce(reason, '') AS reason, count(*) AS count
    FROM delivery
    WHERE created_at >= :since AND created_at < :until AND reason IS NOT NULL
    GROUP BY state, reason ORDER BY count DESC, reason LIMIT 50
""")


def report(
    session: Session, since: datetime, until: datetime, prices: Mapping[str, int]
) -> dict[str, Any]:
    """Each provider's share of what was handed over between two moments.

    Args:
        prices: paise for a thousand messages (segments of text messages), by provider.

    Returns:
        ``providers``: of each its channel, counts, ``delivered_percent`` of what it accepted (None
        where it accepted nothing), seconds from hand-over to delivery (``p50_s``, ``p95_s``),
        ``units`` and ``cost_paise``; ``reasons``: what was skipped or failed, the most frequent
        first.
    """
    between = {"since": since, "until": until}
    providers = []
    for row in session.execute(_QUERY, between).mappings():
        accepted = row["accepted"]
        providers.append(
            {
                **{key: row[key] for key in ("channel", "provider", "attempts", "accepted")},
                **{key: row[key] for key in ("delivered", "read", "failed", "unknown", "units")},
                "delivered_percent": (
                    round(100 * row["delivered"] / accepted, 1) if accepted else None
                ),
                "p50_s": _seconds(row["p50"]),
                "p95_s": _seconds(row["p95"]),
                # Rounded once, at the end: a message costs less than a paisa can say.
                "cost_paise": round(row["units"] * prices.get(row["provider"], 0) / 1_000),
            }
        )
    reasons = [dict(row) for row in session.execute(_REASONS, between).mappings()]
    return {"providers": providers, "reasons": reasons}


def _seconds(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)
