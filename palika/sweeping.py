"""Deletes from a store what no row names: what was refused after it was kept, or whose transaction
failed, or whose answer came to a process that had died.

It runs beside uploads, and in any number of processes at once. Every upload keeps its bytes under
keys of its own day (``palika/store.py``), so what was kept on a day that has been over for a day is
named by now, or never will be; and deleting twice is deleting once. Only a key without a day, of a
release before that, could be written anew meanwhile, by a process of that release.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.store import Kept, Store

_log = logging.getLogger(__name__)

LEFT_ALONE = timedelta(days=1)
"""So long nothing is taken away: an upload, and the transaction behind it, is long done by then."""
DAYS_BACK = 7
"""So many days are looked through again and again; after a longer standstill, all of them once."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to: of how many contents, how many no row names, and their bytes."""

    looked_at: int = 0
    unused: int = 0
    bytes: int = 0


def sweep(
    begin: Callable[[], AbstractContextManager[Session]],
    store: Store,
    named: Callable[[Session, list[str]], Set[str]],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    *,
    everything: bool = False,
    dry_run: bool = False,
) -> Swept:
    """Delete what was kept more than a day ago and is in no row.

    Args:
        begin: opens a transaction on the service's database.
        store: the service's own.
        named: which of some keys stand in its rows.
        now: the present moment, aware.
        stopping: whether to leave when the contents in hand are done.
        everything: look at all that the store has, however old; else at the last few days.
        dry_run: count only.

    Raises:
        Unavailable: the store does not answer; the rest is done the next time.
        DBAPIError: the database is away.
    """
    looked_at = unused = size = 0
    for page in _pages(store, now, everything=everything):
        if stopping():
            break
        left = [each for each in page if is_over(each.day, each.written_at, now)]
        looked_at += len(left)
        with begin() as session:
            keys = [each.key for each in left]
            used = named(session, keys) if keys else set()
        left = [each for each in left if each.key not in used]
        if left and not dry_run:
            off_hub(store.delete, [each.key for each in left])
        unused += len(left)
        size += sum(each.size for each in left)
    if unused and not dry_run:
        _log.info("deleted %d contents that nobody uses, %d bytes", unused, size)
    return Swept(looked_at, unused, size)


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


def _pages(store: Store, now: datetime, *, everything: bool) -> Iterator[list[Kept]]:
    days: Iterable[date | None] = [None] if everything else days_to_sweep(now)
    for day in days:
        listing = store.pages(day)
        while (page := off_hub(next, listing, None)) is not None:
            yield page
