"""What an owner is told that is let off, and what a simulation counts, is what the ledger lets off.

``domain/rebates`` and ``domain/amnesty`` compute it from the sheet for who pays all of it on a day,
``ledger/rewards`` from the ledger: they agree, however the steps follow or overlap each other.
"""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from palika.text import Name
from services.tax.domain.amnesty import Offer, Scheme, waiver
from services.tax.domain.collection import ledger_rules
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis, Dated, History
from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import demand
from services.tax.domain.ledger.entries import Draft, Kind, charged
from services.tax.domain.rates_file import sheet
from services.tax.domain.rebates import EarlyPayment, Tier, Window, rebate
from services.tax.domain.rounding import Rounding
from services.tax.reference import collection
from tests.support.rate_sheet import raw_sheet

SHEET = sheet(raw_sheet())
NAME = Name("अभय", "amnesty")
FIRST = date(2025, 4, 1)
DAYS = st.integers(0, 24).map(lambda days: FIRST + timedelta(days=days))
PERCENTS = st.integers(1, 100).map(Fraction)
ROUNDINGS = st.sampled_from([Rounding(1), Rounding(100)])
HALVES = [HalfYear(year, half) for year in (2022, 2023, 2024) for half in (1, 2)]


def basis(decided_on: date, effective_from: date = FIRST) -> Basis:
    return Basis(effective_from, decided_on, None, illustrative=True)


@st.composite
def steps(draw, *, overlapping: bool) -> tuple[Offer, ...]:
    """Offers of a scheme, one to four; each of another day of decision."""
    count = draw(st.integers(1, 4))
    decided = draw(st.lists(DAYS, min_size=count, max_size=count, unique=True))
    if overlapping:
        spans = [sorted((draw(DAYS), draw(DAYS))) for _ in range(count)]
    else:
        days = sorted(draw(st.lists(DAYS, min_size=2 * count, max_size=2 * count, unique=True)))
        spans = [days[at : at + 2] for at in range(0, 2 * count, 2)]
    return tuple(
        Offer(first, last, draw(PERCENTS), basis(on))
        for (first, last), on in zip(spans, decided, strict=True)
    )


@st.composite
def schemes(draw) -> dict[str, Scheme]:
    """One or two schemes, whose steps overlap or do not."""
    return {
        code: Scheme(
            code,
            NAME,
            draw(st.sampled_from(HALVES)),
            lump_sum=True,
            offers=draw(steps(overlapping=draw(st.booleans()))),
            dues_below=draw(st.one_of(st.none(), st.integers(1, 60_00))),
        )
        for code in ("one", "two")[: draw(st.integers(1, 2))]
    }


def book_of(interest: dict[HalfYear, int]) -> Book:
    """A ledger in which so much interest is owed, and nothing else."""
    lines = [
        line
        for half_year, paise in interest.items()
        for line in charged(Account.INTEREST_INCOME, half_year, INTEREST, paise)
    ]
    return Book.of([Draft(kind=Kind.INTEREST, value_date=FIRST, lines=tuple(lines))])


@given(
    amnesty=schemes(),
    interest=st.dictionaries(st.sampled_from(HALVES), st.integers(1, 50_00), min_size=1),
    on=DAYS,
    known_on=DAYS,
    rounding=ROUNDINGS,
)
@settings(max_examples=300)
def test_the_ledger_waives_what_the_sheet_says(amnesty, interest, on, known_on, rounding):
    of = replace(SHEET, amnesty=amnesty, rounding=rounding)
    told = waiver(
        amnesty,
        interest,
        on,
        known_on,
        rounding,
        lump_sum=True,
        dues_paise=sum(interest.values()),
    )
    book = book_of(interest)
    drafts = [each.draft(book, on) for each in ledger_rules(of, collection(), known_on).amnesties]
    offered = [
        {line.half_year: line.paise for line in each.lines if line.account is Account.WAIVER_GIVEN}
        for each in drafts
        if each is not None
    ]
    # At most one step of a scheme is open on a day; of several schemes what waives most is given.
    assert len(offered) <= len(amnesty)
    best = max((sum(each.values()) for each in offered), default=0)
    assert best == (told.total_paise if told else 0)
    if told is not None:
        assert dict(told.lines) in offered


@st.composite
def early_payments(draw) -> EarlyPayment:
    """A window that is moved up to three times, so that its days overlap or do not; two tiers."""
    count = draw(st.integers(1, 4))
    decided = draw(st.lists(DAYS, min_size=count, max_size=count, unique=True))
    windows = []
    for on in decided:
        first, last = sorted((draw(DAYS), draw(DAYS)))
        window = draw(st.sampled_from([Window(first, last), Window(first, last), None]))
        windows.append(Dated(window, basis(on)))
    tiers = (Tier(draw(st.integers(1, 9_000_00)), draw(PERCENTS)), Tier(None, draw(PERCENTS)))
    return EarlyPayment(
        NAME,
        {"general": Name("सामान्य", "general")},
        History((Dated(tiers, basis(FIRST)),)),
        {2025: History(tuple(windows))},
    )


@given(
    early=early_payments(),
    halves=st.tuples(*[st.tuples(st.integers(1, 5_000_00), st.integers(1, 900_00))] * 2),
    on=DAYS,
    known_on=DAYS,
    rounding=ROUNDINGS,
)
@settings(max_examples=300)
def test_the_ledger_lets_off_for_early_payment_what_the_sheet_says(
    early, halves, on, known_on, rounding
):
    of = replace(SHEET, early_payment=early, rounding=rounding)
    taxes = {
        (HalfYear(2025, half), head): paise
        for half, parts in zip((1, 2), halves, strict=True)
        for head, paise in zip(("general", "water"), parts, strict=True)
    }
    told = rebate(early, 2025, taxes, on, known_on, rounding)
    book = Book.of(
        [
            demand(
                HalfYear(2025, half),
                {"general": general, "water": water},
                FIRST,
                FIRST + timedelta(days=90),
            )
            for half, (general, water) in zip((1, 2), halves, strict=True)
        ]
    )
    drafts = [each.draft(book, on) for each in ledger_rules(of, collection(), known_on).offers]
    given_ = {
        (line.half_year, line.head): line.paise
        for each in drafts
        if each is not None
        for line in each.lines
        if line.account is Account.REBATE_GIVEN
    }
    assert given_ == (dict(told.lines) if told else {})
