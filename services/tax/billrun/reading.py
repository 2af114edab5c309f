"""A chunk's properties, with what they are and what they owe: a few queries for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from psycopg2.extensions import UNICODEARRAY

from palika.errors import Conflict
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.property import Property
from services.tax.domain.register import Recorded, Register, State, floors_of_json
from services.tax.ledger_store import code_of, half_year_of

ANY_TAX = "tax"
"""The head of all taxes of who has no credit: nothing is settled with their bill, and its arrears
are a sum. No other book has it."""
_LOCKS = {
    None: "",
    "wait": " ORDER BY id FOR NO KEY UPDATE",
    "skip": " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
}
_PROPERTIES = """
    SELECT id::text, number, ward, coalesce(use, ''), status FROM property
    WHERE id = ANY(%(ids)s::uuid[])
"""
_BILLED = """
    SELECT property_id::text FROM bill
    WHERE property_id = ANY(%(ids)s::uuid[]) AND period = %(period)s
"""
_STATES = """
    SELECT property_id::text, effective_from, recorded_at, ward, zone, address, status,
        floors::text, claims
    FROM property_state
    WHERE property_id = ANY(%(ids)s::uuid[])
    ORDER BY id
"""
# A property is its place among the ids: quicker to group by, and to find again.
_OWN = """
    WITH own AS MATERIALIZED (
        SELECT id, no - 1 AS no
        FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS own (id, no)
    )
"""
# A demand charges taxes of one half-year, and nothing below 0.
_DEMANDS = f"""
    {_OWN}
    SELECT no, half_year, value_date, late_from,
        (SELECT sum(each)::bigint FROM unnest(paise) AS each WHERE each > 0)
    FROM own JOIN ledger_entry ON property_id = own.id
    WHERE kind = 'demand'
"""  # noqa: S608 constants of the code alone, values are bound
_OTHERS = f"""
    {_OWN}
    SELECT no, value_date, late_from, accounts::text, half_years::text, heads::text, paise::text
    FROM own JOIN ledger_entry ON property_id = own.id
    WHERE kind <> 'demand'
"""  # noqa: S608 constants of the code alone, values are bound
_SUMS = f"""
    {_OWN},
    line AS (
        SELECT no, unnest(accounts) AS account, unnest(half_years) AS half_year,
            unnest(heads) AS head, unnest(paise) AS paise
        FROM own JOIN ledger_entry ON property_id = own.id
        WHERE value_date <= %(on)s
    )
    SELECT no, account, half_year, head, sum(paise)::bigint FROM line
    GROUP BY no, account, half_year, head
    HAVING sum(paise) <> 0
"""  # noqa: S608 constants of the code alone, values are bound
_NEEDED = frozenset({Account.RECEIVABLE, Account.INTEREST_INCOME, Account.ADVANCE})
_ACCOUNTS = {account.value: account for account in Account}


@dataclass(slots=True)
class Owed:
    """A property of a chunk.

    Attributes:
        demanded: the half-years of the period that are billed, whenever that was.
        has_bill: whether it has its bill of the period.
        states: rows of its register, in the order in which they were written down.
        sums, changes: of its ledger, as ``Book.of_sums`` takes them; taxes that are owed are among
            the sums of who has a credit only.
        credit: the owner's on that day, in paise.
        credit_since: by how much it has changed on later days, in paise.
    """

    id: str
    number: str
    ward: str
    use: str
    status: str
    demanded: list[int] = field(default_factory=list)
    has_bill: bool = False
    states: list[tuple[Any, ...]] = field(default_factory=list)
    sums: list[tuple[Account, HalfYear | None, str, int]] = field(default_factory=list)
    changes: list[tuple[HalfYear, date, date | None, int]] = field(default_factory=list)
    credit: int = 0
    credit_since: int = 0

    def book(self) -> Book:
        """Its sums.

        Raises:
            Conflict: its credit has changed on a day after the run's: what was used would be used
                twice, and what came would lie beside a bill that is open, which bears interest.
        """
        if self.credit_since:
            raise Conflict(
                "credit came, or was used, on a later day than the run's: bill it by itself, or by "
                "another run",
                {"number": self.number},
            )
        book = Book.of_sums(self.sums, self.changes)
        if self.credit <= 0:
            # What is left of a half-year's tax is the sum of its changes.
            for half_year, changes in book.taxes.items():
                if left := sum([change.paise for change in changes]):
                    book.receivable[half_year, ANY_TAX] = left
        return book

    def assessable(
        self, half_years: Sequence[HalfYear], known_at: datetime
    ) -> dict[HalfYear, Property | None]:
        """By half-year the property as it is assessed.

        Raises:
            Conflict: an order that was written down since says otherwise. It has revised what was
                billed by then, and nothing would revise this bill.
            ValueError, TypeError, KeyError, AttributeError: what is stored of it is malformed.
        """
        register = Register(self.number, tuple(map(_recorded, self.states)))
        if register.changed_since(half_years, known_at):
            raise Conflict(
                "an order has changed it since the run began: bill it by itself, or by another run",
                {"number": self.number},
            )
        return {each: register.assessable(each, known_at) for each in half_years}


def read(
    cursor: Any,
    ids: Sequence[str],
    period: str,
    half_years: Sequence[HalfYear],
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
        on: the run's day; what counts in the ledger from a later day on does not count.
        lock: lock them first, as ``ledger_store.lock`` does: ``wait`` for who has them, which ends
            with an error after the connection's ``lock_timeout``; or ``skip`` these.
    """
    codes = [code_of(each) for each in half_years]
    values: dict[str, Any] = {"ids": ids, "half_years": codes, "period": period}
    values |= {"on": on}
    cursor.execute(_PROPERTIES + _LOCKS[lock], values)
    found = {row[0]: Owed(*row) for row in cursor}
    _read_ledger(cursor, [found[id_] for id_ in ids if id_ in found], values)
    if billed := [each.id for each in found.values() if each.demanded]:
        cursor.execute(_BILLED, values | {"ids": billed})
        for (id_,) in cursor:
            found[id_].has_bill = True
    open_ids = [each.id for each in found.values() if len(each.demanded) < len(half_years)]
    if open_ids:
        _read_open(cursor, found, values | {"ids": open_ids})
    return [found[id_] for id_ in ids if id_ in found]


