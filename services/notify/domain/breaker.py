"""When a provider is left alone: a circuit breaker that all processes share.

What a provider answers is counted over a window. When too much of it is an error, or slow, the
circuit opens: nothing is sent to it until ``open_until``; the next provider of the channel takes
over. Then one message tries it: if that goes well the circuit closes, else it stays open for twice
as long, up to a limit.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """When the circuit opens, and for how long.

    Attributes:
        window: answers are counted over so long.
        least: with fewer answers in the window nothing is concluded.
        bad_percent: errors of the provider (not of messages) that open it.
        slow_s: an answer that took longer is slow.
        slow_percent: slow answers that open it.
        first_pause, longest_pause: how long it is left alone.
    """

    window: timedelta
    least: int
    bad_percent: int
    slow_s: float
    slow_percent: int
    first_pause: timedelta
    longest_pause: timedelta


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of a provider.

    Attributes:
        since: when the window began.
        good, bad, slow: answers in it; a slow one is good or bad as well.
        opened: how many times in a row the circuit has opened; 0 when it is closed.
        open_until: nothing is sent before; None when it is closed.
    """

    since: datetime
    good: int = 0
    bad: int = 0
    slow: int = 0
    opened: int = 0
    open_until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the provider is to be left alone now."""
        return self.open_until is not None and now < self.open_until

    @property
    def on_trial(self) -> bool:
        """Whether it has been open: the next answers decide alone."""
        return self.opened > 0

    def after(
        self, good: int, bad: int, slow: int, now: datetime, rules: BreakerRules
    ) -> "Circuit":
        """The circuit after so many more answers."""
        if not good and not bad:
            return self
        if self.is_open(now):
            # Of what was under way when it opened: it says nothing new.
            return self
        if self.on_trial:
            return self._opened(now, rules) if bad or slow else Circuit(now, good)
        fresh = now - self.since >= rules.window
        seen = Circuit(now) if fresh else self
        seen = replace(seen, good=seen.good + good, bad=seen.bad + bad, slow=seen.slow + slow)
        answers = seen.good + seen.bad
        if answers < rules.least:
            return seen
        too_bad = seen.bad * 100 >= answers * rules.bad_percent
        too_slow = seen.slow * 100 >= answers * rules.slow_percent
        return seen._opened(now, rules) if too_bad or too_slow else seen

    def _opened(self, now: datetime, rules: BreakerRules) -> "Circuit":
        pause = min(rules.first_pause * 2 ** min(self.opened, 20), rules.longest_pause)
        return Circuit(now, opened=self.opened + 1, open_until=now + pause)
