"""Giving an owner's credit back: at once, or in parts over years.

Pune gave the excess of 2019 to 2023 back over four years (the 40 % for self-occupied, restored in
2023). Here that is: the demands are lowered back to 2019 (``dues.adjust``), the excess becomes an
advance (``transfers.settle``), the advance is promised (``promise``), and each year a part of what
is promised is an advance again (``credit``) and used by that year's demand, or it is paid out.
"""

from datetime import date

from palika.errors import Conflict, Invalid
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Kind, plain
from services.tax.domain.money import paise as checked


def promise(book: Book, amount_paise: int, on: date) -> Draft:
    """The entry that takes an amount out of the advance, to be given back: no demand uses it.

    Raises:
        Invalid: not an amount.
        Conflict: more than the advance.
    """
    amount = _within(amount_paise, book.advance, "the advance")
    return _refund(on, Account.ADVANCE, Account.REFUND_PAYABLE, amount)


def credit(book: Book, amount_paise: int, on: date) -> Draft:
    """The entry that makes an amount of what is promised an advance again.

    Raises:
        Invalid: not an amount.
        Conflict: more than is promised.
    """
    amount = _within(amount_paise, book.refund_payable, "what is promised")
    return _refund(on, Account.REFUND_PAYABLE, Account.ADVANCE, amount)


def pay_out(book: Book, amount_paise: int, on: date, source: Account) -> Draft:
    """The entry that pays an amount of what is promised to the owner.

    Raises:
        Invalid: not an amount, or no account with money.
        Conflict: more than is promised.
    """
    if source not in MONEY:
        raise Invalid("not a refund", {"source": [f"must be where money is, not {source}"]})
    amount = _within(amount_paise, book.refund_payable, "what is promised")
    return _refund(on, Account.REFUND_PAYABLE, source, amount)


def parts(amount_paise: int, count: int) -> list[int]:
    """An amount in so many parts that differ by a paisa at the most; their sum is the amount.

    Raises:
        Invalid: not an amount, or not 1 to 40 parts.
    """
    amount = checked(amount_paise)
    if type(count) is not int or not 1 <= count <= 40:
        raise Invalid("not parts", {"count": [f"must be from 1 to 40, not {count!r:.40}"]})
    each, more = divmod(amount, count)
    return [each + (number < more) for number in range(count)]


def _refund(on: date, debit: Account, credit: Account, amount: int) -> Draft:
    return Draft(
        kind=Kind.REFUND, value_date=on, lines=(plain(debit, amount), plain(credit, -amount))
    )


def _within(amount_paise: int, most: int, name: str) -> int:
    amount = checked(amount_paise)
    if amount > most:
        raise Conflict(
            f"a refund of more than {name}", {"amount_paise": amount, "most_paise": most}
        )
    return amount
