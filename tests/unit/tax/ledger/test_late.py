"""What is late: no half-year before its day, none whose bill never came, less all credit."""

from datetime import date

from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import demand, fee
from services.tax.domain.ledger.late import Late, LateDue, late
from services.tax.domain.ledger.statement import balance
from tests.support.ledgers import TWO_PERCENT, hy

APRIL, JULY, JANUARY = date(2026, 4, 1), date(2026, 7, 1), date(2027, 1, 1)
FIRST, SECOND = hy("20261"), hy("20262")


def year() -> Book:
    """A year of ₹1,000 a half-year, each late from its day, with a fee of ₹50."""
    return Book.of(
        [
            demand(FIRST, {"general": 1_000_00}, APRIL, JULY),
            demand(SECOND, {"general": 1_000_00}, APRIL, JANUARY),
            fee("fee_demand_notice", 50_00, JULY),
        ]
    )


def on(book: Book, day: date, unserved: frozenset = frozenset()) -> Late:
    return late(book, balance(book, day, TWO_PERCENT), day, unserved)


def test_a_half_year_is_late_from_its_own_day():
    assert on(year(), date(2026, 6, 30)).dues == ()
    assert on(year(), JULY) == Late((LateDue(FIRST, 1_000_00, 20_00),), 50_00, JANUARY)
    found = on(year(), JANUARY)
    assert found.dues == (LateDue(FIRST, 1_000_00, 140_00), LateDue(SECOND, 1_000_00, 20_00))
    assert (found.total_paise, found.more_from) == (2_210_00, None)


def test_what_came_to_nobody_is_not_asked_for_nor_its_interest():
    assert on(year(), JANUARY, frozenset({FIRST})).dues == (LateDue(SECOND, 1_000_00, 20_00),)
    assert on(year(), JULY, frozenset({FIRST, SECOND})) == Late((), 50_00, None)


def test_credit_is_taken_off_of_the_oldest_first():
    book = year()
    book.advance = 1_030_00
    found = on(book, JANUARY)
    assert found.dues == (LateDue(FIRST, 0, 110_00), LateDue(SECOND, 1_000_00, 20_00))
    book.advance = 9_000_00
    assert on(book, JANUARY) == Late((), 0, None)
