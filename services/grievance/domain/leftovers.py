"""When what is kept of attachments, and in no row, is left over for good."""

from datetime import UTC, date, datetime, time, timedelta

LEFT_ALONE = timedelta(days=1)
"""So long nothing is taken away: an upload, and the transaction behind it, is long done by then."""
DAYS_BACK = 7
"""So many days are looked through again and again; after a longer standstill, all of them once."""


def is_over(day: date | None, written_at: datetime, now: datetime) -> bool:
    """Whether what was kept then, and is in no row yet, will be in none.

    Args:
        day: the one (of UTC) in whose keys it is; None: its key has none.
        written_at: when the store says that it was written, which counts where there is no day.
        now: the present moment.
    """
    if day is not None:
        written_at = datetime.combine(day + timedelta(days=1), time(), UTC)
    return written_at + LEFT_ALONE <= now


def days_to_sweep(now: datetime) -> list[date]:
    """The last days (of UTC) that have been over for long enough, the newest first."""
    newest = (now.astimezone(UTC) - LEFT_ALONE).date() - timedelta(days=1)
    return [newest - timedelta(days=back) for back in range(DAYS_BACK)]
