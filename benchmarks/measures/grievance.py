"""Grievance: whole lives a second, with next to nothing stored and with a long past."""

from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks import callers, costs
from benchmarks.ground import Ground
from benchmarks.past import database_with
from benchmarks.pipeline import CALLERS, PROCESSES, WORKERS, Pipeline, empty_database
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs

STORED = 1_000_000
ROUNDS = 3
FEWEST = 200
LASTS_S = 12.0
"""So long a measurement is to take, by the rate of the warm-up."""
_DIGIT_EMPTY, _DIGIT_STORED = 37, 6.3

HOW = f"""
A life is four calls, each after the answer to the last: a citizen files, the ward officer
assigns, the deputy engineer resolves, the citizen rates (and so closes it). {CALLERS} lives
are in hand at a time, on one connection of one process; categories, wards and words are the demo's,
every second one has a position. The service is the real one, {PROCESSES} processes of {WORKERS}
workers, with its relay and the kpi service, a process each; the sample posts (`data/posts.yaml`)
are imported, so that each is given to somebody at once. The clock runs from when a fifth of the
lives is done until all are *and the KPI totals have arrived*: filed, assigned (twice) and resolved,
each as often as there were lives. A round takes about {LASTS_S:g} seconds on a database with
{STORED:,} grievances (4.3 million entries of timelines, 4,000 still open), made by INSERT before
the first round and growing with each, and as long on a fresh one without any. The published figures
of DIGIT's system are {_DIGIT_EMPTY} a second near-empty and {_DIGIT_STORED} with {STORED:,}, on 16
cores and 32 GB.

The processor time of a life is what the whole city (the service, its relay, kpi, the broker and
PostgreSQL) has spent in a round, without the callers, for each life: it says what two cores could
carry if nothing else ran on them.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Near-empty and with a past, in turn."""
    ground.enter("grievance", "kpi")
    empty = empty_database(ground)
    say(f"filling {STORED:,}")
    past, near_empty = "bench_lives_stored", "bench_lives"
    # A copy, so that the past itself stays as it is for other measures.
    ground.copy_database(past, database_with(ground, STORED, datetime.now(UTC)))

    def lives(database: str, count: int, kept: list[costs.Costs]) -> float:
        with Pipeline(ground, database) as city:
            before = costs.spent()
            driven = callers.closed(ground, "life", count, CALLERS)
            rate = driven.rate(city.arrival(driven.measures()))
            kept.append(costs.between(before, costs.spent(), count))
            return rate

    ground.copy_database(near_empty, empty)
    warm = lives(near_empty, FEWEST, [])
    say(f"warm-up: {warm:.1f} lives/s")
    count = max(FEWEST, round(warm * LASTS_S))
    samples = []
    with_past: list[costs.Costs] = []
    without: list[costs.Costs] = []
    for number in range(1, ROUNDS + 1):
        ground.copy_database(near_empty, empty)
        samples.append((lives(past, count, with_past), lives(near_empty, count, without)))
        say(
            f"{number}/{ROUNDS}: near-empty {samples[-1][1]:.1f}, "
            f"with {STORED:,} {samples[-1][0]:.1f} lives/s"
        )
    pairs = Pairs.of(samples)
    short, long = costs.middle(without), costs.middle(with_past)
    tried = [
        f"near-empty, a life took {costs.said(short)}",
        f"with {STORED:,} stored it took {costs.said(long)}",
    ]
    say("; ".join(tried))
    return Result(
        "grievance",
        [
            Row(
                "grievance: whole lives, near-empty",
                "–",
                pairs.peer,
                "lives/s",
                100,
            ),
            Row(
                f"grievance: whole lives, {STORED:,} stored",
                "the same near-empty",
                pairs.ours,
                "lives/s",
                0.85,
                peer=pairs.peer,
                ratio=pairs.ratio,
            ),
            Row(
                f"grievance: processor time of a life, {STORED:,} stored",
                "the same near-empty",
                sum(long.values()),
                "ms",
                None,
                peer=sum(short.values()),
                ratio=sum(long.values()) / sum(short.values()),
            ),
        ],
        HOW,
        tried,
    )
