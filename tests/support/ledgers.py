"""What the tests of the tax ledger share: a city's figures, and entries in few words."""

from datetime import UTC, date, datetime
from fractions import Fraction

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account, Part
from services.tax.domain.ledger.dues import demand
from services.tax.domain.ledger.entries import Draft, Entry
from services.tax.domain.ledger.interest import InterestRate, MonthlyInterest
from services.tax.domain.ledger.order import Order, Period, Stage, When
from services.tax.domain.ledger.rewards import RebateOffer, RebateTier
from services.tax.domain.rounding import Rounding

PAISA = Rounding(1)
RUPEE = Rounding(100)
TWO_PERCENT = MonthlyInterest((InterestRate(date(2010, 4, 1), Fraction(2)),), PAISA)
HEADS = ("general", "water", "tree")
ORDER = Order(
    (
        Stage(When.ARREARS, (Part.TAX,)),
        Stage(When.ARREARS, (Part.INTEREST, Part.FEE)),
        Stage(When.CURRENT, (Part.TAX, Part.INTEREST, Part.FEE)),
    ),
    HEADS,
)
BESIDE = Order(
    (
        Stage(When.ARREARS, (Part.INTEREST, Part.TAX, Part.FEE)),
        Stage(When.CURRENT, (Part.INTEREST, Part.TAX, Part.FEE)),
    ),
    HEADS,
    Period.HALF_YEAR,
)
NOON = datetime(2026, 4, 1, 6, 30, tzinfo=UTC)


def hy(text: str) -> HalfYear:
    """The half-year of ``20261``."""
    return HalfYear.parse(text)


def billed(text: str, on: date | None = None, late_from: date | None = None, **heads: int) -> Draft:
    """A demand: on its half-year's first day, late from 1 July or 1 January, unless said."""
    half_year = hy(text)
    day = on or half_year.first_day
    usual = date(half_year.year, 7, 1) if half_year.half == 1 else date(half_year.year + 1, 1, 1)
    return demand(half_year, heads, day, late_from or usual)


def posted(draft: Draft, number: object, property: str | None = "P1", at: datetime = NOON) -> Entry:
    """The entry of a draft."""
    return Entry.post(
        draft, id=f"e{number}", property=property, posted_at=at, reference=f"r{number}"
    )


def offer(*half_years: str, first: date, last: date) -> RebateOffer:
    """Pune's rebate of 2023 on the general tax: 10 % of at most ₹ 25,000, else 5 %."""
    tiers = (RebateTier(25_000_00, Fraction(10)), RebateTier(None, Fraction(5)))
    return RebateOffer(
        tuple(map(hy, half_years)), first, last, frozenset({"general"}), tiers, PAISA
    )


def totals(entries: list[Draft]) -> dict[Account, int]:
    """The sum of all lines by account, debits above 0."""
    sums: dict[Account, int] = {}
    for entry in entries:
        for line in entry.lines:
            sums[line.account] = sums.get(line.account, 0) + line.paise
    return sums
