"""What the measures add up to when they are asked for: only what adds up is added."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from palika.errors import Invalid
from services.kpi import queries
from services.kpi.commands.project import add, set_level
from services.kpi.domain.sketches import bucket, register
from services.kpi.schemas import MeasuresArgs

SUM, LEVEL = "water.produced_kl", "water.connections"
DISTINCT, TIMES = "eoffice.posts", "eoffice.desk_time"
YEAR = {"from_day": "2026-04-01", "to_day": "2027-03-31"}


@pytest.fixture
def session(kpi_sessions) -> Iterator[Any]:
    """A session on the KPI service's database, with a measure of each kind."""
    totals = {(SUM, "water-supply", "", f"2026-{month:02}-30", 0): 10 for month in (4, 5, 6)}
    totals |= {(DISTINCT, "roads", "", f"2026-10-0{n}", register("clerk")): 3 for n in (1, 2, 3)}
    totals |= {(TIMES, "roads", "", "2026-10-01", bucket(minutes)): 1 for minutes in (5, 500)}
    levels = {
        (LEVEL, "water-supply", ward, f"2026-{month:02}-30"): 100
        for month in (4, 5, 6)
        for ward in ("aundh-baner", "bibwewadi")
    }
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        add(session, totals)
        set_level(session, levels)
    with kpi_sessions() as session:
        yield session


def asked(session: Any, **args: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = queries.measures(session, MeasuresArgs().load(YEAR | args))["rows"]
    return rows


def test_a_sum_is_added_up_and_of_a_distribution_it_is_told_how_many_there_are(session):
    assert asked(session, measure=SUM, group_by=[]) == [{"value": 30}]
    assert asked(session, measure=TIMES, group_by=[]) == [{"value": 2}]


def test_a_level_is_added_up_over_wards_and_never_over_days(session):
    assert asked(session, measure=LEVEL, group_by=["day"])[0] == {"day": "2026-04-30", "value": 200}
    with pytest.raises(Invalid, match="does not add up") as refused:
        asked(session, measure=LEVEL, group_by=["ward"])
    assert "over days" in refused.value.fields["measure"][0]


def test_a_distinct_count_is_never_added_up(session):
    for group_by in (["day"], []):
        with pytest.raises(Invalid, match="does not add up"):
            asked(session, measure=DISTINCT, group_by=group_by)


def test_what_does_not_add_up_is_left_out_where_no_measure_is_asked_for(session):
    assert asked(session, group_by=["measure"]) == [
        {"measure": TIMES, "value": 2},
        {"measure": SUM, "value": 30},
    ]
    assert asked(session, group_by=[]) == [{"value": 30}]
    of_days = {row["measure"] for row in asked(session, group_by=["measure", "day"])}
    assert of_days == {SUM, TIMES, LEVEL}
