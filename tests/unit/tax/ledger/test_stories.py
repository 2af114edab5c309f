"""Whatever happens to a property, in whatever order: no paisa is lost or made."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from palika.india import start_of
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, MONEY, Account, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dcb import dcb
from services.tax.domain.ledger.dues import fee
from services.tax.domain.ledger.entries import Kind, is_charge
from services.tax.domain.ledger.interest import Stay, explain
from services.tax.domain.ledger.payments import suspend
from services.tax.domain.ledger.receiving import Revision, Rules, bill, identify, receive, revise
from services.tax.domain.ledger.refunds import credit, pay_out, promise
from services.tax.domain.ledger.rewards import Amnesty
from services.tax.domain.ledger.statement import balance, statement
from services.tax.domain.ledger.undoing import BOUNCE_FEE, bounce
from tests.support.ledgers import BESIDE, ORDER, PAISA, TWO_PERCENT, hy, offer, posted, totals

FIRST = hy("20231")
OFFERS = tuple(
    offer(f"{year}1", first=date(year, 4, 1), last=date(year, 6, 30)) for year in range(2023, 2027)
)
AMNESTY = Amnesty(date(2024, 1, 1), date(2025, 3, 31), Fraction(75), hy("20232"), PAISA)
AMOUNTS = st.integers(1, 3_000_00)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "cheque", "bounce", "revise", "fee", "lost", "found", "refund"]),
        AMOUNTS,
        st.integers(0, 120),
        st.integers(0, 60),
    ),
    min_size=2,
    max_size=12,
)


class City:
    """One property of a city, day after day; its bills come when their half-years begin."""

    def __init__(self, order, offers=OFFERS, amnesties=(AMNESTY,), stays=()):
        self.rules, self.stays = Rules(order, TWO_PERCENT, offers, amnesties), stays
        self.entries, self.today, self.next = [], FIRST.first_day, FIRST
        self.fate = {"cheque": Account.CHEQUES_IN_HAND, "pay": Account.CASH}
        self.received = 0
        self.suspense = []

    def add(self, drafts, property="P1"):
        at = start_of(self.today) + timedelta(minutes=len(self.entries))
        new = [
            posted(draft, len(self.entries) + number, property, at)
            for number, draft in enumerate(drafts)
        ]
        self.entries += new
        return new

    @property
    def own(self):
        return [each for each in self.entries if each.property is not None]

    @property
    def book(self):
        return Book.of(self.own, self.today)

    def wait(self, days):
        until = self.today + timedelta(days=days)
        while self.next.first_day <= until:
            self.today, half_year = self.next.first_day, self.next
            heads = {"general": 1_000_00, "water": 333_33, "tree": 7}
            late = HalfYear.of(self.today).first_day + timedelta(days=91)
            self.add(bill(self.book, half_year, heads, self.today, late, self.rules, self.stays))
            self.next = self.next.plus(1)
        self.today = until

    def do(self, what, amount, back):
        on = max(self.today - timedelta(days=back), FIRST.first_day)
        if what in self.fate:
            drafts = receive(
                self.own, amount, on, self.fate[what], self.today, self.rules, self.stays
            )
            self.add(drafts)
            self.received += amount
        elif what == "bounce":
            gone = {each.undoes for each in self.entries}
            cheques = [
                each
                for each in self.entries
                if each.lines[0].account is Account.CHEQUES_IN_HAND
                and each.kind is Kind.PAYMENT
                and each.id not in gone
            ]
            if cheques:
                cheque = cheques[amount % len(cheques)]
                self.add(bounce(self.own, cheque, 500, self.today, self.rules.order))
                self.received -= cheque.lines[0].paise
        elif what == "revise":
            half_year = FIRST if amount % 2 else self.next.plus(-1)
            day = half_year.first_day
            late = self.today + timedelta(days=30)
            right = Revision(half_year, {"general": amount % 1_500_00, "tree": 8}, day, late)
            self.add(revise(self.own, [right], self.today, self.rules, self.stays))
        elif what == "fee":
            self.add([fee("fee_warrant", amount, self.today)])
        elif what == "lost":
            self.suspense += self.add([suspend(amount, on, Account.BANK)], None)
        elif what == "found" and self.suspense:
            waiting = self.suspense.pop()
            paise = waiting.lines[0].paise
            args = (waiting, 0, paise, self.today, self.rules, self.stays)
            self.add(identify(self.own, *args))
            self.received += paise
        elif what == "refund":
            self.refund(amount)

    def refund(self, amount):
        book = self.book
        if book.advance > 0:
            self.add([promise(book, min(amount, book.advance), self.today)])
        elif book.refund_payable > 0 and amount % 2:
            amount = min(amount, book.refund_payable)
            self.add([pay_out(book, amount, self.today, Account.BANK)])
            self.received -= amount
        elif book.refund_payable > 0:
            self.add([credit(book, min(amount, book.refund_payable), self.today)])


def _lived(steps, order, stays=()):
    city = City(order, stays=stays)
    for what, amount, days, back in steps:
        city.wait(days)
        city.do(what, amount, back)
    return city


@given(STEPS, st.sampled_from([ORDER, BESIDE]))
@settings(max_examples=120, deadline=None)
def test_no_paisa_is_lost_or_made(steps, order):
    city = _lived(steps, order)
    book, entries = Book.of(city.own), city.own
    assert sum(totals(entries).values()) == 0
    charged = sum(book.charged.values())
    given_up = sum(book.rebated.values()) + sum(book.waived.values())
    assert book.net == charged - given_up - city.received
    money = sum(book.money.values()) - book.suspense
    assert money == city.received
    assert Book.of(city.entries).suspense == sum(each.lines[0].paise for each in city.suspense)
    assert sum(paise for account, paise in totals(city.entries).items() if account in MONEY) == (
        city.received + Book.of(city.entries).suspense
    )
    assert book.advance >= 0
    assert book.refund_payable >= 0
    assert not (book.advance and book.excess)


@given(STEPS, st.sampled_from([ORDER, BESIDE]))
@settings(max_examples=60, deadline=None)
def test_what_is_in_credit_on_a_day_was_there(steps, order):
    """No advance and no promise is ever used before it is there, or after it is gone."""
    city = _lived(steps, order)
    for day in sorted({each.value_date for each in city.own}):
        book = Book.of(city.own, day)
        assert book.advance >= 0
        assert book.refund_payable >= 0
        assert all(paise >= 0 for paise in book.rebated.values())


@given(STEPS, st.randoms(use_true_random=False), st.integers(-400, 400))
@settings(max_examples=60, deadline=None)
def test_every_rupee_of_a_statement_and_of_the_dcb_is_explained(steps, random, days):
    stay = Stay(date(2023, 9, 1), date(2024, 2, 29))
    city = _lived(steps, ORDER, [stay])
    on = city.today + timedelta(days=days)
    entries = city.own[:]
    random.shuffle(entries)
    found = statement(entries, on, TWO_PERCENT, [stay])
    assert found == statement(city.own, on, TWO_PERCENT, [stay])
    total = 0
    for row in found.rows:
        total += row.paise
        assert row.balance == total
    assert total + sum(found.interest_to_come.values()) == found.balance.total
    book = Book.of(entries, on)
    for half_year, lines in found.interest.items():
        came = book.charged.get((half_year, INTEREST), 0)
        came += found.interest_to_come.get(half_year, 0)
        assert sum(each.paise for each in lines) == came
    assert found.interest == explain(book, on, TWO_PERCENT, [stay])

    first = on - timedelta(days=random.randint(0, 500))
    figures = dcb(entries, first, on)
    assert all(each.difference == 0 for each in figures.values())
    assert {key: each.closing for key, each in figures.items() if each.closing} == book.receivable
    before = Book.of(entries, first - timedelta(days=1)).receivable
    assert {key: each.opening for key, each in figures.items() if each.opening} == before
    whole = dcb(entries, date.min, date.max)
    by_kind = Counter()
    for entry in entries:
        for line in entry.lines:
            if line.account is Account.RECEIVABLE and not is_charge(entry):
                by_kind[line.half_year, line.head] -= line.paise
    assert {key: each.collection for key, each in whole.items() if each.collection} == {
        key: paise for key, paise in by_kind.items() if paise
    }


def _summed(entries, on):
    """The book as the database would sum it up for a bill run."""
    sums, changes = Counter(), Counter()
    for entry in entries:
        if entry.value_date <= on:
            for account, half_year, head, paise in entry.lines:
                sums[account, half_year, head] += paise
                if account is Account.RECEIVABLE and part_of(head) is Part.TAX:
                    changes[half_year, entry.value_date, entry.late_from] += paise
    return Book.of_sums(
        [(*key, paise) for key, paise in sums.items()],
        [(*key, paise) for key, paise in changes.items()],
    )


@given(STEPS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_replay_in_any_order_gives_the_same_balances_on_any_day(steps, random):
    city = _lived(steps, BESIDE)
    shuffled = city.own[:]
    random.shuffle(shuffled)
    for _ in range(4):
        on = FIRST.first_day + timedelta(days=random.randint(0, 1_300))
        one = balance(Book.of(city.own, on), on, TWO_PERCENT)
        assert one == balance(_summed(city.own, on), on, TWO_PERCENT)
        assert one == balance(Book.of(shuffled, on), on, TWO_PERCENT)
        assert one.total == one.before(hy("20991")) - one.advance - one.refund_payable


@given(
    st.lists(
        st.tuples(AMOUNTS, st.dates(date(2023, 4, 1), date(2025, 9, 30))), min_size=1, max_size=6
    ),
    st.randoms(use_true_random=False),
    st.sampled_from([ORDER, BESIDE]),
)
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_in_which_order_payments_are_written_down(payments, random, order):
    """A bank's statement may come weeks later: each payment counts from its day all the same."""
    end = date(2025, 9, 30)
    bills = City(order, offers=(), amnesties=())
    bills.wait((end - FIRST.first_day).days)

    def after(written_down):
        entries = list(bills.own)
        for amount, on in written_down:
            entries += receive(entries, amount, on, Account.BANK, end, bills.rules)
        return balance(Book.of(entries), end, TWO_PERCENT)

    shuffled = payments[:]
    random.shuffle(shuffled)
    assert after(shuffled) == after(sorted(payments, key=lambda each: each[1]))


