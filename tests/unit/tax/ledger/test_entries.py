"""What is an entry, and what the sums over entries are."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tax.domain.ledger.accounts import CHARGES, Account, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import fee
from services.tax.domain.ledger.entries import Draft, Kind, Line, charged, merged, negated, plain
from services.tax.domain.ledger.figures import check_percent
from services.tax.domain.ledger.payments import apply_payment
from services.tax.domain.rounding import Rounding
from tests.support.ledgers import ORDER, billed, hy, posted

DAY = date(2026, 4, 1)
H = hy("20261")


def _draft(*lines, kind=Kind.PAYMENT, **more):
    return Draft(kind=kind, value_date=DAY, lines=lines, **more)


@pytest.mark.parametrize(
    ("lines", "kind", "rule"),
    [
        ((plain(Account.CASH, 100), plain(Account.ADVANCE, -99)), Kind.PAYMENT, "sum to 1 paise"),
        ((), Kind.PAYMENT, "there are none"),
        ((plain(Account.CASH, 1.0), plain(Account.ADVANCE, -1)), Kind.PAYMENT, "no amount"),
        ((plain(Account.CASH, True), plain(Account.ADVANCE, -1)), Kind.PAYMENT, "no amount"),
        ((plain(Account.CASH, 0), plain(Account.ADVANCE, 0)), Kind.PAYMENT, "no amount"),
        ((plain(Account.CASH, 1), plain(Account.ADVANCE, -1)), Kind.DEMAND, "no line in cash"),
        (charged(Account.REBATE_GIVEN, H, "water", -5), Kind.WAIVER, "no line in rebate_given"),
        (charged(Account.INCOME, H, "", 5), Kind.ADJUSTMENT, "and head ''"),
        (
            (Line(Account.CASH, H, "water", 1), plain(Account.ADVANCE, -1)),
            Kind.PAYMENT,
            "cash with half-year",
        ),
        (
            (plain(Account.RECEIVABLE, 1), plain(Account.ADVANCE, -1)),
            Kind.PAYMENT,
            "receivable with half-year None",
        ),
        (
            (
                Line(Account.RECEIVABLE, H, "water", 1),
                Line(Account.INCOME, H, "general", -1),
            ),
            Kind.ADJUSTMENT,
            "not owed under that head",
        ),
        (
            (
                Line(Account.RECEIVABLE, H, "water", 1),
                Line(Account.RECEIVABLE, H, "water", 1),
                Line(Account.INCOME, H, "water", -2),
            ),
            Kind.ADJUSTMENT,
            "not owed under that head",
        ),
        (charged(Account.INCOME, H, "water", 5), Kind.DEMAND, "first day on which it is late"),
    ],
)
def test_what_is_no_entry_is_refused(lines, kind, rule):
    with pytest.raises(ValueError, match=rule):
        _draft(*lines, kind=kind)


def test_a_head_is_a_tax_unless_it_is_interest_or_a_fee():
    assert [part_of(head) for head in ("general", "interest", "fee_warrant", "feeble")] == [
        Part.TAX,
        Part.INTEREST,
        Part.FEE,
        Part.TAX,
    ]


def test_merging_drops_what_is_nothing_and_negating_undoes():
    lines = (plain(Account.CASH, 5), plain(Account.CASH, -5), plain(Account.ADVANCE, 2))
    assert merged(lines) == (plain(Account.ADVANCE, 2),)
    assert merged(lines + negated(lines)) == ()


@pytest.mark.parametrize(
    ("paise", "percent", "unit", "rounded"),
    [
        (12_345, Fraction(2), 1, 247),
        (12_325, Fraction(2), 1, 247),  # 246.5: a half goes up
        (-12_325, Fraction(2), 1, -247),
        (12_324, Fraction(2), 1, 246),
        (2_500, Fraction(2), 100, 100),
        (2_499, Fraction(2), 100, 0),
        (10_000, Fraction("16.75"), 100, 1_700),
        (0, Fraction(100), 1, 0),
    ],
)
def test_a_share_is_rounded_once_a_half_away_from_zero(paise, percent, unit, rounded):
    assert Rounding(unit).percent(percent, paise) == rounded


@pytest.mark.parametrize("percent", [2.0, Fraction(101), Fraction(-1), 2, None])
def test_a_percentage_is_an_exact_one(percent):
    with pytest.raises(ValueError, match="must be a Fraction from 0 to 100"):
        check_percent(percent, "interest")


def test_amounts_are_rounded_to_a_paisa_or_a_rupee():
    with pytest.raises(ValueError, match="a paisa or a rupee"):
        Rounding(50)


def test_a_book_has_the_sums_by_due():
    bill = billed("20261", general=1_000, water=500)
    paid = apply_payment(Book.of([bill]).open(), 1_200, DAY, ORDER, Account.CASH)
    book = Book.of([bill, paid, fee("fee_warrant", 50, DAY)])
    assert book.receivable == {(H, "water"): 300, (H, "fee_warrant"): 50}
    assert book.charged == {(H, "general"): 1_000, (H, "water"): 500, (H, "fee_warrant"): 50}
    assert book.money == {Account.CASH: 1_200}
    assert book.net == 350
    assert book.excess == {}


def test_a_copy_changes_alone():
    book = Book.of([billed("20261", general=1_000)])
    other = book.copy()
    other.post(billed("20262", general=7))
    assert book.open() == {(H, "general"): 1_000}
    assert list(book.taxes) == [H]
    assert other.net == 1_007


def test_a_day_and_a_moment_choose_what_counts():
    late = datetime(2026, 6, 1, tzinfo=UTC)
    bill = posted(billed("20261", general=1_000), 1)
    dues = Book.of([bill]).open()
    paid = posted(apply_payment(dues, 400, date(2026, 4, 5), ORDER, Account.BANK), 2, at=late)
    entries = [paid, bill]
    assert Book.of(entries, on=date(2026, 3, 31)).net == 0
    assert Book.of(entries, on=date(2026, 4, 4)).net == 1_000
    assert Book.of(entries, on=date(2026, 4, 5)).net == 600
    assert Book.of(entries, known_at=late).net == 600
    assert Book.of(entries, known_at=datetime(2026, 5, 31, tzinfo=UTC)).net == 1_000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["20251", "20252", "20261"]),
            st.integers(1, 10**7),
            st.integers(1, 10**7),
            st.integers(1, 2 * 10**7),
            st.dates(date(2025, 4, 1), date(2027, 3, 31)),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
    st.dates(date(2025, 4, 1), date(2027, 3, 31)),
)
@settings(max_examples=60, deadline=None)
def test_replay_in_any_order_gives_the_same_sums_and_debits_equal_credits(rows, random, on):
    entries = []
    for text, general, water, amount, day in rows:
        entries.append(billed(text, general=general, water=water))
        dues = Book.of(entries).open()
        entries.append(apply_payment(dues, amount, day, ORDER, Account.CASH))
    shuffled = entries[:]
    random.shuffle(shuffled)
    one, other = Book.of(entries, on), Book.of(shuffled, on)
    assert one.receivable == other.receivable
    assert (one.advance, one.charged, one.money) == (other.advance, other.charged, other.money)
    assert one.net == sum(one.charged.values()) - sum(one.money.values())
    assert sum(line.paise for entry in entries for line in entry.lines) == 0


def test_charges_are_the_accounts_that_no_money_moves_through():
    assert {each.value for each in CHARGES} == {
        "income",
        "interest_income",
        "rebate_given",
        "waiver_given",
    }
