"""The rebate for who pays the year's tax early."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from palika.text import Name
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Dated, History
from services.tax.domain.rounding import Rounding
from services.tax.domain.steps import Step

Key = tuple[HalfYear, str]
"""A half-year and the code of a head."""


@dataclass(frozen=True, slots=True)
class Tier:
    """So many percent where the year's tax is at most ``up_to`` paise; None: whatever it is."""

    up_to: int | None
    percent: Fraction


@dataclass(frozen=True, slots=True)
class Window:
    """The days (in Asia/Kolkata), both included, in which the year's tax has to be paid."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class EarlyPayment:
    """The rules of the rebate.

    Attributes:
        heads: on which it is given, by code.
        tiers: rising, the last of any amount; by when the financial year begins.
        windows: by the year in which a financial year begins; None: there was none in that year.
    """

    name: Name
    heads: Mapping[str, Name]
    tiers: History[tuple[Tier, ...]]
    windows: Mapping[int, History[Window | None]]

    def window(self, year: int, known_on: date) -> Dated[Window | None] | None:
        """The year's window as known on a day; None when none was decided by then.

        One that was moved later is decided later: it takes the place of the first.
        """
        history = self.windows.get(year, History())
        return history.at(date(year, 4, 1), known_on)


@dataclass(frozen=True, slots=True)
class Rebate:
    """What who pays early is let off.

    Attributes:
        lines: paise by half-year and head, above 0, as the ledger lets them off.
        window: the days in which the tax has to be paid.
        steps: how the percentage was found, and each line.
    """

    lines: Mapping[Key, int]
    window: Window
    steps: tuple[Step, ...]

    @property
    def total_paise(self) -> int:
        """All lines together."""
        return sum(self.lines.values())


def rebate(
    rules: EarlyPayment,
    year: int,
    taxes: Mapping[Key, int],
    paid_on: date,
    known_on: date,
    rounding: Rounding,
) -> Rebate | None:
    """The rebate for paying a year's tax in full on a day; None when there is none.

    Args:
        rules: of a rate sheet.
        year: in which the financial year begins.
        taxes: of both half-years, by half-year and head, after concessions, in paise.
        paid_on: the day on which the last of it is paid.
        known_on: what was decided by this day counts.
        rounding: of the sheet; each line is rounded by it.
    """
    window = rules.window(year, known_on)
    tiers = rules.tiers.at(date(year, 4, 1), known_on)
    if window is None or window.value is None or tiers is None:
        return None
    if not window.value.first_day <= paid_on <= window.value.last_day:
        return None
    tax = sum(taxes.values())
    tier = next(tier for tier in tiers.value if tier.up_to is None or tax <= tier.up_to)
    figures: dict[str, Any] = {
        "first_day": window.value.first_day,
        "last_day": window.value.last_day,
    }
    steps = [
        Step("rebate_window", 0, rules.name, figures, window.basis),
        Step(
            "rebate_percent",
            tax,
            rules.name,
            {"percent": tier.percent, "up_to": tier.up_to},
            tiers.basis,
        ),
    ]
    lines: dict[Key, int] = {}
    for (half_year, head), of in sorted(taxes.items()):
        if head not in rules.heads:
            continue
        paise = rounding.percent(tier.percent, of)
        if paise:
            lines[half_year, head] = paise
            figures = {
                "percent": tier.percent,
                "of": of,
                "head": rules.heads[head],
                "half_year": half_year,
            }
            steps.append(Step("rebate", -paise, rules.name, figures, tiers.basis))
    return Rebate(lines, window.value, tuple(steps))
