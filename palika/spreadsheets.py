"""Tables that spreadsheets read: CSV and XLSX, in bounded memory.

Nothing in a table is ever a formula. A text that a spreadsheet would take for one (``=…``, ``+…``,
``-…``, ``@…``, behind blanks or in full-width form too, or one that begins with a tab or a line's
end) has an apostrophe before it in CSV; in XLSX it is marked as text.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

BOM = "\ufeff"
"""Without it Excel takes a CSV file's Marathi for something else."""
SHEET_ROWS = 1_048_575
"""Rows that a sheet takes under its heading; what is more goes on another sheet."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TIME = "dd-mm-yyyy hh:mm"

Cell = str | int | float | Decimal | bool | datetime | None


def harmless(cell: Cell) -> Cell:
    """A cell of CSV that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def csv_text(rows: Iterable[Iterable[Cell]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


class Writer(Protocol):
    """Takes rows; the file is whole when it is closed."""

    def add(self, row: Iterable[Cell]) -> None:
        """Write one row."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


class CsvWriter:
    """CSV in UTF-8 with a byte-order mark."""

    def __init__(self, path: Path, header: list[Cell]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(BOM + csv_text([header]))

    def add(self, row: Iterable[Cell]) -> None:
        """Write one row."""
        self._file.write(csv_text([row]))

    def close(self) -> None:
        """Finish."""
        self._file.close()


class XlsxWriter:
    """A workbook that goes to the disk row by row, on as many sheets as it needs."""

    def __init__(self, path: Path, header: list[Cell], sheet_rows: int = SHEET_ROWS) -> None:
        # Only a process that writes workbooks has the library in memory.
        import xlsxwriter

        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._time = self._book.add_format({"num_format": _TIME})
        # What begins like a formula stays text, even after somebody has edited the cell.
        self._text = self._book.add_format({"quote_prefix": True})
        self._header, self._sheet_rows = header, sheet_rows
        self._new_sheet()

    def add(self, row: Iterable[Cell]) -> None:
        """Write one row."""
        if self._line > self._sheet_rows:
            self._new_sheet()
        for column, cell in enumerate(row):
            self._write(column, cell)
        self._line += 1

    def close(self) -> None:
        """Finish."""
        self._book.close()

    def _write(self, column: int, cell: Cell) -> None:
        if isinstance(cell, datetime):
            self._sheet.write_datetime(self._line, column, cell, self._time)
        elif isinstance(cell, str):
            form = None if harmless(cell) == cell else self._text
            self._sheet.write_string(self._line, column, cell, form)
        elif cell is not None:
            self._sheet.write_number(self._line, column, cell)

    def _new_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 1)
        self._sheet.set_column(0, len(self._header) - 1, 18)
        for column, heading in enumerate(self._header):
            self._sheet.write_string(0, column, str(heading), self._bold)
        self._line = 1


WRITERS: dict[str, type[CsvWriter] | type[XlsxWriter]] = {".csv": CsvWriter, ".xlsx": XlsxWriter}
"""By what a file's name ends with."""


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A file beside its place, put there whole when the block has ended well."""
    hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield hidden
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
