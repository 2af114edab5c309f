"""A chunk's properties, with what they are and what they owe: a few queries for all of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from palika.errors import Conflict
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.property import Property
from services.tax.domain.register import Recorded, Register, State, floors_of_json
from services.tax.ledger_store import code_of, half_year_of

_LOCKS = {
    None: "",
    "wait": " ORDER BY id FOR NO KEY UPDATE",
    "skip": " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
}
_PROPERTIES = """
    SELECT id::text, number, ward, coalesce(use, '') FROM property WHERE id = ANY(%(ids)s::uuid[])
"""
_DEMANDED = """
    SELECT property_id::text, half_year FROM ledger_entry
    WHERE property_id = ANY(%(ids)s::uuid[]) AND half_year = ANY(%(half_years)s)
"""
_BILLED = """
    SELECT property_id::text FROM bill
    WHERE property_id = ANY(%(ids)s::uuid[]) AND period = %(period)s
"""
_STATES = """
    SELECT property_id::text, effective_from, recorded_at, ward, zone, address, status,
        floors::text, claims
    FROM property_state
    WHERE property_id = ANY(%(ids)s::uuid[]) AND recorded_at <= %(now)s
    ORDER BY id
"""
# What was demanded, forgone and paid settles itself: a book whose owner has no credit needs what is
# left of it, and the interest that was charged.
_SUMS = """
    SELECT entry.property_id::text, line.account, line.half_year, line.head, sum(line.paise)
    FROM ledger_entry AS entry,
        unnest(entry.accounts, entry.half_years, entry.heads, entry.paise)
            AS line (account, half_year, head, paise)
    WHERE entry.property_id = ANY(%(ids)s::uuid[]) AND entry.value_date <= %(on)s
        AND {}
    GROUP BY entry.property_id, line.account, line.half_year, line.head
    HAVING sum(line.paise) <> 0
"""
_FIRST = "line.account IN ('receivable', 'interest_income', 'advance')"
_SUMS_FIRST, _SUMS_OTHERS = _SUMS.format(_FIRST), _SUMS.format(f"NOT {_FIRST}")
_CHANGES = """
    SELECT entry.property_id::text, line.half_year, entry.value_date, entry.late_from,
        sum(line.paise)
    FROM ledger_entry AS entry,
        unnest(entry.accounts, entry.half_years, entry.heads, entry.paise)
            AS line (account, half_year, head, paise)
    WHERE entry.property_id = ANY(%(ids)s::uuid[]) AND entry.value_date <= %(on)s
        AND line.account = 'receivable' AND line.head <> 'interest' AND line.head !~~ 'fee\\_%%'
    GROUP BY entry.property_id, line.half_year, entry.value_date, entry.late_from
"""
# Credit that was used on a day after the run's: a run that is resumed later must not use it again.
_CREDIT_BY_NOW = """
    SELECT entry.property_id::text, -sum(line.paise)
    FROM ledger_entry AS entry,
        unnest(entry.accounts, entry.paise) AS line (account, paise)
    WHERE entry.property_id = ANY(%(ids)s::uuid[]) AND line.account = 'advance'
    GROUP BY entry.property_id
