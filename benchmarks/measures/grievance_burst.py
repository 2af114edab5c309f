"""Burst: five times as many lives as can be sustained, for a moment."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks import callers
from benchmarks.ground import Ground
from benchmarks.pipeline import CALLERS, PROCESSES, WORKERS, Pipeline, empty_database
from benchmarks.rows import Result, Row

ROUNDS = 3
TIMES = 5
BURST_S = 2.0
RECOVERS_WITHIN_S = 10.0
FEWEST = 400
"""Lives by which the sustainable rate is found, after a warm-up."""
_DATABASE = "bench_burst"

HOW = f"""
First the sustainable rate is found as in `grievance` ({FEWEST} lives, {CALLERS} at a time; on a
near-empty database, with {PROCESSES} processes of {WORKERS} workers). Then, in each of {ROUNDS}
rounds, {TIMES} times as many lives begin in a second for {BURST_S:g} seconds, evenly and whatever
has become of those before; each goes on with its next call when the last is answered. A call that
ends with an error, or has no answer within the time-out of RPC, is counted. The city has recovered
when the last life of the burst is done and the KPI totals have arrived; the clock runs from the end
of the burst. What is too much waits in the queue: at the sustainable rate that takes
{(TIMES - 1) * BURST_S:g} seconds at least.
"""


@dataclass(frozen=True)
class Burst:
    """What came of one."""

    errors: Counter[str]
    recovered_s: float
    p99_ms: float
    longest_ms: float


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """The sustainable rate, then bursts."""
    ground.enter("grievance_burst", "kpi")
    ground.copy_database(_DATABASE, empty_database(ground))
    with Pipeline(ground, _DATABASE) as city:
        expected: Counter[str] = Counter()
        for _ in range(2):
            driven = callers.closed(ground, "life", FEWEST, CALLERS)
            expected.update(driven.measures())
            rate = driven.rate(city.arrival(expected))
        say(f"sustainable: {rate:.1f} lives/s")
        bursts = []
        for number in range(1, ROUNDS + 1):
            bursts.append(_burst(ground, city, rate, expected))
            say(
                f"{number}/{ROUNDS}: {bursts[-1].errors.total()} errors, "
                f"recovered in {bursts[-1].recovered_s:.1f} s"
            )
            if bursts[-1].errors:
                # What is counted of lives that came to nothing cannot be told.
                break
    errors = sum((each.errors for each in bursts), Counter())
    tried = [
        f"sustainable {rate:.1f} lives/s, so {TIMES * rate:.0f} a second for {BURST_S:g} s",
        *(
            f"a call took {each.p99_ms:,.0f} ms at the 99th percentile, {each.longest_ms:,.0f} ms "
            f"at the most; recovered in {each.recovered_s:.1f} s"
            for each in bursts
        ),
        *(f"{count} times: {what}" for what, count in errors.items()),
    ]
    name = f"grievance: a burst of {TIMES} × the sustainable rate"
    return Result(
        "grievance_burst",
        [
            Row(f"{name}, errors", "–", errors.total(), "calls", 0, ceiling=True),
            Row(
                f"{name}, recovers in",
                "–",
                median(each.recovered_s for each in bursts),
                "s",
                RECOVERS_WITHIN_S,
                ceiling=True,
            ),
        ],
        HOW,
        tried,
    )


def _burst(ground: Ground, city: Pipeline, rate: float, expected: Counter[str]) -> Burst:
    driven = callers.opened(ground, "life", TIMES * rate, BURST_S)
    end = max(began + took for began, took in driven.took)
    if not driven.errors:
        expected.update(driven.measures())
        end = max(end, city.arrival(expected))
    took_ms = [took * 1_000 for _, took in driven.took]
    return Burst(
        driven.errors,
        end - driven.started - BURST_S,
        quantiles(took_ms, n=100)[98],
        max(took_ms),
    )
