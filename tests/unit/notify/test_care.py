"""Quiet hours, caps and consent."""

from datetime import UTC, datetime, time

import pytest

from palika.india import INDIA
from services.notify.domain.care import Care, Purpose, Quiet, may_be_told

NIGHT = Quiet(time(21), time(8))
NOON = Quiet(time(12), time(14))


def india(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 4, day, hour, minute, tzinfo=INDIA)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, india(20, 59), None),
        (NIGHT, india(21), india(8, day=2)),
        (NIGHT, india(23, 59), india(8, day=2)),
        (NIGHT, india(0, day=2), india(8, day=2)),
        (NIGHT, india(7, 59), india(8)),
        (NIGHT, india(8), None),
        (NOON, india(12), india(14)),
        (NOON, india(13, 59), india(14)),
        (NOON, india(14), None),
        (NOON, india(23), None),
    ],
)
def test_quiet_hours_end_when_the_city_says_whatever_zone_it_is_asked_in(quiet, now, until):
    assert quiet.until(now) == until
    assert quiet.until(now.astimezone(UTC)) == until


CARE = Care({Purpose.REMINDER: NIGHT}, {Purpose.REMINDER: 2, Purpose.NEWS: 1})


def test_what_is_beyond_the_cap_waits_for_the_next_day_and_the_end_of_its_quiet():
    assert CARE.later(Purpose.REMINDER, 1, india(10)) is None
    assert CARE.later(Purpose.REMINDER, 2, india(10)) == ("daily_cap", india(8, day=2))
    assert CARE.later(Purpose.NEWS, 1, india(10)) == ("daily_cap", india(0, day=2))


def test_quiet_goes_before_the_cap():
    assert CARE.later(Purpose.REMINDER, 0, india(22)) == ("quiet_hours", india(8, day=2))


def test_a_call_waits_for_the_end_of_its_own_quiet_and_of_its_purposes():
    early = Care({Purpose.NEWS: Quiet(time(21), time(10))}, {}, Quiet(time(20), time(8)))
    assert early.later(Purpose.TAX, 0, india(20)) is None
    assert early.later(Purpose.TAX, 0, india(20), rings=True) == ("quiet_hours", india(8, day=2))
    assert early.later(Purpose.NEWS, 0, india(22), rings=True) == ("quiet_hours", india(10, day=2))
    assert early.later(Purpose.TAX, 0, india(8), rings=True) is None


def test_a_purpose_without_rules_goes_at_once():
    assert CARE.later(Purpose.TAX, 99, india(23)) is None


@pytest.mark.parametrize(
    ("purpose", "said", "may"),
    [
        (Purpose.CODE, False, True),
        (Purpose.SERVICE, None, True),
        (Purpose.SERVICE, False, False),
        (Purpose.NEWS, None, False),
        (Purpose.NEWS, True, True),
        (Purpose.REMINDER, True, True),
    ],
)
def test_consent(purpose, said, may):
    assert may_be_told(purpose, said) is may
