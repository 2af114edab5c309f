"""Why a criterion has no marks of the office's own."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from palika.text import Name
from services.kpi.domain.programme import Criterion, Link, Programme, Rule
from services.kpi.domain.scorecard import Reading
from services.kpi.domain.unmarked import BY_HAND, why_unmarked

NAME = Name("नाव", "Name")
SITE = Criterion("site", NAME, 10_00)
FILES = Criterion(
    "files", NAME, 20_00, links=(Link("ga-files", Rule(none=Fraction(0), full=Fraction(100))),)
)
OF = Programme(
    *("drive", NAME, NAME, NAME, "it-head", ("corporation",)),
    date(2026, 1, 5),
    days=100,
    low=Fraction(60),
    criteria=(SITE, FILES),
    references=(),
)
DAY = date(2026, 2, 1)
LACKING = Reading(
    "ga-files", "2026-01", None, "no data", None, "no data: “Opened”", "नाही: “उघडल्या”"
)
KNOWN = replace(LACKING, value=50.0, share=Fraction(1, 2), why=None)


def why(criterion: Criterion, *read: Reading, day: date = DAY, today: date = DAY) -> Name:
    return why_unmarked(OF, criterion, read, {"ga-files": Name("फाइल", "Files")}, day, today)


def test_what_people_give_is_not_given_yet():
    assert why(SITE) == BY_HAND


def test_kpis_without_data_are_named_with_their_period():
    told = why(FILES, LACKING)
    assert "no data: “Files” (2026-01); until" in told.en
    assert "माहिती नाही: “फाइल” (2026-01);" in told.mr
    assert told.en.endswith("marks are given by hand")
    # Three are named, of more two.
    gone = replace(LACKING, kpi="gone")
    assert "“gone” (2026-01), “gone” (2026-01), “gone” (2026-01);" in why(FILES, *[gone] * 3).en
    assert "“gone” (2026-01) and 2 more;" in why(FILES, *[gone] * 4).en
    assert "व आणखी 2;" in why(FILES, *[gone] * 4).mr


def test_kpis_of_other_departments_give_none():
    assert "those of other departments" in why(FILES).en


def test_what_can_be_computed_is_computed_soon_and_of_a_past_day_on_demand():
    assert "within the hour" in why(FILES, LACKING, KNOWN).en
    assert "can be computed for it" in why(FILES, KNOWN, today=date(2026, 2, 2)).en


@pytest.mark.parametrize(
    ("day", "today", "said"),
    [
        (date(2026, 1, 4), DAY, "the programme begins on 05-01-2026"),
        (DAY, date(2026, 4, 15), "marks were given until 14-04-2026"),
    ],
)
def test_before_and_after_the_programme_there_are_none(day, today, said):
    assert said in why(SITE, day=day, today=today).en
