"""What a campaign has brought: for whom something was planned beside who was left alone by chance.

All for whom something was planned count, whatever became of it: who paid before their day was not
called, and who like them was left alone has paid as well. To count only those who were called would
compare the slow ones with all.
"""

import math
from dataclasses import dataclass
from typing import Final

_OF_95_PERCENT: Final = 1.96
_FEWEST: Final = 2
"""Of fewer there is no spread."""


@dataclass(frozen=True, slots=True)
class Group:
    """Items whose time is over.

    Attributes:
        count: how many.
        paise: what was paid in their time.
        squares: the sum of the squares of what was paid for each, in paise times paise.
    """

    count: int
    paise: int
    squares: int

    @property
    def mean(self) -> float:
        """Of an item, in paise."""
        return self.paise / self.count

    @property
    def error_squared(self) -> float:
        """The square of the mean's standard error."""
        # Whole numbers as long as can be: the difference of two large ones.
        spread = self.squares * self.count - self.paise**2
        return spread / (self.count**2 * (self.count - 1))


@dataclass(frozen=True, slots=True)
class Effect:
    """What was paid more for an item than for one left alone, in paise, with its 95 % interval.

    Attributes:
        planned, alone: of how many items each.
        in_all: for all that were planned.
    """

    planned: int
    alone: int
    more: int
    low: int
    high: int

    @property
    def in_all(self) -> int:
        """What the campaign has brought."""
        return self.more * self.planned


def effect(planned: Group, alone: Group) -> Effect | None:
    """What a campaign has brought; None where one of the groups has fewer than two items."""
    if min(planned.count, alone.count) < _FEWEST:
        return None
    more = planned.mean - alone.mean
    off = _OF_95_PERCENT * math.sqrt(planned.error_squared + alone.error_squared)
    return Effect(planned.count, alone.count, round(more), round(more - off), round(more + off))
