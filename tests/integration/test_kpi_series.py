"""Values of many KPIs over many periods: of months, of other days, of sketches, after changes."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from palika.text import Name
from services.kpi import reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.formula import Answer, formula
from services.kpi.domain.indicators import Catalogue, Department, Indicator, MeasureInfo
from services.kpi.domain.period import Period, period
from services.kpi.domain.sketches import bucket, register
from services.kpi.queries import by_day
from services.kpi.queries import series as series_module
from services.kpi.queries.plans import Plan

NAME = Name("नाव", "Name")
AFTER = date(2099, 1, 1)
"""All periods are over."""


def values(
    session: Session,
    indicators: Iterable[Indicator],
    periods: Iterable[Period],
    department: str | None = None,
) -> dict[tuple[str, Period], Answer]:
    """What each KPI is in each of the periods, by its code and the period."""
    asked = tuple(periods)
    reading = series_module.reading_of(session, {asked: list(indicators)}, AFTER, department)
    told = series_module.series(session, reading)
    return {
        (code, period): answer
        for code, each in told.items()
        for period, answer in zip(asked, each.answers, strict=True)
    }


def manual(code: str, kind: str, every: str, **more: Any) -> MeasureInfo:
    return MeasureInfo(code, NAME, "count", kind, every=every, department="a", **more)


MEASURES = {
    each.code: each
    for each in (
        MeasureInfo("x.sum", NAME, "count"),
        MeasureInfo("x.late", NAME, "count", zero_with="x.sum"),
        MeasureInfo("x.time", NAME, "minutes", "distribution"),
        MeasureInfo("x.who", NAME, "count", "distinct"),
        manual("a.people", "level", "year", by=("ward",)),
        manual("a.stock", "level", "month", by=("ward",)),
        manual("a.weekly", "sum", "week", decimals=1),
    )
}
FORMULAS = {
    "a-sum": "x.sum",
    "a-late": "rate(x.late, x.sum)",
    "a-change": "x.sum - previous(x.sum)",
    "a-year": "year_to_date(x.sum)",
    "a-before": "last_year(x.sum)",
    "a-ever": "stock(x.sum)",
    "a-median": "percentile(x.time, 50)",
    "a-who": "distinct(x.who)",
    "a-people": "per(x.sum, a.people, 1000)",
    "a-stock": "a.stock",
    "a-opening": "first(a.stock)",
    "a-mean": "average(a.stock)",
    "a-weekly": "a.weekly",
}
CITY = ("a-city", "a-city-median", "a-city-who")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue over those measures."""

    def kpi(code: str, written: str, **fields: Any) -> Indicator:
        given = {"direction": "none", "frequency": "month", "source": "mixed", "owner": "head"}
        return Indicator(
            code, "a", NAME, NAME, "count", 1, formula(written, MEASURES), **given | fields
        )

    kpis = [kpi(code, written) for code, written in FORMULAS.items()]
    kpis += [
        kpi("a-city", "x.sum", scope="city"),
        kpi("a-city-median", "percentile(x.time, 50)", scope="city"),
        kpi("a-city-who", "distinct(x.who)", scope="city"),
    ]
    made = Catalogue(
        {"a": Department("a", NAME, "head")},
        MEASURES,
        {"count": NAME, "minutes": NAME},
        {},
        {each.code: each for each in kpis},
    )
    monkeypatch.setattr(reference, "city_catalogue", lambda: made)
    return made


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, without any measure."""
    with kpi_sessions.begin() as session:
        session.execute(text("TRUNCATE measure, measure_year"))
    return kpi_sessions


def sums(database: Any, *rows: tuple[Any, ...]) -> None:
    """Add (measure, department, ward, day, value)."""
    totals: Counter[Any] = Counter()
    for *key, value in rows:
        totals[*key, 0] += value
    with database.begin() as session:
        add(session, totals)


def sketch(database: Any, *rows: tuple[Any, ...], sign: int = 1) -> None:
    """Add (measure, department, day, value), or take them back."""
    totals: Counter[Any] = Counter()
    for measure, department, day, value in rows:
        cell = register(value) if isinstance(value, str) else bucket(value)
        totals[measure, department, "", day, cell] += sign
    with database.begin() as session:
        add(session, totals)


def levels(database: Any, measure: str, rows: dict[tuple[str, str], int | None]) -> None:
    with database.begin() as session:
        set_level(session, {(measure, "a", *key): value for key, value in rows.items()})


def value(database: Any, known: Catalogue, code: str, *codes: str | Period) -> list[Any]:
    """The KPI's values over the periods."""
    periods = [period(each) if isinstance(each, str) else each for each in codes]
    with database() as session:
        found = values(session, [known.indicator(code)], periods)
    answers = [found[code, each] for each in periods]
    return [each.why if each.value is None else each.value for each in answers]


