"""Delete from the store of attachments what no row names: what was refused after it was kept, or
whose transaction failed, or whose answer came to a process that had died.

It runs beside uploads, and in any number of processes at once. Every upload keeps its bytes under
keys of its own day (``palika/store.py``), so what was kept on a day that has been over for a
day is named by now, or never will be; and deleting twice is deleting once. Only a key without a
day, of a release before that, could be written anew meanwhile, by a process of that release.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.orm import Session

from palika.blocking import off_hub
from services.grievance.attachments import Kept, Store
from services.grievance.domain.leftovers import days_to_sweep, is_over
from services.grievance.models import Attachment

_log = logging.getLogger(__name__)
_ASKED = func.unnest(bindparam("keys", type_=ARRAY(Text)))
_KEYS = _ASKED.table_valued("key").render_derived(name="kept")
_NAMED = select(_KEYS.c.key).where(
    select(Attachment.id).where(Attachment.key == _KEYS.c.key).exists()
    | select(Attachment.id).where(Attachment.thumbnail_key == _KEYS.c.key).exists()
)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to: of how many contents, how many no row names, and their bytes."""

    looked_at: int = 0
    unused: int = 0
    bytes: int = 0


def sweep(
    begin: Callable[[], AbstractContextManager[Session]],
    store: Store,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    *,
    everything: bool = False,
    dry_run: bool = False,
) -> Swept:
    """Delete what was kept more than a day ago and is in no row.

    Args:
        begin: opens a transaction on the service's database.
        store: of the attachments.
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
            named = set(session.scalars(_NAMED, {"keys": keys})) if keys else set()
        left = [each for each in left if each.key not in named]
        if left and not dry_run:
            off_hub(store.delete, [each.key for each in left])
        unused += len(left)
        size += sum(each.size for each in left)
    if unused and not dry_run:
        _log.info("deleted %d attachments that nobody uses, %d bytes", unused, size)
    return Swept(looked_at, unused, size)


def _pages(store: Store, now: datetime, *, everything: bool) -> Iterator[list[Kept]]:
    days: Iterable[date | None] = [None] if everything else days_to_sweep(now)
    for day in days:
        listing = store.pages(day)
        while (page := off_hub(next, listing, None)) is not None:
            yield page
