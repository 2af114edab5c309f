"""Load on the grievance service: processes that call it, and what came of their calls."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

from benchmarks.ground import Ground
from benchmarks.watch import WARM_UP
from palika.config import settings
from palika.local.processes import LocalError

PROCESSES = 1
"""Of callers: one makes a thousand calls a second with half of a core."""
_seeds = count(1)


@dataclass(frozen=True)
class Driven:
    """What came of it; moments are of the system's monotonic clock.

    Attributes:
        kind: of the pieces of work (``lives.KINDS``).
        started: when the first call was made.
        ended: when each piece of work was done, in order.
        took: when each call began, and how many seconds its answer took; in order.
        errors: how many pieces failed, by what was said.
        given: how many filings were given to a post at once.
    """

    kind: str
    started: float
    ended: list[float]
    took: list[tuple[float, float]]
    errors: Counter[str]
    given: int

    @classmethod
    def of(cls, kind: str, told: Iterable[dict[str, Any]]) -> "Driven":
        """From what each process has printed."""
        each = list(told)
        errors: Counter[str] = Counter()
        for one in each:
            errors.update(one["errors"])
        return cls(
            kind,
            min(one["started"] for one in each),
            sorted(moment for one in each for moment in one["ended"]),
            sorted((began, took) for one in each for began, took in one["took"]),
            errors,
            sum(one["given"] for one in each),
        )

    def rate(self, until: float | None = None) -> float:
        """Pieces a second, from the end of the warm-up until the last, or until a later moment."""
        first = max(1, int(len(self.ended) * WARM_UP))
        end = self.ended[-1] if until is None else max(until, self.ended[-1])
        return (len(self.ended) - first) / (end - self.ended[first - 1])

    def measures(self) -> dict[str, int]:
        """What the KPI service is to count of it."""
        done = len(self.ended)
        if self.kind == "filing":
            return {"grievance.filed": done, "grievance.assigned": self.given}
        return {
            "grievance.filed": done,
            "grievance.assigned": done + self.given,
            "grievance.resolved": done,
        }

    def check(self) -> None:
        """Raise LocalError when a piece failed."""
        if self.errors:
            raise LocalError(f"calls failed: {dict(self.errors)}")


def closed(ground: Ground, kind: str, pieces: int, callers: int) -> Driven:
    """So many pieces of work by so many callers, each at work on one at a time.

    Raises:
        LocalError: one failed.
    """
    share = pieces // PROCESSES
    driven = _drive(ground, kind, share, callers=callers // PROCESSES)
    driven.check()
    return driven


def opened(ground: Ground, kind: str, per_second: float, seconds: float) -> Driven:
    """So many pieces a second begin for so many seconds; errors are the caller's to look at."""
    each = per_second / PROCESSES
    return _drive(ground, kind, round(each * seconds), per_second=each)


def _drive(ground: Ground, kind: str, pieces: int, **how: Any) -> Driven:
    def process(seed: int) -> dict[str, Any]:
        asked = {
            "uri": ground.amqp_uri,
            "kind": kind,
            "count": pieces,
            "seed": seed,
            "timeout_s": settings().rpc_timeout_s,
        }
        answer = ground.run("benchmarks.caller", json.dumps(asked | how))
        told: dict[str, Any] = json.loads(answer)
        return told

    with ThreadPoolExecutor(PROCESSES) as pool:
        # No two processes of a run file the same.
        return Driven.of(kind, pool.map(process, [next(_seeds) for _ in range(PROCESSES)]))
