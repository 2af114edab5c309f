"""How fast a provider may be used: a token bucket that all processes share."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """What a provider carries.

    Attributes:
        per_s: messages a second.
        burst: so many at once after a silence.
        kept: of the burst so many are kept for the urgent lane.
    """

    per_s: float
    burst: int
    kept: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens at a moment; a message takes one."""

    tokens: float
    at: datetime

    def take(self, wanted: int, now: datetime, rate: Rate, *, urgent: bool) -> tuple[int, "Bucket"]:
        """How many of ``wanted`` may go now, and the bucket after them.

        A clock that goes back fills nothing.
        """
        gone = max((now - self.at).total_seconds(), 0.0)
        tokens = min(self.tokens + gone * rate.per_s, float(rate.burst))
        free = tokens if urgent else tokens - rate.kept
        granted = max(min(wanted, int(free)), 0)
        return granted, Bucket(tokens - granted, max(now, self.at))

    def wait(self, missing: int, rate: Rate) -> timedelta:
        """How long until so many more may go, by the rate alone."""
        return timedelta(seconds=missing / rate.per_s)
