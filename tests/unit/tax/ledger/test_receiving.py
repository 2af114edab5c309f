"""A payment or a bill with what follows from it: interest, rebates, amnesties, credit."""

from datetime import date
from fractions import Fraction

import pytest

from palika.errors import Conflict, Invalid
from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import fee
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.ledger.interest import accrued
from services.tax.domain.ledger.receiving import Revision, Rules, bill, receive, revise
from services.tax.domain.ledger.refunds import credit, parts, pay_out, promise
from services.tax.domain.ledger.rewards import Amnesty, RebateOffer, RebateTier, waive
from tests.support.ledgers import ORDER, PAISA, RUPEE, TWO_PERCENT, billed, hy, offer

WINDOW = {"first": date(2026, 4, 1), "last": date(2026, 6, 30)}
YEAR = offer("20261", "20262", **WINDOW)
RULES = Rules(ORDER, TWO_PERCENT, (YEAR,))
PLAIN = Rules(ORDER, TWO_PERCENT)
H1, H2 = hy("20261"), hy("20262")
ON = date(2026, 5, 2)


def _bills():
    """Both halves billed on 1 April, as in Pune: general 1,000 and water 200 rupees each."""
    return [
        billed("20261", general=1_000_00, water=200_00),
        billed("20262", on=date(2026, 4, 1), general=1_000_00, water=200_00),
    ]


def _pay(entries, amount, on=ON, rules=RULES, today=None):
    return receive(entries, amount, on, Account.CASH, rules=rules, today=today or on)


def _kinds(drafts):
    return [draft.kind for draft in drafts]


def test_the_whole_less_the_rebate_in_the_window_settles_the_year():
    found = _pay(_bills(), 2_200_00)
    assert _kinds(found) == [Kind.REBATE, Kind.PAYMENT]
    book = Book.of([*_bills(), *found])
    assert book.receivable == {}
    assert book.rebated == {(H1, "general"): 100_00, (H2, "general"): 100_00}


@pytest.mark.parametrize(
    ("amount", "on"),
    [
        (2_199_99, ON),  # a paisa is missing
        (2_400_00, date(2026, 7, 1)),  # a day late: and the first half bears interest
        (2_400_00, date(2026, 3, 31)),
    ],
)
def test_there_is_no_rebate_unless_the_whole_is_paid_in_the_window(amount, on):
    found = _pay(_bills(), amount, on)
    assert Kind.REBATE not in _kinds(found)
    assert sum(draft.kind is Kind.PAYMENT for draft in found) == 1


def test_no_rebate_before_each_half_year_of_the_offer_is_billed():
    assert _kinds(_pay(_bills()[:1], 5_000_00)) == [Kind.PAYMENT]


def test_arrears_must_be_paid_too():
    arrears = [billed("20252", general=500_00), *_bills()]
    due = accrued(Book.of(arrears), ON, TWO_PERCENT)
    assert due == {hy("20252"): 5 * 10_00}
    assert Kind.REBATE not in _kinds(_pay(arrears, 2_749_99))
    assert _kinds(_pay(arrears, 2_750_00)) == [Kind.INTEREST, Kind.REBATE, Kind.PAYMENT]


def test_two_payments_in_the_window_earn_it_and_the_rebate_of_what_was_paid_moves_on():
    entries = _bills()
    entries += _pay(entries, 1_500_00)
    found = _pay(entries, 700_00, date(2026, 6, 30))
    assert _kinds(found) == [Kind.REBATE, Kind.PAYMENT, Kind.TRANSFER]
    book = Book.of([*entries, *found])
    assert (book.receivable, book.advance) == ({}, 0)


def test_a_rebate_is_given_once():
    entries = _bills()
    entries += _pay(entries, 2_200_00)
    assert _kinds(_pay(entries, 10_00)) == [Kind.PAYMENT]


