"""A rate from what the database shows, not from when something was started."""

import time
from collections.abc import Callable

from palika.local.processes import LocalError

WARM_UP = 0.2
"""The first part of every run, in which processes connect and caches fill; it does not count."""
_LOOK_EVERY_S = (0.004, 0.25)

Look = Callable[[], tuple[float, int]]
"""Gives a moment in seconds, by the database's clock, and how many events were done then."""


def rate(look: Look, total: int, check: Callable[[], None], timeout_s: float = 120) -> float:
    """Events a second, from the end of the warm-up until all are done.

    Looks often only near the two ends, so that looking costs little.

    Args:
        look: see ``Look``.
        total: how many events there are.
        check: raises when there is no hope; called now and then.
        timeout_s: for the whole of it.

    Raises:
        LocalError: not all were done in time, or more than there are.
    """
    deadline = time.monotonic() + timeout_s
    begun: tuple[float, int] | None = None
    before = look()
    while True:
        now = look()
        done = now[1]
        if begun is None and done >= total * WARM_UP:
            begun = now
        if done >= total:
            break
        if time.monotonic() > deadline:
            raise LocalError(f"only {done} of {total} events were done in {timeout_s:g} s")
        check()
        time.sleep(_pause(before, now, total if begun else total * WARM_UP))
        before = now
    if done > total:
        raise LocalError(f"{done} events were counted where there are {total}")
    assert begun is not None
    if begun[1] >= total:
        raise LocalError(f"{total} events are too few: all were done at the first look")
    return (total - begun[1]) / (now[0] - begun[0])


def _pause(before: tuple[float, int], now: tuple[float, int], goal: float) -> float:
    """Half of the time that is left at the present pace."""
    shortest, longest = _LOOK_EVERY_S
    advanced, took = now[1] - before[1], now[0] - before[0]
    if advanced <= 0 or took <= 0:
        return 0.02
    left = (goal - now[1]) / (advanced / took)
    return min(longest, max(shortest, left / 2))
