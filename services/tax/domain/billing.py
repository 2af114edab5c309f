"""The rules of bills: numbering, periods, what one asks for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from palika.errors import Conflict, Invalid
from services.tax.domain.assessment import Assessment, assess_by
from services.tax.domain.collection import late_from
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft
from services.tax.domain.ledger.interest import Stay
from services.tax.domain.ledger.receiving import Rules, bill
from services.tax.domain.ledger.statement import balance
from services.tax.domain.property import Property
from services.tax.domain.rates import Sheet

_PERIOD = re.compile(r"((?:19|20)[0-9]{2})-([0-9]{2})", re.ASCII)
_PREFIX = re.compile(r"\S{1,20}")
_FIELDS = {"bill_prefix"}


@dataclass(frozen=True, slots=True)
class BillingRules:
    """What a city decides: see ``data/billing.yaml``."""

    bill_prefix: str

    @classmethod
    def load(cls, raw: Any) -> "BillingRules":
        """Check and build what a city wrote in ``data/billing.yaml``.

        Raises:
            ValueError: names every field that is missing or wrong.
        """
        if not isinstance(raw, Mapping):
            raise ValueError("must be a table of fields")
        wrong = [f"{field}: unknown field" for field in sorted(map(str, raw.keys() - _FIELDS))]
        prefix: Any = raw.get("bill_prefix")
        if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
            wrong.append("bill_prefix: must be text without spaces, of 20 characters at the most")
        if wrong:
            raise ValueError("; ".join(wrong))
        return cls(prefix)


def period_of(day: date) -> str:
    """The financial year of a day: ``2025-26`` of 31 March 2026."""
    return HalfYear.of(day).financial_year


def check_financial_year(year: str) -> None:
    """Refuse what is no financial year, written ``2026-27``.

    Raises:
        Invalid: it is none.
    """
    if not _is_year(year):
        raise Invalid("not a year", {"year": [f"must be a year like 2026-27, not {year!r:.40}"]})


def half_years_of(period: str) -> tuple[HalfYear, ...]:
    """The half-years that a bill's period is about.

    Args:
        period: a financial year, ``2026-27`` (both halves on one bill, as Pune has them), or a
            half of one, ``2026-27/1``.

    Raises:
        Invalid: neither.
    """
    if "/" in period:
        found = HalfYear.parse(period)
        if str(found) == period:
            return (found,)
    if not _is_year(period):
        rule = f"must be a year like 2026-27, or a half of one, 2026-27/1, not {period!r:.40}"
        raise Invalid("not a period", {"period": [rule]})
    return HalfYear(int(period[:4]), 1), HalfYear(int(period[:4]), 2)


def _is_year(text: str) -> bool:
    year = _PERIOD.fullmatch(text)
    return year is not None and (int(year[1]) + 1) % 100 == int(year[2])


def check_begun(half_years: Iterable[HalfYear], on: date) -> None:
    """Refuse a bill for a financial year that has not begun: its tax would be late, and bear
    interest, before its time.

    Args:
        half_years: of the bill.
        on: its day.

    Raises:
        Invalid: tells on which day it begins.
    """
    this = HalfYear.of(on).year
    for each in half_years:
        if each.year > this:
            begins = HalfYear(each.year, 1).first_day
            rule = f"{each.financial_year} begins on {begins} only"
            raise Invalid("too early for a bill", {"period": [rule]})


def bill_number(prefix: str, year: int, serial: int) -> str:
    """``PT-2026-27-000001``: the serial counts in each financial year, and may have gaps."""
    return f"{prefix}-{HalfYear(year, 1).financial_year}-{serial:06d}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a bill asks for, and the entries that it makes.

    Attributes:
        assessments: one a half-year of the period.
        drafts: the demands, and what a credit settles of them at once.
        amount_paise: the tax of the period, net of concessions.
        arrears_paise: what was owed before, with interest up to the day of the bill.
        advance_paise: the owner's credit before.
        due_on: the last day on which the first half-year of the period is not late.
    """

    assessments: tuple[Assessment, ...]
    drafts: tuple[Draft, ...]
    amount_paise: int
    arrears_paise: int
    advance_paise: int
    due_on: date


def ask(
    properties: Mapping[HalfYear, Property | None],
    book: Book,
    sheet: Sheet,
    rules: Rules,
    on: date,
    stays: Sequence[Stay] = (),
    *,
    explain: bool = True,
) -> Asked | None:
    """What a property's bill of a day asks for; None when there is nothing to demand.

    Args:
        properties: by half-year of the period the property as it is assessed; None: it is not.
        book: of the property, with value dates up to that day. It is not changed.
        sheet: the city's rates.
        rules: of the ledger, known on that day.
        on: the day of the bill.
        stays: of courts.
        explain: give the assessments with their steps.

    Raises:
        Invalid: as ``assess`` and ``check_begun``.
        Conflict: one of the half-years is billed already.
    """
    check_begun(properties, on)
    # Of a half-year in which it is not assessed it may owe what was carried to it.
    if billed := [each for each, owed in properties.items() if owed and each in book.taxes]:
        raise Conflict(
            f"{', '.join(map(str, billed))} {'is' if len(billed) == 1 else 'are'} billed already",
            {"half_years": [str(half_year) for half_year in billed]},
        )
    assessed: list[Assessment] = []
    demanded: list[dict[str, int]] = []
    for each in _assessed(properties, sheet, on, explain):
        like_last = assessed and each.lines is assessed[-1].lines
        heads = demanded[-1] if like_last else each.by_head()
        if like_last or sum(heads.values()) > 0:
            assessed.append(each)
            demanded.append(heads)
    if not assessed:
        return None
    before = balance(book, on, rules.interest, stays)
    late = [late_from(sheet, each.half_year, on) for each in assessed]
    drafts: list[Draft] = []
    trial = book.copy() if book.advance > 0 else book
    for each, heads, day in zip(assessed, demanded, late, strict=True):
        more = bill(trial, each.half_year, heads, on, day, rules, stays)
        # Without a credit nothing is settled, and no bill asks what is owed for another half-year.
        for draft in more if trial.advance > 0 else ():
            trial.post(draft)
        drafts += more
    return Asked(
        tuple(assessed),
        tuple(drafts),
        sum(sum(heads.values()) for heads in demanded),
        max(sum(before.dues.values()), 0),
        before.advance,
        min(late) - timedelta(days=1),
    )


def _assessed(
    properties: Mapping[HalfYear, Property | None], sheet: Sheet, on: date, explain: bool
) -> Iterator[Assessment]:
    last: Assessment | None = None
    for half_year, owed in properties.items():
        if owed is None:
            continue
        if last is not None and owed == last.owed and sheet.alike(last.half_year, half_year, on):
            last = Assessment(owed, half_year, on, last.valuation, last.lines, last.steps)
        else:
            last = assess_by(owed, sheet.in_force(half_year, on), explain=explain)
        yield last


def lines_as_json(assessments: Sequence[Assessment]) -> dict[str, dict[str, list[int]]]:
    """By half-year (20261) and head the tax and what concessions took off it, in paise."""
    found: dict[str, dict[str, list[int]]] = {}
    last: Assessment | None = None
    for each in assessments:
        if last is None or each.lines is not last.lines:
            heads: dict[str, list[int]] = {}
            for line in each.lines:
                amounts = heads.setdefault(line.head, [0, 0])
                amounts[0 if line.concession is None else 1] += abs(line.paise)
        found[each.half_year.code] = heads
        last = each
    return found
