"""Days as people mean them, in the digits that they write."""

from datetime import UTC, date, datetime

import pytest
from marshmallow import ValidationError

from services.grievance.domain.days import day
from services.grievance.schemas import CheckResults, Filing, Searching

NOW = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
"""In India it is the 2nd already."""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-11-28", date(2026, 11, 28)),
        ("२०२६-११-२८", date(2026, 11, 28)),
        ("today", date(2026, 7, 2)),
        ("today-7", date(2026, 6, 25)),
        ("today-७", date(2026, 6, 25)),
    ],
)
def test_a_day_is_read_in_either_digits(said, meant):
    assert day(said, NOW) == meant


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("01-04-2026", "must be a day (2026-07-01), today, or today-7 for a week before"),
        ("yesterday", "must be a day (2026-07-01), today, or today-7 for a week before"),
        ("२०२६-०२-३०", "must be a day of the calendar, which 2026-02-30 is not"),
        ("2026-13-01", "must be a day of the calendar, which 2026-13-01 is not"),
        ("1026-07-01", "must be of the years 1900 to 2199"),
    ],
)
def test_what_is_no_day_is_told_by_the_rule_that_it_breaks(said, rule):
    with pytest.raises(ValidationError) as refused:
        Searching().load({"filed_from_day": said})
    assert refused.value.normalized_messages() == {"filed_from_day": [rule]}


def test_a_filter_keeps_a_day_in_plain_digits():
    assert Searching().load({"filed_from_day": "२०२६-११-२८"})["filed_from_day"] == "2026-11-28"
    moment = Searching().load({"filed_from": "२०२६-११-२८T१०:००:००+05:30"})["filed_from"]
    assert moment == datetime(2026, 11, 28, 4, 30, tzinfo=UTC)


def test_other_days_and_telephone_numbers_come_in_either_digits_too():
    days = CheckResults().load({"from_day": "२०२६-०४-०१", "to_day": "2026-04-30"})
    assert days == {"from_day": date(2026, 4, 1), "to_day": date(2026, 4, 30)}
    filing = {"category": "pothole", "description": "खड्डा", "citizen_phone": "९८७६५ ४३२१०"}
    assert Filing().load(filing)["citizen_phone"] == "+919876543210"
