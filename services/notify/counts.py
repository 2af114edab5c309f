"""Where notify counts for its metrics (``palika/metrics.py``), in the service and in its worker.

What is for many goes out in a process that nobody scrapes (``working``): there the counts are kept,
and told to the service line by line, which adds them to its own.
"""

import json
import threading
from collections import Counter, defaultdict
from typing import Any, Final

from palika import metrics

_COUNTERS: Final = {
    "deliveries": metrics.NOTIFY_DELIVERIES,
    "attempts": metrics.NOTIFY_ATTEMPTS,
    "skips": metrics.NOTIFY_SKIPS,
    "cost": metrics.NOTIFY_COST,
    "receipts": metrics.NOTIFY_RECEIPTS,
}
_HISTOGRAMS: Final = {
    "sending": metrics.NOTIFY_SENDING,
    "arriving": metrics.NOTIFY_ARRIVING,
}
_KEY: Final = "palika_counts"
NO_CHANNEL: Final = "none"
"""The label of a channel that was never chosen."""


class Tally:
    """Counts that are kept until they are told; any thread may add to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[tuple[str, ...]] = Counter()
        self._observed: dict[tuple[str, ...], list[float]] = defaultdict(list)

    def count(self, key: tuple[str, ...], amount: float) -> None:
        """Add to a counter; ``key`` is its name and its labels."""
        with self._lock:
            self._counted[key] += amount  # type: ignore[assignment]

    def observe(self, key: tuple[str, ...], value: float) -> None:
        """Add to a histogram."""
        with self._lock:
            self._observed[key].append(round(value, 3))

    def line(self) -> str:
        """What was counted since the last time, as one line; empty if nothing was."""
        with self._lock:
            counted = [[*key, amount] for key, amount in self._counted.items()]
            observed = [[*key, values] for key, values in self._observed.items()]
            self._counted.clear()
            self._observed.clear()
        if not counted and not observed:
            return ""
        return json.dumps({_KEY: [counted, observed]})


_tally: Tally | None = None


def keep() -> Tally:
    """Keep the counts of this process from now on, for whoever asks for its lines."""
    global _tally
    _tally = Tally()
    return _tally


def count(name: str, *labels: str, amount: float = 1) -> None:
    """Add to one of the counters."""
    if _tally is not None:
        _tally.count((name, *labels), amount)
    else:
        _COUNTERS[name].labels(*labels).inc(amount)


def observe(name: str, *labels: str, value: float) -> None:
    """Add seconds to one of the histograms."""
    if _tally is not None:
        _tally.observe((name, *labels), value)
    else:
        _HISTOGRAMS[name].labels(*labels).observe(value)


def take(line: str) -> bool:
    """Add what a worker tells to this process's own counts; False if the line is no such."""
    try:
        told: Any = json.loads(line)
    except ValueError:
        return False
    if not isinstance(told, dict) or _KEY not in told:
        return False
    counted, observed = told[_KEY]
    for name, *labels, amount in counted:
        count(name, *labels, amount=amount)
    for name, *labels, values in observed:
        for value in values:
            observe(name, *labels, value=value)
    return True
