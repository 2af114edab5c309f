"""The dashboard and one KPI, with truth worked out by hand; who may see what; drilling."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from palika.errors import Invalid, NotFound
from palika.india import day_of
from services.kpi import queries, reference
from services.kpi.commands.project import add
from services.kpi.domain.indicators import Catalogue
from services.kpi.domain.period import askable
from services.kpi.domain.projection import Projector
from services.kpi.queries.drill import drill
from services.kpi.queries.standing import standings
from services.kpi.schemas.reading import DrillArgs, KpiArgs
from tests.support.kpi_pages import TODAY, dashboard, lines


@pytest.fixture
def known(two_departments) -> Catalogue:
    """Two departments."""
    return two_departments


@pytest.fixture
def session(two_departments_session) -> Any:
    """A session on the KPI service's database, with their measures and no others."""
    return two_departments_session


def test_each_kpi_is_told_in_the_period_of_its_own_that_runs(session):
    found = lines(dashboard(session))
    assert {code: (each["period"], each["value"]) for code, each in found.items()} == {
        "a-filed": ("2026-11", 20),
        "a-rate": ("2026-11", 75),
        "a-secret": ("2026-11", 15),
        "b-rate": ("2026-11", 37.5),
        "b-quarter": ("2026-Q3", 30),
        "b-people": ("2026-11", 5),
    }
    assert all(each["running"] for each in found.values())
    assert {found["a-rate"]["over"], found["b-quarter"]["over"]} == {46, 48}
    assert {code: each["status"] for code, each in found.items()} == {
        "a-filed": "no target",
        "a-rate": "red",
        "a-secret": "green",
        "b-rate": "red",
        "b-quarter": "not judged",
        "b-people": "no target",
    }


def test_the_trend_is_against_the_period_before_and_the_year_before(session):
    rate = lines(dashboard(session))["a-rate"]
    assert rate["trend"] == {
        "previous": {"period": "2026-10", "value": 90, "change": -15, "trend": "worse"},
        "last_year": {"period": "2025-11", "value": 25, "change": 50, "trend": "better"},
    }
    assert rate["series"] == [25, *[None] * 10, 90, 75]
    quarter = lines(dashboard(session))["b-quarter"]
    assert quarter["trend"]["last_year"] == {
        "period": "2025-Q3",
        "value": None,
        "change": None,
        "trend": None,
    }


def test_a_series_has_its_thirteen_periods_named(session):
    answer = dashboard(session)
    months = answer["series_periods"]["2026-11"]
    assert (len(months), months[0], months[-1]) == (13, "2025-11", "2026-11")
    assert answer["series_periods"]["2026-Q3"][-2:] == ["2026-Q2", "2026-Q3"]


def test_departments_are_ranked_and_counted(session):
    city = dashboard(session)
    assert [(each["code"], each["rank"], each["score"]) for each in city["departments"]] == [
        ("a", 1, 50),
        ("b", 2, 0),
    ]
    assert city["counts"] == {
        "green": 1,
        "amber": 0,
        "red": 2,
        "not judged": 1,
        "no target": 2,
        "no data": 0,
    }
    one = dashboard(session, department="b")
    assert set(lines(one)) == {"b-rate", "b-quarter", "b-people"}
    assert (one["place"]["rank"], one["place"]["of"], one["counts"]["red"]) == (2, 2, 1)
    assert one["place"]["words"]["en"] == "0 of 1 judged KPIs are green; rank 2 of 2 departments"
    assert (one["place"]["coverage"], one["place"]["expected"], one["place"]["lacking"]) == (
        100,
        3,
        0,
    )


def test_a_period_is_asked_for_by_its_code(session):
    found = lines(dashboard(session, period="2026-10"))
    assert found["a-rate"]["value"] == 90
    assert (found["a-rate"]["status"], found["a-rate"]["running"]) == ("green", False)
    # Its target is for a quarter.
    assert (found["b-quarter"]["value"], found["b-quarter"]["target"]) == (30, None)
    assert found["b-quarter"]["status"] == "not judged"
    quarter = lines(dashboard(session, period="2026-Q3"))
    assert {code: each["status"] for code, each in quarter.items()} == {
        "a-filed": "no target",
        "a-rate": "not judged",
        "a-secret": "not judged",
        "b-rate": "not judged",
        "b-quarter": "not judged",
        "b-people": "no target",
    }
    with pytest.raises(Invalid) as refused:
        dashboard(session, period="2026-13")
    assert "2026-Q3" in str(refused.value.fields["period"])


