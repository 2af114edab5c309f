"""Grievances as a table for people: CSV and XLSX, in Marathi or English, in bounded memory.

Nothing in a table is ever a formula. A text that a spreadsheet would take for one (``=…``, ``+…``,
``-…``, ``@…``, behind blanks or in full-width form too, or one that begins with a tab or a line's
end) has an apostrophe before it in CSV; in XLSX it is marked as text. Who filed a grievance is in
no export.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter
from sqlalchemy.orm import Session

from services.grievance import promises, search
from services.grievance.domain.calendar import INDIA
from services.grievance.domain.names import Name
from services.grievance.models import Grievance
from services.grievance.paging import cursor_at
from services.grievance.reference import city

BOM = "\ufeff"
"""Without it Excel takes a CSV file's Marathi for something else."""
SHEET_ROWS = 1_048_575
"""Rows that a sheet takes under its heading; what is more goes on another sheet."""
_BATCH = 500
_LONGEST = 32_767
"""Characters that a cell takes."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_TIME = "dd-mm-yyyy hh:mm"

Cell = str | int | float | bool | datetime | None

_HEADINGS = {
    "number": ("तक्रार क्रमांक", "Number"),
    "state": ("स्थिती", "Status"),
    "category": ("तक्रारीचा प्रकार", "Category"),
    "parent_category": ("विषय", "Subject"),
    "department": ("विभाग", "Department"),
    "ward": ("क्षेत्रीय कार्यालय", "Ward"),
    "priority": ("प्राधान्य", "Priority"),
    "description": ("वर्णन", "Description"),
    "address": ("पत्ता", "Address"),
    "channel": ("माध्यम", "Channel"),
    "officer": ("अधिकारी", "Officer"),
    "filed_at": ("नोंदणी", "Filed"),
    "due_at": ("मुदत", "Due"),
    "resolved_at": ("निराकरण", "Resolved"),
    "on_time": ("मुदतीत", "On time"),
    "closed_at": ("बंद", "Closed"),
    "times_reopened": ("पुन्हा उघडली", "Times reopened"),
    "escalation_level": ("वर्धन पातळी", "Escalation level"),
    "rating": ("गुण", "Rating"),
    "remark": ("शेरा", "Remark"),
}
_WORDS = {
    "filed": ("नोंद", "Filed"),
    "acknowledged": ("पोच दिली", "Acknowledged"),
    "assigned": ("सोपवली", "Assigned"),
    "in_progress": ("काम सुरू", "In progress"),
    "waiting": ("नागरिकाच्या उत्तराची प्रतीक्षा", "Waiting for the citizen"),
    "resolved": ("निराकरण झाले", "Resolved"),
    "closed": ("बंद", "Closed"),
    "rejected": ("नाकारली", "Rejected"),
    "withdrawn": ("मागे घेतली", "Withdrawn"),
    "merged": ("विलीन", "Merged"),
    "low": ("कमी", "Low"),
    "normal": ("सामान्य", "Normal"),
    "high": ("जास्त", "High"),
    "emergency": ("तातडीची", "Emergency"),
    True: ("होय", "Yes"),
    False: ("नाही", "No"),
}


@dataclass(frozen=True)
class Table:
    """What the columns are called, and what is in them, in one language."""

    language: str

    @property
    def header(self) -> list[Cell]:
        """The headings."""
        return [self._in(pair) for pair in _HEADINGS.values()]

    def row(self, grievance: Grievance) -> list[Cell]:
        """One grievance: codes by their names, times as clocks in India show them."""
        return [self._cell(column, getattr(grievance, column)) for column in _HEADINGS]

    def _cell(self, column: str, value: Any) -> Cell:
        if isinstance(value, datetime):
            return value.astimezone(INDIA).replace(tzinfo=None, microsecond=0)
        if value is None:
            return None
        if column in ("category", "parent_category"):
            return city().category_name(value).in_(self.language)
        if column == "department":
            return promises.department_name(value)[self.language]
        if column == "ward":
            return ward_name(value).in_(self.language)
        if column in ("state", "priority", "on_time"):
            return self._in(_WORDS[value])
        return value if isinstance(value, int) else str(value)[:_LONGEST]

    def _in(self, pair: tuple[str, str]) -> str:
        return Name(*pair).in_(self.language)


def ward_name(code: str) -> Name:
    """What a ward is called; a foreign one, or one that is no more, is its own name."""
    known = city().wards.get(code)
    bare = code.partition(":")[2] or code
    return Name(bare, bare) if known is None else known.name


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


def page(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A piece of a CSV file: ``text`` and ``next``, the cursor of the piece that follows it.

    All pieces one after the other are the file; the first begins with the byte-order mark and the
    headings. Raises as ``search.page``.
    """
    table = Table(args["language"])
    found, position = search.rows(session, args, now)
    cursor = None if position is None else cursor_at(args["order"], position)
    text = csv_text(map(table.row, found))
    if args["cursor"] is None:
        text = BOM + csv_text([table.header]) + text
    return {"text": text, "next": cursor}


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


def write(session: Session, args: Mapping[str, Any], now: datetime, path: Path) -> int:
    """Write all that ``args`` (of ``schemas.Exporting``) ask for, and say how many there were.

    The file appears when it is whole; one that was there stays until then. Not under eventlet.

    Raises:
        Invalid: the filters contradict each other.
        OSError: the file cannot be written.
    """
    table = Table(args["language"])
    count = 0
    with _appearing(path) as hidden:
        writer: Writer = WRITERS[path.suffix.lower()](hidden, table.header)
        for grievance in search.stream(session, args, now, _BATCH):
            writer.add(table.row(grievance))
            count += 1
        writer.close()
    return count


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield hidden
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)
