"""Without a period each KPI is told for its newest with data, by all who show KPIs alike; and is
judged only where it can be."""

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
from services.kpi.domain.insight import RED, look
from services.kpi.queries.drill import drill
from services.kpi.queries.outlook import stories
from services.kpi.queries.standing import standings
from services.kpi.reference import city_alerts
from services.kpi.schemas.reading import DashboardArgs, DrillArgs, KpiArgs

NAME = Name("नाव", "Name")
TODAY = date(2026, 11, 15)


def entered(code: str, every: str, kind: str = "sum", due_days: int = 10) -> MeasureInfo:
    return MeasureInfo(
        code, NAME, "count", kind, every=every, by=("ward",), due_days=due_days, department="a"
    )


MEASURES = {
    each.code: each
    for each in (
        MeasureInfo("x.filed", NAME, "count"),
        MeasureInfo("x.done", NAME, "count"),
        entered("a.trees", "month"),
        entered("a.lamps", "month"),
        entered("a.pits", "month"),
        entered("a.roofs", "month"),
        entered("a.loans", "quarter"),
        entered("a.people", "year", "level", due_days=91),
    )
}


def kpi(code: str, written: str, aim: int, **fields: Any) -> Indicator:
    given = {"direction": "higher", "frequency": "month", "source": "manual", "owner": "head"}
    return Indicator(
        *(code, code[0], NAME, NAME, "count", 1),
        formula(written, MEASURES),
        **given | {"every_year": Aim(*[aim] * 2), "dimensions": ("ward",)} | fields,
    )


KPIS = [
    kpi("a-october", "a.trees", 50),
    kpi("a-september", "a.lamps", 50),
    kpi("a-august", "a.pits", 50),
    kpi("a-never", "a.roofs", 50),
    kpi("a-quarter", "a.loans", 50, frequency="quarter"),
    kpi("b-rate", "rate(x.done, x.filed)", 90, source="events"),
    kpi("b-low", "x.filed", 15, source="events", direction="lower"),
    kpi("b-high", "x.filed", 90, source="events"),
    kpi("b-per", "per(x.filed, a.people, 1000)", 12, source="mixed", direction="lower"),
]


