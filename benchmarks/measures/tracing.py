"""Tracing: what calls, the relay and a subscription are slowed by it, off and on."""

import io
import subprocess
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from benchmarks import load
from benchmarks.callers import closed
from benchmarks.ground import Ground, Process
from benchmarks.measures import relay, subscribe
from benchmarks.pipeline import CALLERS, Pipeline, empty_database
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika.local.city import ROOT
from palika.local.processes import LocalError

ROUNDS = 3
CALLS = 1_500
RATIOS: Final = {"on, each tenth trace": 0.1, "on, every trace": 1.0}
BEFORE, OFF = "before there were spans", "off"
_CAME_WITH = "palika/tracing_sdk.py"
_WITHIN_S = 30

HOW = f"""
Three rates, each with tracing off, with it on at two ratios, and by the commit before spans came
(the parent of the one that added `{_CAME_WITH}`, where this is a checkout that has it), in turn,
{ROUNDS} rounds after one that does not count. *Calls*: {CALLS:,} grievances filed over RPC by
{CALLERS} callers, with relay and KPI service at work as in *grievance_filing*; who calls begins no
trace, so the service draws. *Relay* and *subscribe* are as in those measures; their events are each
in a trace of its own, of which the given part is sampled. A collector in a process of its own
takes all that is sent and does nothing with it. Ratios are the medians of the rounds' own.
"""


class Variants:
    """The ways in which the parts run, and the collector."""

    def __init__(self, ground: Ground, tried: list[str], say: Callable[[str], None]) -> None:
        """Start the collector; take the code from before out of the history, if it is there."""
        self._ground = ground
        self._tried = tried
        self._say = say
        self._collector = ground.start("benchmarks.peers.trace_collector")
        self._url = _printed(self._collector)
        self._code = _code_before(ground.directory / "before")
        if self._code is None:
            tried.append("no history of the code is there: nothing is compared with before")

    @property
    def names(self) -> list[str]:
        """Of the variants."""
        return ([BEFORE] if self._code else []) + [OFF, *RATIOS]

    def rates(self, what: str, trial: Callable[[str], float]) -> Mapping[str, list[float]]:
        """A rate of each variant in turn, by its name, round by round."""
        found: dict[str, list[float]] = {name: [] for name in self.names}
        for number in range(ROUNDS + 1):
            for name in self.names:
                with self._ground.having(
                    self._code if name == BEFORE else None, **self._settings(name)
                ):
                    rate = trial(name)
                spans = int(urlopen(f"{self._url}/count", timeout=60).read())
                line = f"{what}, {name}: {rate:,.0f}/s, {spans:,} spans have come"
                self._say(f"{number}/{ROUNDS} {line}")
                if number:
                    found[name].append(rate)
                    self._tried.append(line)
        return found

    def _settings(self, name: str) -> dict[str, str]:
        if name not in RATIOS:
            return {}
        return {"PALIKA_OTEL_ENDPOINT": self._url, "PALIKA_OTEL_RATIO": str(RATIOS[name])}


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Calls, relay and subscription, each by all variants."""
    tried: list[str] = []
    rows: list[Row] = []
    ground.enter("tracing", "grievance", "kpi")
    on = Variants(ground, tried, say)
    rows += _rows("calls answered", "calls/s", on.rates("calls", _calling(ground)))
    sending = relay.Relaying(ground)
    events = load.filings(relay.MANY)

    def relayed(name: str) -> float:
        sending.take(load.traced(events, RATIOS.get(name, 1.0)))
        return sending.ours()

    rows += _rows("relay", "events/s", on.rates("relay", relayed))
    reading = subscribe.Subscribing(ground)
    events = load.filings(subscribe.MANY)

    def subscribed(name: str) -> float:
        reading.take(load.traced(events, RATIOS.get(name, 1.0)))
        return reading.ours()

    rows += _rows("subscribe", "events/s", on.rates("subscribe", subscribed))
    return Result("tracing", rows, HOW, tried)


def _calling(ground: Ground) -> Callable[[str], float]:
    def trial(_: str) -> float:
        with Pipeline(ground, empty_database(ground), processes=1) as pipeline:
            before = pipeline.counted().get("grievance.filed", 0)
            driven = closed(ground, "filing", CALLS, CALLERS)
            pipeline.arrival({"grievance.filed": before + CALLS})
            return driven.rate()

    return trial


def _rows(what: str, unit: str, rates: Mapping[str, list[float]]) -> list[Row]:
    found = []
    for name, against, floor in (
        (OFF, BEFORE, 0.95),
        *((name, OFF, None) for name in RATIOS),
    ):
        if against not in rates:
            continue
        pairs = Pairs.of(list(zip(rates[name], rates[against], strict=True)))
        found.append(
            Row(
                f"tracing: {what}, {name}",
                against if against == BEFORE else "the same, off",
                pairs.ours,
                unit,
                floor,
                peer=pairs.peer,
                ratio=pairs.ratio,
            )
        )
    return found


def _printed(process: Process) -> str:
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        process.check()
        said = process.log.read_text("utf-8")
        if "\n" in said:
            return said.partition("\n")[0]
        time.sleep(0.05)
    raise LocalError("the collector does not start")


def _code_before(folder: Path) -> Path | None:
    """The product's code before spans came; None where no history tells it."""
    try:
        came = _git("log", "--diff-filter=A", "--format=%H", "--", _CAME_WITH).decode().split()
        archive = _git("archive", f"{came[-1]}^", "palika", "services")
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
        tree.extractall(folder, filter="data")
    return folder


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout
