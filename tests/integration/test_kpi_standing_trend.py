"""A value of which nothing has come in the period that is told stands from the one before: it is
compared with what was before that, and never with itself."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from palika.text import Name
from services.kpi import queries, reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Catalogue, Department, Indicator, MeasureInfo
from services.kpi.schemas.reading import DashboardArgs, KpiArgs

NAME = Name("नाव", "Name")
TODAY = date(2026, 11, 15)


def level(code: str, every: str, due_days: int) -> MeasureInfo:
    return MeasureInfo(
        code, NAME, "count", "level", every=every, by=(), due_days=due_days, department="a"
    )


MEASURES = {
    each.code: each
    for each in (
        level("a.open", "month", 10),
        level("a.late", "month", 10),
        level("a.roads", "quarter", 15),
        level("a.poles", "year", 60),
        level("a.area", "year", 60),
        MeasureInfo("x.filed", NAME, "count"),
    )
}


def kpi(code: str, written: str, frequency: str, **fields: Any) -> Indicator:
    given = {"direction": "lower", "source": "manual", "owner": "head"}
    return Indicator(
        *(code, "a", NAME, NAME, "count", 1),
        formula(written, MEASURES),
        **given | {"every_year": Aim(30, 30), "dimensions": (), "frequency": frequency} | fields,
    )


KPIS = [
    kpi("a-late", "rate(a.late, a.open)", "month"),
    kpi("a-roads", "a.roads", "quarter"),
    kpi("a-poles", "a.poles", "year"),
    kpi("a-per-pole", "per(x.filed, a.poles, 1000)", "month", source="mixed"),
    kpi("a-first", "a.area", "year"),
]
LEVELS = {
    ("a.open", "2026-09-30"): 200,
    ("a.late", "2026-09-30"): 40,
    ("a.open", "2026-10-31"): 200,
    ("a.late", "2026-10-31"): 50,
    ("a.roads", "2025-09-30"): 28,
    ("a.roads", "2026-06-30"): 20,
    ("a.roads", "2026-09-30"): 24,
    ("a.poles", "2025-03-31"): 100,
    ("a.poles", "2026-03-31"): 90,
    ("a.area", "2026-03-31"): 7,
}


@pytest.fixture
def session(kpi_sessions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    made = Catalogue(
        {"a": Department("a", Name("a", "A"), "head")},
        MEASURES,
        {"count": NAME},
        {},
        {each.code: each for each in KPIS},
    )
    monkeypatch.setattr(reference, "city_catalogue", lambda: made)
    events = {("x.filed", "a", "", "2026-10-05", 0): 9, ("x.filed", "a", "", "2026-11-05", 0): 18}
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        add(session, events)
        set_level(session, {(code, "a", "", day): value for (code, day), value in LEVELS.items()})
    with kpi_sessions() as session:
        yield session


def lines(session: Any, today: date = TODAY, **args: Any) -> dict[str, dict[str, Any]]:
    answer = queries.dashboard(session, DashboardArgs().load(args), today)
    return {each["code"]: each for each in answer["kpis"]}


def test_what_stands_is_compared_with_what_was_before_it(session):
    late = lines(session)["a-late"]
    assert (late["period"], late["data_of"], late["value"]) == ("2026-11", "2026-10", 25)
    assert late["trend"]["previous"] == {
        "period": "2026-09",
        "value": 20,
        "change": 5,
        "trend": "worse",
    }
    asked = KpiArgs().load({"code": "a-late"})
    assert queries.kpi(session, asked, TODAY)["trend"] == late["trend"]


def test_it_is_compared_with_the_year_before_its_own_period(session):
    roads = lines(session)["a-roads"]
    assert (roads["period"], roads["data_of"], roads["value"]) == ("2026-Q3", "2026-Q2", 24)
    assert roads["trend"] == {
        "previous": {"period": "2026-Q1", "value": 20, "change": 4, "trend": "worse"},
        "last_year": {"period": "2025-Q2", "value": 28, "change": -4, "trend": "better"},
    }
    poles = lines(session)["a-poles"]
    before = {"period": "2024", "value": 100, "change": -10, "trend": "better"}
    assert (poles["period"], poles["data_of"]) == ("2026", "2025")
    assert poles["trend"] == {"previous": before, "last_year": before}


def test_what_has_nothing_before_it_is_not_said_to_be_the_same(session):
    first = lines(session)["a-first"]
    assert (first["value"], first["data_of"]) == (7, "2025")
    assert first["trend"]["previous"] == {
        "period": "2024",
        "value": None,
        "change": None,
        "trend": None,
    }


def test_what_has_come_in_its_period_is_compared_with_the_period_before(session):
    entered = lines(session, period="2026-10")["a-late"]
    assert (entered["data_of"], entered["trend"]["previous"]["period"]) == (None, "2026-09")
    # Beside a level that stands events are of the month.
    mixed = lines(session, period="2026-11")["a-per-pole"]
    assert (mixed["value"], mixed["trend"]["previous"]["period"]) == (200, "2026-10")
