"""What each piece of work takes of each part, read from ``docs/benchmarks.json``."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import costs, report
from benchmarks.rows import Row, Run
from palika.local.city import ROOT

FILE = ROOT / "docs" / "benchmarks.json"
SOAK = ROOT / "docs" / "soak.json"
_CORES = re.compile(r"(\d+) cores")
_GIGABYTES = re.compile(r"(\d+) GB")
_OFFICERS = re.compile(r"^([\d,]+) officers \(\d+ s\): ([\d,]+) calls/s")
_MEMORY = re.compile(r"(\w+) ([\d,]+)(?=[,.])")


class NotMeasured(LookupError):
    """A figure is not in ``docs/benchmarks.json``; the message says which measure gives it."""


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        cores, gigabytes: of the machine, and of its memory.
        life: milliseconds of processor time of a grievance's whole life, by part.
        lives: a second, as many as the machine carried.
        page: milliseconds of a page of three calls, by part.
        page_rate, page_median_ms, page_p99_ms: how the pages were asked for, and what they took.
        kept_pages: a second, through nginx.
        office_calls: of officers at their e-office, a second, as many as the machine carried.
        calls_an_officer: a second.
        events: a second through one process of kpi.
        relayed: a second through one relay.
        bills, messages, sheets: a second: of a bill run, through one worker of notify, and pages of
            PDF a core.
        city_mb: of the memory of an idle city, what is its own: all but broker and database.
        connections: to PostgreSQL, of a city that was soaked; None while none was.
    """

    cores: int
    gigabytes: int
    life: Mapping[str, float]
    lives: float
    page: Mapping[str, float]
    page_rate: float
    page_median_ms: float
    page_p99_ms: float
    kept_pages: float
    office_calls: float
    calls_an_officer: float
    events: float
    relayed: float
    bills: float
    messages: float
    sheets: float
    city_mb: float
    connections: float | None


def row_of(runs: Mapping[str, Run], measure: str, begins: str) -> Row:
    """The first row of a measure whose name begins so.

    Raises:
        NotMeasured: there is none.
    """
    if measure in runs:
        for row in runs[measure].result.rows:
            if row.measure.startswith(begins):
                return row
    raise NotMeasured(f"{begins!r} is not measured: make bench ONLY={measure}")


def said(runs: Mapping[str, Run], measure: str, begins: str) -> str:
    """The first line of what a measure has told that begins so. Raises as ``row_of``."""
    if measure in runs:
        for line in runs[measure].result.tried:
            if line.startswith(begins):
                return line
    raise NotMeasured(f"{begins!r} is not told: make bench ONLY={measure}")


def read(path: Path = FILE, soak: Path = SOAK) -> tuple[Figures, dict[str, Run]]:
    """The figures, and all runs.

    Raises:
        NotMeasured: one of them is missing.
    """
    runs = report.load(path)

    def value(measure: str, begins: str) -> float:
        return row_of(runs, measure, begins).value

    at_rest, carried = _officers(runs)
    page = "portal: an uncached page of three calls, "
    p99 = row_of(runs, "portal_uncached", page)
    return Figures(
        cores=_of_the_machine(runs, "processor", _CORES),
        gigabytes=_of_the_machine(runs, "memory", _GIGABYTES),
        life=costs.read(said(runs, "grievance", "near-empty, a life took")),
        lives=value("grievance", "grievance: whole lives, near-empty"),
        page=costs.read(said(runs, "portal_uncached", "a page takes")),
        page_rate=float(p99.measure.removeprefix(page).partition(" ")[0]),
        page_median_ms=_median(runs, p99.measure),
        page_p99_ms=p99.value,
        kept_pages=value("portal_pages", "portal: a kept page, through"),
        office_calls=carried,
        calls_an_officer=at_rest,
        events=value("kpi_projection", "kpi: projection"),
        relayed=value("relay", "relay: outbox to confirmed"),
        bills=value("tax_billrun", "tax: bill run of"),
        messages=value("notify_sending", "notify: messages through one worker"),
        sheets=value("tax_documents", "tax documents: bills in one PDF"),
        city_mb=_own_memory(runs),
        connections=_connections(soak),
    ), runs


def _median(runs: Mapping[str, Run], of_p99: str) -> float:
    return row_of(runs, "portal_uncached", of_p99.replace("p99", "median")).value


def _of_the_machine(runs: Mapping[str, Run], fact: str, form: re.Pattern[str]) -> int:
    """A number among the facts of the machine that whole lives were measured on."""
    said(runs, "grievance", "near-empty")
    found = form.search(runs["grievance"].facts.get(fact, ""))
    if found is None:
        raise NotMeasured(f"the machine's {fact} is not told: make bench ONLY=grievance")
    return int(found[1])


def _officers(runs: Mapping[str, Run]) -> tuple[float, float]:
    """Calls a second of one officer, of the fewest; and as many as were carried, of the most."""
    row_of(runs, "eoffice_officers", "e-office: officers that")
    lines = [_OFFICERS.match(line) for line in runs["eoffice_officers"].result.tried]
    pairs = [tuple(int(each.replace(",", "")) for each in line.groups()) for line in lines if line]
    if not pairs:
        raise NotMeasured("officers and their calls are not told: make bench ONLY=eoffice_officers")
    few, calls = pairs[0]
    return calls / few, float(max(calls for _, calls in pairs))


def _own_memory(runs: Mapping[str, Run]) -> float:
    row_of(runs, "memory", "memory: the idle city")
    told = runs["memory"].result.how.rpartition("In MB:")[2]
    parts = {name: int(mb.replace(",", "")) for name, mb in _MEMORY.findall(told)}
    own = sum(parts.get(name, 0) for name in ("service", "web", "relay"))
    if not own:
        raise NotMeasured("the memory of a city's parts is not told: make bench ONLY=memory")
    return float(own)


def _connections(soak: Path) -> float | None:
    if not soak.exists():
        return None
    series = json.loads(soak.read_text("utf-8"))["series"]
    found = [each["last"] for each in series if each["name"] == "connections: PostgreSQL"]
    return float(found[0]) if found else None