@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_a_bounced_cheque_leaves_other_payments_whole(steps):
    """They may have settled other dues than they would have: so interest, and it alone, differs."""
    steps = [step for step in steps if step[0] in ("pay", "fee", "lost", "found")]
    cities = City(ORDER, offers=(), amnesties=()), City(ORDER, offers=(), amnesties=())
    for city in cities:
        city.wait(30)
    cities[0].do("cheque", 1_200_00, 0)
    for what, amount, days, back in steps:
        for city in cities:
            city.wait(days)
            city.do(what, amount, min(back, 5))
    cities[0].do("bounce", 0, 0)

    def owed_but_interest(city):
        interest = sum(paise for key, paise in city.book.charged.items() if key[1] == INTEREST)
        return city.book.net - interest

    assert cities[0].received == cities[1].received
    assert owed_but_interest(cities[0]) == owed_but_interest(cities[1]) + 500


@given(STEPS, st.integers(1, 9_000_00), st.integers(0, 800), st.sampled_from([ORDER, BESIDE]))
@settings(max_examples=60, deadline=None)
def test_of_a_bounced_cheque_nothing_stays_but_its_fee(steps, amount, days, order):
    """Whatever became of it: dues, an advance, a demand of later, one that was lowered."""
    steps = [step for step in steps if step[0] in ("revise", "fee")]
    cities = City(order, offers=(), amnesties=()), City(order, offers=(), amnesties=())
    for city in cities:
        city.wait(days)
    cities[0].do("cheque", amount, 0)
    for what, paise, wait, back in steps:
        for city in cities:
            city.wait(wait)
            city.do(what, paise, back)
    cities[0].do("bounce", 0, 0)
    one, other = (balance(city.book, city.today, TWO_PERCENT) for city in cities)
    assert one.dues.pop((HalfYear.of(cities[0].today), BOUNCE_FEE)) == 500
    assert one == other


def test_the_steps_of_these_stories_make_entries_of_every_kind():
    steps = [
        ("cheque", 1_233_40, 0, 0),  # the first half-year's tax less its rebate
        ("bounce", 0, 20, 0),
        ("pay", 2_900_00, 270, 10),  # all of a year, in the amnesty
        ("refund", 700_01, 10, 0),
        ("revise", 300_01, 20, 0),
        ("fee", 200, 5, 0),
        ("lost", 900, 5, 3),
        ("found", 1, 9, 0),
    ]
    city = _lived(steps, ORDER)
    # Money between the city's own accounts is of no property; what goes to another property is in
    # test_carrying.py.
    assert {each.kind for each in city.own} == set(Kind) - {Kind.DEPOSIT, Kind.CARRIED}
