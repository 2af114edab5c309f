"""What the rules are made of: the fields of an event, read and checked.

This is the hottest code of the service: no datetime object unless a ten-minute slot of time is met
for the first time.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from palika.india import day_of

Data = Mapping[str, Any]
Place = tuple[str, str, str]
"""department, ward ('' = none), day as YYYY-MM-DD in Asia/Kolkata."""
Delta = tuple[str, int, int]
"""measure, cell, and what to add to it: a count, or paise, or minutes, as the measure says."""
Given = tuple[Place, Data, tuple[Delta, ...]]
"""Where and when; by what its parts are told (attribute -> value); and what is added there."""
Rule = Callable[[Data], list[Given]]

_BIGINT = 2**63
_CODE_LIMIT = 200


class Malformed(ValueError):
    """An event that cannot be counted; `str()` names the field and the rule."""


@lru_cache(maxsize=65_536)
def _day_of_slot(slot: str) -> str:
    """The Indian date of a UTC time cut to ten minutes ("2026-04-01T18:3"): 5:30 is 33 slots."""
    return day_of(datetime.fromisoformat(slot + "0").replace(tzinfo=UTC)).isoformat()


def india_day(data: Data, field: str) -> str:
    """The date in Asia/Kolkata, as YYYY-MM-DD, of the ISO 8601 time in `data[field]`.

    Raises:
        Malformed: not a time, or a time without a zone.
        KeyError: there is no such field.
    """
    value = data[field]
    try:
        if value[-1] == "Z":
            return _day_of_slot(value[:15])
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed(f"{field}: not an ISO 8601 time with a zone: {value!r:.60}")
    try:
        return day_of(moment).isoformat()
    except OverflowError as error:
        raise Malformed(f"{field}: not on the calendar in India: {value!r:.60}") from error


def whole(data: Data, field: str) -> int:
    """The integer in `data[field]`; a bool, a float or what no bigint can hold is refused."""
    value = data[field]
    if type(value) is not int or not -_BIGINT < value < _BIGINT:
        raise Malformed(f"{field}: not a whole number of 64 bits: {value!r:.60}")
    return value


def optional(data: Data, field: str) -> int:
    """The same; 0 where the event has no such field."""
    return whole(data, field) if field in data else 0


def minutes(data: Data, field: str) -> int:
    """A duration in whole minutes, 0 or more."""
    value = whole(data, field)
    if value < 0:
        raise Malformed(f"{field}: not 0 or more: {value}")
    return value


def flag(data: Data, field: str) -> bool:
    """True or false, and nothing that looks like it."""
    value = data[field]
    if value is not True and value is not False:
        raise Malformed(f"{field}: not true or false: {value!r:.60}")
    return value


def code(data: Data, field: str) -> str:
    """A code: a string with something in it, that an index can hold."""
    value = data[field]
    if type(value) is not str or not value or len(value) > _CODE_LIMIT or "\0" in value:
        raise Malformed(f"{field}: not a code: {value!r:.60}")
    return value


def ward(data: Data) -> str:
    """The ward's code; '' where the event has none."""
    value = data["ward"]
    if value is None:
        return ""
    if type(value) is not str or len(value) > _CODE_LIMIT or "\0" in value:
        raise Malformed(f"ward: not a code: {value!r:.60}")
    return value
