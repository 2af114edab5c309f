"""Rows of a workbook (.xlsx) that somebody sends: in bounded memory and time, whatever is in it.

A workbook is a ZIP archive of XML: a small one can unpack to gigabytes, say that it has a million
rows, or define entities in entities. What it may unpack to, its rows and columns are limited before
anything is read, and XML with a document type is refused. Formulas are not worked out: a cell with
one is a ``Formula``, whatever value was kept beside it.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from palika.errors import Invalid

MOST_UNPACKED: Final = 64 * 1024 * 1024
"""Bytes that all parts of a workbook may have together."""
_MOST_PARTS: Final = 1_000
_MOST_SHEETS: Final = 50
_MOST_WALKED: Final = 2_500_000
"""Rows of all sheets together, empty ones between others too: two sheets that reach to the end."""
_CHUNK: Final = 1024 * 1024
_DOCTYPE: Final = b"<!DOCTYPE"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
"""How XML in UTF-16 or UTF-32 begins, in which nothing is found by its bytes."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that says how to work its value out."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its sheet's name, its number from 1, its cells from column A."""

    sheet: str
    number: int
    cells: tuple[Any, ...]


def rows(content: bytes, most_rows: int, most_columns: int) -> Iterator[Row]:
    """The rows of every sheet that is to be seen.

    Args:
        content: of the file.
        most_rows: that a sheet may reach to.
        most_columns: what is right of them is not read.

    Raises:
        Invalid: no workbook, too large when it is unpacked, or too many sheets or rows.
    """
    _check(content)
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        try:
            walked = 0
            sheets = [each for each in book.worksheets if each.sheet_state == "visible"]
            if len(sheets) > _MOST_SHEETS:
                raise _wrong(f"has more than {_MOST_SHEETS} sheets")
            for sheet in sheets:
                # What a sheet says of its size need not be so.
                sheet.reset_dimensions()
                for number, cells in enumerate(sheet.iter_rows(max_col=most_columns), 1):
                    walked += 1
                    if walked > _MOST_WALKED:
                        raise _wrong("has too many empty rows")
                    found = _cells(cells)
                    if not found:
                        continue
                    if number > most_rows:
                        raise _wrong(f"sheet {sheet.title}: more than {most_rows} rows")
                    yield Row(sheet.title, number, found)
        finally:
            book.close()
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        # What openpyxl makes of a workbook that is damaged depends on where.
        raise _wrong(f"is damaged: {type(error).__name__}") from error
    except (ParseError, SyntaxError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise _wrong("is damaged") from error


def _cells(cells: Sequence[Any]) -> tuple[Any, ...]:
    """What is in them; without the empty ones at the end."""
    length = len(cells)
    while length and cells[length - 1].value in (None, ""):
        length -= 1
    return tuple(_value(cell) for cell in cells[:length])


def _value(cell: Any) -> Any:
    if getattr(cell, "data_type", None) == "f":
        return Formula(str(cell.value))
    return cell.value


def _check(content: bytes) -> None:
    """Refuse what is no workbook, or is dangerous to unpack. Raises Invalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(each.file_size for each in parts) > MOST_UNPACKED:
                raise _wrong(f"unpacks to more than {MOST_UNPACKED // 1024 // 1024} MB")
            if "[Content_Types].xml" not in archive.namelist():
                raise _wrong("is no workbook (.xlsx)")
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    _check_xml(archive, part)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise _wrong("is no workbook (.xlsx)") from error
    except (RuntimeError, OSError, ValueError) as error:
        raise _wrong("is damaged, or protected by a password") from error


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse XML that may define entities, and XML of which that cannot be seen."""
    with archive.open(part) as stream:
        # The archive reads no further than the size that was added up above.
        before = b""
        first = True
        while chunk := stream.read(_CHUNK):
            if (first and chunk.startswith(_WIDE)) or _DOCTYPE in before + chunk:
                raise _wrong("has XML with a document type, or not in UTF-8")
            before, first = chunk[-len(_DOCTYPE) :], False


def _wrong(what: str) -> Invalid:
    return Invalid("The workbook cannot be read.", {"file": [what]})