def test_the_percentage_is_that_of_the_tax_of_the_whole_year():
    assert [YEAR.percent(tax) for tax in (1, 25_000_00, 25_000_01)] == [10, 10, 5]
    bounded = RebateOffer(
        (H1,), ON, ON, frozenset({"general"}), (RebateTier(100, Fraction(10)),), RUPEE
    )
    assert [bounded.percent(tax) for tax in (100, 101)] == [10, 0]
    assert bounded.draft(Book.of([billed("20261", general=101)]), ON) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"half_years": ()},
        {"heads": frozenset()},
        {"tiers": ()},
        {"last_day": date(2026, 3, 31)},
        {"tiers": (RebateTier(None, Fraction(5)), RebateTier(9, Fraction(5)))},
        {"tiers": (RebateTier(9, Fraction(5)), RebateTier(9, Fraction(4)), YEAR.tiers[1])},
    ],
)
def test_an_offer_that_is_none_is_refused(wrong):
    usual = {
        "half_years": (H1,),
        "first_day": date(2026, 4, 1),
        "last_day": date(2026, 6, 30),
        "heads": frozenset({"general"}),
        "tiers": YEAR.tiers,
        "rounding": PAISA,
    }
    assert RebateOffer(**usual).until == H1
    with pytest.raises(ValueError, match="rebate"):
        RebateOffer(**(usual | wrong))


def test_an_advance_that_covers_a_bill_less_its_rebate_earns_it():
    rules = Rules(ORDER, TWO_PERCENT, (offer("20261", **WINDOW),))
    entries = _pay([], 1_100_00, date(2026, 3, 1), rules)
    heads = {"general": 1_000_00, "water": 200_00}
    entries += bill(Book.of(entries), H1, heads, date(2026, 4, 1), date(2026, 7, 1), rules)
    assert _kinds(entries) == [Kind.PAYMENT, Kind.DEMAND, Kind.REBATE, Kind.TRANSFER]
    assert Book.of(entries).net == 0


def test_a_bill_without_an_advance_is_its_demand_and_a_second_one_is_refused():
    book = Book()
    drafts = bill(book, H1, {"general": 1}, date(2026, 4, 1), date(2026, 7, 1), RULES)
    assert _kinds(drafts) == [Kind.DEMAND]
    assert book.receivable == {}
    book.post(drafts[0])
    with pytest.raises(Invalid, match="2026-27/1 has a demand"):
        bill(book, H1, {"water": 1}, date(2026, 4, 1), date(2026, 7, 1), RULES)


AMNESTY = Amnesty(date(2025, 11, 15), date(2026, 1, 15), Fraction(75), hy("20242"), PAISA)


def test_an_amnesty_waives_its_part_of_the_interest_if_the_rest_is_paid_at_once():
    """As Pune's of 2025-26: 75 % on a lump sum from 15 November to 15 January."""
    rules = Rules(ORDER, TWO_PERCENT, (), (AMNESTY,))
    entries = [billed("20241", general=1_000_00), billed("20251", general=400_00)]
    # 1 July 2024 to 15 November 2025: 17 months begun; 20251 from 1 July 2025: 5 months.
    on = date(2025, 11, 15)
    waived = 340_00 * 3 // 4
    found = _pay(entries, 1_340_00 - waived, on, rules)
    assert _kinds(found) == [Kind.INTEREST, Kind.WAIVER, Kind.PAYMENT]
    book = Book.of([*entries, *found])
    assert book.waived == {(hy("20241"), INTEREST): waived}
    assert book.open(hy("20242")) == {}
    assert book.open() == {(hy("20251"), "general"): 400_00, (hy("20251"), INTEREST): 40_00}
    short = _pay(entries, 1_340_00 - waived - 1, on, rules)
    assert _kinds(short) == [Kind.INTEREST, Kind.PAYMENT]
    outside = _pay(entries, 5_000_00, date(2026, 1, 16), rules)
    assert Kind.WAIVER not in _kinds(outside)


def test_of_two_amnesties_the_one_that_is_earned_and_waives_most_is_given_alone():
    year = Amnesty(AMNESTY.first_day, AMNESTY.last_day, Fraction(50), hy("20241"), PAISA)
    entries = [billed("20241", general=1_000_00), billed("20242", general=1_000_00)]
    on = date(2025, 12, 1)  # 18 months of the first half's, 12 of the second's: 360 and 240 rupees
    for rules in (
        Rules(ORDER, TWO_PERCENT, (), (year, AMNESTY)),
        Rules(ORDER, TWO_PERCENT, (), (AMNESTY, year)),
    ):
        found = _pay(entries, 2_150_00, on, rules)
        assert Book.of(found).waived == {
            (hy("20241"), INTEREST): 270_00,
            (hy("20242"), INTEREST): 180_00,
        }
        assert Book.of([*entries, *found]).net == 0