"""
_ACCOUNTS = {account.value: account for account in Account}


@dataclass(slots=True)
class Owed:
    """A property of a chunk.

    Attributes:
        demanded: the half-years of the period that are billed, whenever that was.
        has_bill: whether it has its bill of the period.
        states: rows of its register, in the order in which they were written down.
        sums, changes: of its ledger, as ``Book.of_sums`` takes them.
        used_later: whether credit of the run's day was used on a later one.
    """

    id: str
    number: str
    ward: str
    use: str
    demanded: list[int] = field(default_factory=list)
    has_bill: bool = False
    states: list[tuple[Any, ...]] = field(default_factory=list)
    sums: list[tuple[Account, HalfYear | None, str, int]] = field(default_factory=list)
    changes: list[tuple[HalfYear, date, date | None, int]] = field(default_factory=list)
    used_later: bool = False

    def book(self) -> Book:
        """Its sums.

        Raises:
            Conflict: credit was used on a day after the run's, and would be used twice.
        """
        if self.used_later:
            raise Conflict(
                "credit of the day of the run was used on a later day: bill it by itself",
                {"number": self.number},
            )
        return Book.of_sums(self.sums, self.changes)

    def assessable(
        self, half_years: Iterable[HalfYear], known_at: datetime
    ) -> dict[HalfYear, Property | None]:
        """By half-year the property as it is assessed.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: what is stored of it is malformed.
        """
        register = Register(self.number, tuple(map(_recorded, self.states)))
        return {each: register.assessable(each, known_at) for each in half_years}


def read(
    cursor: Any,
    ids: Sequence[str],
    period: str,
    half_years: Sequence[HalfYear],
    billed_at: datetime,
    on: date,
    *,
    lock: str | None,
) -> list[Owed]:
    """The properties of these ids, in the order of the ids.

    Args:
        cursor: of psycopg2.
        ids: of properties, as text.
        period: that is billed.
        half_years: of it.
        billed_at: the moment of the run: what was written down of a property later is not known.
        on: that day; what counts in the ledger from a later day on does not count.
        lock: lock them first, as ``ledger_store.lock`` does: ``wait`` for who has them, which ends
            with an error after the connection's ``lock_timeout``; or ``skip`` these.
    """
    codes = [code_of(each) for each in half_years]
    values: dict[str, Any] = {"ids": ids, "half_years": codes, "period": period}
    values |= {"now": billed_at, "on": on}
    cursor.execute(_PROPERTIES + _LOCKS[lock], values)
    found = {row[0]: Owed(*row) for row in cursor}
    cursor.execute(_DEMANDED, values)
    for id_, half_year in cursor:
        found[id_].demanded.append(half_year)
    if billed := [each.id for each in found.values() if each.demanded]:
        cursor.execute(_BILLED, values | {"ids": billed})
        for (id_,) in cursor:
            found[id_].has_bill = True
    open_ids = [each.id for each in found.values() if not each.demanded]
    if open_ids:
        _read_open(cursor, found, values | {"ids": open_ids})
    return [found[id_] for id_ in ids if id_ in found]


def _read_open(cursor: Any, found: dict[str, Owed], values: dict[str, Any]) -> None:
    cursor.execute(_STATES, values)
    for id_, *state in cursor:
        found[id_].states.append(tuple(state))
    cursor.execute(_CHANGES, values)
    for id_, code, value_date, late_from, paise in cursor:
        found[id_].changes.append((half_year_of(code), value_date, late_from, int(paise)))
    credit = _read_sums(cursor, found, _SUMS_FIRST, values)
    if not credit:
        return
    values = values | {"ids": list(credit)}
    _read_sums(cursor, found, _SUMS_OTHERS, values)
    cursor.execute(_CREDIT_BY_NOW, values)
    for id_, left in cursor:
        found[id_].used_later = left < credit[id_]


def _read_sums(
    cursor: Any, found: dict[str, Owed], statement: str, values: dict[str, Any]
) -> dict[str, int]:
    """Read sums; who has credit, and how much."""
    credit: dict[str, int] = defaultdict(int)
    cursor.execute(statement, values)
    for id_, account, code, head, paise in cursor:
        half_year = half_year_of(code) if code is not None else None
        found[id_].sums.append((_ACCOUNTS[account], half_year, head, int(paise)))
        if account == Account.ADVANCE and paise < 0:
            credit[id_] -= int(paise)
    return dict(credit)


def _recorded(row: tuple[Any, ...]) -> Recorded:
    effective_from, recorded_at, ward, zone, address, status, floors, claims = row
    state = State(
        ward, zone, address, status, floors_of_json(orjson.loads(floors)), frozenset(claims)
    )
    return Recorded(state, effective_from, recorded_at)
