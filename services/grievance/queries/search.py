"""The desks' lists: filters, orders and full-text search, at the same cost on every page.

A page walks one index in the list's own order, from the cursor on. One filter at most chooses the
index (``_index_for``); the others look at the rows as they pass. So that a filter that hardly
anything passes cannot make it walk through the past, a page looks at some thousand rows at most:
it may then be short, or even empty, with a ``next`` that goes on from there.

A search walks the hits of its words in the same way, some months at a time (``palika/hits.py``).
Where the words are frequent it walks the list, and looks at the words of the rows as they pass; so
does one for what is due first, if its hits are not few.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    ScalarSelect,
    Select,
    Uuid,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from palika.auth import Identity
from palika.hits import MOST, Columns, Hits, has
from palika.paging import Position, cursor_at, order_of, position_of
from services.grievance.domain.access import citizen_of
from services.grievance.domain.lifecycle import OPEN, State
from services.grievance.domain.seats import CONTENT, EVERYTHING, Sight
from services.grievance.models import IS_OPEN, Grievance, SearchWords
from services.grievance.queries.codes import check_codes
from services.grievance.queries.filters import Rules, number, rules, states, words
from services.grievance.queries.sight import is_seen, sight_of, unseen
from services.grievance.schemas import Filters, GrievanceView

COUNTED = 10_000
"""Up to here a count is exact."""
LOOKED_AT = 200_000
"""So many rows a count looks at, where it has to look at rows."""
_WINDOWS = (4, 20, 100)
"""So many times the page's limit of rows are looked at, in turn, until the page is full."""
_HITS = (4, 20)
"""The same of a search's hits."""
_MANY_HITS = 500
"""With more hits in a month, a list that has filters is walked by these."""

_FILTERS = frozenset(Filters().fields)
_one = GrievanceView()
_masked = GrievanceView(exclude=CONTENT)
_OPEN = frozenset(OPEN)
# Those that are neither open nor closed are few, and have an index by state.
_FEW = frozenset(State) - _OPEN - {State.CLOSED}
_WORDS = Columns(SearchWords.filed_at, SearchWords.grievance_id, SearchWords.tokens)
_OLDEST = Grievance.filed_at, Grievance.id
_NEWEST = Grievance.filed_at.desc(), Grievance.id.desc()


def page(
    session: Session, args: Mapping[str, Any], now: datetime, caller: Identity | None = None
) -> dict[str, Any]:
    """One page of the list: ``items``, and ``next`` (the cursor of the next page, or None).

    Of private ones that the caller may not read it is told that they are there, and not what they
    say (``masked``), nor in ``filed_by`` whose they are; a search for words does not find them.

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.Searching``.
        now: what "overdue" and "today" are measured by.
        caller: whose list it is; None: of who works on the database itself, and reads all.

    Raises:
        Invalid: the cursor is not one of this list, nothing is called by a code, or the filters
            contradict each other.
    """
    found, cursor = rows(session, args, now, caller)
    masked = unseen(session, caller, found)
    items = [
        _masked.dump(each) | {"masked": True}
        if each.id in masked
        else _one.dump(each) | {"filed_by": citizen_of(each.filed_by)}
        for each in found
    ]
    return {"items": items, "next": cursor}


def rows(
    session: Session, args: Mapping[str, Any], now: datetime, caller: Identity | None = None
) -> tuple[list[Grievance], str | None]:
    """The grievances of a page, and the cursor of the next.

    A page is read in several statements, all of one moment: it must be the transaction's first.
    Raises as ``page``.
    """
    # Else what is filed between two of them would shift the rows, and be shown twice or not at all.
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    order = order_of_list(args)
    cursor = args["cursor"]
    position = None if cursor is None else position_of(order, cursor)
    check_codes(session, args)
    listing = Listing(args, now, _sight(session, args, caller))
    if listing.words:
        found, end = _searched(session, listing, position, args["limit"])
    else:
        found, end = _walked(session, listing, position, args["limit"], [])
    return found, None if end is None else cursor_at(order, end)


def order_of_list(args: Mapping[str, Any]) -> str:
    """The name of the list's order, by which its cursors go: of these filters, and of no others.

    Args:
        args: as loaded by ``schemas.Ordered``, or more.
    """
    return order_of(args["order"], {name: args[name] for name in _FILTERS})


def _sight(session: Session, args: Mapping[str, Any], caller: Identity | None) -> Sight:
    """Where it matters for what is found: a list of no words has all, some of them masked."""
    return EVERYTHING if args["text"] is None else sight_of(session, caller)


