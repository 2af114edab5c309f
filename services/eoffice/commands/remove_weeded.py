"""Take the bytes of weeded papers from the store, after the transaction that weeded them."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.store import Kept, Store
from palika.sweeping import LEFT_ALONE, is_over
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.of_record import FILES, RECEIPTS, OfRecord
from services.eoffice.models import Archive, ImportedPart, Paper
from services.eoffice.sealing import act

_AT_ONCE = 200
_THING = attrgetter("thing")


def remove_weeded(
    begin: Begin,
    store: Store,
    now: Callable[[], datetime],
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Remove them, and write down when they were. Gives how many papers were dealt with.

    Killed in between, it is done by the next call: removing twice is removing once. Bytes that
    another paper has too (handed in twice on one day) stay, as that other's.

    Raises:
        Unavailable: the store does not answer; the next time does the rest.
    """
    done = 0
    for what in (FILES, RECEIPTS):
        done += _remove(what, begin, store, now, stopping)
    return done


def _remove(
    what: OfRecord,
    begin: Begin,
    store: Store,
    now: Callable[[], datetime],
    stopping: Callable[[], bool],
) -> int:
    done, after, weeded = 0, UUID(int=0), what.weeded
    while not stopping():
        with begin() as session:
            left = (
                select(getattr(weeded, what.key).label("thing"), weeded.paper_id, weeded.key)
                .where(weeded.removed_at.is_(None), weeded.paper_id > after)
                .order_by(weeded.paper_id)
                .limit(_AT_ONCE)
            )
            found = session.execute(left).all()
            used = named_keys(session, [each.key for each in found])
        if not found:
            break
        after = found[-1].paper_id
        # Only what is of a day that is over is named by nobody for good (palika/store.py).
        over = [each for each in found if is_over_key(each.key, now())]
        off_hub(store.delete, sorted({each.key for each in over} - used))
        for thing, papers in groupby(sorted(over, key=_THING), key=_THING):
            with begin() as session:
                done += _removed(session, what, thing, [each.paper_id for each in papers], now())
    return done


def is_over_key(key: str, now: datetime) -> bool:
    """Whether nobody can write under a key any more."""
    return is_over(Kept(key, 0, now).day, now - 2 * LEFT_ALONE, now)


def named_keys(session: Session, keys: list[str]) -> set[str]:
    """Which of these keys of the store a row names: a paper, an archive, a part of one."""
    models = (Paper, Archive, ImportedPart)
    found = (select(each.key).where(each.key.in_(keys)) for each in models)
    return {each for each in session.scalars(union(*found)) if each is not None}


def _removed(
    session: Session, what: OfRecord, thing: UUID, papers: list[UUID], now: datetime
) -> int:
    what.lock(session, thing)
    rows = session.scalars(
        select(what.weeded)
        .where(what.weeded.paper_id.in_(papers), what.weeded.removed_at.is_(None))
        .with_for_update()
    ).all()
    for each in rows:
        each.removed_at = now
    if rows:
        act(session, thing, what.name, "papers removed", None, now, {"papers": len(rows)})
    return len(rows)
