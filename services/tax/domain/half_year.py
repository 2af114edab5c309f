"""The halves of the financial year, by which property tax is demanded."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from palika.errors import Invalid

FIRST_YEAR, LAST_YEAR = 1900, 2099

_WORD = re.compile(r"([0-9]{4})-[0-9]{2}/([12])", re.ASCII)
_CODE = re.compile(r"([0-9]{4})([12])", re.ASCII)
_RULE = "must be a half-year like 2026-27/1, or 20261"


class _Halves(NamedTuple):
    year: int
    half: int


class HalfYear(_Halves):
    """One half of a financial year; earlier ones are less than later ones.

    A tuple, whose hash is quick: sums by half-year ask for it a hundred times a bill.

    Attributes:
        year: the one in which the financial year begins: 2026 of 2026-27. 1900 to 2099.
        half: 1 is 1 April to 30 September, 2 is 1 October to 31 March.
    """

    __slots__ = ()

    def __new__(cls, year: int, half: int) -> "HalfYear":
        """Refuse what is no half-year. Raises Invalid."""
        if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
            raise _invalid(f"its year must be one from {FIRST_YEAR} to {LAST_YEAR}", year)
        if type(half) is not int or half not in (1, 2):
            raise _invalid("its half must be 1 or 2", half)
        return super().__new__(cls, year, half)

    @classmethod
    def of(cls, day: date) -> "HalfYear":
        """The half-year in which a day (in Asia/Kolkata) lies.

        Raises:
            Invalid: the day is of no financial year from 1900-01 to 2099-00.
        """
        if day.month < 4:
            return cls(day.year - 1, 2)
        return cls(day.year, 1 if day.month < 10 else 2)

    @classmethod
    def parse(cls, text: Any) -> "HalfYear":
        """The half-year of ``2026-27/1``, or of ``20261`` as Pune's bills have it.

        Raises:
            Invalid: it is neither.
        """
        if not isinstance(text, str):
            raise _invalid(_RULE, text)
        written = _WORD.fullmatch(text) or _CODE.fullmatch(text)
        if written is None:
            raise _invalid(_RULE, text)
        found = cls(int(written[1]), int(written[2]))
        if text not in (str(found), found.code):
            raise _invalid(_RULE, text)
        return found

    def __str__(self) -> str:
        """``2026-27/1``."""
        return f"{self.financial_year}/{self.half}"

    @property
    def code(self) -> str:
        """``20261``, as Pune's bills have it."""
        return f"{self.year}{self.half}"

    @property
    def financial_year(self) -> str:
        """``2026-27``."""
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    @property
    def first_day(self) -> date:
        """1 April, or 1 October."""
        return date(self.year, 4 if self.half == 1 else 10, 1)

    @property
    def last_day(self) -> date:
        """30 September, or 31 March of the next calendar year."""
        return date(self.year, 9, 30) if self.half == 1 else date(self.year + 1, 3, 31)

    @property
    def days(self) -> int:
        """How many days it has: 182 or, with a 29 February, 183; the first half always 183."""
        return (self.last_day - self.first_day + timedelta(days=1)).days

    def __contains__(self, day: object) -> bool:
        """Whether a day lies in it."""
        return isinstance(day, date) and self.first_day <= day <= self.last_day

    def plus(self, halves: int) -> "HalfYear":
        """The one so many half-years later; earlier, when the number is below 0.

        Raises:
            Invalid: that is before 1900-01 or after 2099-00.
        """
        year, half = divmod(self.year * 2 + self.half - 1 + halves, 2)
        return HalfYear(year, half + 1)

    def since(self, other: "HalfYear") -> int:
        """By how many half-years it is later than the other; below 0 when it is earlier."""
        return (self.year - other.year) * 2 + self.half - other.half

    def to(self, last: "HalfYear") -> Iterator["HalfYear"]:
        """All from this one to ``last``, both included; none when ``last`` is earlier."""
        for halves in range(last.since(self) + 1):
            yield self.plus(halves)


def _invalid(rule: str, value: Any) -> Invalid:
    return Invalid("not a half-year", {"half_year": [f"{rule}, not {value!r:.40}"]})