def _walked(
    session: Session,
    listing: "Listing",
    position: Position | None,
    limit: int,
    found: list[Grievance],
) -> tuple[list[Grievance], Position | None]:
    """What is found so far, and what the list has after a position."""
    for times in _WINDOWS:
        more = limit - len(found)
        window = times * limit
        walk = listing.statement(position, more + 1, window)
        found += session.scalars(walk)
        if len(found) > limit:
            return found[:limit], listing.position(found[limit - 1])
        end = listing.end_of(position, window)
        last = None if end is None else session.execute(end).one_or_none()
        if last is None:
            return found, None
        position = tuple(last)
    return found, position


def _searched(
    session: Session, listing: "Listing", position: Position | None, limit: int
) -> tuple[list[Grievance], Position | None]:
    # The planner knows how many have the words, not when: where it believes that a limit is soon
    # reached, it would read the table from its beginning.
    session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    first, last = session.execute(listing.span(position)).one()
    if first is None:
        return [], None
    if not listing.is_by_filing:
        few = Hits(session, _WORDS, listing.words, first, last, newest=False).few()
        if few is None:
            return _walked(session, listing, position, limit, [])
        found = list(session.scalars(listing.those(few, position, limit + 1)))
        more = len(found) > limit
        return found[:limit], listing.position(found[limit - 1]) if more else None
    hits = Hits(
        session,
        _WORDS,
        listing.words,
        first,
        last,
        position,
        newest=listing.is_newest_first,
        many=_MANY_HITS if listing.is_filtered else MOST,
    )
    found = []
    for times in _HITS:
        ids = hits.take(times * limit if listing.is_filtered else limit + 1)
        if ids:
            found += session.scalars(listing.those(ids, None, limit + 1 - len(found)))
        if len(found) > limit:
            return found[:limit], listing.position(found[limit - 1])
        if hits.frequent:
            return _walked(session, listing, hits.position, limit, found)
        if hits.ended:
            return found, None
    return found, hits.position


def count(
    session: Session, args: Mapping[str, Any], now: datetime, caller: Identity | None = None
) -> dict[str, Any]:
    """How many the list has: ``count``, exact unless ``more`` says that there may be more.

    Raises:
        Invalid: the filters contradict each other, or nothing is called by a code.
    """
    check_codes(session, args)
    sight = _sight(session, args, caller)
    listing = Listing({**args, "order": "newest"}, now, sight)
    found, looked_at, most = session.execute(listing.counting()).one()
    return {"count": min(found, COUNTED), "more": found > COUNTED or looked_at == most}


def stream(
    session: Session, args: Mapping[str, Any], now: datetime, batch: int
) -> Iterator[Grievance]:
    """All of them, from a cursor in the database: in bounded memory, as they were at one moment.

    Not under eventlet. Raises as ``count``.
    """
    check_codes(session, args)
    listing = Listing(args, now)
    options = {"stream_results": True, "yield_per": batch}
    for each in session.scalars(listing.whole(), execution_options=options):
        session.expunge(each)
        yield each


