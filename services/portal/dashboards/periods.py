"""Periods of KPIs as people call them, and those that a form offers.

The codes are those of the KPI service (``2026-11``, ``2026-Q3``, ``2026-H2``, ``2026``,
``2026-W48``, ``2026-11-28``); which of them may be asked about, it says itself.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from babel.dates import format_date

from services.portal.pages import languages
from services.portal.pages.formats import day, digits
from services.portal.pages.words import N_, gettext
from services.portal.site.helpers import span

_CODE: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?:(?P<month>\d{2})(?:-(?P<day>\d{2}))?|W(?P<week>\d{2})"
    r"|Q(?P<quarter>[1-4])|H(?P<half>[12])))?",
    re.ASCII,
)
_SHORT: Final = {
    "quarter": N_("Q%(number)s %(year)s"),
    "half": N_("H%(number)s %(year)s"),
    "week": N_("W%(number)s"),
}
_MONTHS, _QUARTERS, _HALVES, _YEARS = 15, 6, 4, 4


def name(code: str) -> str:
    """A period in the language of the page: October 2026; October – December 2026. The code itself,
    if it is none."""
    return _named(code, languages.current(), digits("0"))


@lru_cache(maxsize=2_000)
def _named(code: str, _language: str, _digit: str) -> str:
    found = days_of(code)
    if found is None:
        return code
    first, last = found
    if first == last:
        return day(first)
    return span({"from_day": first.isoformat(), "to_day": last.isoformat()})


def told(line: Mapping[str, Any]) -> str:
    """The days of a KPI's value in the language of the page."""
    return _told(line["from_day"], line["to_day"], languages.current(), digits("0"))


@lru_cache(maxsize=2_000)
def _told(first: str, last: str, _language: str, _digit: str) -> str:
    return span({"from_day": first, "to_day": last})


def short(code: str) -> str:
    """A period as it stands at an axis: Oct 26; Q3 26-27."""
    found, days = _CODE.fullmatch(code), days_of(code)
    if found is None or days is None:
        return code
    first, _ = days
    year = int(found["year"])
    both = f"{year % 100:02}-{(year + 1) % 100:02}"
    for kind, words in _SHORT.items():
        if found[kind]:
            return digits(gettext(words, number=int(found[kind]), year=both))
    if found["day"]:
        return digits(format_date(first, "d MMM", locale=languages.current()))
    if found["month"]:
        return digits(format_date(first, "MMM yy", locale=languages.current()))
    return digits(both)


def days_of(code: str) -> tuple[date, date] | None:
    """The first and the last day of a period; None: the code is none."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    try:
        return _days({name: int(text) for name, text in found.groupdict().items() if text})
    except ValueError:
        return None


def choices(today: date) -> list[tuple[str, str]]:
    """What a form offers, as codes and names: the newest months, quarters, halves and years."""
    year, month = today.year, today.month
    codes = []
    for back in range(_MONTHS):
        y, m = divmod(year * 12 + month - 1 - back, 12)
        codes.append(f"{y:04}-{m + 1:02}")
    april = year if month >= 4 else year - 1
    place = (month - 4) % 12
    for letter, length, count in (("Q", 3, _QUARTERS), ("H", 6, _HALVES)):
        of_year = 12 // length
        for back in range(count):
            y, n = divmod(april * of_year + place // length - back, of_year)
            codes.append(f"{y:04}-{letter}{n + 1}")
    codes += [f"{april - back:04}" for back in range(_YEARS)]
    return [(code, name(code)) for code in codes]


def longer_than_a_month(first: str, last: str) -> bool:
    """Whether days are more than a month's."""
    return (date.fromisoformat(last) - date.fromisoformat(first)).days > 31


def _days(parts: dict[str, int]) -> tuple[date, date]:
    year = parts["year"]
    if "day" in parts:
        only = date(year, parts["month"], parts["day"])
        return only, only
    if "week" in parts:
        monday = date.fromisocalendar(year, parts["week"], 1)
        return monday, monday + timedelta(days=6)
    if "month" in parts:
        return date(year, parts["month"], 1), _before(year, parts["month"] + 1)
    length = 3 if "quarter" in parts else 6 if "half" in parts else 12
    begins = 4 + length * (parts.get("quarter", parts.get("half", 1)) - 1)
    first = _before(year, begins) + timedelta(days=1)
    return first, _before(year, begins + length)


def _before(year: int, month: int) -> date:
    """The day before a month begins, which may be one of the next years (13: January)."""
    years, at = divmod(month - 1, 12)
    return date(year + years, at + 1, 1) - timedelta(days=1)
