"""What formulas need, read from the measures: of which days, wards and departments."""

from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event, text

from palika.errors import Invalid
from palika.text import Name
from services.kpi import queries, reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.formula import NOW, Input, formula
from services.kpi.domain.indicators import Catalogue, Department, Indicator, MeasureInfo
from services.kpi.domain.period import Window
from services.kpi.domain.projection import Key
from services.kpi.domain.sketches import bucket, register
from services.kpi.queries.by_day import Wanted, read

NAME = Name("नाव", "Name")
NOVEMBER = Window(date(2026, 11, 1), date(2026, 11, 30))
RECORDS = [
    ("x.sum", "a", "W1", "2026-11-01", 5),
    ("x.sum", "a", "W2", "2026-11-30", 7),
    ("x.sum", "b", "", "2026-11-15", 20),
    ("x.sum", "a", "W1", "2026-10-31", 100),
    ("x.sum", "a", "W1", "2025-11-10", 6),
    ("x.zero", "a", "W1", "2026-11-02", 0),
    ("x.level", "a", "W1", "2026-11-05", 10),
    ("x.level", "a", "W1", "2026-11-20", 14),
    ("x.level", "a", "W2", "2026-11-20", 1),
    ("x.level", "a", "W1", "2026-10-20", 8),
    ("x.level", "b", "", "2026-11-03", 100),
]
TIMES = [("x.time", "a", "W1", f"2026-11-{n % 28 + 1:02}", n) for n in range(1, 101)]
TIMES += [("x.time", "b", "", "2026-11-01", 10_000)]
OFFICERS = [("x.who", "ab"[n % 2], "", "2026-11-01", f"officer {n // 2}") for n in range(20)]
OFFICERS += [("x.who", "b", "", "2026-11-09", "officer 99")]


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with these records and no others."""
    totals: Counter[Key] = Counter()
    totals.update({(*key, 0): value for *key, value in RECORDS if key[0] != "x.level"})
    for *key, minutes in TIMES:
        totals[*key, bucket(minutes)] += 1
    for *key, who in OFFICERS:
        totals[*key, register(who)] += 1
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
        add(session, totals)
        set_level(session, {tuple(key): n for *key, n in RECORDS if key[0] == "x.level"})
    return kpi_sessions


@pytest.mark.parametrize(
    ("one", "department", "days", "value"),
    [
        (Input("x.sum", "sum"), "a", NOVEMBER, 12),
        (Input("x.sum", "sum"), None, NOVEMBER, 32),
        (Input("x.sum", "sum"), "a", Window(None, NOVEMBER.last), 118),
        (Input("x.zero", "sum"), "a", NOVEMBER, 0),
        (Input("x.zero", "sum"), "b", NOVEMBER, None),
        (Input("x.gone", "sum"), None, NOVEMBER, None),
        (Input("x.level", "last"), "a", NOVEMBER, 15),
        (Input("x.level", "last"), None, NOVEMBER, 115),
        (Input("x.level", "first"), "a", Window(date(2026, 10, 1), date(2026, 10, 31)), 8),
        (Input("x.level", "average"), "a", NOVEMBER, Fraction(10 + 15, 2)),
        # Ten are in both departments, and are ten in the city too.
        (Input("x.who", "distinct"), "a", NOVEMBER, 10),
        (Input("x.who", "distinct"), None, NOVEMBER, 11),
        (Input("x.who", "distinct"), None, Window(date(2026, 12, 1), date(2026, 12, 31)), None),
    ],
)
def test_an_input_is_read_of_its_days_and_department(database, one, department, days, value):
    wanted = Wanted(one, department, days)
    with database() as session:
        assert read(session, [wanted]).get(wanted) == value


@pytest.mark.parametrize(
    ("department", "q", "minutes"), [("a", 50, 50), ("a", 90, 90), (None, 50, 51), ("b", 1, 10_000)]
)
def test_a_percentile_is_that_of_all_values_within_two_per_cent(database, department, q, minutes):
    wanted = Wanted(Input("x.time", "percentile", NOW, Fraction(q)), department, NOVEMBER)
    with database() as session:
        assert read(session, [wanted])[wanted] == pytest.approx(minutes, rel=0.02)


def test_many_inputs_over_the_same_days_are_one_statement(database):
    said = []
    engine = database.kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    with database() as session:
        session.execute(text("SELECT 1"))
        said.clear()
        found = read(
            session,
            [
                Wanted(Input(f"x.{name}", "sum"), department, NOVEMBER)
                for name in ("sum", "zero", "gone")
                for department in ("a", "b", None)
            ],
        )
    assert len(said) == 1
    assert len(found) == 5


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue over those measures."""
    measures = {
        "x.sum": MeasureInfo("x.sum", NAME, "count"),
        "x.late": MeasureInfo("x.late", NAME, "count", zero_with="x.sum"),
        "x.level": MeasureInfo("x.level", NAME, "count", "level", every="month", department="a"),
    }

    def kpi(code: str, written: str, **fields: Any) -> Indicator:
        given = {"direction": "none", "frequency": "month", "source": "mixed", "owner": "head"}
        return Indicator(
            code, "b", NAME, NAME, "count", 1, formula(written, measures), **given | fields
        )

    kpis = [
        kpi("b-sum", "x.sum"),
        kpi("b-city", "x.sum", scope="city"),
        kpi("b-per", "x.sum / x.level"),
        kpi("b-late", "rate(x.late, x.sum)"),
        kpi("b-growth", "x.sum / previous(x.sum)", scope="city"),
        kpi("b-year", "year_to_date(x.sum) - last_year(x.sum)", scope="city"),
        kpi("b-stock", "stock(x.sum)", scope="city"),
    ]
    made = Catalogue(
        {"b": Department("b", NAME, "head")},
        measures,
        {"count": NAME},
        {},
        {each.code: each for each in kpis},
    )
    monkeypatch.setattr(reference, "city_catalogue", lambda: made)
    return made


