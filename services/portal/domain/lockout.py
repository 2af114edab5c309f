"""How long who has failed is kept waiting, so that nobody guesses and nobody is shut out.

Three are counted: a device that has signed in to the account before (it carries a mark, as OWASP's
"device cookies" do), all strangers to the account together, and the network that strangers come
from. The officer's own device has a count of its own and nobody else's: neither what strangers do
nor what comes from the same office keeps it waiting. So whoever tries an account in vain all day
keeps its officer from signing in on a new device for at most ``LONGEST`` at a time, and on their
own not at all. Password and second factor are counted apart, and what was right costs nothing:
whoever has waited for the one does not wait for the other. Counts wear off; nothing is ever locked
for good.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """Who is counted."""

    DEVICE = "device"
    """One that has signed in to the account before."""
    STRANGERS = "strangers"
    """All others that try an account."""
    CLIENT = "client"
    """The network that requests come from, whatever account they try."""


@dataclass(frozen=True, slots=True)
class Patience:
    """``free`` failures cost nothing; then the wait doubles from ``first`` to ``longest``.

    Once it may be tried again the count wears off by ``free`` within ``forget``, one after the
    other; after ``forget`` without a failure all is forgotten."""

    free: int
    first: timedelta
    longest: timedelta
    forget: timedelta

    @property
    def most(self) -> int:
        """The count that costs the longest wait; there is none above it."""
        return self.free + 1 + math.ceil(math.log2(self.longest / self.first))


LONGEST: Final = timedelta(minutes=15)
PATIENCE: Final = {
    Scope.DEVICE: Patience(5, timedelta(seconds=5), LONGEST, timedelta(hours=1)),
    Scope.STRANGERS: Patience(5, timedelta(seconds=15), LONGEST, timedelta(hours=1)),
    # An office of hundreds sits behind one address.
    Scope.CLIENT: Patience(100, timedelta(seconds=15), timedelta(minutes=5), timedelta(hours=1)),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """How often in a row, when last, and from when on it may be tried again."""

    count: int
    last_at: datetime
    free_at: datetime


def after_failure(scope: Scope, before: Tried | None, now: datetime) -> Tried:
    """The count after one more failure."""
    patience = PATIENCE[scope]
    count = min(_worn(patience, before, now) + 1, patience.most)
    return Tried(count, now, now + _wait(patience, count))


def after_success(counted: Tried, present: Tried) -> Tried:
    """The count once the attempt was right: as if it had not been made.

    Args:
        counted: as it stood when the attempt was counted.
        present: as it stands. What others have failed in the meantime goes on to cost them.
    """
    alone = (counted.last_at, counted.free_at) == (present.last_at, present.free_at)
    free_at = present.last_at if alone else present.free_at
    return Tried(max(present.count - 1, 0), present.last_at, free_at)


def waits(tried: Tried | None, now: datetime) -> timedelta:
    """How long it is still to be waited; nothing when it may be tried."""
    if tried is None or tried.free_at <= now:
        return timedelta()
    return tried.free_at - now


def has_begun_to_wait(scope: Scope, tried: Tried) -> bool:
    """Whether this failure is the first that costs a wait."""
    return tried.count == PATIENCE[scope].free + 1


def _worn(patience: Patience, before: Tried | None, now: datetime) -> int:
    if before is None or before.last_at + patience.forget <= now:
        return 0
    at_rest = max(now - max(before.last_at, before.free_at), timedelta())
    return max(min(before.count, patience.most) - at_rest // (patience.forget / patience.free), 0)


def _wait(patience: Patience, count: int) -> timedelta:
    over = count - patience.free
    if over <= 0:
        return timedelta()
    return min(patience.first * 2 ** (over - 1), patience.longest)
