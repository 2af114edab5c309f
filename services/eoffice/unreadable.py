"""Reading what PostgreSQL stores and Python cannot hold: a year 20000, a number without end.

Whoever edits the database may write such values; a verification, and what mends the words that are
searched, must name their rows, not die.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import psycopg2
from psycopg2 import extensions
from sqlalchemy.orm import Session

_DATE, _TIMESTAMPTZ, _JSONB = 1082, 1184, 3802


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for such a value, in the words of the database; ``canonical`` refuses it."""

    value: str

    def astimezone(self, _zone: tzinfo) -> "Unreadable":
        """Itself: a column of moments asks for this."""
        return self


@contextmanager
def tolerant(session: Session) -> Iterator[None]:
    """Within, such values come as ``Unreadable`` through the session's connection.

    Args:
        session: in one transaction until the end.
    """
    connection = session.connection().connection.dbapi_connection
    casters: dict[int, Any] = connection.string_types  # type: ignore[union-attr]
    before = dict(casters)
    for oid, name, read in _READERS:
        extensions.register_type(extensions.new_type((oid,), name, read), connection)
    try:
        yield
    finally:
        casters.clear()
        casters.update(before)


def _reader(read: Callable[[str, Any], Any]) -> Callable[[str | None, Any], Any]:
    def tolerated(value: str | None, cursor: Any) -> Any:
        if value is None:
            return None
        try:
            return read(value, cursor)
        except (ValueError, OverflowError, RecursionError, psycopg2.Error):
            return Unreadable(value)

    return tolerated


def _moment(value: str, cursor: Any) -> Any:
    # In UTC here already: a moment of the first or the last day there is may have none.
    return extensions.PYDATETIMETZ(_finite(value), cursor).astimezone(UTC)  # type: ignore[attr-defined]


def _day(value: str, cursor: Any) -> Any:
    return extensions.PYDATE(_finite(value), cursor)  # type: ignore[attr-defined]


def _finite(value: str) -> str:
    if value.endswith("infinity"):
        raise ValueError("the driver takes it for the last day there is, or the first")
    return value


_READERS = (
    (_DATE, "DAY", _reader(_day)),
    (_TIMESTAMPTZ, "MOMENT", _reader(_moment)),
    (_JSONB, "JSONB", _reader(lambda value, _cursor: json.loads(value))),
)