def days(first: date = NOVEMBER.first, last: date = NOVEMBER.last) -> dict[str, Any]:
    return {"period": None, "from_day": first, "to_day": last, "department": None}


def test_a_dashboard_counts_each_kpi_of_its_own_department_or_the_city(database, known):
    with database() as session:
        answer = queries.dashboard(session, days() | {"department": "b"})
    values = {each["code"]: each["value"] for each in answer["kpis"]}
    assert values == {
        "b-sum": 20,
        "b-city": 32,
        "b-per": 1.3,
        "b-late": 0,
        "b-growth": 0.3,
        "b-year": 126,
        "b-stock": 138,
    }
    (per,) = [each for each in answer["kpis"] if each["code"] == "b-per"]
    assert (per["status"], per["judged"]["en"]) == ("no target", "no target is set")


def test_one_kpi_is_counted_of_the_department_that_is_asked_about(database, known):
    with database() as session:
        asked = days() | {"code": "b-per", "department": "a"}
        assert queries.kpi(session, asked)["value"] == 0.8
        # Of "a" alone no sum is known in October of the year before: no data, and not zero.
        early = days(date(2025, 10, 1), date(2025, 10, 31)) | {"code": "b-late"}
        answer = queries.kpi(session, early)
    assert (answer["value"], answer["status"]) == (None, "no data")
    assert answer["why"]["en"] == "no data: “Name”, “Name”"


def test_a_formula_that_compares_periods_needs_one(database, known):
    some = days(date(2026, 11, 2), date(2026, 11, 30))
    with database() as session:
        with pytest.raises(Invalid) as refused:
            queries.kpi(session, some | {"code": "b-growth"})
        answer = queries.dashboard(session, some)
        assert queries.kpi(session, some | {"code": "b-sum"})["value"] == 20
        assert queries.kpi(session, some | {"code": "b-stock"})["value"] == 138
    assert "a whole week, month, quarter" in str(refused.value.fields["to_day"])
    found = {each["code"]: each for each in answer["kpis"]}
    assert (found["b-growth"]["value"], found["b-city"]["value"]) == (None, 27)
    assert found["b-growth"]["why"]["en"].startswith("its formula looks at other periods")


def test_one_kpi_tells_what_its_formula_was_given(database, known):
    with database() as session:
        october = days(date(2026, 10, 1), date(2026, 10, 31)) | {"code": "b-growth"}
        answer = queries.kpi(session, october)
        told = queries.kpi(session, days() | {"code": "b-late"})
    assert answer["why"]["en"] == "no data: “Name”"
    assert [(each["measure"], each["over"], each["value"]) for each in answer["measures"]] == [
        ("x.sum", "period", 100),
        ("x.sum", "previous", None),
    ]
    assert [each["value"] for each in told["measures"]] == [0, 20]
    assert told["formula_in_words"]["en"] == "rate(“Name”, “Name”)"
    assert told["series"][-1] == {"period": "2026-11", "value": 0.0, "status": "no target"}
    assert len(told["series"]) == 13