@pytest.fixture
def session(kpi_sessions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """On a database with what was entered for August to October, and events until November."""
    made = Catalogue(
        {each: Department(each, Name(each, each.upper()), "head") for each in "ab"},
        MEASURES,
        {"count": NAME},
        {},
        {each.code: each for each in KPIS},
    )
    monkeypatch.setattr(reference, "city_catalogue", lambda: made)
    rows = {
        ("a.trees", "a", "bibwewadi", "2026-10-31"): 60,
        ("a.trees", "a", "bibwewadi", "2026-09-30"): 40,
        ("a.trees", "a", "bibwewadi", "2025-10-31"): 70,
        ("a.lamps", "a", "bibwewadi", "2026-09-30"): 20,
        ("a.pits", "a", "bibwewadi", "2026-08-31"): 60,
        ("a.loans", "a", "", "2026-09-30"): 60,
        ("x.filed", "b", "bibwewadi", "2026-10-05"): 10,
        ("x.done", "b", "bibwewadi", "2026-10-05"): 10,
        ("x.filed", "b", "bibwewadi", "2026-11-05"): 20,
        ("x.done", "b", "bibwewadi", "2026-11-06"): 10,
    }
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        add(session, {(*key, 0): value for key, value in rows.items()})
        set_level(session, {("a.people", "a", "bibwewadi", "2026-03-31"): 1_000})
    with kpi_sessions() as session:
        yield session


def page(session: Any, today: date = TODAY, *, public: bool = False, **args: Any) -> dict[str, Any]:
    return queries.dashboard(session, DashboardArgs().load(args), today, public)


def lines(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["code"]: each for each in answer["kpis"]}


def told(answer: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {
        code: (each["period"], each["value"], each["status"])
        for code, each in lines(answer).items()
    }


def one(session: Any, code: str, today: date = TODAY, **args: Any) -> dict[str, Any]:
    return queries.kpi(session, KpiArgs().load({"code": code, **args}), today)


def test_what_is_entered_later_is_told_for_its_newest_period_of_three(session):
    answer = page(session)
    assert told(answer) == {
        "a-october": ("2026-10", 60, "green"),
        "a-september": ("2026-09", 20, "red"),
        # Older than two periods before the one that runs is out of date.
        "a-august": ("2026-11", None, "no data"),
        "a-never": ("2026-11", None, "no data"),
        "a-quarter": ("2026-Q2", 60, "green"),
        "b-rate": ("2026-11", 50, "red"),
        "b-low": ("2026-11", 20, "red"),
        # It may still be reached: the month before is told.
        "b-high": ("2026-10", 10, "red"),
        "b-per": ("2026-11", 20, "red"),
    }
    found = lines(answer)
    assert {code: (each["running"], each["over"]) for code, each in found.items()} == {
        "a-october": (False, 100),
        "a-september": (False, 100),
        "a-august": (True, 46),
        "a-never": (True, 46),
        "a-quarter": (False, 100),
        "b-rate": (True, 46),
        "b-low": (True, 46),
        "b-high": (False, 100),
        "b-per": (True, 46),
    }


def test_what_cannot_be_judged_yet_is_told_beside_the_period_that_is(session):
    found = lines(page(session))
    assert found["b-high"]["so_far"] == {"period": "2026-11", "value": 20, "over": 46}
    assert [code for code, each in found.items() if each["so_far"] is not None] == ["b-high"]
    assert one(session, "b-high")["so_far"] == found["b-high"]["so_far"]
    assert lines(page(session, period="2026-11"))["b-high"]["so_far"] is None
    # When the month is over it is told itself.
    december = lines(page(session, date(2026, 12, 1)))["b-high"]
    assert (december["period"], december["so_far"]) == ("2026-11", None)


def test_a_period_to_come_does_not_run(session):
    for period, running, over in (("2027-01", False, 0), ("2026-11", True, 46)):
        answer = one(session, "b-per", period=period)
        assert (answer["running"], answer["over"]) == (running, over)
        line = lines(page(session, period=period))["b-per"]
        assert (line["running"], line["over"]) == (running, over)
    assert one(session, "b-per", period="2027-01")["judged"]["en"] == "the period has not begun"


def test_trend_series_and_days_are_those_of_the_period_that_is_told(session):
    answer = page(session)
    trees = lines(answer)["a-october"]
    assert trees["trend"] == {
        "previous": {"period": "2026-09", "value": 40, "change": 20, "trend": "better"},
        "last_year": {"period": "2025-10", "value": 70, "change": -10, "trend": "worse"},
    }
    assert (trees["from_day"], trees["to_day"]) == ("2026-10-01", "2026-10-31")
    assert trees["series"][-2:] == [40, 60]
    assert trees["freshness"] == {"until": "2026-10", "months_behind": 0}
    assert set(answer["series_periods"]) == {"2026-11", "2026-10", "2026-09", "2026-Q2"}
    assert answer["series_periods"]["2026-10"][-1] == "2026-10"


def test_a_sum_that_still_runs_is_not_called_worse_for_it(session):
    high = lines(page(session, period="2026-11"))["b-high"]
    assert high["trend"]["previous"] == {
        "period": "2026-10",
        "value": 10,
        "change": 10,
        "trend": None,
    }
    assert lines(page(session))["b-rate"]["trend"]["previous"]["trend"] == "worse"
    over = lines(page(session, date(2026, 12, 1), period="2026-11"))["b-high"]
    assert over["trend"]["previous"]["trend"] == "better"


def test_departments_are_ranked_by_what_is_told_and_judged(session):
    answer = page(session)
    assert {each["code"]: (each["judged"], each["score"]) for each in answer["departments"]} == {
        "a": (3, 66.7),
        "b": (4, 0),
    }
    assert answer["counts"] == {
        "green": 2,
        "amber": 0,
        "red": 5,
        "not judged": 0,
        "no target": 0,
        "no data": 2,
    }


@pytest.mark.parametrize("code", [each.code for each in KPIS])
def test_one_kpi_and_its_parts_are_told_for_the_period_of_the_page(session, code):
    line = lines(page(session))[code]
    alone = one(session, code)
    same = ("period", "value", "status", "running", "over", "trend", "target", "judged")
    assert {each: alone[each] for each in same} == {each: line[each] for each in same}
    assert alone["series"][-1] == {
        "period": line["period"],
        "value": line["value"],
        "status": line["status"],
    }
    if code == "a-quarter":
        return
    parted = drill(session, DrillArgs().load({"code": code, "by": "ward"}), TODAY)
    assert (parted["period"], parted["whole"]["value"]) == (line["period"], line["value"])
    assert parted["whole"]["status"] == line["status"]


def test_a_value_that_is_entered_moves_the_page_on_and_back(session):
    add(session, {("a.trees", "a", "bibwewadi", "2026-11-30", 0): 55})
    assert told(page(session))["a-october"] == ("2026-11", 55, "green")
    add(session, {("a.pits", "a", "bibwewadi", "2026-10-31", 0): 70})
    assert told(page(session))["a-august"] == ("2026-10", 70, "green")
    session.rollback()
    assert told(page(session))["a-october"] == ("2026-10", 60, "green")


def test_an_asked_period_is_told_with_data_or_without(session):
    assert told(page(session, period="2026-11"))["a-october"] == ("2026-11", None, "no data")
    assert one(session, "a-october", period="2026-11")["period"] == "2026-11"
    assert one(session, "a-october", from_day="2026-11-02", to_day="2026-11-09")["value"] is None


def test_the_public_is_told_the_newest_that_is_over_and_never_what_runs(session):
    add(session, {("a.roofs", "a", "bibwewadi", "2026-11-10", 0): 90})
    assert told(page(session, public=True)) == {
        "a-october": ("2026-10", 60, "green"),
        "a-september": ("2026-09", 20, "red"),
        "a-august": ("2026-10", None, "no data"),
        "a-never": ("2026-10", None, "no data"),
        "a-quarter": ("2026-Q2", 60, "green"),
        "b-rate": ("2026-10", 100, "green"),
        "b-low": ("2026-10", 10, "green"),
        "b-high": ("2026-10", 10, "red"),
        "b-per": ("2026-10", 10, "green"),
    }


def test_metrics_tell_what_the_public_is_told_and_nothing_of_what_runs(session):
    public = told(page(session, public=True))
    found = {
        each.indicator.code: (each.period.code, each.value, each.judged.status)
        for each in standings(session, KPIS, TODAY)
    }
    assert found == public
    assert all(each.period.last < TODAY for each in standings(session, KPIS, TODAY))
    # On the day after its end a month is over.
    (month,) = standings(session, [KPIS[5]], date(2026, 12, 1))
    assert (month.period.code, month.value) == ("2026-11", 50)


def test_parts_of_other_length_and_shares_of_a_sum_are_not_judged(session):
    def statuses(code: str, by: str) -> set[str]:
        asked = DrillArgs().load({"code": code, "by": by, "period": "2026-10"})
        answer = drill(session, asked, TODAY)
        assert answer["whole"]["status"] != "not judged"
        return {each["status"] for each in answer["parts"]} - {"no data"}

    assert statuses("b-rate", "day") == {"not judged"}
    assert statuses("b-rate", "ward") == {"green"}
    assert statuses("b-high", "ward") == {"not judged"}
    assert statuses("b-per", "ward") == {"green"}
    assert statuses("b-rate", "month") == {"green"}


def test_a_departments_share_of_a_sum_of_the_city_is_not_judged(session):
    of_city = kpi("b-city", "x.filed", 20, source="events", scope="city")
    reference.city_catalogue().indicators["b-city"] = of_city
    add(session, {("x.filed", "a", "bibwewadi", "2026-10-05", 0): 15})
    whole = one(session, "b-city", period="2026-10")
    assert (whole["value"], whole["status"], whole["target"]) == (25, "green", 20)
    of = one(session, "b-city", department="b")
    assert (of["period"], of["value"], of["status"], of["target"]) == (
        *("2026-10", 10),
        *("not judged", None),
    )
    assert "a part of the city's sum" in of["judged"]["en"]
    assert {each["status"] for each in of["series"]} == {"not judged", "no data"}
    assert of["so_far"] == {"period": "2026-11", "value": 20, "over": 46}
    # Its trend tells how the share moves; parted once more, its parts are no wholes either.
    assert one(session, "b-city", department="b", period="2026-10")["trend"] is not None
    asked = {"code": "b-city", "period": "2026-10"}
    parted = drill(session, DrillArgs().load({**asked, "by": "ward", "department": "b"}), TODAY)
    assert {each["status"] for each in (parted["whole"], *parted["parts"])} == {
        *("not judged", "no data")
    }
    assert parted["whole"]["target"] is None
    by = drill(session, DrillArgs().load({**asked, "by": "department"}), TODAY)
    assert by["whole"]["status"] == "green"
    assert {each["status"] for each in by["parts"]} == {"not judged"}
    # A rate of another department is held to the same target.
    assert one(session, "b-rate", department="b")["status"] == "red"


@pytest.mark.parametrize("day", [date(2026, 11, 15), date(2026, 11, 16), date(2026, 12, 1)])
def test_an_alert_of_red_is_of_what_the_page_calls_red(session, day):
    """A rate is told from the middle of its month on; until then the page alone says so."""
    shown = lines(page(session, day, period="2026-11"))
    for code, story in stories(session, KPIS, day, city_alerts()).items():
        found = look(RED, story, city_alerts()).found
        red = found is not None and found.period.code == "2026-11"
        early = code == "b-rate" and day.day == 15
        assert red == (shown[code]["status"] == "red" and not early), code


@pytest.mark.parametrize(
    ("day", "value"),
    [
        # The people of 2025-26 are known; those of 2026-27 are due on 30 June 2027.
        ("2027-03-31", 2),
        ("2027-04-01", 2),
        ("2027-06-30", 2),
        ("2027-07-01", None),
    ],
)
def test_a_level_of_a_year_stands_until_the_next_is_due(session, day, value):
    add(session, {("x.filed", "b", "bibwewadi", day, 0): 2})
    answer = one(session, "b-per", date(2028, 1, 1), period=day)
    assert answer["value"] == value
    if value is None:
        awaited = "no data that are up to date: “Name” (2026, due on 30-06-2027)"
        assert answer["why"]["en"] == awaited
        set_level(session, {("a.people", "a", "bibwewadi", "2027-03-31"): 2_000})
        assert one(session, "b-per", date(2028, 1, 1), period=day)["value"] == 1


def test_a_year_that_runs_awaits_its_level_and_the_year_before_is_told_meanwhile(session):
    """In April 2027 the people of 2026-27 are not known yet: the year 2026-27 goes by those of
    2025-26, and that of 2027-28 is told when they come."""
    of_year = kpi(
        *("b-year", "per(x.filed, a.people, 1000)", 12),
        frequency="year",
        source="mixed",
        direction="lower",
    )
    reference.city_catalogue().indicators["b-year"] = of_year
    add(session, {("x.filed", "b", "bibwewadi", "2027-04-05", 0): 4})
    april = date(2027, 4, 10)
    line = lines(page(session, april))["b-year"]
    assert (line["period"], line["value"], line["status"]) == ("2026", 30, "red")
    running = one(session, "b-year", april, period="2027")
    assert (running["value"], running["status"]) == (None, "no data")
    assert running["why"] == {
        "mr": "अद्ययावत माहिती उपलब्ध नाही: “नाव” (2026, मुदत 30-06-2027)",
        "en": "no data that are up to date: “Name” (2026, due on 30-06-2027)",
    }
    set_level(session, {("a.people", "a", "bibwewadi", "2027-03-31"): 2_000})
    assert one(session, "b-year", april, period="2027")["value"] == 2
    # What has come so far cannot be judged: the year before still is told, by its own people now.
    line = lines(page(session, april))["b-year"]
    assert (line["period"], line["value"], line["so_far"]["value"]) == ("2026", 15, 2)


def test_the_page_of_the_first_of_april_has_what_is_counted_per_head(session):
    add(session, {("x.filed", "b", "bibwewadi", "2027-04-01", 0): 2})
    april = lines(page(session, date(2027, 4, 1)))["b-per"]
    assert (april["period"], april["value"]) == ("2027-04", 2)
    assert april["freshness"] == {"until": "2027-04", "months_behind": 0}
