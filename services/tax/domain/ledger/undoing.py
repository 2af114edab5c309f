"""Taking an entry back: a cheque that bounced, a payment of another property, a wrong demand.

What is taken back counts as never made: its value date is that of what it undoes. Other payments
stay with what they settled, and their advances go to what is open again. What hung on it goes too,
each by an entry of its own:

- a rebate or a waiver that was given because all was paid, when by now it was not;
- the use of credit from its day on, and what was refunded of it (``reworking``).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from palika.errors import Conflict, Invalid
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import fee
from services.tax.domain.ledger.entries import (
    Draft,
    Entry,
    Kind,
    Line,
    negated,
)
from services.tax.domain.ledger.order import Order
from services.tax.domain.ledger.reworking import CREDIT_KINDS, rework

BOUNCE_FEE: Final = "fee_cheque_bounce"
_FOLLOW: Final = frozenset({Kind.TRANSFER, Kind.INTEREST, Kind.REBATE, Kind.CARRIED})


def bounce(
    entries: Sequence[Entry], cheque: Entry, fee_paise: int, on: date, order: Order
) -> list[Draft]:
    """The entries that a cheque's return makes: nothing of what it did stays, and a fee is owed.

    Args:
        entries: of the property, all of them.
        cheque: the payment.
        fee_paise: the fee; 0 is none (illustrative: the law's own sources give no figure).
        on: the day on which it came back: the fee's, not the bounce's.
        order: the city's.

    Raises:
        Invalid: not a payment of a property, ``on`` is before it, or the fee is no amount.
        Conflict: it is taken back already.
    """
    if cheque.kind is not Kind.PAYMENT or cheque.property is None:
        raise Invalid("not a cheque", {"payment": ["must be a payment of a property"]})
    if on < cheque.value_date:
        raise Invalid("not a bounce", {"on": ["must not be before the payment"]})
    drafts = take_back(entries, cheque, order, kind=Kind.CHEQUE_BOUNCE)
    if fee_paise != 0:
        drafts.append(fee(BOUNCE_FEE, fee_paise, on))
    return drafts


def take_back(
    entries: Sequence[Entry],
    undone: Entry,
    order: Order,
    *,
    kind: Kind = Kind.REVERSAL,
    to: Account | None = None,
) -> list[Draft]:
    """The entries that take one back, with all that hung on it; the first is its reversal.

    After that of a demand or an adjustment, rebates need ``receiving.correct_rebates``.

    Args:
        entries: of the property, all of them.
        undone: what is taken back.
        order: the city's.
        kind: of the reversal.
        to: where the money of a payment is from now on (SUSPENSE, when it was another property's);
            None is where it had come in.

    Raises:
        Invalid: a transfer, interest, a rebate, or what took something back itself: these follow
            from other entries.
        Conflict: it is taken back already.
    """
    if undone.kind in _FOLLOW or undone.undoes is not None:
        raise Invalid("not to be taken back", {"entry": ["must not follow from other entries"]})
    if any(entry.undoes == undone.id for entry in entries):
        raise Conflict("taken back already", {"id": undone.id})
    found = [_reversal(undone, kind, to)]
    while True:
        days = {
            each.value_date
            for each in (*entries, *found)
            if each.kind in CREDIT_KINDS and each.value_date >= undone.value_date
        }
        found += rework([*entries, *found], days, order)
        lost = _lost(entries, found, undone)
        if lost is None:
            return found
        found.append(_reversal(lost, Kind.REVERSAL, None))


def _reversal(undone: Entry, kind: Kind, to: Account | None) -> Draft:
    lines: Iterable[Line] = negated(undone.lines)
    if to is not None:
        lines = (
            line._replace(account=to) if line.account in MONEY or line.account is to else line
            for line in lines
        )
    return Draft(
        kind=kind,
        value_date=undone.value_date,
        lines=tuple(lines),
        late_from=undone.late_from,
        undoes=undone.id,
    )


def _lost(entries: Sequence[Entry], found: Sequence[Draft], undone: Entry) -> Entry | None:
    """The first reward that is not earned any more, since more is open on its day than was."""
    gone = {each.undoes for each in (*entries, *found)}
    rewards = [
        (each.value_date, each.if_paid_to, each)
        for each in entries
        if each.if_paid_to and each.value_date >= undone.value_date and each.id not in gone
    ]
    for day, until, reward in sorted(rewards, key=lambda each: each[0]):
        if _open([*entries, *found], day, until) > _open(entries, day, until):
            return reward
    return None


def _open(entries: Iterable[Draft], on: date, until: HalfYear) -> int:
    return sum(Book.of(entries, on).open(until).values())