def test_days_that_are_no_period_have_a_value_and_no_past(session):
    rate = lines(dashboard(session, from_day="2026-10-31", to_day="2026-11-02"))["a-rate"]
    assert (rate["value"], rate["trend"], rate["series"]) == (90, None, [90])
    assert (rate["period"], rate["from_day"]) == (None, "2026-10-31")
    assert (rate["status"], rate["target"], rate["short"]) == ("not judged", None, None)


def test_freshness_is_the_month_up_to_which_there_are_data(session):
    found = lines(dashboard(session))
    assert found["a-rate"]["freshness"] == {"until": "2026-11", "months_behind": 0}
    # Of what events feed a month in which nothing happened lacks nothing: 20 were done by now.
    add(session, {("x.done", "b", "", "2026-07-01", 0): 1})
    quarter = lines(dashboard(session, period="2026-Q2"))["b-quarter"]
    assert quarter["freshness"] == {"until": "2026-09", "months_behind": 0}
    # The population is that of March, and is so until the next one is due.
    assert found["b-people"]["freshness"] == {"until": "2026-11", "months_behind": 0}


def test_no_data_and_a_division_by_zero_are_told_in_both_languages(session):
    rate = lines(dashboard(session, period="2026-09"))["a-rate"]
    assert (rate["value"], rate["status"]) == (None, "no data")
    assert rate["why"] == {
        "mr": "माहिती उपलब्ध नाही: “पूर्ण”, “नोंद”",
        "en": "no data: “Done”, “Filed”",
    }
    add(session, {("x.filed", "a", "", "2026-09-01", 0): 0})
    rate = lines(dashboard(session, period="2026-09"))["a-rate"]
    assert rate["why"]["en"] == "division by zero: “Filed” = 0"


def test_the_public_sees_public_kpis_of_whole_months_that_are_over(session):
    found = lines(dashboard(session, public=True))
    assert {code: each["period"] for code, each in found.items()} == {
        "a-filed": "2026-10",
        "a-rate": "2026-10",
        "b-rate": "2026-10",
        "b-quarter": "2026-Q2",
        "b-people": "2026-10",
    }
    assert not any(each["running"] for each in found.values())
    for args in (
        {"period": "2026-11"},
        {"period": "2026"},
        {"period": "2026-W40"},
        {"period": "2026-10-05"},
        {"from_day": "2026-10-02", "to_day": "2026-10-31"},
    ):
        with pytest.raises(Invalid, match="whole months"):
            dashboard(session, public=True, **args)
    with pytest.raises(NotFound):
        queries.kpi(session, KpiArgs().load({"code": "a-secret"}), TODAY, public=True)


def test_a_day_ends_at_midnight_in_india():
    """Which is 18:30 in UTC."""
    projector = Projector({})
    data = {"department": "a", "ward": "w", "category": "c", "filed_at": "2026-11-30T18:29:59Z"}
    later = data | {"filed_at": "2026-11-30T18:30:00Z"}
    days = [
        {key[3] for key, _ in projector.deltas("grievance.filed.v1", each)}
        for each in (data, later)
    ]
    assert days == [{"2026-11-30"}, {"2026-12-01"}]


def test_one_kpi_has_its_series_judged(session):
    answer = queries.kpi(session, KpiArgs().load({"code": "a-rate"}), TODAY)
    assert answer["series"][-2:] == [
        {"period": "2026-10", "value": 90, "status": "green"},
        {"period": "2026-11", "value": 75, "status": "red"},
    ]
    assert [
        (each["measure"], each["value"], each["department"]) for each in answer["measures"]
    ] == [
        ("x.done", 15, "a"),
        ("x.filed", 20, "a"),
    ]
    of_b = KpiArgs().load({"code": "a-rate", "department": "b"})
    assert queries.kpi(session, of_b, TODAY)["value"] == 0


def test_a_period_that_has_not_begun_has_no_value_and_no_status(session):
    # As a level that stands, or a hearing that is set for a day to come.
    add(session, {("x.filed", "a", "", f"{month}-05", 0): 3 for month in ("2026-12", "2027-01")})
    line = lines(dashboard(session, period="2027-01"))["a-filed"]
    one = queries.kpi(session, KpiArgs().load({"code": "a-rate", "period": "2027-01"}), TODAY)
    drilled, months = parts(session, "a-filed", "month", period="2026-Q3")
    for told in (line, one, drilled["parts"][-1]):
        assert (told["value"], told["status"]) == (None, "no data")
        assert told["why"]["en"] == told["judged"]["en"] == "the period has not begun"
    assert line["series"][-3:] == [20, None, None]
    assert [each["value"] for each in one["measures"]] == [None, None]
    assert months == {"2026-10": 10, "2026-11": 20, "2026-12": None}
    assert drilled["parts"][-1]["measures"] == {}


