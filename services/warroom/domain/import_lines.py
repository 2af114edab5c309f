"""The two tables in which projects are handed in: what their cells must be.

Money is in rupees there, as people write it (12,34,567.50); days as 2026-04-01 or 01-04-2026.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from palika.cells import bare, day, header_mistakes, words
from palika.india import rupees
from palika.text import plain_digits
from services.warroom.domain.facts import PAISE_LEAST, PAISE_MOST

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "projects": (
        *("code", "name_mr", "name_en", "department", "owner", "starts_on"),
        *("wards", "lat", "lon", "public", "summary_mr", "summary_en"),
        *("sanctioned_rupees", "sanctioned_on", "spent_rupees", "spent_on"),
    ),
    "milestones": (
        *("project", "key", "name_mr", "name_en", "stage", "weight", "planned_on"),
        *("days", "after", "forecast_on", "done_on"),
    ),
}
"""By table; the file of one is ``<table>.csv``, the sheet has its name."""

MAY_LACK: Final = frozenset(
    {
        *("wards", "lat", "lon", "public", "summary_mr", "summary_en"),
        *("sanctioned_rupees", "sanctioned_on", "spent_rupees", "spent_on"),
        *("days", "after", "forecast_on", "done_on"),
    }
)
"""Columns that a table may be without, and cells that may be empty."""

ROWS_MOST: Final = {"projects": 2_000, "milestones": 50_000}
FIRST_YEAR, LAST_YEAR = 1990, 2100
_LONGEST: Final = 300
_CODE: Final = re.compile(r"[A-Za-z0-9]+([./_-][A-Za-z0-9]+)*")
_SHOWN: Final = 60
OVERSPENT: Final = 2
"""Spent so many times what there is is a slip of the pen; less is told by the colour."""
_RUPEES: Final = re.compile(
    r"₹? ?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3})(?:\.[0-9]+)?"
)
_DEVANAGARI: Final = re.compile("[\u0904-\u0939]")
_YES, _NO = frozenset({"yes", "true", "1", "होय"}), frozenset({"no", "false", "0", "नाही"})


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, and where.

    Attributes:
        table: one of ``COLUMNS``.
        row: the header is 1, as in a spreadsheet; None: of the table as a whole.
        column: None: of the row as a whole.
        value: as it was written, cut.
    """

    table: str
    row: int | None
    column: str | None
    rule: str
    value: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        names = ("table", "row", "column", "rule", "value")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its cells that are what they must be, by column; None where one is empty."""

    table: str
    row: int
    values: Mapping[str, Any]

    def wrong(self, column: str | None, rule: str) -> Mistake:
        """A mistake in it."""
        value = None if column is None else self.values.get(column)
        if column in ("sanctioned_rupees", "spent_rupees") and value is not None:
            value = rupees(value)
        return Mistake(self.table, self.row, column, rule, _shown(value))


def lines(
    table: str, rows: Iterable[tuple[int, Sequence[str]]]
) -> tuple[list[Line], list[Mistake], list[Line]]:
    """The sound rows of a table, everything that is wrong with the cells of the others, and what
    these others have beside that.

    Args:
        rows: with their numbers; the first is the header. Empty ones are passed over.
    """
    found: list[Line] = []
    wrong: list[Mistake] = []
    partly: list[Line] = []
    header: list[str] = []
    for number, cells in rows:
        if not header:
            header = [each.strip().lower() for each in cells]
            wrong.extend(_header(table, header))
            if wrong:
                return [], wrong, []
        elif number > ROWS_MOST[table] + 1:
            wrong.append(Mistake(table, number, None, f"at most {ROWS_MOST[table]} rows are taken"))
            break
        elif any(each.strip() for each in cells):
            before = len(wrong)
            line = _line(table, number, header, cells, wrong)
            (found if len(wrong) == before else partly).append(line)
    if not header:
        wrong.append(Mistake(table, 1, None, f"must begin with {', '.join(COLUMNS[table])}"))
    return found, wrong, partly


def _header(table: str, header: Sequence[str]) -> Iterable[Mistake]:
    for column, rule, value in header_mistakes(header, COLUMNS[table], MAY_LACK):
        yield Mistake(table, 1, column, rule, _shown(value))


def _line(
    table: str, number: int, header: Sequence[str], cells: Sequence[str], wrong: list[Mistake]
) -> Line:
    if len(cells) != len(header):
        rule = f"has {len(cells)} cells, the header {len(header)}"
        wrong.append(Mistake(table, number, None, rule))
        return Line(table, number, {})
    # A column that the table is without says what an empty cell says.
    values = {each: _value(each, "") for each in COLUMNS[table] if each in MAY_LACK}
    for column, cell in zip(header, cells, strict=True):
        text = bare(cell)
        try:
            values[column] = _value(column, text)
        except ValueError as error:
            wrong.append(Mistake(table, number, column, str(error), _shown(text)))
            values.pop(column, None)
    line = Line(table, number, values)
    wrong.extend(_together(line))
    return line


def wrong_script(language: str, text: str) -> str | None:
    """What is wrong with a name or a summary for a language, ``mr`` or ``en``: in the wrong column,
    each of the city's pages would have it in the other language."""
    if language == "mr":
        return None if _DEVANAGARI.search(text) else "must be in Devanagari"
    return "must be in English" if _DEVANAGARI.search(text) else None


