"""What is shown and written: the table, ``docs/benchmarks.json`` with the last run of each measure,
and what is made of it: ``docs/benchmarks.md``, ``var/bench.json``."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.rows import Result, Row, Run, figure

_COLUMNS = ("measure", "ours", "against", "theirs", "ratio", "wanted", "")
_TITLE = "Benchmarks"


def cells(row: Row) -> tuple[str, ...]:
    """A row as the table shows it."""
    return (
        row.measure,
        f"{figure(row.value)} {row.unit}",
        row.against,
        "–" if row.peer is None else f"{figure(row.peer)} {row.unit}",
        "–" if row.ratio is None else row.said,
        row.wanted,
        row.verdict,
    )


def show(rows: Iterable[Row]) -> None:
    """Print the table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(_COLUMNS):
        table.add_column(name, justify="right" if number in (1, 3, 4, 5) else "left")
    for row in rows:
        table.add_row(*cells(row), style=None if row.met else "bold red")
    console = Console(highlight=False)
    # A pipe or a log has no width of its own.
    console.width = console.width if console.is_terminal else 140
    console.print(table)


def load(path: Path) -> dict[str, Run]:
    """The last run of each measure, by its name, from the JSON file at ``path``, if it exists."""
    if not path.exists():
        return {}
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return {name: _run(entry) for name, entry in known.items()}


def _run(entry: dict[str, Any]) -> Run:
    told = entry["result"]
    result = Result(**told | {"rows": [Row(**row) for row in told["rows"]]})
    ended = datetime.fromisoformat(entry["ended"])
    return Run(**entry | {"result": result, "ended": ended})


def save(path: Path, runs: Mapping[str, Run]) -> None:
    """Put the runs into the JSON file at ``path``."""
    entries = {
        name: asdict(run) | {"ended": run.ended.isoformat(timespec="seconds")}
        for name, run in runs.items()
    }
    path.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", "utf-8")


def save_rows(path: Path, runs: Iterable[Run]) -> None:
    """Put the rows alone into the JSON list at ``path``, for other programs."""
    keys = ("measure", "against", "value", "unit", "ratio", "floor", "ceiling", "peer", "setting")
    rows = [{key: getattr(row, key) for key in keys} for run in runs for row in run.result.rows]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def page(runs: Sequence[Run]) -> str:
    """``docs/benchmarks.md`` of each measure's last run, in the order of the table."""
    rows = [
        (*cells(row), _day(run.ended).strftime("%d-%m-%Y"))
        for run in runs
        for row in run.result.rows
    ]
    lines = [
        f"# {_TITLE}",
        "",
        "Written by `make bench`; do not edit. The figures of one measure are of one run, the last "
        "that came to its end.",
        "",
        *markdown((*_COLUMNS[:-1], "verdict", "measured"), rows),
        "",
        "A ratio is the median of at least three pairs; ours and the peer are measured in turn, so "
        "that a slow moment of the machine hits both. *Ours* and *theirs* are medians too. Every "
        "measurement begins with a warm-up that does not count. The broker and PostgreSQL are "
        "private ones, as `make run` starts them; PostgreSQL syncs every commit to disk.",
    ]
    machines: list[Mapping[str, str]] = []
    for run in runs:
        if run.facts not in machines:
            machines.append(run.facts)
    for run in runs:
        lines += _section(run, machines.index(run.facts) + 1 if len(machines) > 1 else None)
    for number, facts in enumerate(machines, 1):
        title = "The machine" if len(machines) == 1 else f"Machine {number}"
        lines += ["", f"## {title}", "", *markdown(("part", "what"), list(facts.items()))]
    return "\n".join(lines) + "\n"


def _section(run: Run, machine: int | None) -> list[str]:
    result = run.result
    lines = ["", f"## {result.name}", "", result.how.strip(), ""]
    settings = [(row.against, row.setting) for row in result.rows if row.setting]
    if settings:
        lines += [*markdown(("peer", "its best setting"), list(dict.fromkeys(settings))), ""]
    if result.tried:
        lines += ["Tried in this run:", "", *(f"- {each}" for each in result.tried), ""]
    ended = _day(run.ended).strftime("%d %B %Y, %H:%M")
    where = "" if machine is None else f", on machine {machine}"
    return [
        *lines,
        f"`make bench ONLY={result.name}` measures it alone. Measured on {ended} (IST){where}.",
    ]


def _day(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("Asia/Kolkata"))


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table of Markdown."""
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