def test_an_amnesty_ends_after_it_begins_and_waives_a_percentage():
    with pytest.raises(ValueError, match="window"):
        Amnesty(ON, date(2026, 5, 1), Fraction(75), H1, PAISA)
    with pytest.raises(ValueError, match="amnesty"):
        Amnesty(ON, ON, Fraction(175), H1, PAISA)


def test_a_waiver_by_order_forgives_what_it_names():
    entries = [billed("20261", general=100)]
    entries.append(waive({(H1, "general"): 40}, ON))
    assert Book.of(entries).open() == {(H1, "general"): 60}
    assert entries[-1].if_paid_to is None


def test_a_payment_written_down_late_counts_from_its_day_and_leaves_later_ones_alone():
    entries = _bills()
    entries += _pay(entries, 1_200_00, date(2026, 7, 10))  # late: a month's interest on 1,200
    assert Book.of(entries).charged[H1, INTEREST] == 24_00
    found = _pay(entries, 2_200_00, date(2026, 6, 20), today=date(2026, 7, 20))
    assert _kinds(found) == [Kind.REBATE, Kind.PAYMENT, Kind.INTEREST, Kind.TRANSFER]
    assert [each.value_date.day for each in found] == [20, 20, 10, 10]
    book = Book.of([*entries, *found])
    assert (book.open(), book.excess) == ({}, {})
    assert book.charged.get((H1, INTEREST), 0) == 0
    assert book.advance == 1_200_00
    for day in range(20, 31):
        assert Book.of([*entries, *found], date(2026, 6, day)).net == 0


def test_an_advance_that_is_learnt_of_late_was_used_by_the_demand_that_came_since():
    entries = _bills()[:1]
    entries += bill(Book.of(entries), H2, {"general": 50_00}, H2.first_day, date(2027, 1, 1), RULES)
    entries.append(fee("fee_warrant", 30_00, date(2026, 11, 1)))
    today = date(2026, 12, 1)
    found = _pay(entries, 1_300_00, date(2026, 5, 2), rules=PLAIN, today=today)
    assert [(each.kind, each.value_date) for each in found] == [
        (Kind.PAYMENT, date(2026, 5, 2)),
        (Kind.TRANSFER, H2.first_day),
        (Kind.TRANSFER, today),
    ]
    assert Book.of([*entries, *found]).open() == {}
    assert Book.of([*entries, *found]).advance == 20_00


def test_no_payment_is_written_down_before_it_came():
    with pytest.raises(Invalid, match="must not be after"):
        _pay(_bills(), 100, ON, today=date(2026, 5, 1))


def test_a_rule_of_2023_back_to_2019_gives_four_years_back_in_parts():
    """The 40 % for the self-occupied, withdrawn in 2019 and restored in 2023."""
    halves = [hy(f"{year}{half}") for year in range(2019, 2023) for half in (1, 2)]
    entries = []
    for half_year in halves:
        entries.append(billed(half_year.code, general=1_000_00))
        if half_year != hy("20222"):
            entries += _pay(entries, 1_000_00, half_year.first_day)
    today = date(2023, 6, 1)
    right = [Revision(each, {"general": 600_00}, each.first_day) for each in halves]
    found = revise(entries, right, today, RULES)
    # 20222 was not paid: 600 and six months of 2 % on it, from 1 January, are settled first.
    assert _kinds(found) == [*[Kind.ADJUSTMENT] * 8, Kind.INTEREST, Kind.TRANSFER]
    entries += found
    book = Book.of(entries)
    assert (book.open(), book.excess) == ({}, {})
    assert book.advance == 7 * 400_00 - 600_00 - 72_00
    assert Book.of(entries, date(2019, 4, 1)).net == -400_00

    shares = parts(book.advance, 4)
    assert sum(shares) == book.advance
    entries.append(promise(book, book.advance, today))
    for number, share in enumerate(shares):
        year = hy(f"{2023 + number}1")
        entries.append(credit(Book.of(entries), share, year.plus(1).first_day))
        bills = bill(
            Book.of(entries),
            year.plus(1),
            {"general": 700_00},
            year.plus(1).first_day,
            date(2030, 1, 1),
            RULES,
        )
        assert _kinds(bills) == [Kind.DEMAND, Kind.TRANSFER]
        entries += bills
    book = Book.of(entries)
    assert (book.refund_payable, book.advance) == (0, 0)
    assert book.net == 4 * 700_00 - sum(shares)


