"""A part that is entered above its whole, whichever of the two comes first; what is told of it."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import Identity
from palika.errors import Invalid
from services.kpi.commands.enter import submit
from services.kpi.commands.readings import values_of
from services.kpi.entered.quality import quality_of
from services.kpi.reference import city_places
from tests.support.kpi_entry import TABLES, approved, done, entered, line

CLERK = Identity.of("officer:waste-clerk", "officer")
HEAD = Identity.of("officer:waste-head", "officer")
PART, WHOLE = "waste.landfilled_tonnes", "waste.disposed_tonnes"
WARDS, CITY = "waste.collected_tonnes", "waste.generated_tonnes"
COVERED, HOUSEHOLDS = "waste.households_covered", "waste.households"
REVENUE, EXPENSE = "waste.revenue_paise", "waste.expense_paise"


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    return kpi_sessions


def put(database: Any, *lines: Any, submit: bool = True) -> dict[str, Any]:
    return entered(database, *lines, by=CLERK, department="solid-waste", submit=submit)


def count(database: Any, *lines: Any) -> None:
    approved(database, put(database, *lines)["id"], by=HEAD)


def told(database: Any, *lines: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as error:
        put(database, *lines)
    return error.value.fields


def test_a_part_above_its_whole_is_refused_and_one_as_large_is_not(database):
    count(database, line(WHOLE, "2026-10", "51.8"))
    assert told(database, line(PART, "2026-10", 52)) == {
        "lines.1.value": [f"must be at most 51.8, as {WHOLE} is: no part of it is more"]
    }
    put(database, line(PART, "2026-10", "51.8"))
    put(database, line(PART, "2026-09", 52))


def test_a_whole_below_its_part_is_refused_while_that_waits_and_when_it_counts(database):
    batch = put(database, line(PART, "2026-10", 52))
    rule = [f"must be at least 52, as {PART} is, which is a part of it"]
    assert told(database, line(WHOLE, "2026-10", 51)) == {"lines.1.value": rule}
    approved(database, batch["id"], by=HEAD)
    assert told(database, line(WHOLE, "2026-10", 51)) == {"lines.1.value": rule}
    count(database, line(WHOLE, "2026-10", 60))
    assert told(database, line(WHOLE, "2026-10", 51, reason="चूक")) == {"lines.1.value": rule}


def test_both_in_one_batch_are_told_once_on_the_parts_line(database):
    lines = line(WHOLE, "2026-10", 51), line(PART, "2026-10", 52)
    assert set(told(database, *lines)) == {"lines.2.value"}


def test_a_draft_is_held_against_what_has_come_since(database):
    draft = put(database, line(PART, "2026-10", 52), submit=False)
    count(database, line(WHOLE, "2026-10", 51))
    with pytest.raises(Invalid) as error:
        done(database, submit, CLERK, {"id": draft["id"]})
    assert set(error.value.fields) == {"lines.1.value"}


def test_a_part_is_not_approved_above_a_whole_whose_correction_is_not(database):
    count(database, line(WHOLE, "2026-10", 51))
    whole = put(database, line(WHOLE, "2026-10", 60, reason="चूक"))
    part = put(database, line(PART, "2026-10", 52))
    with pytest.raises(Invalid, match="nothing was approved") as error:
        approved(database, part["id"], by=HEAD)
    assert error.value.fields["lines"] == [
        f"line 1: must be at most 51, as {WHOLE} is: no part of it is more"
    ]
    approved(database, whole["id"], by=HEAD)
    assert approved(database, part["id"], by=HEAD)["state"] == "decided"


def test_wards_are_added_up_against_the_whole_city(database):
    count(database, line(CITY, "2026-10", 518))
    one, other = list(city_places().wards)[:2]
    count(database, line(WARDS, "2026-10", 500, one))
    assert told(database, line(WARDS, "2026-10", 19, other)) == {
        "lines.1.value": [
            f"must be at most 518, as {CITY} is: no part of it is more, "
            "and with the other places it is 519"
        ]
    }
    count(database, line(WARDS, "2026-10", 18, other))


def test_above_a_level_of_an_earlier_day_is_told_to_maker_and_checker_and_not_refused(database):
    ward = next(iter(city_places().wards))
    count(database, line(HOUSEHOLDS, "2025", 504, ward))
    (made,) = put(database, line(COVERED, "2026-10", 999, ward))["lines"]
    assert made["unusual"]["en"] == (
        "“Households and establishments with daily doorstep collection”, 999, is more than "
        "“Households and establishments”, 504"
    )
    assert told(database, line(COVERED, "2026-03", 999, ward))
    count(database, line(COVERED, "2026-09", 500, ward))


def test_a_whole_that_comes_later_is_told_of_the_parts_that_are_above_it(database):
    ward = next(iter(city_places().wards))
    count(database, line(COVERED, "2026-09", 999, ward))
    (made,) = put(database, line(HOUSEHOLDS, "2025", 504, ward))["lines"]
    assert "999, is more than" in made["unusual"]["en"]


def test_what_is_rarely_above_is_told_only(database):
    count(database, line(EXPENSE, "2026-10", 1_000))
    (made,) = put(database, line(REVENUE, "2026-10", 1_001))["lines"]
    assert "₹10.01, is more than" in made["unusual"]["en"]


def test_of_each_line_that_waits_it_is_said_with_what_it_was_compared(database):
    count(database, line(CITY, "2026-09", 518))
    batch = put(database, line(CITY, "2026-10", 5200), line(WHOLE, "2026-10", 3))
    first, second = batch["lines"]
    assert first["unusual"]["en"] == (
        "The value before is 518; 5200 is 10 times that: is the unit right?"
    )
    assert second["unusual"] is None
    assert second["compared"]["en"] == (
        "Whether it is unusual cannot be judged: 0 values before, of 6."
    )
    done_with = approved(database, batch["id"], by=HEAD)
    assert [each["compared"] for each in done_with["lines"]] == [None, None]


def test_a_correction_is_compared_with_what_it_replaces(database):
    count(database, line(CITY, "2026-10", 518))
    (made,) = put(database, line(CITY, "2026-10", 5200, reason="चूक"))["lines"]
    assert "10 times" in made["unusual"]["en"]


def test_the_score_falls_by_what_is_above_its_whole(database):
    ward = next(iter(city_places().wards))
    count(database, line(HOUSEHOLDS, "2025", 504, ward))
    count(database, line(COVERED, "2026-10", 999, ward))
    args = {"department": "solid-waste", "period": "2026-10"}
    with database() as session:
        answer = quality_of(session, args, date(2026, 11, 28))
    part = answer["parts"]["outliers"]
    assert part["score"] == 0
    assert part["words"]["en"] == (
        "1 of 1 approved values were marked as unusual by their checker, or are above their whole."
    )


def test_what_is_compared_is_read_from_the_first_day_on_with_the_levels_that_stand(database):
    ward = next(iter(city_places().wards))
    count(database, line(HOUSEHOLDS, "2025", 2025, ward))
    count(database, *(line(WHOLE, f"2026-{month:02}", month) for month in range(5, 11)))
    count(database, *(line(COVERED, f"2026-{month:02}", month, ward) for month in range(5, 9)))
    put(database, line(COVERED, "2026-08", 90, ward, reason="मोजणी"))

    def found(since: date | None, waiting: bool = True) -> set[tuple[str, int]]:
        asked = {HOUSEHOLDS, WHOLE, COVERED}
        with database() as session:
            values = values_of(session, "solid-waste", asked, since, waiting=waiting)
        return {(key.measure, value) for key, value in values.items()}

    standing = {(HOUSEHOLDS, 2025), (WHOLE, 90), (WHOLE, 100)}
    assert found(date(2026, 9, 30)) == standing | {(COVERED, 90)}
    assert found(date(2026, 9, 30), waiting=False) == standing | {(COVERED, 8)}
    assert found(date(2026, 7, 31)) == standing | {
        *((WHOLE, steps) for steps in (70, 80)),
        *((COVERED, value) for value in (6, 7, 90)),
    }
    assert len(found(None)) == 1 + 6 + 4
