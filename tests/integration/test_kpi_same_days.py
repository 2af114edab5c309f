"""What is compared is of the same days: with a period before, and what is entered beside events."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import Identity
from services.kpi import queries
from services.kpi.commands.project import add
from services.kpi.queries.drill import drill
from services.kpi.queries.outlook import stories
from services.kpi.reference import city_alerts, city_catalogue
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, KpiArgs
from tests.support.kpi_entry import SENIOR, TABLES, approved, at, entered, line

GROWTH, REVENUE, COST = "tax-collection-growth", "finance-revenue-growth", "tax-cost-of-collection"
LAKH = 10_000_000


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing in it."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}, inbox"))
    return kpi_sessions


def collected(database: Any, lakhs: dict[str, int]) -> None:
    with database.begin() as session:
        add(
            session,
            {
                ("tax.paid_paise", "property-tax", "", day, 0): amount * LAKH
                for day, amount in lakhs.items()
            },
        )


def put(database: Any, department: str, post: str, measure: str, values: dict[str, int]) -> None:
    clerk = Identity.of(f"officer:{post}", "officer")
    lines = [line(measure, period, value) for period, value in values.items()]
    now = at("2026-11-20")
    batch = entered(database, *lines, by=clerk, department=department, now=now)
    approved(database, batch["id"], by=SENIOR, now=now)


def told(database: Any, code: str, today: str, **args: Any) -> dict[str, Any]:
    """One KPI; the page, and where it is asked for by days the whole of its parts, say the same."""
    day = date.fromisoformat(today)
    with database() as session:
        one = queries.kpi(session, KpiArgs().load({"code": code, **args}), day)
        page = queries.dashboard(session, DashboardArgs().load(args), day)
        (of_page,) = [each for each in page["kpis"] if each["code"] == code]
        assert {name: of_page[name] for name in ("value", "status", "partial")} == {
            name: one[name] for name in ("value", "status", "partial")
        }
        if "period" in args:
            asked = {"code": code, "by": "month", **args}
            whole = drill(session, DrillArgs().load(asked), day)["whole"]
            assert (whole["value"], whole["status"]) == (one["value"], one["status"])
    return one


def test_a_year_that_runs_is_compared_with_the_same_days_of_the_one_before(database):
    collected(database, {"2025-05-10": 10, "2025-11-10": 4, "2025-11-20": 6, "2026-02-10": 20})
    collected(database, {"2026-05-10": 12, "2026-11-10": 4})
    year = {"period": "2026"}
    # 16 of this year against the 14 up to 15 November of the last, not against its 40.
    assert told(database, GROWTH, "2026-11-15", **year)["value"] == 14.3
    # A day later nothing is told of the day before: from the 20th on there are 20.
    assert told(database, GROWTH, "2026-11-20", **year)["value"] == -20
    assert told(database, GROWTH, "2026-11-30", **year)["value"] == -20
    # When it is over, all of it counts; so it does of a period that is over, whatever the day.
    assert told(database, GROWTH, "2027-04-01", **year)["value"] == -60
    month = told(database, GROWTH, "2026-12-01", period="2026-11")
    assert month["value"] == -60
    # What has come so far of it is told beside the year before in the same way.
    assert told(database, GROWTH, "2026-11-30")["value"] == -20


def test_what_is_entered_is_compared_up_to_the_end_of_its_last_month(database):
    months = {"2025-07": 10, "2025-08": 10, "2025-09": 10, "2025-10": 10, "2025-11": 10}
    put(database, "finance", "finance-clerk", "finance.own_revenue_paise", months)
    now = {"2026-07": 11, "2026-08": 11, "2026-10": 12}
    put(database, "finance", "finance-clerk", "finance.own_revenue_paise", now)
    # October against October, while November and December are to come.
    assert told(database, REVENUE, "2026-11-20", period="2026-Q3")["value"] == 20
    # Of a quarter that is over, of which September is not entered, nothing is judged.
    q2 = told(database, REVENUE, "2026-11-20", period="2026-Q2")
    assert (q2["value"], q2["status"]) == (-26.7, "not judged")
    assert "in the period before” are not of the same places and periods" in q2["partial"]["en"]
    assert "2026-09" in q2["partial"]["en"]
    put(database, "finance", "finance-clerk", "finance.own_revenue_paise", {"2026-09": 11})
    q2 = told(database, REVENUE, "2026-11-20", period="2026-Q2")
    assert (q2["value"], q2["status"], q2["partial"]) == (10, "green", None)


def test_an_entered_sum_beside_what_events_count_is_judged_when_all_of_it_is_there(database):
    collected(database, {f"2026-{month:02}-10": 10 for month in range(4, 12)})
    collected(database, {f"2025-{month:02}-10": 10 for month in range(4, 13)})
    tax = "property-tax", "tax-clerk", "property.expense_paise"
    put(database, *tax, {"2026-Q1": 3_00_00_000, "2026-Q2": 3_00_00_000})
    year = told(database, COST, "2026-11-20", period="2026")
    assert (year["value"], year["status"]) == (7.5, "not judged")
    assert "entered up to 30-09-2026, and" in year["partial"]["en"]
    assert "counted up to 20-11-2026: this is not judged" in year["partial"]["en"]
    # So there is no alert of it.
    with database() as session:
        kpi = city_catalogue().indicator(COST)
        story = stories(session, [kpi], date(2026, 11, 20), city_alerts())[COST]
        assert story.running is not None
        assert story.running.value is None
    # A quarter that is over and entered is judged, and so is a year; one that lacks a quarter not.
    put(database, *tax, {"2025-Q1": 1_00_00_000, "2025-Q2": 1_00_00_000, "2025-Q3": 1_00_00_000})
    past = told(database, COST, "2026-11-20", period="2025")
    assert (past["value"], past["status"]) == (3.33, "not judged")
    assert "(without 2025-Q4)" in past["partial"]["en"]
    put(database, *tax, {"2025-Q4": 0})
    past = told(database, COST, "2026-11-20", period="2025")
    assert (past["value"], past["status"], past["partial"]) == (3.33, "amber", None)
