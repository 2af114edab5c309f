"""Filing: a grievance through RPC, against the bare transaction that inserts the same rows."""

from collections.abc import Callable

from benchmarks import callers, costs
from benchmarks.ground import Ground
from benchmarks.pipeline import CALLERS, PROCESSES, WORKERS, Pipeline, empty_database
from benchmarks.rows import Result, Row
from benchmarks.trials import in_turn

ROUNDS = 3
FEWEST = 300
MANY = 6_000
"""Filings of the peer."""
LASTS_S = 10.0
"""So long a measurement of ours is to take, by the rate of the warm-up."""

HOW = f"""
{CALLERS} filings are in flight at the real grievance service ({PROCESSES} processes of {WORKERS}
workers, its relay and the kpi service beside it), as in `grievance`; the clock runs from when a
fifth is filed until all are, and the KPI totals have arrived. The peer then writes the very rows
that the service has just written (the grievance, two entries of its timeline, its search words, two
events in the outbox), read from its database, into an equal one: psycopg2, a statement a table, a
commit a filing, as many connections at work as there were calls in flight; nothing of the city runs
meanwhile. It writes {MANY:,} (the same again with other ids), with the same warm-up.
"""
_OURS, _PEERS = "bench_filing", "bench_bare"


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Ours and the peer's in turn, on the same rows."""
    ground.enter("grievance_filing", "kpi")
    empty = empty_database(ground)
    tried: list[str] = []

    def ours(count: int) -> float:
        ground.copy_database(_OURS, empty)
        with Pipeline(ground, _OURS) as city:
            before = costs.spent()
            driven = callers.closed(ground, "filing", count, CALLERS)
            whole = driven.rate(city.arrival(driven.measures()))
            took = costs.between(before, costs.spent(), count)
        tried.append(
            f"ours: {whole:.1f}/s until counted, {driven.rate():.1f}/s until answered; "
            f"a filing took {costs.said(took)}"
        )
        say(tried[-1])
        return whole

    def peer(connections: int) -> float:
        ground.copy_database(_PEERS, empty)
        ground.checkpoint()
        return ground.peer(
            "bare_filing",
            source=ground.url_of(_OURS),
            target=ground.url_of(_PEERS),
            connections=connections,
            count=MANY,
        )

    warm = ours(FEWEST)
    say(f"warm-up: {warm:.1f} filings/s, bare {peer(CALLERS):,.0f}")
    count = max(FEWEST, round(warm * LASTS_S))
    against = "the bare transaction, psycopg2"
    pairs = in_turn(against, lambda: ours(count), lambda: peer(CALLERS), ROUNDS, say)
    row = Row(
        "grievance: filing through RPC",
        against,
        pairs.ours,
        "filings/s",
        0.5,
        peer=pairs.peer,
        ratio=pairs.ratio,
        setting=f"{CALLERS} connections",
    )
    return Result("grievance_filing", [row], HOW, tried)
