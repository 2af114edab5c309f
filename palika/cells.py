"""What a table that people fill in says: its header, and a cell as text or as a day. Plain Python:
domain rules use it too. Each rule that is broken is told in words that its author understands.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from palika.text import NO_TEXT, is_blank, plain_digits

_FORMULAS: Final = ("=", "+", "-", "@")
_DAYS: Final = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y")


def header_mistakes(
    header: Sequence[str], known: Sequence[str], may_lack: Collection[str]
) -> Iterator[tuple[str | None, str, str | None]]:
    """What is wrong with the names of the columns: column, rule, and the name as it was written.

    Args:
        header: the names, in small letters.
        known: those that the table has; it may be without ``may_lack``.
    """
    for column in known:
        if column not in header and column not in may_lack:
            yield column, f"there is no such column; the columns are {', '.join(known)}", None
    for column in dict.fromkeys(header):
        if column not in known:
            yield column or None, f"is no column of this table; they are {', '.join(known)}", column
        elif header.count(column) > 1:
            yield column, "is there more than once", None


def bare(cell: str) -> str:
    """A cell without blanks around it, and without the apostrophe behind which a spreadsheet takes
    +91… for no formula."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULAS else text


def words(text: str, longest: int) -> str:
    """A cell as text of one line.

    Raises:
        ValueError: with the rule, if it is none.
    """
    if len(text) > longest:
        raise ValueError(f"must be of at most {longest} characters")
    if NO_TEXT.search(text) or "\n" in text or "\r" in text:
        raise ValueError("has a character that is no text of one line")
    if is_blank(text):
        raise ValueError("must not be empty")
    if "??" in text:
        raise ValueError("its letters were lost: save the file as CSV UTF-8")
    return text


def day(text: str, first_year: int, last_year: int) -> date:
    """A cell as a day: 2026-04-01, 01-04-2026, 01/04/2026 or 01.04.2026, in either script's digits.

    Raises:
        ValueError: with the rule, if it is none, or not of these years.
    """
    plain = plain_digits(text)
    for form in _DAYS:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if first_year <= found.year <= last_year:
            return found
        raise ValueError(f"must be of the years {first_year} to {last_year}")
    raise ValueError("must be a day like 2026-04-01 or 01-04-2026")
