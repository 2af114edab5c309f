"""Money that comes in: for a property, or for nobody known yet."""

from collections.abc import Mapping
from datetime import date

from palika.errors import Conflict, Invalid
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.ledger.book import Key
from services.tax.domain.ledger.entries import Draft, Entry, Kind, owed, plain
from services.tax.domain.ledger.order import Order, allocate
from services.tax.domain.money import paise as checked


def apply_payment(
    dues: Mapping[Key, int], amount_paise: int, on: date, order: Order, source: Account
) -> Draft:
    """The entry of a payment: what it settles, and what is left of it as an advance.

    Args:
        dues: what is open on that day (``Book.open``).
        amount_paise: at least 1.
        on: the day on which the money came.
        order: the city's.
        source: where the money is now; SUSPENSE of what waited there.

    Raises:
        Invalid: not an amount, or no account that money comes into.
    """
    amount = _check(amount_paise, source, MONEY | {Account.SUSPENSE})
    settled, left = allocate(dues, amount, on, order)
    lines = [plain(source, amount)]
    lines += [owed(half_year, head, -paise) for (half_year, head), paise in settled.items()]
    if left:
        lines.append(plain(Account.ADVANCE, -left))
    return Draft(kind=Kind.PAYMENT, value_date=on, lines=tuple(lines))


def suspend(amount_paise: int, on: date, source: Account) -> Draft:
    """The entry of a payment that matches nothing: it waits, visibly, in the suspense account.

    Raises:
        Invalid: not an amount, or no account that money comes into.
    """
    amount = _check(amount_paise, source, MONEY)
    lines = (plain(source, amount), plain(Account.SUSPENSE, -amount))
    return Draft(kind=Kind.PAYMENT, value_date=on, lines=lines)


def check_waiting(waiting: Entry, taken_paise: int, amount_paise: int) -> None:
    """Refuse to give more of a payment in suspense to a property than waits there.

    Args:
        waiting: the entry in suspense.
        taken_paise: what earlier entries gave of it to properties.
        amount_paise: what is to be given.

    Raises:
        Invalid: not an amount, or ``waiting`` is no payment in suspense.
        Conflict: more than is left of it.
    """
    held = -sum(line.paise for line in waiting.lines if line.account is Account.SUSPENSE)
    if waiting.kind is not Kind.PAYMENT or waiting.property is not None or held <= 0:
        raise Invalid("not in suspense", {"payment": ["must be a payment of no property"]})
    if checked(amount_paise) > (left := held - taken_paise):
        raise Conflict(
            "more than is left in suspense of that payment",
            {"amount_paise": amount_paise, "left_paise": left},
        )


def _check(amount_paise: int, source: Account, allowed: frozenset[Account]) -> int:
    if source not in allowed:
        raise Invalid("not a payment", {"source": [f"must be where money is, not {source}"]})
    return checked(amount_paise)
