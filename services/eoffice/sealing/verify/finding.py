"""What a verification finds, and how it reads tables side by side without holding them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.orm import Session

_FETCH = 2_000


class How(StrEnum):
    """What was done to a row behind the service's back, as far as can be told."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNREAD = "unread"
    """Not told: a stage of the verification came to what it cannot read, and ended there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not as it was written down.

    Attributes:
        row: ``table:key``, the parts of a key with commas between; of what was not read to its
            end, ``stage:name``.
        why: how that is known, for people.
        act: the act that knows the row otherwise (``chain,position``), where there is one.
    """

    how: How
    row: str
    why: str
    act: str | None = None


Progress = Callable[[str, int], None]
"""Told what is being read, and how many rows of it were."""


def silent(stage: str, done: int) -> None:
    """Progress for nobody."""


class Groups:
    """Rows in the order of a key, taken key by key; only a few are in memory at a time."""

    def __init__(self, rows: Iterator[Any], key: Callable[[Any], Any]) -> None:
        self._rows = rows
        self._key = key
        self._next = next(rows, None)

    @property
    def peek(self) -> Any:
        """The key that comes next; None: there is none."""
        return None if self._next is None else self._key(self._next)

    def take(self, key: Any) -> Iterator[Any]:
        """The rows of that key, which must be the next one; none if it is not."""
        while self._next is not None and self._key(self._next) == key:
            row = self._next
            self._next = next(self._rows, None)
            yield row


def streamed(session: Session, statement: Executable) -> Iterator[Any]:
    """The rows of a statement through a cursor of the server's."""
    return iter(
        session.execute(statement, execution_options={"yield_per": _FETCH, "stream_results": True})
    )


def counted(rows: Iterator[Any], stage: str, progress: Progress) -> Iterator[Any]:
    """The same rows; tells how many went by."""
    done = 0
    for done, row in enumerate(rows, 1):
        if done % _FETCH == 0:
            progress(stage, done)
        yield row
    progress(stage, done)