def _read_open(cursor: Any, found: dict[str, Owed], values: dict[str, Any]) -> None:
    cursor.execute(_STATES, values)
    for id_, *state in cursor:
        found[id_].states.append(tuple(state))
    credit = {id_: found[id_] for id_ in values["ids"] if found[id_].credit > 0}
    if credit:
        _read_credit(cursor, credit, values | {"ids": list(credit)})


def _read_ledger(cursor: Any, many: Sequence[Owed], values: dict[str, Any]) -> None:
    """What is owed in all, and how the taxes changed; not by head."""
    values = values | {"ids": [each.id for each in many]}
    codes, on = values["half_years"], values["on"]
    cursor.execute(_DEMANDS, values)
    for no, code, value_date, late_from, paise in cursor:
        owed = many[no]
        if code in codes:
            owed.demanded.append(code)
        if value_date <= on:
            owed.changes.append((half_year_of(code), value_date, late_from, paise))
    cursor.execute(_OTHERS, values)
    for no, value_date, late_from, accounts, half_years, heads, amounts in cursor:
        owed = many[no]
        shape = _shape(accounts, half_years, heads)
        paise = list(map(int, amounts[1:-1].split(",")))
        if value_date > on:
            of_credit = [place for place, account, *_ in shape.others if account is Account.ADVANCE]
            owed.credit_since -= sum([paise[place] for place in of_credit])
            continue
        for half_year, places in shape.taxes:
            if total := sum([paise[place] for place in places]):
                owed.changes.append((half_year, value_date, late_from, total))
        for place, account, each, head in shape.others:
            owed.sums.append((account, each, head, paise[place]))
            if account is Account.ADVANCE:
                owed.credit -= paise[place]


class _Shape(NamedTuple):
    """Where in an entry's lines what is that a bill needs.

    Attributes:
        taxes: by half-year the places of the lines of taxes that are owed.
        others: place, account, half-year and head of the lines of interest and fees that are owed,
            of interest that is charged, and of credit.
    """

    taxes: tuple[tuple[HalfYear, tuple[int, ...]], ...]
    others: tuple[tuple[int, Account, HalfYear | None, str], ...]


# Most entries are of a few shapes: which heads of which half-years a payment settles.
@lru_cache(maxsize=20_000)
def _shape(accounts: str, half_years: str, heads: str) -> _Shape:
    taxes: dict[HalfYear, list[int]] = {}
    others = []
    texts = (UNICODEARRAY(text, None) for text in (accounts, half_years, heads))
    for place, (account_text, code, head) in enumerate(zip(*texts, strict=True)):
        account = _ACCOUNTS[account_text]
        half_year = half_year_of(int(code)) if code is not None else None
        if account is Account.RECEIVABLE and half_year and part_of(head) is Part.TAX:
            taxes.setdefault(half_year, []).append(place)
        elif account in _NEEDED:
            others.append((place, account, half_year, head))
    return _Shape(tuple((key, tuple(each)) for key, each in taxes.items()), tuple(others))


def _read_credit(cursor: Any, credit: dict[str, Owed], values: dict[str, Any]) -> None:
    """All sums, by head, of who has credit: it settles what is owed in its order."""
    many = list(credit.values())
    for owed in many:
        owed.sums.clear()
    cursor.execute(_SUMS, values)
    for no, account, code, head, paise in cursor:
        half_year = half_year_of(code) if code is not None else None
        many[no].sums.append((_ACCOUNTS[account], half_year, head, paise))


def _recorded(row: tuple[Any, ...]) -> Recorded:
    effective_from, recorded_at, ward, zone, address, status, floors, claims = row
    state = State(
        ward, zone, address, status, floors_of_json(orjson.loads(floors)), frozenset(claims)
    )
    return Recorded(state, effective_from, recorded_at)
