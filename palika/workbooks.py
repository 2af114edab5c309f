"""Rows of a workbook (XLSX) as text, so that whoever reads CSV reads it too."""

import io
import math
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from palika.errors import Invalid

_UNPACKED_MOST: Final = 200 * 1024 * 1024
_COLUMNS_MOST: Final = 200
_BROKEN: Final = (
    *(zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError),
    *(OSError, IndexError, AttributeError, EOFError, NotImplementedError),
)


def sheets(content: bytes, rows_most: int) -> dict[str, list[tuple[int, list[str]]]]:
    """The sheets of a workbook by their names in small letters: rows with their numbers, from 1, as
    ``palika.csv_files.rows`` gives them.

    A day is 2026-04-01, a whole number has no decimals, an empty cell is empty text; of a formula
    its last result counts.

    Args:
        rows_most: of a sheet.

    Raises:
        Invalid: it is no workbook, or larger than is taken.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
        if unpacked > _UNPACKED_MOST:
            raise _refusal(f"has {unpacked} bytes unpacked; at most {_UNPACKED_MOST} are taken")
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        try:
            return {
                each.title.strip().lower(): list(_rows(each, rows_most)) for each in book.worksheets
            }
        finally:
            book.close()
    except Invalid:
        raise
    except _BROKEN as error:
        raise _refusal("is no workbook (.xlsx), or is damaged") from error


def _rows(sheet: Any, most: int) -> Iterator[tuple[int, list[str]]]:
    # What a sheet says of its own size is not believed: some writers say one cell.
    sheet.reset_dimensions()
    width = 0
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=_COLUMNS_MOST), 1):
        if number > most:
            raise _refusal(f"the sheet {sheet.title} has more than {most} rows")
        found = [_text(each) for each in cells]
        while found and not found[-1]:
            found.pop()
        width = width or len(found)
        # Empty cells at the end are in no file: they are there all the same.
        yield number, found + [""] * (width - len(found))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    return str(value)


def _refusal(rule: str) -> Invalid:
    return Invalid("Not a workbook.", {"file": [rule]})
