"""The five tables in which a city writes its organisation down: what their cells must be."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from palika.cells import bare, day, header_mistakes, words
from palika.errors import Invalid
from palika.india import normal_phone
from palika.text import plain_digits
from services.eoffice.domain.secrecy import Secrecy

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "departments": ("code", "mr", "en", "since", "until"),
    "sections": ("code", "department", "mr", "en", "since", "until"),
    "posts": (
        *("code", "department", "section", "mr", "en", "level", "reports_to", "clearance"),
        *("since", "until"),
    ),
    "people": ("code", "mr", "en", "phone", "email", "language", "since", "until"),
    "holdings": ("post", "person", "kind", "since", "until", "order_ref"),
}
"""By table, in the order in which they refer to each other; the file of one is ``<table>.csv``."""

UNITS: Final = ("departments", "sections", "posts", "people")
"""The tables whose rows have a code."""

MAY_LACK: Final = frozenset({"since", "until", "phone", "email", "language", "order_ref"})
"""Columns that a file may be without; what is known of them stays."""

LANGUAGES: Final = ("mr", "en")
"""In which officers are written to; an empty cell is the first, the city's own."""

LEVEL_MOST: Final = 20
LONGEST: Final = 200
_EMPTY: Final = MAY_LACK | {"section", "reports_to"}
_PERSONAL: Final = frozenset({("people", each) for each in ("mr", "en", "phone", "email")})
_CODE: Final = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_CODES: Final = frozenset(
    {"code", "department", "section", "post", "person", "reports_to"},
)
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong.

    Attributes:
        table: one of ``COLUMNS``.
        line: of the file, the header being 1; None: of what the file has not.
        column: None: the line as a whole.
        value: as it was written, cut; None of what is personal.
    """

    table: str
    line: int | None
    column: str | None
    rule: str
    value: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "file": f"{self.table}.csv",
            "line": self.line,
            "column": self.column,
            "rule": self.rule,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its cells by column; ``sound`` if each is what it must be."""

    table: str
    number: int
    values: Mapping[str, Any]
    sound: bool

    def wrong(self, column: str | None, rule: str) -> Mistake:
        """A mistake in it."""
        value = None if column is None else self.values.get(column)
        return Mistake(self.table, self.number, column, rule, shown(self.table, column, value))


def lines(
    table: str, rows: Iterable[tuple[int, Sequence[str]]]
) -> tuple[list[Line], list[Mistake]]:
    """The lines of a table, and everything that is wrong with its cells.

    Args:
        rows: with their numbers; the first is the header. Empty ones are passed over.
    """
    found: list[Line] = []
    wrong: list[Mistake] = []
    header: list[str] = []
    for number, cells in rows:
        if not header:
            header = [each.strip().lower() for each in cells]
            wrong.extend(_header(table, header))
            if wrong:
                break
        elif any(each.strip() for each in cells):
            found.append(_line(table, number, header, cells, wrong))
    if not header:
        wrong.append(Mistake(table, 1, None, f"must begin with {', '.join(COLUMNS[table])}"))
    elif not wrong and not found and table != "sections":
        wrong.append(Mistake(table, 1, None, "has no line; an organisation without is none"))
    return found, wrong


def shown(table: str, column: str | None, value: object) -> str | None:
    """A cell as a mistake shows it: cut, and nothing of what is personal."""
    if value is None or (table, column) in _PERSONAL:
        return None
    return str(value)[:_SHOWN]


def _header(table: str, header: Sequence[str]) -> Iterable[Mistake]:
    for column, rule, value in header_mistakes(header, COLUMNS[table], MAY_LACK):
        yield Mistake(table, 1, column, rule, value and value[:_SHOWN])


def _line(
    table: str, number: int, header: Sequence[str], cells: Sequence[str], wrong: list[Mistake]
) -> Line:
    if len(cells) != len(header):
        rule = f"has {len(cells)} cells, the header {len(header)}"
        wrong.append(Mistake(table, number, None, rule))
        return Line(table, number, {}, sound=False)
    values: dict[str, Any] = {}
    before = len(wrong)
    for column, cell in zip(header, cells, strict=True):
        text = bare(cell)
        try:
            values[column] = _value(column, text)
        except ValueError as error:
            values[column] = None
            wrong.append(Mistake(table, number, column, str(error), shown(table, column, text)))
    since, until = values.get("since"), values.get("until")
    if since is not None and until is not None and until < since:
        rule = f"must be {since} or later, the day of since"
        wrong.append(Mistake(table, number, "until", rule, str(until)))
    return Line(table, number, values, sound=len(wrong) == before)


def _value(column: str, text: str) -> Any:
    """What a cell says. Raises ValueError with the rule that it breaks."""
    if not text:
        if column == "language":
            return LANGUAGES[0]
        if column in _EMPTY:
            return None
        raise ValueError("must not be empty")
    return _KINDS.get(column, _words)(text)


def _words(text: str) -> str:
    return words(text, LONGEST)


def _day(text: str) -> date:
    return day(text, 1900, 2200)


def code_of(text: str) -> str:
    """A code as it is kept.

    Raises:
        ValueError: with the rule, if it is none.
    """
    if len(text) > LONGEST // 2 or not _CODE.fullmatch(text):
        raise ValueError("must be small letters and digits, with single hyphens or dots between")
    return text


def _level(text: str) -> int:
    plain = plain_digits(text)
    if not plain.isdecimal() or not 1 <= int(plain[:9]) <= LEVEL_MOST:
        raise ValueError(f"must be a number from 1 (the lowest) to {LEVEL_MOST}")
    return int(plain)


def _clearance(text: str) -> Secrecy:
    for each in Secrecy:
        if text.lower() == each.name.lower():
            return each
    raise ValueError(f"must be one of: {', '.join(each.name.lower() for each in Secrecy)}")


def _kind(text: str) -> str:
    if text.lower() not in ("regular", "additional"):
        raise ValueError("must be regular or additional")
    return text.lower()


def _language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise ValueError(f"must be one of: {', '.join(LANGUAGES)}")
    return text.lower()


def _phone(text: str) -> str:
    try:
        return normal_phone(text)
    except Invalid as error:
        raise ValueError("; ".join(error.fields["phone"])) from error


def _email(text: str) -> str:
    name, at, host = text.rpartition("@")
    if not (name and at and "." in host) or any(each.isspace() for each in text):
        raise ValueError("must be an address like name@example.org")
    return _words(text)


_KINDS: Final[Mapping[str, Callable[[str], Any]]] = {
    "since": _day,
    "until": _day,
    "level": _level,
    "clearance": _clearance,
    "kind": _kind,
    "language": _language,
    "phone": _phone,
    "email": _email,
    **dict.fromkeys(_CODES, code_of),
}
