"""What can be found, read from the tables of things: one source a kind.

To let another kind be found: a source here, and ``index(session, kind, id)`` in the commands that
make or change one.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.domain.searching import Kind, kept_tokens, suggested
from services.eoffice.models import File, Imported

FETCHED = 1_000
"""So many rows are in memory at a time where all are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that can be found, or one page of it; see ``models.SearchWords``.

    Attributes:
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
    text: str = ""
    number: str | None = None
    subject: bool = False

    @property
    def row(self) -> dict[str, Any]:
        """The row of ``search_words``, by its columns."""
        tokens = kept_tokens(
            self.kind, self.department, self.at, self.number, self.title, self.text
        )
        return {
            "id": uuid.uuid5(self.thing, str(self.page)) if self.page else self.thing,
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
            "tokens": tokens,
        }


Source = Callable[[Session, Sequence[uuid.UUID] | None], Iterator[Entry]]
"""Gives the entries of these things, whose rows stay as they are until the transaction ends; or of
all, a few at a time. In the order of things and of their pages."""


def files(session: Session, ids: Sequence[uuid.UUID] | None) -> Iterator[Entry]:
    """Files, by their subject; the subject head is found with it."""
    columns = (
        *(File.id, File.number, File.department, File.head),
        *(File.subject, File.secrecy, File.opened_at),
    )
    for each in session.execute(chosen(select(*columns), File.id, ids)):
        yield Entry(
            kind=Kind.FILE,
            thing=each.id,
            file_id=each.id,
            department=each.department,
            file_secrecy=each.secrecy,
            at=each.opened_at,
            title=each.subject,
            text=each.head,
            number=each.number,
            subject=True,
        )


def archived(session: Session, ids: Sequence[uuid.UUID] | None) -> Iterator[Entry]:
    """Files that were brought in, by their subject and what their notes say."""
    columns = (
        *(Imported.id, Imported.number, Imported.department, Imported.head),
        *(Imported.subject, Imported.secrecy, Imported.opened_at, Imported.text),
    )
    for each in session.execute(chosen(select(*columns), Imported.id, ids)):
        yield Entry(
            kind=Kind.ARCHIVED,
            thing=each.id,
            file_id=None,
            department=each.department,
            grade=each.secrecy,
            at=each.opened_at,
            title=each.subject,
            text=f"{each.head}\n{each.text}",
            number=each.number,
            subject=True,
        )


def chosen(statement: Any, key: Any, ids: Sequence[uuid.UUID] | None) -> Any:
    """A source's statement for these ids, locked against a change, or for all, streamed."""
    ordered = statement.order_by(key)
    if ids is None:
        return ordered.execution_options(yield_per=FETCHED, stream_results=True)
    return ordered.where(key.in_(ids)).with_for_update(read=True)


SOURCES: dict[Kind, Source] = {Kind.FILE: files, Kind.ARCHIVED: archived}
