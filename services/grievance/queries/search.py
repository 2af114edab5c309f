"""The desks' lists: filters, orders and full-text search, at the same cost on every page.

A page walks one index in the list's own order, from the cursor on. One filter at most chooses the
index (``_index_for``); the others look at the rows as they pass. So that a filter that hardly
anything passes cannot make it walk through the past, a page looks at some thousand rows at most:
it may then be short, or even empty, with a ``next`` that goes on from there.

A search for rare words starts from the words' own index; one for words that every tenth grievance
has walks the list, and looks at the words of the rows as they pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from palika.errors import Invalid
from palika.india import end_of, start_of
from palika.paging import Position, cursor_at, position_of
from services.grievance.domain.days import day
from services.grievance.domain.lifecycle import OPEN, State
from services.grievance.domain.words import query_tokens
from services.grievance.models import IS_OPEN, Grievance, SearchWords
from services.grievance.reference import city
from services.grievance.schemas import GrievanceView

COUNTED = 10_000
"""Up to here a count is exact."""
LOOKED_AT = 200_000
"""So many rows a count looks at, where it has to look at rows."""
RARE = 5_000
"""Words that no more grievances have are rare."""
_WINDOWS = (4, 20, 100)
"""So many times the page's limit of rows are looked at, in turn, until the page is full."""

_many = GrievanceView(many=True)
_OPEN = frozenset(OPEN)
# Those that are neither open nor closed are few, and have an index by state.
_FEW = frozenset(State) - _OPEN - {State.CLOSED}
_CODES = ("ward", "department", "category", "parent_category", "officer", "priority", "channel",
          "rating")  # fmt: skip
Rules = dict[str, ColumnElement[bool]]