def _together(line: Line) -> Iterable[Mistake]:
    """What cells of one row must be to each other."""
    values = line.values
    for one, other in (
        ("lat", "lon"),
        ("summary_mr", "summary_en"),
        ("sanctioned_rupees", "sanctioned_on"),
        ("spent_rupees", "spent_on"),
    ):
        if one in values and other in values and (values[one] is None) != (values[other] is None):
            empty = one if values[one] is None else other
            yield line.wrong(empty, f"must be given where {other if empty == one else one} is")
    for column in ("name_mr", "summary_mr", "name_en", "summary_en"):
        text = values.get(column)
        if text and (rule := wrong_script(column[-2:], text)):
            yield line.wrong(column, rule)
    sanctioned, spent = values.get("sanctioned_rupees"), values.get("spent_rupees")
    if sanctioned and spent and spent >= OVERSPENT * sanctioned:
        rule = f"must be below {OVERSPENT} times what is sanctioned, {rupees(sanctioned)}"
        yield line.wrong("spent_rupees", rule)


def _value(column: str, text: str) -> Any:
    """What a cell says. Raises ValueError with the rule that it breaks."""
    if not text:
        if column in ("wards", "after"):
            return ()
        if column == "public":
            return False
        if column in MAY_LACK:
            return None
        raise ValueError("must not be empty")
    return _KINDS.get(column, _words)(text)


def _words(text: str) -> str:
    return words(text, _LONGEST)


def _day(text: str) -> date:
    return day(text, FIRST_YEAR, LAST_YEAR)


def _code(text: str) -> str:
    if len(text) > 60 or not _CODE.fullmatch(text):
        raise ValueError("must be letters and digits, with single - _ . or / between")
    return text


def _codes(text: str) -> tuple[str, ...]:
    found = tuple(_code(each) for each in re.split(r"[;,\s]+", text) if each)
    if len(set(found)) < len(found):
        raise ValueError("has a code twice")
    return found


def _rupees(text: str) -> int:
    plain = plain_digits(text)
    if not _RUPEES.fullmatch(plain):
        raise ValueError("must be an amount in rupees, like 12,34,567.50")
    paise = Decimal(plain.replace(",", "").removeprefix("₹").strip()) * 100
    if paise != paise.to_integral_value() or not PAISE_LEAST <= paise <= PAISE_MOST:
        raise ValueError(
            "must be an amount in rupees, 1 at the least, with two decimals at the most"
        )
    return int(paise)


def _whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        plain = plain_digits(text)
        if not plain.isdecimal() or int(plain[:9]) > most:
            raise ValueError(f"must be a whole number from 0 to {most}")
        return int(plain[:9])

    return read


def _degrees(most: int) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            found = float(plain_digits(text))
        except ValueError as error:
            raise ValueError("must be a number of degrees, like 18.5204") from error
        if not -most <= found <= most:
            raise ValueError(f"must be from -{most} to {most}")
        return found

    return read


def _flag(text: str) -> bool:
    if text.lower() in _YES | _NO:
        return text.lower() in _YES
    raise ValueError("must be yes or no")


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text[:_SHOWN]


_KINDS: Final[Mapping[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("code", "project", "key", "department", "owner", "stage"), _code),
    **dict.fromkeys(("wards", "after"), _codes),
    **dict.fromkeys(
        ("starts_on", "planned_on", "forecast_on", "done_on", "sanctioned_on", "spent_on"), _day
    ),
    **dict.fromkeys(("sanctioned_rupees", "spent_rupees"), _rupees),
    "weight": _whole(10_000),
    "days": _whole(36_500),
    "lat": _degrees(90),
    "lon": _degrees(180),
    "public": _flag,
}