def test_sums_of_months_quarters_halves_and_years(database, known):
    sums(
        database,
        ("x.sum", "a", "W1", "2026-03-31", 1),
        ("x.sum", "a", "W1", "2026-04-01", 2),
        ("x.sum", "a", "W2", "2026-06-30", 4),
        ("x.sum", "a", "", "2026-10-01", 8),
        ("x.sum", "b", "", "2026-10-01", 100),
    )
    codes = ("2025", "2026-04", "2026-05", "2026-Q1", "2026-H1", "2026-H2", "2026", "2025-Q4")
    no_data = "no data: x.sum"
    assert value(database, known, "a-sum", *codes) == [1, 2, no_data, 6, 6, 8, 14, 1]
    assert value(database, known, "a-city", "2026-H2", "2026") == [108, 114]


def test_the_turn_of_the_financial_year(database, known):
    sums(
        database,
        ("x.sum", "a", "", "2026-02-01", 3),
        ("x.sum", "a", "", "2026-03-31", 5),
        ("x.sum", "a", "", "2026-04-01", 7),
    )
    assert value(database, known, "a-year", "2026-03", "2026-04") == [8, 7]
    assert value(database, known, "a-change", "2026-04", "2026-03") == [2, 2]
    assert value(database, known, "a-ever", "2026-01", "2026-03", "2026-04") == [
        "no data: x.sum (stock)",
        8,
        15,
    ]
    assert value(database, known, "a-before", "2027-04", "2027-03") == [7, 5]


def test_days_that_are_no_months_are_read_from_the_days(database, known):
    sums(
        database,
        ("x.sum", "a", "", "2026-09-30", 1),
        ("x.sum", "a", "W1", "2026-10-05", 2),
        ("x.sum", "a", "W2", "2026-11-01", 4),
        ("x.sum", "a", "", "2026-12-31", 8),
        ("x.sum", "a", "", "2027-01-03", 16),
    )
    some = [
        Period("day", date(2026, 9, 30), date(2027, 1, 2)),
        Period("day", date(2026, 10, 6), date(2027, 1, 3)),
        Period("day", date(2026, 10, 5), date(2026, 10, 31)),
        Period("day", date(2026, 10, 5), date(2026, 10, 6)),
        period("2026-W53"),
    ]
    assert value(database, known, "a-sum", *some) == [15, 28, 2, 2, 24]
    assert value(database, known, "a-ever", "2026-W44", "2026-W53") == [7, 31]
    assert value(database, known, "a-year", "2026-W53") == [31]


def test_an_absent_part_is_a_true_zero_where_its_whole_has_data(database, known):
    sums(database, ("x.sum", "a", "", "2026-10-05", 4), ("x.late", "a", "", "2026-11-05", 1))
    assert value(database, known, "a-late", "2026-10", "2026-11") == [0, "no data: x.sum"]
    sums(database, ("x.sum", "a", "", "2026-11-05", 0))
    assert value(database, known, "a-late", "2026-11") == ["division by zero: x.sum is 0"]


def test_sketches_are_merged_and_what_was_given_is_taken_back(database, known):
    sketch(database, *(("x.time", "a", "2026-10-05", n) for n in range(1, 100)))
    sketch(database, ("x.time", "a", "2026-11-05", 5_000), ("x.time", "b", "2026-11-06", 0))
    got = value(database, known, "a-median", "2026-10", "2026-11", "2026-Q3", "2026-12")
    assert got[:3] == [pytest.approx(n, rel=0.02) for n in (50, 5_000, 50)]
    assert got[3] == "no data: x.time"
    assert value(database, known, "a-city-median", "2026-11") == [0]
    sketch(database, ("x.time", "a", "2026-11-05", 5_000), sign=-1)
    sketch(database, ("x.time", "a", "2026-11-09", 70))
    assert value(database, known, "a-median", "2026-11") == [pytest.approx(70, rel=0.02)]
    who = [
        ("x.who", of, "2026-11-05", f"officer {n}") for of, n in zip("aabb", "1223", strict=True)
    ]
    sketch(database, *who)
    assert value(database, known, "a-who", "2026-11") == [2]
    assert value(database, known, "a-city-who", "2026-11", "2026-Q3") == [3, 3]


def test_a_level_stands_until_one_entry_is_left_out(database, known):
    levels(database, "a.people", {("W1", "2025-06-30"): 900, ("W2", "2025-06-30"): 100})
    sums(database, *(("x.sum", "a", "", f"{m}-05", 50) for m in ("2025-05", "2026-05", "2027-03")))
    sums(database, ("x.sum", "a", "", "2027-05-05", 50))
    missing = "no data: a.people"
    codes = ("2025-05", "2026-05", "2027-03", "2027-05")
    assert value(database, known, "a-people", *codes) == [missing, 50, 50, missing]
    # One ward is entered anew: of the other, what was known counts.
    levels(database, "a.people", {("W1", "2026-06-30"): 1_150})
    assert value(database, known, "a-people", *codes) == [missing, 50, 40, 40]


