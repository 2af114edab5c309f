"""How work that a process does by itself, again and again, is measured."""

import time

from palika import metrics

_OUTCOMES = {True: "ok", False: "failed"}


def begin(work: str, every_s: float) -> None:
    """The work is to be done every so many seconds from now on, under this name."""
    metrics.TIMER_INTERVAL.labels(work=work).set(every_s)
    metrics.TIMER_RAN.labels(work=work).set(time.time())
    for outcome in _OUTCOMES.values():
        # A series that begins with the first failure would hide it from increase().
        metrics.TIMER_RUNS.labels(work=work, outcome=outcome)


def done(work: str, ok: bool) -> None:
    """A turn has ended."""
    metrics.TIMER_RAN.labels(work=work).set(time.time())
    metrics.TIMER_RUNS.labels(work=work, outcome=_OUTCOMES[ok]).inc()
