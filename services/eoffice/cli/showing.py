"""How lists are shown at a terminal: nothing of them is cut off, however narrow it is."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import click
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from palika.india import in_digits
from services.eoffice.cli import words
from services.eoffice.domain import written

_GAP, _INDENT = 2, 4  # of the gap, one cell is where a line between columns would be
_LEAST = 16
"""Cells that a text needs to be read in a column."""


def day(said: date | str | None) -> str:
    """A day as 01-07-2026; nothing for None.

    Args:
        said: or as JSON has it, 2026-07-01.
    """
    if said is None:
        return ""
    return in_digits(date.fromisoformat(said) if isinstance(said, str) else said)


def moment(said: datetime | str | None) -> str:
    """An aware moment as 01-07-2026 10:00, in Asia/Kolkata; nothing for None.

    Args:
        said: or as JSON has it.
    """
    if said is None:
        return ""
    at = datetime.fromisoformat(said) if isinstance(said, str) else said
    return written.moment(at)


def listed(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    language: str,
    *,
    texts: Sequence[str] = ("subject",),
    figures: Sequence[str] = (),
    title: str | None = None,
    say: Callable[[str, str], str] = words.say,
) -> None:
    """Print rows as a table; where the terminal is too narrow for one, each as lines of its own.

    Numbers, posts and days are read as a whole: in a table only the ``texts`` are folded.

    Args:
        columns: by the words of their headings; the first is what the row is of.
        rows: as many cells each, as they are to be read.
        language: of the headings.
        texts: the columns that may be folded.
        figures: the columns that are set to the right.
        title: above it all.
        say: gives the headings.
    """
    headings = [say(each, language) for each in columns]
    console = Console(highlight=False)
    if title is not None:
        console.print(Text(title, style="italic"))
    if not rows:
        click.echo(words.say("none", language))
        return
    folded = [each in texts for each in columns]
    needs = map(_need, headings, zip(*rows, strict=True), folded)
    if sum(needs) + _GAP * (len(columns) - 1) > console.width:
        for row in rows:
            _lines(console, headings, row, folded)
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column, heading, folds in zip(columns, headings, folded, strict=True):
        table.add_column(
            heading,
            justify="right" if column in figures else "left",
            overflow="fold",
            no_wrap=not folds,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def more(limit: int, language: str) -> None:
    """Say that there is more than was asked for."""
    click.echo(words.say("there are more", language).format(limit=limit))


def _need(heading: str, cells: Sequence[str], folded: bool) -> int:
    """How many cells of a terminal a column must have."""
    longest = max(map(cell_len, cells))
    return max(cell_len(heading), min(longest, _LEAST) if folded else longest)


def _lines(
    console: Console, headings: Sequence[str], row: Sequence[str], folded: Sequence[bool]
) -> None:
    """A row as lines: what it is of, then the rest with its headings, as much as a line takes."""

    def tell(line: str) -> None:
        text = Text(line, overflow="fold")
        console.print(Padding(text, (0, 0, 0, _INDENT), expand=False))

    console.print(Text(row[0], style="bold", overflow="fold"))
    line = ""
    for heading, cell, folds in zip(headings[1:], row[1:], folded[1:], strict=True):
        if not cell:
            continue
        said = f"{heading}: {cell}" if heading else cell
        longer = f"{line}{' ' * _GAP}{said}" if line else said
        if not folds and cell_len(longer) <= console.width - _INDENT:
            line = longer
            continue
        if line:
            tell(line)
        line = said
    if line:
        tell(line)
