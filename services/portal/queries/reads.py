"""Who has looked at whose data: for the citizen, and for the auditor."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.portal.models import DataRead, DataReadOf

PAGE = 100


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody looked, and at whose data."""

    id: int
    at: datetime
    reader: str
    post: str
    what: str
    why: str
    note: str | None
    whose: tuple[str, ...]


def looks_at(session: Session, whose: Collection[str], before: int | None = None) -> list[Look]:
    """A page of who looked at what is theirs, the last first; ``before`` is the id of the last one
    of the page before."""
    mine = select(DataReadOf.read_id).where(DataReadOf.whose.in_(list(whose)))
    query = select(DataRead).where(DataRead.id.in_(mine))
    return _page(session, query, before, whose)


def all_looks(
    session: Session,
    before: int | None = None,
    *,
    reader: str | None = None,
    whose: str | None = None,
) -> list[Look]:
    """A page of all looks, the last first: of one reader, or at one person's or matter's data."""
    query = select(DataRead)
    if reader is not None:
        query = query.where(DataRead.reader == reader)
    if whose is not None:
        query = query.where(
            DataRead.id.in_(select(DataReadOf.read_id).where(DataReadOf.whose == whose))
        )
    return _page(session, query, before, None)


def _page(
    session: Session,
    query: Select[tuple[DataRead]],
    before: int | None,
    only: Collection[str] | None,
) -> list[Look]:
    if before is not None:
        query = query.where(DataRead.id < before)
    rows = list(session.scalars(query.order_by(DataRead.id.desc()).limit(PAGE)))
    named: dict[int, list[str]] = {row.id: [] for row in rows}
    for read_id, whose in session.execute(
        select(DataReadOf.read_id, DataReadOf.whose)
        .where(DataReadOf.read_id.in_(list(named)))
        .order_by(DataReadOf.whose)
    ):
        # Others whose data were on the same page are not this citizen's business.
        if only is None or whose in only:
            named[read_id].append(whose)
    return [
        Look(
            row.id, row.at, row.reader, row.post, row.what, row.why, row.note, tuple(named[row.id])
        )
        for row in rows
    ]
