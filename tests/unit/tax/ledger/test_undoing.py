"""What a bounced cheque, or a wrong entry, takes with it."""

from datetime import date
from fractions import Fraction

import pytest

from palika.errors import Conflict, Invalid
from services.tax.domain.ledger.accounts import INTEREST, RECOVERY, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.ledger.interest import accrued
from services.tax.domain.ledger.payments import suspend
from services.tax.domain.ledger.receiving import Revision, Rules, bill, receive, revise
from services.tax.domain.ledger.refunds import credit, pay_out, promise
from services.tax.domain.ledger.rewards import Amnesty, waive
from services.tax.domain.ledger.undoing import BOUNCE_FEE, bounce, take_back
from tests.support.ledgers import ORDER, PAISA, TWO_PERCENT, billed, hy, offer, posted, totals

H1, H2 = hy("20261"), hy("20262")
IN_TIME = date(2026, 5, 2)
BACK = date(2026, 5, 20)
OFFER = offer("20261", first=date(2026, 4, 1), last=date(2026, 6, 30))
RULES = Rules(ORDER, TWO_PERCENT, (OFFER,))
PLAIN = Rules(ORDER, TWO_PERCENT)


class Story:
    """A property's entries, one thing after the other."""

    def __init__(self, *drafts, rules=PLAIN):
        self.rules, self.entries = rules, []
        self.add(drafts)

    def add(self, drafts):
        first = len(self.entries) + 1
        new = [posted(draft, number) for number, draft in enumerate(drafts, start=first)]
        self.entries += new
        return new

    def pay(self, amount, on, source=Account.CASH):
        new = self.add(receive(self.entries, amount, on, source, on, self.rules))
        return next(each for each in new if each.kind is Kind.PAYMENT)

    def bounce(self, cheque, fee=0, on=BACK):
        return self.add(bounce(self.entries, cheque, fee, on, ORDER))

    def book(self, on=None):
        return Book.of(self.entries, on)


def test_a_bounced_cheque_was_no_payment_and_costs_a_fee():
    story = Story(billed("20261", general=1_000_00))
    cheque = story.pay(1_000_00, date(2026, 6, 30), Account.CHEQUES_IN_HAND)
    assert story.book().net == 0
    kinds = [each.kind for each in story.bounce(cheque, 500_00, date(2026, 7, 6))]
    assert kinds == [Kind.CHEQUE_BOUNCE, Kind.FEE]
    book = story.book()
    assert book.receivable == {(H1, "general"): 1_000_00, (H1, BOUNCE_FEE): 500_00}
    assert book.money == {Account.CHEQUES_IN_HAND: 0}
    assert accrued(book, date(2026, 7, 6), TWO_PERCENT) == {H1: 20_00}
    assert story.book(date(2026, 7, 5)).net == 1_000_00


def test_a_bounce_takes_the_rebate_with_it_and_a_good_payment_may_earn_it_anew():
    story = Story(billed("20261", general=1_000_00, water=200_00), rules=RULES)
    cheque = story.pay(1_100_00, IN_TIME, Account.CHEQUES_IN_HAND)
    assert story.book().rebated == {(H1, "general"): 100_00}
    kinds = [each.kind for each in story.bounce(cheque)]
    assert kinds == [Kind.CHEQUE_BOUNCE, Kind.REVERSAL]
    assert story.book().rebated == {}
    assert story.book().open() == {(H1, "general"): 1_000_00, (H1, "water"): 200_00}
    story.pay(1_100_00, date(2026, 6, 30))
    assert (story.book().net, story.book().rebated) == (0, {(H1, "general"): 100_00})


def test_a_part_that_bounces_takes_the_rebate_that_another_payment_completed():
    story = Story(billed("20261", general=1_000_00, water=200_00), rules=RULES)
    cheque = story.pay(1_050_00, IN_TIME, Account.CHEQUES_IN_HAND)
    story.pay(50_00, date(2026, 5, 5))
    assert story.book().net == 0
    story.bounce(cheque)
    book = story.book()
    assert (book.rebated, book.excess, book.advance) == ({}, {}, 0)
    assert book.net == 1_150_00


