"""What is shown and written: the table, ``docs/benchmarks.md``, ``var/bench.json``."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import machine
from benchmarks.rows import Result, Row, figure

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


def save_rows(path: Path, results: Sequence[Result]) -> None:
    """Put the rows into the JSON list at ``path``; those of measures that did not run stay."""
    known: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    fresh = {row.measure for result in results for row in result.rows}
    kept = [row for row in known if row["measure"] not in fresh]
    rows = kept + [row.to_dict() for result in results for row in result.rows]
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def page(results: Sequence[Result], versions: dict[str, str], now: datetime, took_s: float) -> str:
    """``docs/benchmarks.md`` of a whole run.

    Args:
        results: in the order of the table.
        versions: of the broker and the database.
        now: aware; shown in Asia/Kolkata.
        took_s: how long the run was.
    """
    day = now.astimezone(ZoneInfo("Asia/Kolkata"))
    facts = machine.describe() | versions | machine.packages()
    lines = [
        f"# {_TITLE}",
        "",
        "Written by `make bench`; do not edit. Every figure below was measured in that one run, "
        f"which ended on {day:%d %B %Y, %H:%M} (IST) after {took_s / 60:.1f} minutes.",
        "",
        *_markdown((*_COLUMNS[:-1], "verdict"), [cells(r) for res in results for r in res.rows]),
        "",
        "A ratio is the median of at least three pairs; ours and the peer are measured in turn, so "
        "that a slow moment of the machine hits both. *Ours* and *theirs* are medians too. Every "
        "measurement begins with a warm-up that does not count. The broker and PostgreSQL are "
        "private ones, as `make run` starts them; PostgreSQL syncs every commit to disk.",
        "",
        "## The machine",
        "",
        *_markdown(("part", "what"), list(facts.items())),
    ]
    for result in results:
        lines += ["", f"## {result.name}", "", result.how.strip(), ""]
        settings = [(r.against, r.setting) for r in result.rows if r.setting]
        if settings:
            lines += [*_markdown(("peer", "its best setting"), list(dict.fromkeys(settings))), ""]
        if result.tried:
            lines += ["Tried in this run:", "", *(f"- {each}" for each in result.tried), ""]
        lines += [f"Alone: `make bench ONLY={result.name}`."]
    return "\n".join(lines) + "\n"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
