"""The bill run: beside COPY of the same rows, its memory, and what waits behind its events."""

import time
from collections.abc import Callable
from contextlib import closing
from statistics import quantiles

from benchmarks import taxroll, watch
from benchmarks.ground import Ground, Process
from benchmarks.paying import Paying
from benchmarks.rows import Result, Row
from benchmarks.trials import Say, best, in_turn
from palika.database import sessions
from palika.local.processes import LocalError, family, memory_pss

COUNT = 30_000
"""Properties of a round."""
ROUNDS = 5
LARGE = (100_000, 200_000)
"""Of the runs whose memory is measured: one lakh and two."""
CITY = 1_450_000
FLOOR = 0.35
GROWS_AT_MOST = 1.1
BEHIND_MS = 2_000
_WITHIN_S = 300
_LOOK_EVERY_S = 0.5
_ALONE_S = 5

HOW = f"""
A roll of {COUNT:,} properties: {taxroll.BASE:,} of the demo with two years of bills and payments,
and their twins. `palika tax bill-run {taxroll.PERIOD}` bills them, with as many workers as it takes
by itself, without a relay and without waiting for one; the rate is taken from the bills that are
there, by the database's clock, from a fifth on. COPY loads the rows that such a run has made
(bills, ledger entries, outbox, the chunks' marks) into the same tables, empty, with their indexes,
constraints and triggers, of a database that has the same properties: each table in one COPY over
one connection, or half of each over two at once. Both in turn, {ROUNDS} times, each on a database
made anew.

Memory: the proportional set size of the run's processes, looked at every {_LOOK_EVERY_S:g} seconds,
the most of it; of a run of {LARGE[0]:,} properties and of one of {LARGE[1]:,}.

What waits: with the real relay at work and the default of `bill_run_unsent`, payments are taken
one after the other while the run bills; the clock runs from the return of the commit until a
consumer of `tax.paid` has the event.
"""


class Running:
    """The databases, and one run after the other."""

    def __init__(self, ground: Ground, say: Say) -> None:
        """Make the roll, and the rows that COPY loads."""
        ground.enter("tax_billrun", "tax")
        self._ground = ground
        self._roll = taxroll.roll(ground, COUNT)
        say(f"a roll of {COUNT:,}")
        self.ours()
        self._copied = taxroll.emptied(ground, "bench_tax_run", "bench_tax_emptied")
        self._files = {
            parts: taxroll.unload(ground, "bench_tax_run", ground.directory, parts)
            for parts in (1, 2)
        }

    def ours(self) -> float:
        """The run itself, in bills a second."""
        ground = self._ground
        ground.copy_database("bench_tax_run", self._roll)
        ground.use_database("tax", "bench_tax_run")
        ground.checkpoint()
        with (
            taxroll.unsent(10**9),
            closing(ground.connect_to("bench_tax_run")) as connection,
            connection.cursor() as cursor,
        ):
            run = start(ground)

            def look() -> tuple[float, int]:
                cursor.execute(
                    "SELECT extract(epoch FROM clock_timestamp())::float8, "
                    "coalesce(sum(bills), 0) FROM bill_run_chunk"
                )
                moment, done = cursor.fetchone()
                return moment, int(done)

            rate = watch.rate(look, COUNT, run.check, _WITHIN_S)
            finish(run)
            check(taxroll.totals_of(cursor), COUNT)
        return rate

    def copy(self, connections: int) -> float:
        """COPY of the same rows, in bills a second."""
        ground = self._ground
        ground.copy_database("bench_tax_copy", self._copied)
        ground.checkpoint()
        return ground.peer(
            "copy_load",
            url=ground.url_of("bench_tax_copy"),
            parts=self._files[connections],
            count=COUNT,
        )


def start(ground: Ground) -> Process:
    """Start a run."""
    return ground.start("palika.cli", "tax", "bill-run", taxroll.PERIOD, "--json")


def finish(run: Process) -> None:
    """Wait for its end.

    Raises:
        LocalError: it failed, or takes too long.
    """
    deadline = time.monotonic() + _WITHIN_S
    while not run.done():
        if time.monotonic() > deadline:
            raise LocalError(f"{run.name} does not end")
        time.sleep(0.05)


