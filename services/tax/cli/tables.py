"""Tables on the command line that never lose content: figures, days and ids are whole or not there.

To a file or a pipe a table is as wide as it needs. On a terminal that is too narrow the columns of
words fold; where that does not help either, each row is a block of lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_NARROWEST: Final = 10
"""Cells below which words are not folded: syllables in a column are read by nobody."""
_FRAME: Final = 3
"""Cells that a column takes beside its content: a line and a blank on each side of it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of words, which may fold.

    Attributes:
        heading: over it; nothing over no column is a table without a heading.
        exact: a figure, a day, a number or an id: it is never folded.
        right: whether it stands at the right.
    """

    heading: str = ""
    exact: bool = False
    right: bool = False


def words(heading: str = "") -> Column:
    """A column of words."""
    return Column(heading)


def exact(heading: str = "") -> Column:
    """A column of days, numbers, ids."""
    return Column(heading, exact=True)


def figures(heading: str = "") -> Column:
    """A column of figures, at the right."""
    return Column(heading, exact=True, right=True)


@dataclass(slots=True)
class Listing:
    """A table to be printed.

    Attributes:
        title: over it.
        columns: of each row.
        rows: as they are printed; nothing in them is taken for markup.
        total: a last row.
    """

    title: str
    columns: Sequence[Column]
    rows: list[Sequence[str]] = field(default_factory=list)
    total: Sequence[str] | None = None

    def add(self, *cells: str) -> None:
        """One row more."""
        self.rows.append(cells)

    def show(self, console: Console | None = None) -> None:
        """Print it on the standard output, or on a console."""
        console = console or Console()
        room = console.width if console.is_terminal else None
        if room is None:
            wide = max(self._width(fold=False), cell_len(self.title))
            Console(file=console.file, width=wide).print(self._table())
        elif self._width(fold=True) <= room:
            console.print(self._table())
        else:
            click.echo(self._blocks(), file=console.file)

    def _lines(self) -> list[Sequence[str]]:
        return self.rows if self.total is None else [*self.rows, self.total]

    def _widest(self, at: int) -> int:
        cells = (self.columns[at].heading, *(row[at] for row in self._lines()))
        return max(cell_len(line) for cell in cells for line in (cell.splitlines() or [""]))

    def _width(self, *, fold: bool) -> int:
        content = 0
        for at, column in enumerate(self.columns):
            widest = self._widest(at)
            content += min(widest, _NARROWEST) if fold and not column.exact else widest
        return content + _FRAME * len(self.columns) + 1

    def _table(self) -> Table:
        headed = any(column.heading for column in self.columns)
        table = Table(
            title=Text(self.title) if self.title else None, title_justify="left", show_header=headed
        )
        for column in self.columns:
            table.add_column(
                Text(column.heading),
                justify="right" if column.right else "left",
                no_wrap=column.exact,
                overflow="fold",
            )
        for row in self.rows:
            table.add_row(*map(Text, row))
        if self.total is not None:
            table.add_section()
            table.add_row(*map(Text, self.total), style="bold")
        return table

    def _blocks(self) -> str:
        blocks = [self.title] if self.title else []
        for row in self._lines():
            if any(column.heading for column in self.columns):
                pairs = zip(self.columns, row, strict=True)
                lines = [f"{column.heading}: {cell}" for column, cell in pairs if cell]
            else:
                lines = ["  ".join(cell for cell in row if cell)]
            blocks.append("\n".join(lines))
        return "\n\n".join(blocks)
