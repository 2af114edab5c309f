"""In which order a payment settles what is owed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Part, part_of
from services.tax.domain.ledger.book import Key


class When(StrEnum):
    """Which half-years a stage is about."""

    ARREARS = "arrears"
    CURRENT = "current"


class Period(StrEnum):
    """What is current on a day: its financial year, or its half-year. Earlier is an arrear."""

    YEAR = "year"
    HALF_YEAR = "half_year"


class Stage(NamedTuple):
    """One step: the oldest half-year first, within it by these parts in this order."""

    when: When
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of appropriation, as a city's rule has it.

    "The oldest arrears, then interest, then what is current" has three stages; with interest beside
    its own half-year the first two are one.

    Attributes:
        stages: one after the other; each part of arrears and of the current dues is in one of them.
        heads: the taxes, the first one is settled first; others come after them, by name.
        current: what is current.
    """

    stages: tuple[Stage, ...]
    heads: tuple[str, ...]
    current: Period = Period.YEAR

    def __post_init__(self) -> None:
        """Refuse an order that forgets a due, or has one twice. Raises ValueError."""
        named = [(stage.when, part) for stage in self.stages for part in stage.parts]
        wrong = [
            f"{part} of {when} is in {named.count((when, part))} stages, not in one"
            for when in When
            for part in Part
            if named.count((when, part)) != 1
        ]
        wrong += [f"{head} is there twice" for head in _twice(self.heads)]
        if wrong:
            raise ValueError("; ".join(wrong))

    def current_from(self, on: date) -> HalfYear:
        """The first half-year that is current on a day."""
        today = HalfYear.of(on)
        return HalfYear(today.year, 1) if self.current is Period.YEAR else today

    def sort(self, dues: Mapping[Key, int], on: date) -> list[tuple[Key, int]]:
        """Dues with their amounts, what is to be settled first at the front."""
        ranks = {
            (stage.when, part): (number, place)
            for number, stage in enumerate(self.stages)
            for place, part in enumerate(stage.parts)
        }
        heads = {head: place for place, head in enumerate(self.heads)}
        current = self.current_from(on)

        def rank(due: tuple[Key, int]) -> tuple[int, HalfYear, int, int, str]:
            half_year, head = due[0]
            when = When.ARREARS if half_year < current else When.CURRENT
            stage, place = ranks[when, part_of(head)]
            return stage, half_year, place, heads.get(head, len(heads)), head

        return sorted(dues.items(), key=rank)


def allocate(
    dues: Mapping[Key, int], amount: int, on: date, order: Order
) -> tuple[dict[Key, int], int]:
    """What an amount settles.

    Args:
        dues: what is open; each above 0.
        amount: paise, 0 or more.
        on: the day, which says what is an arrear.
        order: the city's.

    Returns:
        What is settled by due, and what is left: their sum is the amount.
    """
    settled: dict[Key, int] = {}
    for key, due in order.sort(dues, on):
        if not amount:
            break
        settled[key] = min(due, amount)
        amount -= settled[key]
    return settled, amount


def _twice(heads: tuple[str, ...]) -> list[str]:
    return sorted({head for head in heads if heads.count(head) > 1})