def check(found: tuple[int, bool], wanted: int) -> None:
    """Raise LocalError unless a run made so many bills and its sums agree."""
    if found != (wanted, True):
        raise LocalError(f"the run made {found[0]} bills of {wanted}, sums agree: {found[1]}")


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Beside COPY; then the memory; then what waits."""
    tried: list[str] = []
    on = Running(ground, say)
    rows = _speed(on, tried, say)
    rows.append(_memory(ground, say))
    rows += _waiting(ground, say, tried)
    return Result("tax_billrun", rows, HOW, tried)


def _speed(on: Running, tried: list[str], say: Say) -> list[Row]:
    rows = []
    for against, connections, floor in (
        ("COPY of the same rows", 1, FLOOR),
        ("COPY of the same rows, two halves at once", 2, None),
    ):
        name, peer = best(against, {against: lambda n=connections: on.copy(n)}, tried, say)
        pairs = in_turn(name, on.ours, peer, ROUNDS, say)
        rows.append(
            Row(
                f"tax: bill run of {COUNT:,}",
                against,
                pairs.ours,
                "bills/s",
                floor,
                peer=pairs.peer,
                ratio=pairs.ratio,
            )
        )
    rate = rows[0].value
    rows.append(Row("tax: 14.5 lakh bills at that rate", "–", CITY / rate / 60, "min", None))
    return rows


def _memory(ground: Ground, say: Say) -> Row:
    most = []
    for count in LARGE:
        database = taxroll.roll(ground, count)
        ground.copy_database("bench_tax_large", database)
        ground.use_database("tax", "bench_tax_large")
        with taxroll.unsent(10**9):
            billing = start(ground)
        sizes = []
        while not billing.done():
            sizes.append(memory_pss(family(billing.pid)) / 1e6)
            time.sleep(_LOOK_EVERY_S)
        most.append(max(sizes))
        with closing(ground.connect_to("bench_tax_large")) as connection:
            check(taxroll.totals_of(connection.cursor()), count)
        say(f"{count:,}: {most[-1]:.0f} MB at the most")
    return Row(
        f"tax: memory of a bill run of {LARGE[1]:,}",
        f"its own of {LARGE[0]:,}",
        most[1],
        "MB",
        GROWS_AT_MOST,
        peer=most[0],
        ratio=most[1] / most[0],
        ceiling=True,
    )


def _waiting(ground: Ground, say: Say, tried: list[str]) -> list[Row]:
    ground.copy_database("bench_tax_paid", taxroll.roll(ground, COUNT))
    ground.use_database("tax", "bench_tax_paid")
    sessions.cache_clear()
    relay = ground.part("relay", "tax")
    try:
        _until_relayed(ground, relay)
        before, _ = _paid(ground, None)
        during, calls = _paid(ground, say)
    finally:
        relay.stop()
        sessions("tax").kw["bind"].dispose()
        sessions.cache_clear()
    tried.append(
        f"a payment's call: p50 {calls[0]:.0f} ms, p99 {calls[1]:.0f} ms during the run; "
        f"its event: p50 {before[0]:.0f} ms, p99 {before[1]:.0f} ms with nothing else at work"
    )
    say(tried[-1])
    return [
        Row("tax: a payment's event during a bill run, p50", "–", during[0], "ms", None),
        Row(
            "tax: a payment's event during a bill run, p99",
            "–",
            during[1],
            "ms",
            BEHIND_MS,
            ceiling=True,
        ),
    ]


def _until_relayed(ground: Ground, relay: Process) -> None:
    """Wait until the relay has declared the exchange, to which the consumer binds."""
    deadline = time.monotonic() + _WITHIN_S
    with closing(ground.connect_to("bench_tax_paid")) as connection, connection.cursor() as cursor:
        while True:
            relay.check()
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%relay-slot%'"
            )
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > deadline:
                raise LocalError("the relay does not come up")
            time.sleep(0.1)


def _paid(ground: Ground, say: Say | None) -> tuple[tuple[float, float], tuple[float, float]]:
    """The percentiles, in ms, of events and of calls: for some seconds alone, or during a run."""
    with Paying(ground.amqp_uri) as paying:
        if say is None:
            time.sleep(_ALONE_S)
        else:
            begun = time.monotonic()
            billing = start(ground)
            finish(billing)
            say(f"{COUNT:,} bills with a relay in {time.monotonic() - begun:.0f} s")
        return _percentiles(paying.delays()), _percentiles(paying.calls)


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    """The 50th and the 99th, in milliseconds."""
    cuts = quantiles([each * 1_000 for each in seconds], n=100)
    return cuts[49], cuts[98]
