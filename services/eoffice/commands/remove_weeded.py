"""Take the bytes of weeded papers from the store, after the transaction that weeded them."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.store import Kept, Store
from palika.sweeping import LEFT_ALONE, is_over
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.load import load_locked
from services.eoffice.models import Archive, ImportedPart, Paper, WeededPaper
from services.eoffice.sealing import act

_AT_ONCE = 200


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
    done, after = 0, UUID(int=0)
    while not stopping():
        with begin() as session:
            left = (
                select(WeededPaper.file_id, WeededPaper.paper_id, WeededPaper.key)
                .where(WeededPaper.removed_at.is_(None), WeededPaper.paper_id > after)
                .order_by(WeededPaper.paper_id)
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
        for file_id, papers in groupby(sorted(over), key=lambda each: each.file_id):
            with begin() as session:
                done += _removed(session, file_id, [each.paper_id for each in papers], now())
    return done


def is_over_key(key: str, now: datetime) -> bool:
    """Whether nobody can write under a key any more."""
    return is_over(Kept(key, 0, now).day, now - 2 * LEFT_ALONE, now)


def named_keys(session: Session, keys: list[str]) -> set[str]:
    """Which of these keys of the store a row names: a paper, an archive, a part of one."""
    models = (Paper, Archive, ImportedPart)
    found = (select(each.key).where(each.key.in_(keys)) for each in models)
    return {each for each in session.scalars(union(*found)) if each is not None}


def _removed(session: Session, file_id: UUID, papers: list[UUID], now: datetime) -> int:
    load_locked(session, file_id)
    rows = session.scalars(
        select(WeededPaper)
        .where(WeededPaper.paper_id.in_(papers), WeededPaper.removed_at.is_(None))
        .with_for_update()
    ).all()
    for each in rows:
        each.removed_at = now
    if rows:
        act(session, file_id, "file", "papers removed", None, now, {"papers": len(rows)})
    return len(rows)