def test_months_and_days_tell_the_same_of_a_level(database, known):
    levels(
        database,
        "a.stock",
        {
            ("W1", "2026-09-10"): 5,
            ("W2", "2026-09-20"): 7,
            ("W1", "2026-10-10"): 6,
            ("W2", "2026-11-30"): 9,
        },
    )
    codes = ("2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2026-Q3")
    missing = "no data: a.stock"
    assert value(database, known, "a-stock", *codes) == [12, 13, 15, 15, missing, 15]
    assert value(database, known, "a-opening", "2026-10", "2026-Q3") == [12, 12]
    assert value(database, known, "a-mean", "2026-09", "2026-Q3") == [6, Fraction(15, 2)]
    one = known.indicator("a-stock").formula.inputs[0]
    with database() as session:
        for code in codes:
            want = by_day.Wanted(one, "a", known.days(one, period(code)))
            found = by_day.read(session, [want]).get(want)
            assert [missing if found is None else found] == value(database, known, "a-stock", code)


def test_a_decimal_measure_is_told_in_its_own_unit(database, known):
    sums(database, ("a.weekly", "a", "", "2026-11-29", 25))
    assert value(database, known, "a-weekly", "2026-W48") == [Fraction(5, 2)]


def test_a_late_value_changes_the_month_that_it_belongs_to_and_no_other(database, known):
    sums(database, ("x.sum", "a", "", "2026-10-05", 4), ("x.sum", "a", "", "2026-11-05", 1))
    assert value(database, known, "a-sum", "2026-10", "2026-11") == [4, 1]
    sums(database, ("x.sum", "a", "", "2026-10-06", -4))
    assert value(database, known, "a-sum", "2026-10", "2026-11") == [0, 1]


def test_all_months_of_all_kpis_are_one_statement(database, known):
    sums(database, ("x.sum", "a", "", "2026-10-05", 4))
    said: list[str] = []
    event.listen(database.kw["bind"], "before_cursor_execute", lambda *given: said.append(given[2]))
    indicators = [each for each in known.indicators.values() if each.code != "a-mean"]
    with database() as session:
        values(session, indicators, [period(f"2026-{m:02}") for m in range(1, 13)])
        assert len(said) == 1


def test_a_sketch_that_changes_and_comes_back_is_what_it_was(database, known):
    sketch(database, *(("x.time", "a", "2026-11-05", n) for n in (10, 20, 30)))
    first = value(database, known, "a-median", "2026-10", "2026-11", "2026-Q3")
    sketch(database, *(("x.time", "a", "2026-11-06", 500) for _ in range(9)))
    assert value(database, known, "a-median", "2026-11") == [pytest.approx(500, rel=0.02)]
    sketch(database, *(("x.time", "a", "2026-11-06", 500) for _ in range(9)), sign=-1)
    assert value(database, known, "a-median", "2026-10", "2026-11", "2026-Q3") == first


def test_any_order_of_changes_gives_what_reading_anew_gives(database, known):
    """Whatever is remembered, nothing that was once true is told when it is so no more."""
    rng = random.Random(5)
    periods = [
        period(code) for code in ("2025-11", "2026-03", "2026-04", "2026-Q3", "2026", "2025")
    ]
    codes = ("a-sum", "a-late", "a-change", "a-year", "a-before", "a-ever", "a-median", "a-city")
    indicators = [known.indicator(code) for code in codes]
    for _ in range(25):
        day = f"{rng.choice(('2025-11', '2026-03', '2026-04', '2026-10'))}-{rng.randint(1, 28):02}"
        measure, department = rng.choice(("x.sum", "x.late")), rng.choice("ab")
        sums(database, (measure, department, "", day, rng.randint(-3, 9)))
        sketch(database, ("x.time", department, day, rng.randint(1, 900)))
        with database() as session:
            remembered = values(session, indicators, periods)
            kept = dict(series_module._kept)
            series_module._kept.clear()
            assert remembered == values(session, indicators, periods)
            series_module._kept.update(kept)


def test_what_could_not_be_worked_out_once_is_worked_out_again(database, known, monkeypatch):
    """What went wrong with the newest values does not leave the old ones standing."""
    work = Plan._work
    sums(database, ("x.sum", "a", "", "2026-10-05", 4))
    assert value(database, known, "a-sum", "2026-10") == [4]
    sums(database, ("x.sum", "a", "", "2026-10-06", 1))

    def broken(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(Plan, "_work", broken)
    with pytest.raises(MemoryError):
        value(database, known, "a-sum", "2026-10")
    monkeypatch.setattr(Plan, "_work", work)
    assert value(database, known, "a-sum", "2026-10") == [5]
