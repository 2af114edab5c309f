"""What is kept of one thing that can be found, and how the things of a table are read in turn."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.domain.searching import Kind, kept_tokens, suggested

FETCHED = 1_000
"""So many rows are in memory at a time where all are read."""
_PAGES = 1 << 16
_OF_KINDS = uuid.UUID("f2f4a1c4-6f3b-5a57-9d0e-1d6a2b8f3c55")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that can be found, or one page of it; see ``models.SearchWords``.

    Attributes:
        titled: it is found by its title.
        text: what it says; not shown.
        number: of the thing itself, by which it is found as a whole.
        subject: words of its title may be suggested.
    """

    kind: Kind
    thing: uuid.UUID
    page: int = 0
    file_id: uuid.UUID | None
    receipt_id: uuid.UUID | None = None
    department: str
    grade: int = 0
    file_secrecy: int = 0
    at: datetime
    title: str
    titled: bool = True
    text: str = ""
    number: str | None = None
    subject: bool = False

    @property
    def row(self) -> dict[str, Any]:
        """The row of ``search_words``, by its columns."""
        said = (self.title, self.text) if self.titled else (self.text,)
        return {
            "id": row_id(self.kind, self.thing, self.page),
            "kind": str(self.kind),
            "thing": self.thing,
            "page": self.page,
            "file_id": self.file_id,
            "receipt_id": self.receipt_id,
            "department": self.department,
            "grade": self.grade,
            "secrecy": max(self.grade, self.file_secrecy),
            "at": self.at,
            "title": self.title,
            "words": suggested(self.title) if self.subject else [],
            "tokens": kept_tokens(self.kind, self.department, self.at, self.number, *said),
        }


Source = Callable[[Session, Sequence[uuid.UUID] | None], Iterator[Entry]]
"""Gives the entries of these things, whose rows stay as they are until the transaction ends; or of
all, a few at a time. In the order of things and of their pages."""


def row_id(kind: Kind, thing: uuid.UUID, page: int) -> uuid.UUID:
    """The id of a row. Two things of different kinds may have one id, for desks make them; and of
    the pages of one moment the first comes first where the newest, the highest, do."""
    if kind is Kind.FILE:
        return thing
    own = uuid.uuid5(_OF_KINDS, f"{kind}/{thing}").int
    return uuid.UUID(int=own - own % _PAGES + (_PAGES - 1 - page))


def batches(
    session: Session, key: Any, ids: Sequence[uuid.UUID] | None, size: int = FETCHED
) -> Iterator[list[uuid.UUID]]:
    """These ids, or all of a table, so many at a time in their order.

    Args:
        session: in a transaction.
        key: the primary key's column.
        ids: None are all.
        size: how many at a time.
    """
    if ids is not None:
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), size):
            yield wanted[start : start + size]
        return
    statement = select(key).order_by(key).limit(size)
    found = list(session.scalars(statement))
    while found:
        yield found
        found = list(session.scalars(statement.where(key > found[-1])))


def read(session: Session, statement: Any, ids: Sequence[uuid.UUID] | None, *locked: Any) -> Any:
    """The rows of a statement.

    Args:
        session: in a transaction.
        statement: a batch's.
        ids: None, of all there are: a few rows are in memory at a time.
        locked: the tables whose rows stay as they are until the transaction ends, if these are
            certain ones.
    """
    if ids is None:
        options = {"yield_per": FETCHED, "stream_results": True}
        return session.execute(statement.execution_options(**options))
    if locked:
        statement = statement.with_for_update(read=True, of=locked)
    return session.execute(statement)
