"""What a property owes on a day, line by line, and what settles it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of
from services.tax.domain.explanation import percentage
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Entry
from services.tax.domain.ledger.interest import Charge, Stay
from services.tax.domain.ledger.receiving import Rules, quote
from services.tax.domain.ledger.statement import Row, statement
from services.tax.domain.naming import KINDS, head_name
from services.tax.ledger_store import entries_of
from services.tax.queries.properties import find
from services.tax.reference import rates, rules
from services.tax.stays import stays_of

_FURTHEST_DAYS = 366
_AHEAD_DAYS = 62
"""So far it is looked for when dues change: interest begins with a month, a rebate ends in one."""


def dues(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What settles all that a property owes, if it is paid on ``args["on"]`` (None is today).

    Returns:
        ``on``; ``dues``: by half-year and head, the oldest first, in paise, with interest up to
        that day, each head with what it is ``called`` (mr, en); ``forgone``: the rebate and the
        waivers for who pays it all on that day; ``advance_paise``; ``payable_paise``. With
        ``args["ahead"]`` also ``until``, the last day on which that is what settles it all (no
        further than two months are looked ahead), and ``then_paise`` of the day after; None: it
        stays the same so long.

    Raises:
        NotFound: no such property.
        Invalid: a day before today, or more than a year ahead.
    """
    owed = find(session, args)
    today = day_of(now)
    on = args["on"] or today
    if not 0 <= (on - today).days <= _FURTHEST_DAYS:
        rule = f"must be from today, {today.isoformat()}, to a year ahead"
        raise Invalid("not a day to pay on", {"on": [rule]})
    by = rules(today)
    entries, stays = entries_of(session, owed.id), stays_of(session, owed.id)
    found = quote(Book.of(entries, on), on, by, stays)
    shown: dict[str, Any] = {
        "property_id": str(owed.id),
        "number": owed.number,
        "on": on.isoformat(),
        "dues": [
            {"half_year": str(half_year), "head": head, "called": _called(head), "paise": paise}
            for (half_year, head), paise in by.order.sort(found.dues, on)
        ],
        "forgone": [_forgone(draft) for draft in found.forgone],
        "advance_paise": found.advance,
        "payable_paise": found.payable_paise,
    }
    if args.get("ahead"):
        changed = None
        if found.payable_paise > 0:
            changed = _changes(entries, stays, on, found.payable_paise, by)
        last, then = changed or (None, None)
        shown |= {"until": last and last.isoformat(), "then_paise": then}
    return shown


def _called(head: str) -> dict[str, str]:
    name = head_name(head, rates())
    return {"mr": name.mr, "en": name.en}


def _changes(
    entries: Sequence[Entry], stays: Sequence[Stay], on: date, payable: int, by: Rules
) -> tuple[date, int] | None:
    """The last day on which so much settles it all, and what settles it on the day after."""
    for ahead in range(1, _AHEAD_DAYS + 1):
        day = on + timedelta(days=ahead)
        then = quote(Book.of(entries, day), day, by, stays).payable_paise
        if then != payable:
            return day - timedelta(days=1), then
    return None


def explained(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """How each rupee that a property owes on ``args["on"]`` (None is today) came about.

    Returns:
        ``rows``: by value date, each with the balance after it, and what kind and head are
        called (mr, en); ``interest``: by half-year the
        stretches of months that cost the same, with what each of these months costs and to what
        that is rounded; ``interest_to_come``: what no entry has charged
        yet, by half-year; ``balance_paise``: of that day.

    Raises:
        NotFound: no such property.
    """
    owed = find(session, args)
    on: date = args["on"] or day_of(now)
    by = rules(day_of(now))
    found = statement(entries_of(session, owed.id), on, by.interest, stays_of(session, owed.id))
    return {
        "property_id": str(owed.id),
        "number": owed.number,
        "on": on.isoformat(),
        "rows": [_row(row) for row in found.rows],
        "interest": {
            str(half_year): [_charge(each, by.interest.rounding.name) for each in charges]
            for half_year, charges in found.interest.items()
        },
        "interest_to_come": {
            str(half_year): paise for half_year, paise in found.interest_to_come.items()
        },
        "balance_paise": found.balance.total,
    }


def _forgone(draft: Draft) -> dict[str, Any]:
    return {
        "kind": draft.kind.value,
        "paise": -sum(each.paise for each in draft.lines if each.account is Account.RECEIVABLE),
        "lines": [
            {"half_year": str(each.half_year), "head": each.head, "paise": -each.paise}
            for each in draft.lines
            if each.account is Account.RECEIVABLE
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "value_date": row.value_date.isoformat(),
        "posted_at": row.posted_at.isoformat(),
        "kind": row.kind.value,
        "kind_called": {"mr": KINDS[row.kind].mr, "en": KINDS[row.kind].en},
        "reference": row.reference,
        "entry": row.entry,
        "account": row.account.value,
        "half_year": str(row.half_year) if row.half_year else None,
        "head": row.head,
        "head_called": _called(row.head) if row.head else None,
        "paise": row.paise,
        "balance_paise": row.balance,
    }


def _charge(charge: Charge, unit: str) -> dict[str, Any]:
    return {
        "first_day": charge.first_day.isoformat(),
        "months": charge.months,
        "unpaid_paise": charge.unpaid,
        "percent": percentage(charge.percent),
        "month_paise": charge.month,
        "rounded_to": unit,
        "paise": charge.paise,
    }
