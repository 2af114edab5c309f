"""How the commands write: columns, India's time, and JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.cells import cell_len

from palika.india import INDIA

AS_JSON = click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
WRONG_INPUT = 2


def columns(rows: Sequence[Sequence[str]]) -> None:
    """Print rows under each other, each column as wide as it needs (Devanagari is not a letter a
    cell)."""
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def echo_json(found: Any) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(found, ensure_ascii=False))


def moment(iso: str | None) -> str:
    """A moment (ISO 8601 with a zone) in India, to the second; empty for none."""
    if iso is None:
        return ""
    return f"{datetime.fromisoformat(iso).astimezone(INDIA):%d-%m-%Y %H:%M:%S}"


def seconds(value: float | None) -> str:
    """A time span for people: 12.3 s, 4 min, 3 h, 2 d; empty for none."""
    if value is None:
        return ""
    if value < 120:
        return f"{value:g} s"
    for size, name in ((86_400, "d"), (3_600, "h")):
        if value >= 2 * size:
            return f"{value / size:.0f} {name}"
    return f"{value / 60:.0f} min"