def test_a_measure_that_there_never_was_is_refused_with_the_nearest(session):
    args = {"from_day": date(2026, 11, 1), "to_day": TODAY, "group_by": [], "limit": 1}
    args |= dict.fromkeys(("department", "ward"))
    with pytest.raises(NotFound, match=r"did you mean x\.filed"):
        queries.measures(session, args | {"measure": "x.files"})
    assert queries.measures(session, args | {"measure": "x.filed"})["rows"] == [{"value": 40}]


# ---- drilling


def parts(session: Any, code: str, by: str, **args: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = drill(session, DrillArgs().load({"code": code, "by": by, **args}), TODAY)
    return answer, {each["key"]: each["value"] for each in answer["parts"]}


@pytest.mark.parametrize("by", ["ward", "zone", "day", "month"])
def test_the_parts_of_a_sum_are_the_whole(session, by):
    answer, found = parts(session, "a-filed", by, period="2026-Q3")
    assert answer["adds_up"] is True
    assert answer["whole"]["value"] == 30
    assert sum(value for value in found.values() if value is not None) == 30


def test_a_rate_is_worked_out_of_each_ward_and_what_is_of_none_is_told(session):
    answer, found = parts(session, "a-rate", "ward")
    assert answer["adds_up"] is False
    assert {key: value for key, value in found.items() if value is not None} == {
        "bibwewadi": 90,
        "bhavani-peth": 100,
        "": 0,
    }
    assert found["aundh-baner"] is None
    (nowhere,) = [each for each in answer["parts"] if each["key"] == ""]
    assert (nowhere["name"]["en"], nowhere["measures"]) == (
        "of no ward",
        {"x.done": 0, "x.filed": 4},
    )


def test_a_ward_in_which_one_is_overdue_and_none_was_closed_is_at_0_percent(kpi_sessions):
    # The shipped catalogue: in the ward nothing was filed this month, and one of before is late.
    rows = {
        ("grievance.filed", "aundh-baner", "2026-09-02"): 1,
        ("grievance.overdue_open", "aundh-baner", "2026-10-02"): 1,
        ("grievance.filed", "bibwewadi", "2026-11-02"): 2,
        ("grievance.resolved", "bibwewadi", "2026-11-03"): 2,
        ("grievance.resolved_on_time", "bibwewadi", "2026-11-03"): 2,
        ("grievance.filed", "bhavani-peth", "2026-09-02"): 1,
    }
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        add(session, {(code, "roads", *at, 0): value for (code, *at), value in rows.items()})
    with kpi_sessions() as session:
        _, found = parts(session, "ga-grievance-on-time", "ward", period="2026-11")
    told = {key: value for key, value in found.items() if value is not None}
    assert told == {"aundh-baner": 0, "bibwewadi": 100}


def test_zones_are_their_wards_and_a_level_stands_in_each(session):
    _, found = parts(session, "b-people", "zone")
    assert {key: value for key, value in found.items() if value is not None} == {
        "zone-2": 5,
        "zone-5": 4,
    }


def test_a_kpi_of_the_city_is_drilled_by_department_and_day(session):
    _, found = parts(session, "b-rate", "department")
    assert found == {"a": 75, "b": 0}
    _, days = parts(session, "b-rate", "day")
    assert len(days) == 30
    assert {key: value for key, value in days.items() if value is not None} == {
        "2026-11-01": 0,
        "2026-11-03": 0,
        "2026-11-14": 0,
        "2026-11-15": 150,
    }


def test_the_days_of_a_ward_are_its_own(session):
    answer, days = parts(session, "a-filed", "day", ward="bibwewadi", period="2026-11")
    assert answer["ward_name"]["en"] == "Bibwewadi"
    assert answer["whole"]["value"] == 10
    assert {key: value for key, value in days.items() if value} == {"2026-11-01": 10}
    assert answer["whole"]["status"] in ("no target", "not judged"), "a share has no target"
    _, nowhere = parts(session, "a-filed", "month", ward="", period="2026-Q3")
    assert nowhere["2026-11"] == 4


@pytest.mark.parametrize(
    ("code", "by", "ward", "rule"),
    [
        ("a-filed", "ward", "bibwewadi", "by day or month only"),
        ("b-rate", "day", "bibwewadi", "not known by ward"),
        ("a-filed", "day", "zone-5", "no ward of the city"),
    ],
)
def test_what_cannot_be_told_of_a_ward_is_refused(session, code, by, ward, rule):
    with pytest.raises(Invalid) as refused:
        drill(session, DrillArgs().load({"code": code, "by": by, "ward": ward}), TODAY)
    assert rule in refused.value.fields["ward"][0]


def test_a_month_that_turns_the_financial_year_is_a_month_like_others(session):
    add(session, {("x.filed", "a", "", f"2026-0{m}-01", 0): m for m in (3, 4)})
    _, months = parts(session, "a-filed", "month", from_day="2026-03-01", to_day="2026-04-30")
    assert months == {"2026-03": 3, "2026-04": 4}


@pytest.mark.parametrize(
    ("code", "args", "rule"),
    [
        ("b-rate", {"by": "ward"}, "b-rate is not known by ward"),
        ("b-people", {"by": "department"}, "entered by one department"),
        ("a-rate", {"by": "department"}, "a-rate is of one department"),
        ("b-rate", {"by": "department", "department": "a"}, "one department is asked about"),
        (
            "a-filed",
            {"by": "day", "from_day": "2024-01-01", "to_day": "2026-01-01"},
            "at most 400 days",
        ),
        (
            "a-filed",
            {"by": "month", "from_day": "2000-04-01", "to_day": "2046-03-31"},
            "at most 400 months",
        ),
        ("a-filed", {"by": "month", "period": "2026-W40"}, "not of whole months"),
    ],
)
def test_what_cannot_be_parted_is_refused_and_says_why(session, code, args, rule):
    with pytest.raises(Invalid) as refused:
        drill(session, DrillArgs().load({"code": code, **args}), TODAY)
    assert rule in refused.value.fields["by"][0]


@pytest.mark.parametrize("at", [0, 1])
def test_the_first_and_the_last_day_that_may_be_asked_about_are_answered(session, at):
    day = askable(day_of(datetime.now(UTC)))[at].isoformat()
    for args in ({"period": day}, {"period": day[:7]}, {"from_day": day, "to_day": day}):
        assert lines(dashboard(session, **args))["a-filed"]["value"] is None
        answer = queries.kpi(session, KpiArgs().load({"code": "a-rate", **args}), TODAY)
        assert answer["value"] is None


def test_the_answers_are_the_same_from_months_and_from_days(session):
    """A month, and the same days with one more in which nothing happened."""
    month = lines(dashboard(session, period="2026-10"))
    ends = {"from_day": "2026-10-01", "to_day": "2026-11-01"}
    add(session, {("x.filed", "a", "bibwewadi", "2026-11-01", 0): -10})
    days = lines(dashboard(session, **ends))
    for code in ("a-rate", "a-filed", "b-rate"):
        assert month[code]["value"] == days[code]["value"]
    assert date.fromisoformat(ends["to_day"]) - timedelta(days=1) == date(2026, 10, 31)


def test_who_misspells_a_code_is_told_the_nearest_and_the_public_is_not(session):
    wrong = KpiArgs().load({"code": "a-rat"})
    with pytest.raises(NotFound, match=r"did you mean a-rate\?"):
        queries.kpi(session, wrong, TODAY)
    with pytest.raises(NotFound, match=r"'a-rat'\.$"):
        queries.kpi(session, wrong, TODAY, public=True)
    with pytest.raises(Invalid) as caught:
        queries.kpi(session, KpiArgs().load({"code": "a-rate", "department": "aa"}), TODAY)
    assert caught.value.fields["department"] == [
        "nothing was ever counted for 'aa'; did you mean a?"
    ]


def test_what_monitors_are_told_is_no_newer_than_the_newest_event(session):
    def newest() -> Any:
        (rate,) = standings(session, [two_departments_rate], TODAY)
        return rate.newest

    two_departments_rate = reference.city_catalogue().indicator("a-rate")
    session.execute(text("DELETE FROM inbox"))
    assert newest() == date(2026, 10, 31)
    # A UUIDv7 begins with its millisecond.
    at = int(datetime(2026, 10, 9, 6, tzinfo=UTC).timestamp() * 1000)
    event_id = UUID(int=(at << 80) | (7 << 76) | (2 << 62))
    session.execute(
        text("INSERT INTO inbox (subscription, event_id) VALUES ('kpi.measures', :id)"),
        {"id": event_id},
    )
    assert newest() == date(2026, 10, 9)
