"""The hits of a search, in the order of time, from the words' own index: some months at a time.

A service that is searched keeps the words of each thing (``palika/words.py``) in an array with a
GIN index, and beside them the moment that the list is ordered by. With the words of each is the
token of the month of that moment, so one look into the index finds the hits of some months, at what
these cost, however many there are in all. The months are few where hits are close together, and
many where they are far between (docs/decisions/0015).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Text, cast, func, select, tuple_
from sqlalchemy.orm import Session

from palika.india import day_of, start_of
from palika.paging import Position
from palika.words import day_token, month_token

MOST = 2_500
"""So many hits are put in order at once."""
FEW = 1_000
"""So many are looked at for one page, where their order says nothing."""
_AIM = 500
"""So many should be in the months that are looked through next."""
_WIDER = 12
"""So many times as many months as before are looked through next, at most."""

_BEFORE_ALL, _AFTER_ALL = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """Of a table with the words of things.

    Attributes:
        at: the moment by which the list is ordered.
        id: of the thing; the order of those of one moment.
        tokens: its words, and the token of the month of ``at``.
    """

    at: Any
    id: Any
    tokens: Any


@dataclass(frozen=True, slots=True)
class Slots:
    """The spans of time that have a token each; they are numbered in their order.

    Attributes:
        token: of the span of an aware moment.
        number: of the span of a moment.
        start: the first moment of a span.
        length: about.
    """

    token: Callable[[datetime], str]
    number: Callable[[datetime], int]
    start: Callable[[int], datetime]
    length: timedelta


def _month_of(moment: datetime) -> int:
    """The number of its month in India."""
    day = day_of(moment)
    return day.year * 12 + day.month - 1


def _start_of_month(month: int) -> datetime:
    return start_of(date(month // 12, month % 12 + 1, 1))


def _day_of(moment: datetime) -> int:
    return day_of(moment).toordinal()


def _start_of_day(day: int) -> datetime:
    return start_of(date.fromordinal(day))


MONTHS = Slots(month_token, _month_of, _start_of_month, timedelta(days=30))
DAYS = Slots(day_token, _day_of, _start_of_day, timedelta(days=1))
"""Of a table whose rows have the tokens of their days too."""


def has(tokens: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """The rule that stored tokens have all these words."""
    return tokens.op("@>", is_comparison=True)(_array(words))


def any_of(tokens: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """The rule that stored tokens have one of these words, or more of them."""
    return tokens.op("&&", is_comparison=True)(_array(words))


class Hits:
    """A walk through the hits of a search.

    Attributes:
        position: up to here the hits were taken; None at the beginning.
        ended: there are no more.
        frequent: there are many in the month that follows ``position``: from there the list should
            be walked instead.
    """

    def __init__(
        self,
        session: Session,
        columns: Columns,
        words: Sequence[str],
        first: datetime,
        last: datetime,
        position: Position | None = None,
        *,
        newest: bool,
        many: int = MOST,
        rules: Sequence[ColumnElement[bool]] = (),
        slots: Slots = MONTHS,
    ) -> None:
        """Begin after a position.

        Args:
            session: in a transaction.
            columns: of the table that is searched.
            words: the tokens that each must have.
            first: the moment of the first in the order.
            last: of the last.
            position: in the order of time.
            newest: the newest come first, or the oldest.
            many: words are frequent that have more hits than this in one month; at most ``MOST``.
            rules: what else must hold of a row; hardly any that has the words should fail, as
                those that do are looked at without being counted.
            slots: months, or the days of a table that has the tokens of these too; what is said
                here of months is then said of days.
        """
        self._session = session
        self._newest = newest
        self._slots = slots
        self._many = many
        self._place = columns.at, columns.id
        self._tokens = columns.tokens
        between = columns.at.between(min(first, last), max(first, last))
        self._rules = has(columns.tokens, words), between, *rules
        self._here = first if position is None else position[0]
        self._month, self._last_month = slots.number(first), slots.number(last)
        self._wide = 1
        self.position = position
        self.ended = self.frequent = False

    def take(self, count: int) -> list[uuid.UUID]:
        """The next ones, in order: as many as asked for, if they do not end or become frequent."""
        taken: list[uuid.UUID] = []
        while len(taken) < count and not (self.ended or self.frequent):
            months = self._months(self._wide)
            most = self._many if self._wide == 1 else MOST
            rows, among = self._found(months, count - len(taken), most)
            if among <= most:
                taken += [row.id for row in rows]
                self._go_on(months, rows, among)
            elif self._wide == 1:
                self.frequent = True
            else:
                self._wide = max(1, self._wide // 4)
        return taken

    def few(self) -> list[uuid.UUID] | None:
        """All that follow, if they are not more than ``FEW``."""
        whole = abs(self._last_month - self._month) + 1
        rows, among = self._found(self._months(whole), FEW, FEW)
        return None if among > FEW else [row.id for row in rows]

    def _months(self, wide: int) -> range:
        """So many of the months that follow, in the list's order."""
        if self._newest:
            return range(self._month, max(self._month - wide, self._last_month - 1), -1)
        return range(self._month, min(self._month + wide, self._last_month + 1))

    def _found(self, months: range, count: int, most: int) -> tuple[Sequence[Row[Any]], int]:
        """So many of the hits of these months, and how many there are: ``most`` + 1 are more."""
        tokens = [self._slots.token(self._slots.start(month)) for month in months]
        at, key = self._place
        statement = select(at.label("at"), key.label("id")).where(
            *self._rules, any_of(self._tokens, tokens)
        )
        if self.position is not None:
            here, there = tuple_(*self._place), tuple_(*self.position)
            statement = statement.where(here < there if self._newest else here > there)
        # The limit is within: where they are frequent, not all are read to learn that.
        found = self._in_order(statement.limit(most + 1)).limit(count)
        rows = self._session.execute(found).all()
        return rows, rows[0].among if rows else 0

    def _in_order(self, statement: Select[Any]) -> Select[Any]:
        found = statement.subquery("found")
        place = found.c.at, found.c.id
        order = [each.desc() for each in place] if self._newest else place
        return select(*place, func.count().over().label("among")).order_by(*order)

    def _go_on(self, months: range, rows: Sequence[Row[Any]], among: int) -> None:
        if len(rows) < among:
            self._here = rows[-1].at
            self.position = self._here, rows[-1].id
            self._month = self._slots.number(self._here)
            return
        self.ended = months[-1] == self._last_month
        began = self._here
        if self._newest:
            self._here = self._slots.start(months[-1])
            self.position = self._here, _BEFORE_ALL
        else:
            self._here = self._slots.start(months[-1] + 1)
            self.position = self._here - timedelta.resolution, _AFTER_ALL
        self._month = months.stop
        widest = self._wide * _WIDER
        in_months = abs(self._here - began) / self._slots.length
        self._wide = min(max(int(_AIM * in_months / among), 1), widest) if among else widest


def _array(texts: Sequence[str]) -> ColumnElement[Any]:
    return cast(list(texts), ARRAY(Text))
