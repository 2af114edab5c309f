"""Times from outside: in UTC and on every calendar, or refused with the field's name."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from palika.errors import Invalid
from palika.fields import Moment
from palika.india import day_of
from palika.moments import EARLIEST, LATEST, in_utc
from palika.paging import cursor_at, order_of, position_of

BEYOND = [
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+05:30",
    "0001-01-01T00:00:00+00:00",
    "2200-01-01T00:00:01Z",
    "1899-12-31T23:59:59Z",
]
MOMENT = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
KEY = "00000000-0000-7000-8000-000000000000"
# What ISO 8601 can write: an offset of less than a day, either way.
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


class When(Schema):
    """A schema with a time."""

    at = Moment()


def cursor(moment: str) -> str:
    """A cursor that no list has given, in the form of one that a list gives."""
    return base64.urlsafe_b64encode(f"newest|{moment}|{KEY}".encode()).decode().rstrip("=")


@pytest.mark.parametrize("text", BEYOND)
def test_a_time_beyond_what_is_kept_is_refused_by_its_fields_name(text):
    for value in (text, datetime.fromisoformat(text)):
        with pytest.raises(ValidationError) as refused:
            When().load({"at": value})
        assert refused.value.messages == {"at": ["must be of the years 1900 to 2199"]}
    with pytest.raises(Invalid) as not_a_cursor:
        position_of("newest", cursor(text))
    assert list(not_a_cursor.value.fields) == ["cursor"]


@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+16:00"])
def test_an_offset_that_postgresql_does_not_take_is_converted(offset):
    text = f"2026-01-01T00:00:00{offset}"
    same = datetime.fromisoformat(text)
    moment = When().load({"at": text})["at"]
    assert (moment, moment.tzinfo) == (same, UTC)
    moment, _ = position_of("newest", cursor(text))
    assert (moment, moment.tzinfo) == (same, UTC)


@given(st.datetimes(timezones=ZONES))
def test_what_is_taken_is_the_same_moment_in_utc_and_has_a_day_in_india(moment):
    try:
        taken = in_utc(moment)
    except ValueError:
        assert not EARLIEST <= moment <= LATEST
        return
    assert taken == moment
    assert taken.tzinfo is UTC
    assert day_of(taken)


def test_a_cursor_gives_back_the_position_that_it_was_made_of():
    moment = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)
    at, key = position_of("newest", cursor_at("newest", (moment, KEY)))
    assert (at, str(key)) == (moment, KEY)
    naive = base64.urlsafe_b64encode(f"newest|2026-07-01T00:00:00|{KEY}".encode()).decode()
    with pytest.raises(Invalid):
        position_of("newest", naive)


def test_a_cursor_is_of_its_filters_only():
    filters = {"ward": ["kothrud"], "open": True, "status": None}
    order = order_of("newest", filters)
    cursor = cursor_at(order, (MOMENT, UUID(KEY)))
    # How long a page is, and how it is told, is nothing of the list's.
    beside = {"limit": 5, "cursor": cursor, "language": "en"}
    assert position_of(order_of("newest", filters | beside), cursor) == (MOMENT, UUID(KEY))
    for other in ({"ward": ["aundh"]}, {"open": None}, {"status": "filed"}):
        with pytest.raises(Invalid):
            position_of(order_of("newest", filters | other), cursor)
    with pytest.raises(Invalid):
        position_of(order_of("oldest", filters), cursor)
