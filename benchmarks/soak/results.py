"""What has been found: the table, the JSON, the picture of the series."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import drawing
from benchmarks.rows import figure
from benchmarks.soak.asking import GOOD
from benchmarks.soak.flat import TooShort, Verdict, judge
from benchmarks.soak.sampling import DEAD, Values, kind_of

KEPT = 0.95
"""So large a part of the load has to have come about, or nothing is proven."""
_DRAWN = (
    "memory: all",
    "files: all",
    "connections: broker",
    "connections: PostgreSQL",
    "dead rows: of all",
    "bytes a row: of all tables",
)
_POINTS = 200


@dataclass
class Soaked:
    """A soak that has come to its end.

    Attributes:
        minutes, events_a_second, requests_a_second: what was asked for.
        begun: aware.
        events: that were recorded.
        counted: filings by the KPI service, at the end.
        answered: requests, by status.
        filed: how many of them filed a grievance; KPI counts these too.
        late: requests that began more than a second after their moment.
        samples: second and values.
        series: what is said of each.
        wrong: what is wrong beside series that are not flat, each in a line.
    """

    minutes: float
    events_a_second: float
    requests_a_second: float
    begun: datetime
    events: int = 0
    counted: int = 0
    answered: dict[str, int] = field(default_factory=dict)
    filed: int = 0
    late: int = 0
    samples: list[tuple[float, Values]] = field(default_factory=list)
    series: list[Verdict] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def flat(self) -> bool:
        """Whether all is as it should be."""
        return not self.wrong and all(each.flat for each in self.series)

    def judge(self) -> None:
        """Say of each series whether it is flat, and of the load whether it was kept.

        What has nothing but its beginning (too few samples, a part that was not always there) is
        told as wrong: it cannot be called flat.
        """
        self.series, self.wrong = [], []
        series, short = self.points(), []
        for name, points in series.items():
            unit, bound = kind_of(name)
            try:
                self.series.append(judge(name, unit, points, bound))
            except TooShort:
                short.append(name)
        if short or not series:
            names = "all" if len(short) == len(series) else ", ".join(short)
            self.wrong.append(f"too few samples after the warm-up: {names}")
        seconds = self.minutes * 60
        for what, had, wanted in (
            ("events", self.events, self.events_a_second * seconds),
            ("good answers", self._good(), self.requests_a_second * seconds),
        ):
            if had < wanted * KEPT:
                self.wrong.append(f"{what}: only {had:,} of {wanted:,.0f} came about")
        bad = {status: n for status, n in self.answered.items() if status not in GOOD}
        if bad:
            self.wrong.append(f"answers: {bad}")
        dead = max((values.get(DEAD, 0.0) for _, values in self.samples), default=0.0)
        if dead:
            self.wrong.append(f"dead letters: {dead:,.0f}")
        told = self.events + self.filed
        if self.counted != told:
            self.wrong.append(f"kpi has counted {self.counted:,} of {told:,} filings")

    def points(self) -> dict[str, list[tuple[float, float]]]:
        """The series."""
        found: dict[str, list[tuple[float, float]]] = {}
        for second, values in self.samples:
            for name, value in values.items():
                if name == DEAD:
                    continue
                found.setdefault(name, []).append((second, value))
        return found

    def _good(self) -> int:
        return sum(many for status, many in self.answered.items() if status in GOOD)


def told(soaked: Soaked) -> dict[str, Any]:
    """As JSON has it; the samples are left out, for the picture shows them."""
    entry = asdict(soaked)
    del entry["samples"]
    begun = soaked.begun.astimezone(ZoneInfo("Asia/Kolkata"))
    return entry | {
        "begun": begun.strftime("%d %B %Y, %H:%M (IST)"),
        "sampled": len(soaked.samples),
        "flat": soaked.flat,
    }


def write(soaked: Soaked, folder: Path) -> list[Path]:
    """``soak.json`` and ``soak.svg`` in a folder; what was written."""
    data, picture = folder / "soak.json", folder / "soak.svg"
    data.write_text(json.dumps(told(soaked), indent=1, ensure_ascii=False) + "\n", "utf-8")
    picture.write_text(draw(soaked), "utf-8")
    return [data, picture]


def draw(soaked: Soaked) -> str:
    """The main series, each in hundredths of what it was after the warm-up."""
    points = soaked.points()
    firsts = {each.name: each.first for each in soaked.series}
    series = {}
    for name in _DRAWN:
        if name not in points:
            continue
        level = firsts.get(name) or 1.0
        every = -(-len(points[name]) // _POINTS)
        series[name] = [(t / 60, 100 * value / level) for t, value in points[name][::every]]
    return drawing.lines(
        "A soaked city, 100 is what each was after the warm-up", "minutes", "%", series
    )


def show(soaked: Soaked) -> None:
    """Print the table, and what it says."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, head in enumerate(("series", "after warm-up", "at the end", "slope", "surely", "")):
        table.add_column(head, justify="right" if 0 < number < 5 else "left")
    for each in soaked.series:
        table.add_row(*_cells(each), style=None if each.flat else "bold red")
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else 140
    console.print(table)
    print(
        f"{soaked.minutes:g} minutes: {soaked.events:,} events and {soaked.filed:,} grievances, "
        f"{soaked.counted:,} counted; answers {soaked.answered}, {soaked.late:,} of them asked "
        "for late"
    )
    for line in soaked.wrong:
        print(f"WRONG: {line}")
    for each in soaked.series:
        if not each.flat:
            print(
                f"NOT FLAT: {each.name}: {each.percent_an_hour:+.1f} % an hour, "
                f"{figure(each.grown)} {each.unit} in this run"
            )
    print("flat" if soaked.flat else "not flat")


def _cells(each: Verdict) -> Sequence[str]:
    return (
        each.name,
        f"{figure(each.first)} {each.unit}",
        f"{figure(each.last)} {each.unit}",
        f"{each.percent_an_hour:+.1f} %/h",
        f"{each.surely:+.1f} %/h",
        "flat" if each.flat else "NOT FLAT",
    )


def moments(samples: Sequence[tuple[float, Mapping[str, float]]]) -> str:
    """The last sample in a line, for who watches."""
    if not samples:
        return "no sample yet"
    second, values = samples[-1]
    names = {
        "memory: all": "MB",
        "files: all": "files",
        "connections: PostgreSQL": "connections",
        "queue: all that waits": "waiting",
    }
    said = ", ".join(
        f"{values[name]:,.0f} {unit}" for name, unit in names.items() if name in values
    )
    return f"{second / 60:.1f} min: {said}"