class Listing:
    """The statements of one list."""

    def __init__(self, args: Mapping[str, Any], now: datetime, sight: Sight = EVERYTHING) -> None:
        """Decide which index is walked.

        Raises:
            Invalid: the filters contradict each other, or the text has no words.
        """
        self._args = args
        self._now = now
        self._sight = sight
        self._states = states(args)
        self.words = words(args)
        """To be found in each."""
        self.is_by_filing = args["order"] != "due"
        """Whether its order is that of filing."""
        self._column = "filed_at" if self.is_by_filing else "due_at"
        self.is_newest_first = args["order"] == "newest"
        """Which order of filing it is."""
        every = self._rules(Grievance)
        index = self._index_for()
        self._rest = [name for name in every if name not in index]
        # What chooses the index, and from where to where it is walked.
        self._walked = [every[name] for name in every if name in index]
        if self._states <= _OPEN:
            self._walked.append(IS_OPEN)
        self.is_filtered = self._states <= _OPEN or bool(every.keys() - {"filed", "seen"})
        """Whether anything must hold of each, beside its words and when it was filed."""

    def statement(self, position: Position | None, limit: int, window: int) -> Select[Any]:
        """So many of the list after a position, out of the ``window`` rows that follow it."""
        walk = self._walk(position)
        if not self._looks_at_rows:
            return walk.limit(limit)
        of = aliased(Grievance, walk.limit(window).subquery("passing"))
        return self._ordered(select(of).where(*self._looked_at(of)), of).limit(limit)

    def end_of(self, position: Position | None, window: int) -> Select[Any] | None:
        """Where the last of the ``window`` rows after a position stands; None: they were all."""
        if not self._looks_at_rows:
            return None
        columns = getattr(Grievance, self._column), Grievance.id
        return self._walk(position).with_only_columns(*columns).offset(window - 1).limit(1)

    def span(self, position: Position | None) -> Select[Any]:
        """When the first and the last after a position were filed, by the index alone; of what is
        due first, the first and the last of all that were filed."""
        walk = select(Grievance.filed_at).where(*self._walked)
        if self.is_by_filing:
            walk = self._after(walk, position)
        ends = [walk.order_by(*order).limit(1) for order in (_OLDEST, _NEWEST)]
        if self.is_newest_first:
            ends.reverse()
        return select(*(each.scalar_subquery() for each in ends))

    def those(self, ids: Sequence[uuid.UUID], position: Position | None, limit: int) -> Select[Any]:
        """So many of these that are of the list, after a position, in its order: that of the ids,
        where it is that of filing."""
        given = func.unnest(func.cast(list(ids), ARRAY(Uuid)))
        hit = given.table_valued("id", with_ordinality="place").render_derived(name="hit")
        ours = self._passing().join(hit, Grievance.id == hit.c.id)
        if self.is_by_filing:
            return ours.order_by(hit.c.place).limit(limit)
        return self._ordered(self._after(ours, position), Grievance).limit(limit)

    def whole(self) -> Select[Any]:
        """All of the list."""
        return self._ordered(self._everything(), Grievance)

    def counting(self) -> Select[Any]:
        """How many pass, how many were looked at, and how many would be at most."""
        if self.words or not self._looks_at_rows:
            passing = self._everything().with_only_columns(Grievance.id)
            counted = passing.limit(COUNTED + 1).subquery()
            return select(func.count(), func.count(), literal(COUNTED + 1)).select_from(counted)
        walk = select(Grievance).where(*self._walked).limit(LOOKED_AT).subquery("passing")
        of = aliased(Grievance, walk)
        passed = func.count().filter(*self._looked_at(of))
        return select(passed, func.count(), literal(LOOKED_AT)).select_from(of)

    def position(self, grievance: Grievance) -> Position:
        """Where one of the list stands."""
        return getattr(grievance, self._column), grievance.id

    @property
    def _looks_at_rows(self) -> bool:
        return bool(self._rest or self.words)

    def _walk(self, position: Position | None) -> Select[Any]:
        return self._ordered(
            self._after(select(Grievance).where(*self._walked), position), Grievance
        )

    def _passing(self) -> Select[Any]:
        every = self._rules(Grievance)
        return select(Grievance).where(*self._walked, *(every[name] for name in self._rest))

    def _everything(self) -> Select[Any]:
        statement = self._passing()
        if self.words:
            hits = select(SearchWords.grievance_id).where(has(SearchWords.tokens, self.words))
            statement = statement.where(Grievance.id.in_(hits))
        return statement

    def _ordered(self, statement: Select[Any], of: Any) -> Select[Any]:
        columns = getattr(of, self._column), of.id
        return statement.order_by(
            *(each.desc() if self.is_newest_first else each for each in columns)
        )

    def _after(self, statement: Select[Any], position: Position | None) -> Select[Any]:
        if position is None:
            return statement
        here = tuple_(getattr(Grievance, self._column), Grievance.id)
        there = tuple_(*position)
        return statement.where(here < there if self.is_newest_first else here > there)

    def _looked_at(self, of: Any) -> list[ColumnElement[bool]]:
        every = self._rules(of)
        looked_at = [every[name] for name in self._rest]
        if self.words:
            # One row's words at a time: a join would read all that have the words.
            tokens: ScalarSelect[Any] = (
                select(SearchWords.tokens)
                .where(SearchWords.grievance_id == of.id)
                .scalar_subquery()
            )
            looked_at.append(has(tokens, self.words))
        return looked_at

    def _index_for(self) -> set[str]:
        """The names of the rules that the walk itself holds to (see ``models/grievance.py``)."""
        held = {"filed"} if self._column == "filed_at" else set()
        if number(self._args) is not None:
            return {"number"}
        if len(self._states) == 1 and self._states <= _FEW:
            return held | {"status"}
        candidates: Sequence[str] = ("category", "ward", "department")
        if self._states <= _OPEN:
            due = self._column == "due_at"
            candidates = ("officer", "department") if due else ("officer", "department", "ward")
        for name in candidates:
            if len(self._args[name] or ()) == 1:
                return held | {name}
        return held

    def _rules(self, of: Any) -> Rules:
        every = rules(of, self._args, self._now)
        if self.words and not self._sight.is_whole:
            # Who cannot read one does not learn by a search which words are in it.
            every["seen"] = is_seen(of, self._sight)
        return every
