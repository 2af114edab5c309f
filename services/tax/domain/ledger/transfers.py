"""Credit of the owner: used for what is open, or kept as an advance."""

from datetime import date

from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Kind, owed, plain
from services.tax.domain.ledger.order import Order, allocate


def settle(book: Book, on: date, order: Order) -> Draft | None:
    """The entry that uses all credit for what is open, in the order in which a payment would.

    Credit is the advance, and what is paid in excess on a due that was lowered later. What is left
    of it is the advance. Setting an excess off before it is refunded is illustrative.

    Args:
        book: with the value dates up to that day.
        on: the day.
        order: the city's.

    Returns:
        None when there is no excess, and no advance that something is open for.
    """
    excess, dues = book.excess, book.open()
    if not excess and not (book.advance > 0 and dues):
        return None
    lines = [owed(half_year, head, paise) for (half_year, head), paise in sorted(excess.items())]
    credit = sum(excess.values()) + max(book.advance, 0)
    settled, left = allocate(dues, credit, on, order)
    lines += [owed(half_year, head, -paise) for (half_year, head), paise in settled.items()]
    if change := max(book.advance, 0) - left:
        lines.append(plain(Account.ADVANCE, change))
    return Draft(kind=Kind.TRANSFER, value_date=on, lines=tuple(lines))
