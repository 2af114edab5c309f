"""How each channel does: how much arrived, how fast, and what it cost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from palika.india import INDIA

# What was refused at once has no reference; what failed with one was accepted, and is paid for.
COUNTED: Final = """
    count(*) AS attempts,
    count(*) FILTER (
        WHERE state IN ('sent', 'delivered', 'read') OR state = 'failed' AND reference IS NOT NULL
    ) AS accepted,
    count(*) FILTER (WHERE state IN ('delivered', 'read')) AS delivered,
    count(*) FILTER (WHERE state = 'failed') AS failed,
    coalesce(sum(units) FILTER (WHERE state <> 'failed' OR reference IS NOT NULL), 0) AS units
"""
"""What is counted of attempts, in a report and of what is forgotten: in this order."""
_QUERY = text(f"""
    SELECT channel, provider, {COUNTED},
        count(*) FILTER (WHERE state = 'read') AS read,
        count(*) FILTER (WHERE state IN ('sending', 'unknown')) AS unknown,
        percentile_cont(0.5) WITHIN GROUP (
            ORDER BY greatest(extract(epoch FROM delivered_at - made_at), 0)) AS p50,
        percentile_cont(0.95) WITHIN GROUP (
            ORDER BY greatest(extract(epoch FROM delivered_at - made_at), 0)) AS p95
    FROM attempt
    WHERE made_at >= :since AND made_at < :until
    GROUP BY channel, provider
    ORDER BY channel, provider
""")  # noqa: S608 constants of the code alone, values are bound
_SUMS: Final = ("attempts", "accepted", "delivered", "failed", "units")
_MONTHS = text("""
    SELECT month, month >= :first AND month + interval '1 month' <= :last AS whole,
        channel, provider, attempts, accepted, delivered, failed, units
    FROM provider_month
    WHERE month < :last AND month + interval '1 month' > :first
    ORDER BY month, channel, provider
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

    Of messages that are forgotten the sums of whole months of India are there: a month of which a
    part alone is asked for cannot be split, and is named.

    Args:
        prices: paise for a thousand messages (segments of text messages), by provider.

    Returns:
        ``providers``: of each its channel, counts, ``delivered_percent`` of what it accepted (None
        where it accepted nothing), ``units`` and ``cost_paise``; and, of what is not forgotten,
        ``read``, ``unknown`` and seconds from hand-over to delivery (``p50_s``, ``p95_s``);
        ``reasons``: what was skipped or failed and is not forgotten, the 50 most frequent;
        ``forgotten``: months (2026-07) that are sums; ``left_out``: months of which the sums are
        not in it, since they are not asked for as a whole.
    """
    between = {"since": since, "until": until}
    found = {
        (row["channel"], row["provider"]): dict(row)
        for row in session.execute(_QUERY, between).mappings()
    }
    # In India's time, as the months are.
    days = {"first": since.astimezone(INDIA).replace(tzinfo=None),
            "last": until.astimezone(INDIA).replace(tzinfo=None)}  # fmt: skip
    months: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for row in session.execute(_MONTHS, days).mappings():
        months[row["whole"]][f"{row['month']:%Y-%m}"] = None
        if row["whole"]:
            key = (row["channel"], row["provider"])
            of = found.setdefault(key, {"channel": key[0], "provider": key[1]})
            for name in _SUMS:
                of[name] = of.get(name, 0) + row[name]
    reasons = [dict(row) for row in session.execute(_REASONS, between).mappings()]
    return {
        "providers": [_shown(found[key], prices) for key in sorted(found)],
        "reasons": reasons,
        "forgotten": list(months[True]),
        "left_out": list(months[False]),
    }


def _shown(row: Mapping[str, Any], prices: Mapping[str, int]) -> dict[str, Any]:
    accepted = row["accepted"]
    return {
        **{key: row[key] for key in ("channel", "provider", *_SUMS)},
        **{key: row.get(key, 0) for key in ("read", "unknown")},
        "delivered_percent": round(100 * row["delivered"] / accepted, 1) if accepted else None,
        "p50_s": _seconds(row.get("p50")),
        "p95_s": _seconds(row.get("p95")),
        # Rounded once, at the end: a message costs less than a paisa can say.
        "cost_paise": round(row["units"] * prices.get(row["provider"], 0) / 1_000),
    }


def _seconds(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)
