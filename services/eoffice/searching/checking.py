"""Whether the words kept are those of the things, and making them so again."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from services.eoffice.domain.searching import Kind
from services.eoffice.models import SearchWords
from services.eoffice.searching.entries import FETCHED, row_id
from services.eoffice.searching.keeping import index
from services.eoffice.searching.sources import SOURCES
from services.eoffice.unreadable import tolerant

_MENDED = 500
"""So many rows are mended in a transaction, if they are not all of one thing."""
_COLUMNS = tuple(SearchWords.__table__.c)


class How(StrEnum):
    """What is wrong with a row."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"


class Difference(NamedTuple):
    """A row of ``search_words`` that is not as the thing's own row says.

    Attributes:
        id: of the row.
        kind: of the thing, as the row has it.
        why: how that is known, for people.
        readable: whether the thing's own row can be read, and so its words be made.
    """

    how: How
    id: uuid.UUID
    kind: str
    thing: uuid.UUID
    why: str
    readable: bool = True


def differences(
    session: Session, progress: Callable[[int], None] = lambda done: None
) -> Iterator[Difference]:
    """Every row that is missing, that says something else, or that should not be there.

    Things and their words are read side by side, a few at a time, however many there are. In a
    transaction that sees one moment (REPEATABLE READ), if others write meanwhile.

    Args:
        session: in a transaction.
        progress: told how many things were looked at.
    """
    known = [str(kind) for kind in SOURCES]
    strays = select(*_COLUMNS).where(SearchWords.kind.not_in(known))
    for row in _streamed(session, strays):
        yield Difference(How.INSERTED, row.id, row.kind, row.thing, "there is no such kind")
    done = 0
    for kind, source in SOURCES.items():
        mine = select(*_COLUMNS).where(SearchWords.kind == kind)
        stored = _streamed(session, mine.order_by(SearchWords.thing, SearchWords.page))
        row = next(stored, None)
        for entry in source(session, None):
            done += 1
            if done % FETCHED == 0:
                progress(done)
            place = entry.thing, entry.page
            while row is not None and (row.thing, row.page) < place:
                yield _stray(row)
                row = next(stored, None)
            there = row is not None and (row.thing, row.page) == place
            if not isinstance(entry.at, datetime):
                # It is read on over what cannot be read; the thing's own row is named.
                why = f"the {kind} {entry.thing} is of no moment that can be read"
                key = row_id(kind, entry.thing, entry.page)
                yield Difference(How.CHANGED, key, kind, entry.thing, why, readable=False)
                row = next(stored, None) if there else row
                continue
            wanted = entry.row
            if not there:
                why = f"the {kind} {entry.thing} has no words"
                yield Difference(How.REMOVED, wanted["id"], kind, entry.thing, why)
                continue
            if wrong := _wrong(wanted, row):
                why = f"{', '.join(wrong)}: not as the {kind} {entry.thing} says"
                yield Difference(How.CHANGED, row.id, kind, entry.thing, why)
            row = next(stored, None)
        while row is not None:
            yield _stray(row)
            row = next(stored, None)
    progress(done)


def reindex(
    sessions: sessionmaker[Session],
    progress: Callable[[int], None] = lambda done: None,
    unread: Callable[[Difference], None] = lambda left: None,
) -> dict[How, int]:
    """Make every row what it should be; the service may be at work meanwhile.

    What was mended stays so when it is stopped, and the next time the rest is done.

    Args:
        sessions: on the service's database.
        progress: told how many things were looked at.
        unread: told of each thing whose own row holds what cannot be read (a year 20000): its words
            are left as they are.

    Returns:
        How many rows were wrong, in which way, and are right now.
    """
    counts = dict.fromkeys(How, 0)
    # In the order of the kinds and of their things: one paper's pages are next to each other.
    kind, things, rows = "", list[uuid.UUID](), 0
    with sessions.begin() as session, ExitStack() as reading:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        reading.enter_context(tolerant(session))
        for each in differences(session, progress):
            if not each.readable:
                unread(each)
                continue
            counts[each.how] += 1
            if each.how is How.INSERTED:
                _forget(sessions, each.id)
                continue
            if each.kind != kind or rows >= _MENDED:
                _mend(sessions, kind, things)
                kind, things, rows = each.kind, [], 0
            rows += 1
            if each.thing not in things[-1:]:
                things.append(each.thing)
    _mend(sessions, kind, things)
    return counts


def _mend(sessions: sessionmaker[Session], kind: str, things: list[uuid.UUID]) -> None:
    if not things:
        return
    # Read anew: what was compared may have changed since.
    with sessions.begin() as session:
        index(session, Kind(kind), *things)


def _forget(sessions: sessionmaker[Session], key: uuid.UUID) -> None:
    with sessions.begin() as session:
        session.execute(delete(SearchWords).where(SearchWords.id == key))


def _streamed(session: Session, statement: Any) -> Iterator[Any]:
    options = {"yield_per": FETCHED, "stream_results": True}
    return iter(session.execute(statement, execution_options=options))


def _stray(row: Any) -> Difference:
    why = f"there is no {row.kind} {row.thing} with a page {row.page}"
    return Difference(How.INSERTED, row.id, row.kind, row.thing, why)


def _wrong(wanted: dict[str, Any], row: Any) -> list[str]:
    return [name for name, value in wanted.items() if getattr(row, name) != value]
