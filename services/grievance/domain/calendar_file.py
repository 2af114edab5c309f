"""The working calendar as a city writes it (``data/calendar.yaml``)."""

import re
from datetime import date, datetime
from typing import Any

from palika.text import Name
from services.grievance.domain.calendar import Calendar, Hours
from services.grievance.domain.plain import keys, mapping, name, one_of, sequence, whole

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_MINUTE = 60_000_000


def calendar(raw: Any) -> Calendar:
    """Make the calendar of what a city wrote.

    Raises:
        ValueError: something is missing or breaks a rule; the message says where.
    """
    keys("calendar", raw, ("hours", "holidays"), ("weeks_off", "working_days"))
    keys("hours", raw["hours"], _WEEKDAYS)
    week = tuple(_hours(f"hours, {day}", raw["hours"][day]) for day in _WEEKDAYS)
    holidays, years = _holidays(raw["holidays"])
    working_days = _working_days(raw.get("working_days", []))
    both = sorted(holidays.keys() & working_days.keys())
    if both:
        raise ValueError(f"working_days, {both[0]}: is a holiday too; it can be only one of them")
    weeks_off = _weeks_off(raw.get("weeks_off", {}))
    try:
        return Calendar(
            week,
            weeks_off=weeks_off,
            holidays=holidays,
            working_days=working_days,
            years=years,
        )
    except ValueError as error:
        raise ValueError(f"hours: {error}") from error


def _hours(place: str, raw: Any) -> Hours:
    spans: list[tuple[int, int]] = []
    for text in sequence(place, raw):
        read = _SPAN.fullmatch(text) if isinstance(text, str) else None
        if read is None:
            raise ValueError(f'{place}: must be as "09:45-18:15", not {text!r}')
        opening, closing = (int(read[n]) * 60 + int(read[n + 1]) for n in (1, 3))
        if not opening < closing <= 24 * 60:
            raise ValueError(f"{place}: {text} must end after it begins, and by 24:00")
        if spans and opening * _MINUTE < spans[-1][1]:
            raise ValueError(f"{place}: {text} must begin after the one before has ended")
        spans.append((opening * _MINUTE, closing * _MINUTE))
    return tuple(spans)


def _weeks_off(raw: Any) -> frozenset[tuple[int, int]]:
    off = set()
    for day, weeks in mapping("weeks_off", raw).items():
        weekday = _WEEKDAYS.index(one_of("weeks_off", day, _WEEKDAYS))
        for nth in sequence(f"weeks_off, {day}", weeks):
            off.add((weekday, whole(f"weeks_off, {day}", nth, 1, 5)))
    return frozenset(off)


def _holidays(raw: Any) -> tuple[dict[date, Name], frozenset[int]]:
    holidays: dict[date, Name] = {}
    years = {
        whole("holidays, a year", year, 1950, 9000) for year in mapping("holidays", raw)
    }  # of four digits, and with room for a table's margin around them
    for year in years:
        for at, each in enumerate(sequence(f"holidays {year}", raw[year]), 1):
            place = f"holidays {year}, {at}"
            keys(place, each, ("date", "mr", "en"))
            day = _date(place, each["date"])
            if day.year != year:
                raise ValueError(f"{place}: {day} is not in {year}")
            if day in holidays:
                raise ValueError(f"{place}: {day} is there twice; two feasts of a day are one name")
            holidays[day] = name(place, each)
    return holidays, frozenset(years)


def _working_days(raw: Any) -> dict[date, Hours]:
    days: dict[date, Hours] = {}
    for at, each in enumerate(sequence("working_days", raw), 1):
        place = f"working_days, {at}"
        keys(place, each, ("date", "hours", "mr", "en"))
        day = _date(place, each["date"])
        name(place, each)
        hours = _hours(place, each["hours"])
        if not hours:
            raise ValueError(f"{place}: a working day needs hours")
        if day in days:
            raise ValueError(f"{place}: {day} is there twice")
        days[day] = hours
    return days


def _date(place: str, value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{place}: date must be as 2026-01-26, not {value!r}")
    return value