def page(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One page of the list: ``items``, and ``next`` (the cursor of the next page, or None).

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.Searching``.
        now: what "overdue" and "today" are measured by.

    Raises:
        Invalid: the cursor is not one of this list, or the filters contradict each other.
    """
    found, position = rows(session, args, now)
    cursor = None if position is None else cursor_at(args["order"], position)
    return {"items": _many.dump(found), "next": cursor}


def rows(
    session: Session, args: Mapping[str, Any], now: datetime
) -> tuple[list[Grievance], Position | None]:
    """The grievances of a page, and after which position the list goes on.

    A page is read in several statements, all of one moment: it must be the transaction's first.
    Raises as ``page``.
    """
    # Else what is filed between two of them would shift the rows, and be shown twice or not at all.
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    limit, order = args["limit"], args["order"]
    cursor = args["cursor"]
    position = None if cursor is None else position_of(order, cursor)
    listing = Listing(args, now, has_rare_words(session, args))
    found: list[Grievance] = []
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


def count(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """How many there are: ``count``, exact unless ``more`` says that there may be more than that.

    Raises:
        Invalid: the filters contradict each other.
    """
    listing = Listing({**args, "order": "newest"}, now, has_rare_words(session, args))
    found, looked_at, most = session.execute(listing.counting()).one()
    return {"count": min(found, COUNTED), "more": found > COUNTED or looked_at == most}


def stream(
    session: Session, args: Mapping[str, Any], now: datetime, batch: int
) -> Iterator[Grievance]:
    """All of them, from a cursor in the database: in bounded memory, as they were at one moment.

    Not under eventlet. Raises as ``count``.
    """
    listing = Listing(args, now, rare_words=True)
    options = {"stream_results": True, "yield_per": batch}
    for each in session.scalars(listing.whole(), execution_options=options):
        session.expunge(each)
        yield each


def has_rare_words(session: Session, args: Mapping[str, Any]) -> bool:
    """Whether a search should start from its words; False also where there are none.

    The planner's statistics tell it first, so that the list of a frequent word is not read to
    learn that it is long.
    """
    words = _words(args)
    if not words:
        return False
    hits = select(literal(1)).select_from(SearchWords).where(_has(SearchWords.tokens, words))
    plan = session.connection().exec_driver_sql(
        "EXPLAIN (FORMAT JSON) SELECT 1 FROM search_words WHERE tokens @> %s::text[]", (words,)
    )
    if plan.scalar_one()[0]["Plan"]["Plan Rows"] > 2 * RARE:
        return False
    few = select(func.count()).select_from(hits.limit(RARE + 1).subquery())
    return session.scalar(few) <= RARE


class Listing:
    """The statements of one list."""

    def __init__(self, args: Mapping[str, Any], now: datetime, rare_words: bool) -> None:
        """Decide which index is walked.

        Raises:
            Invalid: the filters contradict each other, or the text has no words.
        """
        self._args = args
        self._now = now
        self._states = _states(args)
        self._words = _words(args)
        self._rare = rare_words and bool(self._words)
        self._column = "due_at" if args["order"] == "due" else "filed_at"
        self._descending = args["order"] == "newest"
        rules = self._rules(Grievance)
        index = self._index_for()
        self._rest = [name for name in rules if name not in index and name != "words"]
        # What chooses the index, and from where to where it is walked.
        self._walked = [rules[name] for name in rules if name in index]
        if self._states <= _OPEN:
            self._walked.append(IS_OPEN)

    def statement(self, position: Position | None, limit: int, window: int) -> Select[Any]:
        """So many of the list after a position, out of the ``window`` rows that follow it."""
        if self._rare:
            return self._ordered(self._from_words(position), Grievance).limit(limit)
        walk = self._walk(position)
        if not self._is_filtered:
            return walk.limit(limit)
        of = aliased(Grievance, walk.limit(window).subquery("passing"))
        return self._ordered(select(of).where(*self._looked_at(of)), of).limit(limit)

    def end_of(self, position: Position | None, window: int) -> Select[Any] | None:
        """Where the last of the ``window`` rows after a position stands; None: they were all."""
        if self._rare or not self._is_filtered:
            return None
        columns = getattr(Grievance, self._column), Grievance.id
        return self._walk(position).with_only_columns(*columns).offset(window - 1).limit(1)

    def whole(self) -> Select[Any]:
        """All of the list."""
        return self._ordered(self._everything(), Grievance)

    def counting(self) -> Select[Any]:
        """How many pass, how many were looked at, and how many would be at most."""
        if self._words or not self._is_filtered:
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
    def _is_filtered(self) -> bool:
        return bool(self._rest or self._words)

    def _walk(self, position: Position | None) -> Select[Any]:
        return self._ordered(
            self._after(select(Grievance).where(*self._walked), position), Grievance
        )

    def _everything(self) -> Select[Any]:
        rules = self._rules(Grievance)
        statement = select(Grievance).where(*self._walked, *(rules[name] for name in self._rest))
        if self._words:
            hits = select(SearchWords.grievance_id).where(_has(SearchWords.tokens, self._words))
            statement = statement.where(Grievance.id.in_(hits))
        return statement

    def _from_words(self, position: Position | None) -> Select[Any]:
        hits = (
            select(SearchWords.grievance_id)
            .where(_has(SearchWords.tokens, self._words))
            .cte("hits")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        rules = self._rules(Grievance)
        statement = (
            select(Grievance)
            .where(Grievance.id.in_(select(hits.c.grievance_id)))
            .where(*self._walked, *(rules[name] for name in self._rest))
        )
        return self._after(statement, position)

    def _ordered(self, statement: Select[Any], of: Any) -> Select[Any]:
        columns = getattr(of, self._column), of.id
        return statement.order_by(*(each.desc() if self._descending else each for each in columns))

    def _after(self, statement: Select[Any], position: Position | None) -> Select[Any]:
        if position is None:
            return statement
        here = tuple_(getattr(Grievance, self._column), Grievance.id)
        there = tuple_(*position)
        return statement.where(here < there if self._descending else here > there)

    def _looked_at(self, of: Any) -> list[ColumnElement[bool]]:
        rules = self._rules(of)
        looked_at = [rules[name] for name in self._rest]
        if self._words:
            # One row's words at a time: a join would read all that have the words.
            words: ScalarSelect[Any] = (
                select(SearchWords.tokens)
                .where(SearchWords.grievance_id == of.id)
                .scalar_subquery()
            )
            looked_at.append(_has(words, self._words))
        return looked_at

    def _index_for(self) -> set[str]:
        """The names of the rules that the walk itself holds to (see ``models/grievance.py``)."""
        held = {"filed"} if self._column == "filed_at" else set()
        if _number(self._args) is not None:
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
        """What must hold of each, by name."""
        args, now = self._args, self._now
        rules: Rules = {}
        number = _number(args)
        if number is not None:
            rules["number"] = of.number == number
        if self._states not in (_OPEN, frozenset(State)):
            rules["status"] = _among(of.state, sorted(self._states))
        for name in _CODES:
            if args[name]:
                rules[name] = _among(getattr(of, name), args[name])
        if args["unassigned"] is not None:
            nobody = of.officer.is_(None)
            rules["unassigned"] = nobody if args["unassigned"] else ~nobody
        if args["reopened"] is not None:
            rules["reopened"] = (of.times_reopened > 0) == args["reopened"]
        if args["level_from"] is not None:
            rules["level"] = of.escalation_level >= args["level_from"]
        if args["timing"] is not None:
            rules["timing"] = _timing(of, args["timing"], now)
        resolved = _between(args["resolved_from_day"], args["resolved_to_day"], of.resolved_at, now)
        if resolved:
            rules["resolved"] = func.coalesce(_all(resolved), false())
        filed = _between(args["filed_from_day"], args["filed_to_day"], of.filed_at, now)
        if args["filed_from"] is not None:
            filed.append(of.filed_at >= args["filed_from"])
        if args["filed_before"] is not None:
            filed.append(of.filed_at < args["filed_before"])
        if args["resolved_to_day"] is not None:
            # What was resolved by then was filed by then: the walk begins there.
            filed.append(of.filed_at < end_of(day(args["resolved_to_day"], now)))
        if filed:
            rules["filed"] = _all(filed)
        return rules


def _states(args: Mapping[str, Any]) -> frozenset[State]:
    """In which states what is asked for can be."""
    states = frozenset(args["status"] or State)
    if args["open"] is not None:
        states &= _OPEN if args["open"] else frozenset(State) - _OPEN
    if args["order"] == "due" or args["timing"] in ("overdue", "due_soon"):
        states &= _OPEN
    if not states:
        raise Invalid(
            "no grievance can be all that",
            {"status": ["contradicts open, timing or order: what is due is open"]},
        )
    return states


def _timing(of: Any, timing: str, now: datetime) -> ColumnElement[bool]:
    # Whose citizen is asked, its clock stands: it is not overdue, nor will it be soon.
    runs = of.paused_at.is_(None)
    rule: ColumnElement[bool]
    if timing == "overdue":
        rule = runs & (of.due_at < now)
    elif timing == "due_soon":
        rule = runs & of.due_soon_at.is_not(None) & (of.due_at >= now)
    elif timing == "breached":
        rule = or_(of.breached_at.is_not(None), of.on_time.is_(False))
    else:
        rule = of.on_time.is_(timing == "on_time")
    return rule


def _between(first: str | None, last: str | None, column: Any, now: datetime) -> list[Any]:
    """The rules of two days, both included."""
    rules = []
    if first is not None:
        rules.append(column >= start_of(day(first, now)))
    if last is not None:
        rules.append(column < end_of(day(last, now)))
    return rules


def _among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _all(rules: Sequence[Any]) -> ColumnElement[bool]:
    first, *others = rules
    for each in others:
        first = first & each
    return first


def _has(tokens: Any, words: Sequence[str]) -> ColumnElement[bool]:
    return tokens.op("@>", is_comparison=True)(func.cast(list(words), SearchWords.tokens.type))


def _number(args: Mapping[str, Any]) -> str | None:
    """The number that the text is, if it is one: in either kind of digits."""
    said = args["text"]
    if said is None:
        return None
    plain = "".join(str(int(each)) if each.isdecimal() else each for each in said.upper())
    prefix, *rest = plain.split("-")
    is_number = prefix == city().number_prefix and len(rest) == 2 and all(map(str.isdigit, rest))
    return plain if is_number else None


def _words(args: Mapping[str, Any]) -> list[str]:
    """The words to search for; none for a number.

    Raises:
        Invalid: the text has no words that could be found.
    """
    if args["text"] is None or _number(args) is not None:
        return []
    words = query_tokens(args["text"])
    if not words:
        raise Invalid(
            "nothing to search for", {"text": ["has only words that every letter has, or none"]}
        )
    return words
