"""What is beside a value: whether enough of a department has one, and of when its data are."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.kpi import queries, reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Catalogue, Indicator, MeasureInfo
from services.kpi.schemas.reading import DashboardArgs
from tests.support.kpi_pages import KPIS, MEASURES, NAME, dashboard, kpi, lines


@pytest.fixture
def known(two_departments) -> Catalogue:
    """Two departments."""
    return two_departments


@pytest.fixture
def session(two_departments_session) -> Any:
    """A session on the KPI service's database, with their measures and no others."""
    return two_departments_session


def test_a_department_without_the_values_that_are_due_is_not_ranked(session, known, monkeypatch):
    late = MeasureInfo("b.late", NAME, "count", every="month", department="b", due_days=5)
    soon = replace(late, code="b.soon", due_days=80)
    with_both = MEASURES | {"b.late": late, "b.soon": soon}
    more = [
        Indicator(
            *(code, "b", NAME, NAME, "count", 1),
            formula(code.replace("-", "."), with_both),
            *("higher", "month", "manual", "head"),
        )
        for code in ("b-late", "b-soon")
    ]
    indicators = {each.code: each for each in [*KPIS, *more]}
    edited = replace(known, measures=with_both, indicators=indicators)
    monkeypatch.setattr(reference, "city_catalogue", lambda: edited)
    # What is looked for: of September, due on 5 October; of the other on 19 December.
    place = dashboard(session, department="b")["place"]
    assert (place["coverage"], place["expected"], place["lacking"], place["rank"]) == (75, 4, 1, 2)
    monkeypatch.setattr(reference, "city_ranked_from", lambda: 76)
    place = dashboard(session, department="b")["place"]
    assert (place["rank"], place["of"]) == (None, 1)
    assert place["words"]["en"] == "not ranked: 1 of 4 have no data"
    # Of November nothing is due on the 15th.
    place = dashboard(session, department="b", period="2026-11")["place"]
    assert (place["coverage"], place["lacking"]) == (100, 0)


def test_a_zero_is_as_fresh_as_what_makes_it_one_and_a_stock_is_of_today(session, known):
    add(session, {("x.done", "a", "bibwewadi", "2026-06-02", 0): 1})
    late = kpi("a-late", "a", "rate(x.done, x.filed + stock(x.done))")
    known.indicators["a-late"] = late
    add(session, {("x.filed", "a", "", "2026-12-01", 0): 3})
    asked = DashboardArgs().load({"period": "2026-12"})
    page = queries.dashboard(session, asked, date(2026, 12, 3))
    # Of December nothing is done, which is a zero: some were filed.
    assert (lines(page)["a-late"]["value"], lines(page)["a-late"]["data_of"]) == (0, None)
    assert lines(page)["a-late"]["freshness"] == {"until": "2026-12", "months_behind": 0}


def test_a_level_of_the_period_before_is_told_as_such(session, known, monkeypatch):
    beds = MeasureInfo("b.beds", NAME, "count", "level", every="month", department="b", due_days=5)
    measures = MEASURES | {"b.beds": beds}
    of_beds = Indicator(
        *("b-beds", "b", NAME, NAME, "count", 1, formula("b.beds", measures)),
        *("higher", "month", "manual", "head"),
    )
    edited = replace(known, measures=measures, indicators={"b-beds": of_beds})
    monkeypatch.setattr(reference, "city_catalogue", lambda: edited)
    set_level(session, {("b.beds", "b", "", "2026-10-31"): 70})
    (line,) = dashboard(session, department="b")["kpis"]
    assert (line["period"], line["value"], line["running"]) == ("2026-11", 70, True)
    assert (line["data_of"], line["freshness"]["until"]) == ("2026-10", "2026-10")
