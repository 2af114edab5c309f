"""What ``data/collection.yaml`` says, and the ledger's rules out of it and the rate sheet."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from palika.reading import Reading
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Part
from services.tax.domain.ledger.interest import InterestRate, MonthlyInterest
from services.tax.domain.ledger.order import Order, Period, Stage, When
from services.tax.domain.ledger.receiving import Rules
from services.tax.domain.ledger.rewards import Amnesty, RebateOffer, RebateTier
from services.tax.domain.rates import Sheet

_LARGEST_FEE = 10_000_00
HALVES = (1, 2)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Collection:
    """How money settles what is owed.

    Attributes:
        current: what is no arrear.
        stages: of the order in which money settles what is owed.
        bounce_fee: of a cheque that came back, in paise; 0 is none.
    """

    current: Period
    stages: tuple[Stage, ...]
    bounce_fee: int


def collection_of(raw: Any) -> Collection:
    """Check and build what a city wrote in ``data/collection.yaml``.

    Raises:
        Mistakes: all that is missing or wrong.
    """
    reading = Reading()
    table = reading.mapping("file", raw, ("current", "stages", "bounce_fee_paise"), ())
    current = reading.one_of("current", table["current"], [each.value for each in Period])
    stages = []
    for place, each in reading.items("stages", table["stages"]):
        stage = reading.mapping(place, each, ("when", "parts"), ())
        when = reading.one_of(f"{place}, when", stage["when"], [one.value for one in When])
        parts = reading.codes(f"{place}, parts", stage["parts"], [one.value for one in Part])
        if when:
            stages.append(Stage(When(when), tuple(Part(part) for part in parts)))
    fee = reading.whole("bounce_fee_paise", table["bounce_fee_paise"], 0, _LARGEST_FEE)
    reading.stop_if_wrong()
    try:
        Order(tuple(stages), ())
    except ValueError as error:
        reading.wrong("stages", str(error))
    reading.stop_if_wrong()
    return Collection(Period(current), tuple(stages), fee)


def ledger_rules(sheet: Sheet, collection: Collection, known_on: date) -> Rules:
    """What the ledger goes by, as it was known on a day.

    Args:
        sheet: the city's rates.
        collection: the order of what is settled.
        known_on: rates, windows and schemes that were decided by this day count.
    """
    return Rules(
        Order(collection.stages, tuple(sheet.heads), collection.current),
        _interest(sheet, known_on),
        tuple(_offers(sheet, known_on)),
        tuple(_amnesties(sheet, known_on)),
    )


@lru_cache(maxsize=64)
def late_from(sheet: Sheet, half_year: HalfYear, billed_on: date) -> date:
    """The first day on which a half-year's demand is late, by the rule known on the bill's day.

    Raises:
        Invalid: as ``Sheet.check_covers``.
    """
    sheet.check_covers(half_year, billed_on)
    rule = sheet.interest.at(half_year.first_day, billed_on)
    assert rule is not None, "the check of a sheet finds a half-year without interest"
    return rule.value.runs_from(half_year, billed_on)


def _interest(sheet: Sheet, known_on: date) -> MonthlyInterest:
    days = sorted({each.basis.effective_from for each in sheet.interest.rules})
    held = ((day, sheet.interest.at(day, known_on)) for day in days)
    rates = tuple(InterestRate(day, rule.value.percent) for day, rule in held if rule is not None)
    return MonthlyInterest(rates, sheet.rounding)


def _offers(sheet: Sheet, known_on: date) -> list[RebateOffer]:
    rules = sheet.early_payment
    found = []
    for year in sorted(rules.windows):
        window = rules.window(year, known_on)
        tiers = rules.tiers.at(date(year, 4, 1), known_on)
        if window is None or window.value is None or tiers is None:
            continue
        found.append(
            RebateOffer(
                tuple(HalfYear(year, half) for half in HALVES),
                window.value.first_day,
                window.value.last_day,
                frozenset(rules.heads),
                tuple(RebateTier(each.up_to, each.percent) for each in tiers.value),
                sheet.rounding,
            )
        )
    return found


def _amnesties(sheet: Sheet, known_on: date) -> list[Amnesty]:
    """The days of each scheme by what is offered on them: of steps that overlap, the one that was
    decided last (``Scheme.offer``)."""
    found = []
    for scheme in sheet.amnesty.values():
        begins = {each.first_day for each in scheme.offers}
        begins |= {each.last_day + _DAY for each in scheme.offers if each.last_day < date.max}
        days = sorted(begins)
        for first, next_ in zip_longest(days, days[1:]):
            offer = scheme.offer(first, known_on)
            if offer is None:
                continue
            found.append(
                Amnesty(
                    first,
                    date.max if next_ is None else next_ - _DAY,
                    offer.percent,
                    scheme.arrears_to,
                    sheet.rounding,
                    scheme.dues_below,
                )
            )
    return found
