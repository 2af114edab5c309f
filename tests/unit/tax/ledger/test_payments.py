"""What a payment settles, what waits in suspense, what becomes of credit."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from services.tax.domain.ledger.accounts import INTEREST, Account, Part
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import adjust, demand, fee
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.ledger.interest import charge_interest
from services.tax.domain.ledger.order import Order, Stage, When, allocate
from services.tax.domain.ledger.payments import apply_payment, suspend
from services.tax.domain.ledger.receiving import Rules, identify
from services.tax.domain.ledger.transfers import settle
from tests.support.ledgers import BESIDE, ORDER, TWO_PERCENT, billed, hy, posted, totals

ON = date(2026, 4, 10)
DUES = {
    (hy("20261"), "general"): 100,
    (hy("20261"), INTEREST): 9,
    (hy("20252"), "water"): 20,
    (hy("20252"), INTEREST): 4,
    (hy("20251"), "tree"): 5,
    (hy("20251"), "general"): 50,
    (hy("20251"), INTEREST): 7,
    (hy("20251"), "fee_warrant"): 3,
    (hy("20251"), "unlisted"): 1,
}


def _sequence(order, on=ON):
    return [f"{half_year.code} {head}" for (half_year, head), _ in order.sort(DUES, on)]


def test_the_oldest_arrears_then_their_interest_then_what_is_current():
    assert _sequence(ORDER) == [
        "20251 general",
        "20251 tree",
        "20251 unlisted",
        "20252 water",
        "20251 interest",
        "20251 fee_warrant",
        "20252 interest",
        "20261 general",
        "20261 interest",
    ]


def test_interest_may_come_before_the_tax_of_its_own_half_year():
    assert _sequence(BESIDE)[:5] == [
        "20251 interest",
        "20251 general",
        "20251 tree",
        "20251 unlisted",
        "20251 fee_warrant",
    ]


def test_what_is_current_is_the_year_or_the_half_year():
    in_march = date(2026, 3, 31)
    assert ORDER.current_from(in_march) == hy("20251")
    assert BESIDE.current_from(in_march) == hy("20252")
    assert ORDER.current_from(date(2026, 4, 1)) == hy("20261")


@pytest.mark.parametrize(
    ("stages", "heads", "rule"),
    [
        ((Stage(When.ARREARS, tuple(Part)),), (), "tax of current is in 0 stages"),
        (
            (*ORDER.stages, Stage(When.ARREARS, (Part.TAX,))),
            (),
            "tax of arrears is in 2 stages",
        ),
        (ORDER.stages, ("water", "water"), "water is there twice"),
    ],
)
def test_an_order_forgets_nothing_and_names_nothing_twice(stages, heads, rule):
    with pytest.raises(ValueError, match=rule):
        Order(stages, heads)


@given(
    st.dictionaries(st.sampled_from(sorted(DUES)), st.integers(1, 10**9)),
    st.integers(0, 10**10),
    st.sampled_from([ORDER, BESIDE]),
    st.dates(date(2025, 4, 1), date(2027, 3, 31)),
)
@settings(max_examples=100, deadline=None)
def test_an_allocation_neither_loses_nor_makes_a_paisa(dues, amount, order, on):
    settled, left = allocate(dues, amount, on, order)
    assert sum(settled.values()) + left == amount
    assert all(0 < paise <= dues[key] for key, paise in settled.items())
    assert not left or settled == dues
    before_last = list(settled)[:-1]
    assert before_last == [key for key, _ in order.sort(dues, on)][: len(before_last)]
    assert all(settled[key] == dues[key] for key in before_last)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_in_whatever_order_payments_come_the_same_is_open_after_them(amounts, random):
    bills = [billed("20251", general=1_000, tree=300), billed("20252", general=900, water=50)]

    def after(order_of_payments):
        entries = list(bills)
        for amount in order_of_payments:
            entries.append(apply_payment(Book.of(entries).open(), amount, ON, ORDER, Account.CASH))
        return Book.of(entries)

    shuffled = amounts[:]
    random.shuffle(shuffled)
    one, other = after(amounts), after(shuffled)
    assert one.open() == other.open()
    assert one.advance == other.advance == max(0, sum(amounts) - 2_250)
    assert sum(one.open().values()) == max(0, 2_250 - sum(amounts))


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, "1", 10**15 + 1])
def test_what_is_no_amount_is_no_payment(amount):
    with pytest.raises(Invalid):
        apply_payment(DUES, amount, ON, ORDER, Account.CASH)
    with pytest.raises(Invalid):
        suspend(amount, ON, Account.BANK)


@pytest.mark.parametrize("source", [Account.ADVANCE, Account.INCOME, Account.RECEIVABLE])
def test_money_comes_into_an_account_of_money(source):
    with pytest.raises(Invalid, match="must be where money is"):
        apply_payment(DUES, 1, ON, ORDER, source)
    with pytest.raises(Invalid, match="must be where money is"):
        suspend(1, ON, Account.SUSPENSE)


def test_a_payment_that_matches_nothing_waits_and_then_counts_from_its_own_day():
    rules, today = Rules(ORDER, TWO_PERCENT), date(2025, 9, 9)
    bill = billed("20251", general=600_00)
    waiting = posted(suspend(1_000_00, date(2025, 6, 30), Account.BANK), 1, property=None)
    assert Book.of([waiting]).suspense == 1_000_00
    (mine,) = identify([bill], waiting, 0, 600_00, today, rules)
    book = Book.of([bill, mine])
    assert book.net == 0
    assert charge_interest(book, ON, TWO_PERCENT) is None
    assert Book.of([waiting, mine]).suspense == 400_00
    with pytest.raises(Conflict, match="more than is left") as refused:
        identify([], waiting, 600_00, 400_01, today, rules)
    assert refused.value.details == {"amount_paise": 400_01, "left_paise": 400_00}
    (rest,) = identify([], waiting, 600_00, 400_00, today, rules)
    assert Book.of([rest]).advance == 400_00
    assert Book.of([waiting, mine, rest]).suspense == 0


def test_only_what_waits_in_suspense_can_be_identified():
    paid = posted(apply_payment(DUES, 10, ON, ORDER, Account.CASH), 1)
    with pytest.raises(Invalid, match="a payment of no property"):
        identify([], paid, 0, 5, ON, Rules(ORDER, TWO_PERCENT))


def test_an_advance_is_used_by_the_next_demand():
    first = billed("20261", general=1_000)
    paid = apply_payment(Book.of([first]).open(), 1_700, ON, ORDER, Account.GATEWAY)
    second = billed("20262", general=1_000, water=200)
    entries = [first, paid, second]
    used = settle(Book.of(entries), second.value_date, ORDER)
    assert used.kind is Kind.TRANSFER
    book = Book.of([*entries, used])
    assert book.advance == 0
    assert book.open() == {(hy("20262"), "general"): 300, (hy("20262"), "water"): 200}
    assert settle(book, second.value_date, ORDER) is None


def test_an_excess_after_a_reassessment_pays_what_is_open_and_the_rest_is_an_advance():
    entries = [billed("20251", general=1_000), billed("20252", general=300)]
    entries.append(apply_payment(Book.of(entries[:1]).open(), 1_000, ON, ORDER, Account.CASH))
    entries += adjust(Book.of(entries), hy("20251"), {"general": 400}, date(2025, 4, 1))
    assert Book.of(entries).excess == {(hy("20251"), "general"): 600}
    entries.append(settle(Book.of(entries), ON, ORDER))
    book = Book.of(entries)
    assert (book.open(), book.excess, book.advance) == ({}, {}, 300)
    assert sum(totals(entries).values()) == 0


@pytest.mark.parametrize(
    ("heads", "late_from", "rule"),
    [
        ({"general": 100}, date(2026, 3, 31), "not be before the day of the bill"),
        ({"general": -1}, date(2026, 7, 1), "0 or more"),
        ({"general": 1.5}, date(2026, 7, 1), "0 or more"),
        ({"general": True}, date(2026, 7, 1), "0 or more"),
        ({"general": 0}, date(2026, 7, 1), "an amount above 0"),
        ({"interest": 100}, date(2026, 7, 1), "the head of a tax"),
        ({"fee_warrant": 100}, date(2026, 7, 1), "the head of a tax"),
        ({"": 100}, date(2026, 7, 1), "the head of a tax"),
    ],
)
def test_what_is_no_demand_is_refused(heads, late_from, rule):
    with pytest.raises(Invalid, match=rule):
        demand(hy("20261"), heads, date(2026, 4, 1), late_from)


def test_a_head_of_nothing_has_no_line():
    assert len(billed("20261", general=100, water=0).lines) == 2


def test_an_adjustment_says_what_is_right_and_leaves_the_rest():
    book = Book.of([billed("20261", general=1_000, water=500, tree=10)])
    lowered, raised = adjust(
        book, hy("20261"), {"general": 900, "water": 550, "tree": 10}, ON, date(2026, 7, 10)
    )
    assert [line.paise for line in lowered.lines] == [-100, 100]
    assert [line.paise for line in raised.lines] == [50, -50]
    book.post(lowered)
    book.post(raised)
    assert book.charged[hy("20261"), "general"] == 900
    assert adjust(book, hy("20261"), {"general": 900}, ON) == []


def test_what_is_added_may_be_late_from_its_first_day():
    (raised,) = adjust(Book(), hy("20261"), {"general": 1}, ON, late_from=ON)
    assert raised.late_from == ON


@pytest.mark.parametrize("late_from", [None, date(2026, 4, 9)])
def test_nobody_is_late_with_what_they_were_not_asked_for(late_from):
    with pytest.raises(Invalid, match="late_from"):
        adjust(Book(), hy("20261"), {"general": 1}, ON, late_from)


@pytest.mark.parametrize(("head", "paise"), [("water", 100), ("fee_warrant", 0)])
def test_a_fee_has_its_own_head_and_an_amount(head, paise):
    with pytest.raises(Invalid):
        fee(head, paise, ON)
