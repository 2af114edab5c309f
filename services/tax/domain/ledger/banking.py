"""Money of the city that moves between its own accounts, or goes back to who sent it."""

from datetime import date

from palika.errors import Invalid
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.ledger.entries import Draft, Entry, Kind, plain
from services.tax.domain.ledger.payments import check_waiting
from services.tax.domain.money import paise as checked


def deposit(amount_paise: int, on: date, source: Account, to: Account) -> Draft:
    """The entry of money that is elsewhere now: cash at the bank, a cheque that has cleared, what
    the gateway has settled. It is of no property.

    Raises:
        Invalid: not an amount, or not two accounts where money is.
    """
    if source not in MONEY or to not in MONEY or source is to:
        raise Invalid("not a deposit", {"source": [f"must be where money is, not {source}"]})
    amount = checked(amount_paise)
    return Draft(
        kind=Kind.DEPOSIT, value_date=on, lines=(plain(to, amount), plain(source, -amount))
    )


def give_back(
    waiting: Entry, taken_paise: int, amount_paise: int, on: date, source: Account
) -> Draft:
    """The entry by which a payment in suspense, or a part of it, goes back to who sent it.

    Args:
        waiting: the entry in suspense.
        taken_paise: what earlier entries took of it.
        amount_paise: what goes back.
        on: the day on which it does.
        source: from where.

    Raises:
        Invalid: as ``payments.check_waiting``, no account with money, or a day before it came.
        Conflict: more than is left of it.
    """
    check_waiting(waiting, taken_paise, amount_paise)
    if source not in MONEY:
        raise Invalid("not a refund", {"source": [f"must be where money is, not {source}"]})
    if on < waiting.value_date:
        raise Invalid("not a refund", {"on": ["must not be before the payment"]})
    lines = (plain(Account.SUSPENSE, amount_paise), plain(source, -amount_paise))
    return Draft(kind=Kind.REFUND, value_date=on, lines=lines)
