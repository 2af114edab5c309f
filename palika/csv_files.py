"""Rows of a CSV file as spreadsheets write it: commas, semicolons or tabs, in UTF-8."""

import csv
from collections.abc import Iterator
from itertools import chain
from typing import Final, TextIO

from palika.errors import Invalid
from palika.text import UNSTORABLE

_SEPARATORS: Final = (",", ";", "\t")
"""Excel writes a semicolon where the comma stands in decimals, and tabs into "Text"."""
_SAVE_AS: Final = "save it as “CSV UTF-8 (comma delimited)”"
_NO_CSV: Final = (
    (b"PK\x03\x04", f"is a workbook (.xlsx, .ods) or another ZIP archive: {_SAVE_AS}"),
    (b"\xd0\xcf\x11\xe0", f"is a workbook (.xls): {_SAVE_AS}"),
    (b"\xff\xfe", f"is “Unicode Text” (UTF-16): {_SAVE_AS}"),
    (b"\xfe\xff", f"is “Unicode Text” (UTF-16): {_SAVE_AS}"),
)
"""How files begin that are taken for CSV."""


def check_begins(begins: bytes) -> None:
    """Refuse what is no text by its first four bytes.

    Raises:
        Invalid: it is a workbook, or text in UTF-16.
    """
    for mark, what in _NO_CSV:
        if begins.startswith(mark):
            raise Invalid("Not CSV.", {"file": [what]})


def rows(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers: the header is 1, an empty line counts, as in a spreadsheet.

    Cells are separated by what separates most of the header.

    Args:
        text: opened with ``newline=""``; a byte that is no UTF-8 as a lone surrogate
            (``surrogateescape``): it is found in the row that it is in.

    Raises:
        Invalid: not CSV, or not UTF-8, with the row.
    """
    number = 0
    first = text.readline()
    try:
        separator = max(
            _SEPARATORS, key=lambda each: len(next(csv.reader([first], delimiter=each), ""))
        )
        lines = chain([first], text)
        for number, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), 1):
            for found in filter(None, map(UNSTORABLE.search, cells)):
                where = f"row {number}"
                if found[0] == "\0":
                    raise Invalid("Not text.", {where: [f"has a NUL character: {_SAVE_AS}"]})
                raise Invalid("Not UTF-8.", {where: [f"is not text in UTF-8: {_SAVE_AS}"]})
            yield number, cells
    except csv.Error as error:
        raise Invalid("Not CSV.", {f"row {number + 1}": [str(error)]}) from error
