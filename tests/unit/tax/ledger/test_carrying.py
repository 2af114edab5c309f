"""What goes from a property to others is what they get, and it costs what it would have cost."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.carrying import Due, carried, carry_in, carry_out, handed_back
from services.tax.domain.ledger.dcb import dcb
from services.tax.domain.ledger.dues import adjust, fee
from services.tax.domain.ledger.entries import Draft, Entry
from services.tax.domain.ledger.interest import charge_interest
from services.tax.domain.ledger.receiving import Rules, receive
from services.tax.domain.ledger.statement import balance
from services.tax.domain.ledger.transfers import settle
from services.tax.domain.proportion import divided
from tests.support.ledgers import ORDER, TWO_PERCENT, billed, hy, posted, totals

RULES = Rules(ORDER, TWO_PERCENT)
START = date(2024, 4, 1)
HALVES = ("20241", "20242", "20251", "20252", "20261")


def post(drafts: list[Draft], entries: list[Entry], property: str = "P1") -> None:
    entries += [posted(each, len(entries) + at, property) for at, each in enumerate(drafts)]


def tidied(entries: list[Entry], on: date) -> list[Draft]:
    """Interest up to a day, and the use of all credit."""
    book, drafts = Book.of(entries, on), []
    if (interest := charge_interest(book, on, TWO_PERCENT)) is not None:
        book.post(interest)
        drafts.append(interest)
    if (moved := settle(book, on, ORDER)) is not None:
        drafts.append(moved)
    return drafts


def leave(entries: list[Entry], on: date) -> tuple[list[Draft], dict[Due, int], int]:
    """All that is owed and in credit leaves a property."""
    drafts = tidied(entries, on)
    book = Book.of([*entries, *drafts], on)
    dues = carried(book, on)
    return [*drafts, *carry_out(dues, book.advance, on)], dues, book.advance


@st.composite
def lives(draw):
    """A property that is billed, pays, is reassessed and owes a fee; and the day it is carried."""
    entries: list[Entry] = []
    day = START
    for text in HALVES[: draw(st.integers(1, 5))]:
        day = max(day, hy(text).first_day)
        heads = {"general": draw(st.integers(1, 9_000_00)), "water": draw(st.integers(0, 900_00))}
        post([billed(text, **heads)], entries)
        for _ in range(draw(st.integers(0, 2))):
            day += timedelta(days=draw(st.integers(0, 80)))
            kind = draw(st.sampled_from(["pay", "more", "less", "fee"]))
            amount = draw(st.integers(1, 6_000_00))
            if kind == "pay":
                post(receive(entries, amount, day, Account.CASH, day, RULES), entries)
            elif kind == "fee":
                post([fee("fee_notice", min(amount, 500_00), day)], entries)
            else:
                right = {"general": amount if kind == "more" else amount // 100}
                late = day + timedelta(days=60)
                post(adjust(Book.of(entries), hy(text), right, hy(text).first_day, late), entries)
    on = day + timedelta(days=draw(st.integers(0, 200)))
    return entries, on


@settings(max_examples=150)
@given(lives(), st.lists(st.integers(1, 1000), min_size=1, max_size=4), st.integers(0, 500))
def test_no_paisa_is_lost_when_a_property_is_split(life, weights, later):
    entries, on = life
    before = balance(Book.of(entries, on), on, TWO_PERCENT)
    drafts, dues, advance = leave(entries, on)
    old = [*entries, *drafts]
    assert not Book.of(old).receivable
    assert Book.of(old).advance == 0
    credits = divided(advance, weights)
    parts = [divided(paise, weights) for paise in dues.values()]
    new = [
        carry_in(
            {due: part[at] for due, part in zip(dues, parts, strict=True) if part[at]},
            credits[at],
            on,
        )
        for at in range(len(weights))
    ]
    sums = totals([*drafts, *(draft for part in new for draft in part)])
    assert sums.get(Account.SUSPENSE, 0) == 0
    after = [balance(Book.of(part, on), on, TWO_PERCENT) for part in new]
    assert sum(each.total for each in after) == before.total

    # What comes later costs what it would have cost: a paisa of rounding a month, due and part.
    day = on + timedelta(days=later)
    whole = balance(Book.of([*entries, *tidied(entries, on)], day), day, TWO_PERCENT).total
    in_parts = sum(balance(Book.of(part, day), day, TWO_PERCENT).total for part in new)
    assert abs(whole - in_parts) <= (later // 28 + 1) * (len(dues) + len(HALVES)) * len(weights)


@given(lives())
def test_demand_collection_and_balance_of_the_city_still_agree(life):
    entries, on = life
    drafts, dues, advance = leave(entries, on)
    everything = list(entries)
    post(drafts, everything)
    post(carry_in(dues, advance, on), everything, "P2")
    before = dcb(entries, START, on)
    after = dcb(everything, START, on)
    assert all(not each.difference for each in after.values())
    interest = sum(
        line.paise
        for draft in drafts
        for line in draft.lines
        if line.account is Account.INTEREST_INCOME
    )
    assert sum(each.demand for each in after.values()) == (
        sum(each.demand for each in before.values()) - interest
    )


def test_a_month_that_was_charged_is_not_charged_again_and_the_next_one_is():
    entries: list[Entry] = []
    post([billed("20261", general=1000_00)], entries)
    # Late from 1 July: by 10 September the months of July, August and September have begun.
    on = date(2026, 9, 10)
    drafts, dues, advance = leave(entries, on)
    assert dues == {
        Due(date(2026, 10, 1), hy("20261"), "general"): 1000_00,
        Due(None, hy("20261"), "interest"): 60_00,
    }
    new = carry_in(dues, advance, on)
    for day, owed in ((date(2026, 9, 30), 1060_00), (date(2026, 10, 1), 1080_00)):
        assert balance(Book.of(new, day), day, TWO_PERCENT).total == owed
    later = date(2027, 1, 1)
    assert balance(Book.of([*entries, *drafts], later), later, TWO_PERCENT).total == 0


def test_what_was_raised_later_is_late_later():
    entries: list[Entry] = []
    post([billed("20261", general=1000_00)], entries)
    raised, april, late = {"general": 1500_00}, date(2026, 4, 1), date(2026, 12, 5)
    post(adjust(Book.of(entries), hy("20261"), raised, april, late), entries)
    on = date(2026, 9, 10)
    post(receive(entries, 1060_00, on, Account.CASH, on, RULES), entries)
    _, dues, _ = leave(entries, on)
    # The tax of the demand is paid with its interest; open is what was added.
    assert {due.late_from for due in dues if due.head == "general"} == {late}


AMOUNTS = st.dictionaries(
    st.tuples(st.sampled_from([hy(each) for each in HALVES]), st.sampled_from(["general", "fee"])),
    st.integers(1, 900_00),
    max_size=4,
)


@given(
    brought=st.lists(st.tuples(AMOUNTS, st.integers(0, 2_000_00)), min_size=2, max_size=3),
    more=AMOUNTS,
)
@settings(max_examples=200)
def test_who_was_merged_has_again_what_was_theirs_to_the_paisa(brought, more):
    """Dues and credit meet, credit settles dues, interest comes (``more``), and all is undone."""
    dues: dict[tuple, int] = {}
    for of, _ in brought:
        for key, paise in of.items():
            dues[key] = dues.get(key, 0) + paise
    advance = sum(credit for _, credit in brought)
    for key in sorted(dues):
        used = min(dues[key], advance)
        dues[key], advance = dues[key] - used, advance - used
    for (half_year, _), paise in more.items():
        dues[half_year, "interest"] = dues.get((half_year, "interest"), 0) + paise
    left = {Due(None, *key): paise for key, paise in dues.items() if paise}
    lines = [
        [
            line
            for draft in carry_out({Due(None, *key): p for key, p in of.items()}, credit, START)
            for line in draft.lines
        ]
        for of, credit in brought
    ]
    found = handed_back(left, advance, lines, [1] * len(brought), START)
    for (of, credit), (again, back) in zip(brought, found, strict=True):
        own: dict[tuple, int] = {}
        for due, paise in again.items():
            key = due.half_year, due.head
            own[key] = own.get(key, 0) + paise
        assert {key: paise for key, paise in own.items() if key[1] != "interest"} == of
        assert back == credit
    assert sum(sum(again.values()) - back for again, back in found) == sum(left.values()) - advance
