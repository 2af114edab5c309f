"""A statement that a clerk can read, and the figures of demand, collection and balance."""

from datetime import UTC, date, datetime
from fractions import Fraction

from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dcb import Figures, dcb
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.ledger.interest import Charge
from services.tax.domain.ledger.receiving import Rules, receive
from services.tax.domain.ledger.statement import balance, statement
from services.tax.domain.ledger.undoing import bounce
from tests.support.ledgers import ORDER, TWO_PERCENT, billed, hy, posted

H1, H2 = hy("20251"), hy("20252")
RULES = Rules(ORDER, TWO_PERCENT)
AT = [datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 9, 5, tzinfo=UTC)]


def _entries():
    bills = [billed("20251", general=1_000_00, water=100_00), billed("20252", general=500_00)]
    entries = [posted(draft, number, at=AT[0]) for number, draft in enumerate(bills)]
    on = date(2025, 9, 5)
    paid = receive(entries[:1], 900_00, on, Account.CHEQUES_IN_HAND, on, RULES)
    return entries + [posted(draft, number, at=AT[1]) for number, draft in enumerate(paid, 10)]


def test_each_rupee_is_explained_in_its_order():
    found = statement(_entries(), date(2026, 1, 1), TWO_PERCENT)
    assert [(row.kind, row.half_year, row.head, row.paise, row.balance) for row in found.rows] == [
        (Kind.DEMAND, H1, "general", 1_000_00, 1_000_00),
        (Kind.DEMAND, H1, "water", 100_00, 1_100_00),
        (Kind.INTEREST, H1, INTEREST, 66_00, 1_166_00),
        (Kind.PAYMENT, H1, "general", -900_00, 266_00),
        (Kind.DEMAND, H2, "general", 500_00, 766_00),
    ]
    assert found.interest == {
        H1: [
            Charge(H1, date(2025, 7, 1), 3, 1_100_00, Fraction(2), 66_00),
            Charge(H1, date(2025, 10, 1), 4, 200_00, Fraction(2), 16_00),
        ],
        H2: [Charge(H2, date(2026, 1, 1), 1, 500_00, Fraction(2), 10_00)],
    }
    assert found.interest_to_come == {H1: 16_00, H2: 10_00}
    assert found.balance.total == 766_00 + 26_00
    assert found.balance.dues[H1, INTEREST] == 66_00 + 16_00
    assert found.balance.before(H2) == 200_00 + 82_00


def test_a_balance_is_of_any_day():
    entries = _entries()

    def total(on):
        return balance(Book.of(entries, on), on, TWO_PERCENT).total

    assert [
        total(date(2025, 3, 31)),
        total(date(2025, 6, 30)),
        total(date(2025, 7, 1)),
        total(date(2025, 9, 4)),
        total(date(2025, 9, 5)),
        total(date(2025, 10, 1)),
    ] == [0, 1_100_00, 1_122_00, 1_166_00, 266_00, 266_00 + 4_00 + 500_00]


def test_a_statement_is_of_what_was_known_too():
    entries = _entries()
    found = statement(entries, date(2025, 9, 5), TWO_PERCENT, known_at=AT[0])
    assert [row.kind for row in found.rows] == [Kind.DEMAND, Kind.DEMAND]
    assert found.balance.total == 1_166_00


def test_the_figures_of_a_period_by_due():
    assert dcb(_entries(), date(2025, 7, 1), date(2025, 9, 30)) == {
        (H1, "general"): Figures(opening=1_000_00, collection=900_00, closing=100_00),
        (H1, INTEREST): Figures(demand=66_00, closing=66_00),
        (H1, "water"): Figures(opening=100_00, closing=100_00),
    }


def test_the_books_of_a_closed_period_do_not_learn_of_a_bounce():
    entries = _entries()
    cheque = next(each for each in entries if each.kind is Kind.PAYMENT)
    at = datetime(2025, 10, 8, tzinfo=UTC)
    drafts = bounce(entries, cheque, 500_00, date(2025, 10, 8), ORDER)
    entries += [posted(draft, number, at=at) for number, draft in enumerate(drafts, 20)]
    first, last = date(2025, 4, 1), date(2025, 9, 30)
    assert dcb(entries, first, last, known_at=AT[1])[H1, "general"].collection == 900_00
    assert dcb(entries, first, last)[H1, "general"].collection == 0
    assert dcb(entries, first, last)[H1, "general"].closing == 1_000_00


def test_what_the_figures_do_not_explain_is_a_difference():
    assert (
        Figures(opening=5, demand=10, rebate=1, waiver=2, collection=3, closing=9).difference == 0
    )
    assert (
        Figures(opening=5, demand=10, rebate=1, waiver=2, collection=3, closing=8).difference == 1
    )


def test_the_figures_of_many_properties_are_one_sum():
    one = _entries()
    both = dcb([*one, *one], date(2025, 4, 1), date(2025, 9, 30))
    assert both[H1, "general"].demand == 2_000_00
    assert all(figures.difference == 0 for figures in both.values())
