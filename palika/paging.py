"""Keyset paging: where a list goes on, whatever is added to it meanwhile."""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from palika.errors import Invalid
from palika.moments import in_utc

Position = tuple[datetime, uuid.UUID]
"""Of a row in a list: the time that the list is ordered by, and the id of the row."""


_BESIDE = {"cursor", "limit", "language"}


def order_of(order: str, args: Mapping[str, Any]) -> str:
    """An order of what these filters find, by a name of its own: cursors of it are of no other.

    Args:
        order: as it is called.
        args: the filters as they are loaded; one that is None is none, and where a page begins, how
            long it is and in which language are none either.
    """
    filters = {
        name: value for name, value in args.items() if value is not None and name not in _BESIDE
    }
    written = json.dumps(filters, sort_keys=True, default=str)
    return f"{order}.{hashlib.sha256(written.encode()).hexdigest()[:12]}"


def cursor_at(order: str, position: Position) -> str:
    """The list goes on after this one: opaque to callers, stable while rows are added."""
    moment, key = position
    return _written(order, moment.isoformat(), key)


def position_of(order: str, cursor: str) -> Position:
    """Where a cursor of a list in this order stands.

    Raises:
        Invalid: it is not one that such a list gave.
    """
    try:
        moment, key = _read(order, cursor)
        return in_utc(datetime.fromisoformat(moment)), uuid.UUID(key)
    except ValueError as error:
        raise _not_of_this_list() from error


def cursor_after(order: str, word: str, key: uuid.UUID) -> str:
    """The same of a list that is ordered by a word, whatever characters are in it."""
    return _written(order, base64.urlsafe_b64encode(word.encode()).decode(), key)


def word_of(order: str, cursor: str) -> tuple[str, uuid.UUID]:
    """Where a cursor of a list that is ordered by a word stands.

    Raises:
        Invalid: it is not one that such a list gave.
    """
    try:
        word, key = _read(order, cursor)
        return base64.urlsafe_b64decode(word.encode()).decode(), uuid.UUID(key)
    except ValueError as error:
        raise _not_of_this_list() from error


def _written(order: str, place: str, key: uuid.UUID) -> str:
    written = f"{order}|{place}|{key}"
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _read(order: str, cursor: str) -> tuple[str, str]:
    """Place and key of a cursor. Raises ValueError (``binascii.Error`` is one)."""
    padded = cursor + "=" * (-len(cursor) % 4)
    of, place, key = base64.urlsafe_b64decode(padded.encode()).decode().split("|")
    if of != order:
        raise ValueError(f"of a list in another order: {of}")
    return place, key


def _not_of_this_list() -> Invalid:
    return Invalid(
        "not a cursor of this list",
        {"cursor": ["must be the `next` of a page asked with the same filters and order"]},
    )