def test_a_lower_tax_has_a_lower_rebate_and_only_the_rest_was_paid_in_excess():
    entries = _bills()
    entries += _pay(entries, 2_200_00)
    right = [Revision(each, {"general": 600_00}, date(2026, 4, 1)) for each in (H1, H2)]
    entries += revise(entries, right, date(2026, 8, 1), RULES)
    book = Book.of(entries)
    assert book.rebated == {(H1, "general"): 60_00, (H2, "general"): 60_00}
    assert (book.advance, book.open(), book.excess) == (720_00, {}, {})


def test_a_raise_after_the_window_leaves_the_rebate_as_it_was():
    entries = _bills()
    entries += _pay(entries, 2_200_00)
    right = [Revision(H1, {"general": 1_500_00}, date(2026, 8, 1), date(2026, 11, 1))]
    assert _kinds(revise(entries, right, date(2026, 8, 1), RULES)) == [Kind.ADJUSTMENT]


def test_a_lower_tax_may_have_a_higher_percentage():
    """₹ 26,000 had 5 %; ₹ 24,000, which it should have been, has 10 %."""
    rules = Rules(ORDER, TWO_PERCENT, (offer("20261", **WINDOW),))
    entries = [billed("20261", general=26_000_00)]
    entries += _pay(entries, 24_700_00, rules=rules)
    assert Book.of(entries).net == 0
    right = [Revision(H1, {"general": 24_000_00}, date(2026, 4, 1))]
    entries += revise(entries, right, date(2026, 8, 1), rules)
    assert Book.of(entries).rebated == {(H1, "general"): 2_400_00}
    assert Book.of(entries).advance == 24_700_00 - 21_600_00


def test_a_demand_lowered_to_nothing_leaves_no_rebate():
    entries = _bills()
    entries += _pay(entries, 2_200_00)
    nothing = {"general": 0, "water": 0}
    right = [Revision(each, nothing, date(2026, 4, 1)) for each in (H1, H2)]
    entries += revise(entries, right, date(2026, 8, 1), RULES)
    assert (Book.of(entries).rebated, Book.of(entries).advance) == ({}, 2_200_00)


def test_a_refund_is_never_more_than_there_is():
    entries = _pay([], 1_000, ON)
    with pytest.raises(Conflict, match="more than the advance"):
        promise(Book.of(entries), 1_001, ON)
    entries.append(promise(Book.of(entries), 700, ON))
    assert (Book.of(entries).advance, Book.of(entries).refund_payable) == (300, 700)
    with pytest.raises(Conflict, match="more than what is promised"):
        pay_out(Book.of(entries), 701, ON, Account.BANK)
    with pytest.raises(Conflict, match="more than what is promised"):
        credit(Book.of(entries), 701, ON)
    with pytest.raises(Invalid, match="must be where money is"):
        pay_out(Book.of(entries), 700, ON, Account.SUSPENSE)
    entries.append(pay_out(Book.of(entries), 700, ON, Account.BANK))
    assert Book.of(entries).money == {Account.CASH: 1_000, Account.BANK: -700}
    assert Book.of(entries).net == -300


@pytest.mark.parametrize(("amount", "count"), [(0, 4), (100, 0), (100, 41), (100, 2.0), (1.0, 2)])
def test_parts_are_of_an_amount_and_a_number(amount, count):
    with pytest.raises(Invalid):
        parts(amount, count)


def test_parts_differ_by_a_paisa_at_the_most():
    assert parts(10, 4) == [3, 3, 2, 2]