def test_a_bounce_leaves_a_rebate_that_stands_without_it():
    story = Story(billed("20261", general=1_000_00), rules=RULES)
    cheque = story.pay(300_00, date(2026, 5, 1), Account.CHEQUES_IN_HAND)
    story.pay(900_00, IN_TIME)
    assert story.book().advance == 300_00
    assert [each.kind for each in story.bounce(cheque)] == [Kind.CHEQUE_BOUNCE, Kind.TRANSFER]
    assert (story.book().net, story.book().rebated) == (0, {(H1, "general"): 100_00})


def test_a_bounce_takes_an_amnesty_with_it_and_leaves_a_waiver_by_order():
    amnesty = Amnesty(date(2026, 11, 15), date(2027, 1, 15), Fraction(75), H1, PAISA)
    story = Story(
        billed("20261", general=1_000_00), rules=Rules(ORDER, TWO_PERCENT, (), (amnesty,))
    )
    on = date(2026, 11, 15)  # five months of 20 rupees
    story.add([waive({(H1, "general"): 100_00}, on)])
    cheque = story.pay(900_00 + 25_00, on, Account.CHEQUES_IN_HAND)
    assert story.book().net == 0
    story.bounce(cheque, on=date(2026, 11, 20))
    assert story.book().receivable == {(H1, "general"): 900_00, (H1, INTEREST): 100_00}
    assert story.book().waived == {(H1, "general"): 100_00}


def test_an_amnesty_is_lost_with_a_tax_that_had_to_be_paid_though_it_bore_no_interest():
    amnesty = Amnesty(date(2026, 11, 15), date(2027, 1, 15), Fraction(75), H2, PAISA)
    story = Story(
        billed("20261", general=1_000_00),
        billed("20262", general=300_00),
        rules=Rules(ORDER, TWO_PERCENT, (), (amnesty,)),
    )
    on = date(2026, 11, 15)
    story.pay(1_000_00, on)  # the first half's: its interest of 100 stays open
    cheque = story.pay(325_00, on, Account.CHEQUES_IN_HAND)
    assert (story.book().net, story.book().waived) == (0, {(H1, INTEREST): 75_00})
    story.bounce(cheque, on=date(2026, 11, 20))
    assert story.book().waived == {}
    assert story.book().net == 400_00


def test_a_bounce_after_other_payments_leaves_them_with_what_they_settled():
    story = Story(billed("20252", general=500_00), billed("20261", general=1_000_00))
    cheque = story.pay(500_00, date(2025, 12, 31), Account.CHEQUES_IN_HAND)
    story.pay(900_00, IN_TIME)
    before = list(story.entries)
    story.bounce(cheque)
    assert story.entries[: len(before)] == before
    assert story.book().receivable == {
        (hy("20252"), "general"): 500_00,
        (H1, "general"): 100_00,
    }
    assert accrued(story.book(), IN_TIME, TWO_PERCENT) == {hy("20252"): 5 * 10_00}


def test_an_advance_of_a_bounced_cheque_that_a_demand_used_is_owed_again():
    story = Story(billed("20261", general=1_000_00))
    cheque = story.pay(1_400_00, IN_TIME, Account.CHEQUES_IN_HAND)
    story.pay(50_00, date(2026, 5, 3))
    on = date(2026, 10, 1)
    story.add(bill(story.book(), H2, {"general": 1_000_00}, on, date(2027, 1, 1), PLAIN))
    assert story.book().open() == {(H2, "general"): 550_00}
    story.bounce(cheque, on=date(2026, 10, 5))
    book = story.book()
    assert book.advance == 0
    assert book.receivable == {(H1, "general"): 950_00, (H2, "general"): 1_000_00}
    # The 50 rupees of 3 May had been an advance: now they settled a part of what was open then.
    assert story.book(date(2026, 5, 3)).receivable == {(H1, "general"): 950_00}
    assert all(Book.of(story.entries, each.value_date).advance >= 0 for each in story.entries)


def test_an_excess_that_a_bounced_cheque_made_is_none():
    """The demand was lowered after the cheque, and what was too much had gone to the next one."""
    story = Story(billed("20261", general=1_000_00))
    cheque = story.pay(1_000_00, IN_TIME, Account.CHEQUES_IN_HAND)
    story.add(
        revise(
            story.entries,
            [Revision(H1, {"general": 600_00}, date(2026, 4, 1))],
            date(2026, 5, 10),
            PLAIN,
        )
    )
    on = date(2026, 10, 1)
    story.add(bill(story.book(), H2, {"general": 1_000_00}, on, date(2027, 1, 1), PLAIN))
    assert story.book().open() == {(H2, "general"): 600_00}
    story.bounce(cheque, on=date(2026, 10, 5))
    assert story.book().receivable == {(H1, "general"): 600_00, (H2, "general"): 1_000_00}
    assert story.book().advance == 0


def test_a_refund_that_was_only_promised_shrinks():
    story = Story()
    cheque = story.pay(700_00, IN_TIME, Account.CHEQUES_IN_HAND)
    story.pay(100_00, date(2026, 5, 3))
    story.add([promise(story.book(), 750_00, date(2026, 5, 9))])
    story.bounce(cheque)
    assert (story.book().advance, story.book().refund_payable) == (0, 100_00)
    assert story.book().receivable == {}


@pytest.mark.parametrize("paid_out", [True, False])
def test_a_refund_of_a_bounced_cheque_that_is_gone_is_owed(paid_out):
    story = Story()
    cheque = story.pay(700_00, IN_TIME, Account.CHEQUES_IN_HAND)
    story.add([promise(story.book(), 700_00, date(2026, 5, 9))])
    if paid_out:
        story.add([pay_out(story.book(), 700_00, date(2026, 5, 10), Account.BANK)])
    else:
        story.add([credit(story.book(), 700_00, date(2026, 5, 10))])
    story.bounce(cheque)
    book = story.book()
    assert book.refund_payable == 0
    assert book.net == (700_00 if paid_out else 0)
    assert book.receivable == {(H1, RECOVERY): 700_00}
    assert book.advance == (0 if paid_out else 700_00)


def test_a_payment_of_another_property_goes_back_to_suspense():
    story = Story(billed("20261", general=1_000_00))
    payment = story.pay(1_000_00, IN_TIME, Account.BANK)
    (back,) = story.add(take_back(story.entries, payment, ORDER, to=Account.SUSPENSE))
    assert (back.kind, back.undoes) == (Kind.REVERSAL, payment.id)
    assert story.book().open() == {(H1, "general"): 1_000_00}
    assert story.book().suspense == 1_000_00
    assert story.book().money == {Account.BANK: 1_000_00}


def test_nothing_is_taken_back_twice_and_what_follows_not_by_itself():
    story = Story(billed("20261", general=1_000_00, water=200_00), rules=RULES)
    cheque = story.pay(1_100_00, IN_TIME)
    rebate = next(each for each in story.entries if each.kind is Kind.REBATE)
    with pytest.raises(Invalid, match="follow from other entries"):
        take_back(story.entries, rebate, ORDER)
    first, *_ = story.bounce(cheque)
    with pytest.raises(Conflict, match="taken back already"):
        bounce(story.entries, cheque, 0, BACK, ORDER)
    with pytest.raises(Invalid, match="follow from other entries"):
        take_back(story.entries, first, ORDER)


def test_only_a_propertys_payment_bounces_and_never_before_it_came():
    story = Story(billed("20261", general=1_000_00))
    cheque = story.pay(1_000_00, IN_TIME)
    for wrong in (story.entries[0], posted(suspend(5, IN_TIME, Account.BANK), 9, property=None)):
        with pytest.raises(Invalid, match="must be a payment of a property"):
            bounce(story.entries, wrong, 0, BACK, ORDER)
    with pytest.raises(Invalid, match="must not be before the payment"):
        bounce(story.entries, cheque, 0, date(2026, 5, 1), ORDER)
    with pytest.raises(Invalid, match="at least 1 paisa"):
        bounce(story.entries, cheque, -1, BACK, ORDER)


def test_a_raise_that_is_taken_back_was_never_owed():
    story = Story(billed("20261", general=1_000_00))
    right = [Revision(H1, {"general": 1_500_00}, date(2026, 5, 1), date(2026, 8, 1))]
    (raised,) = story.add(revise(story.entries, right, date(2026, 5, 1), PLAIN))
    story.add(take_back(story.entries, raised, ORDER))
    on = date(2027, 1, 31)
    alone = Book.of(story.entries[:1])
    assert story.book().receivable == alone.receivable
    assert accrued(story.book(), on, TWO_PERCENT) == accrued(alone, on, TWO_PERCENT)
    assert sum(totals(story.entries).values()) == 0
