"""What is beside a value: whether enough of a department has one, and of when its data are."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.kpi import queries, reference
from services.kpi.commands.project import add, set_level
from services.kpi.domain.comparing import RankedFrom
from services.kpi.domain.feeds import feeds
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Catalogue, Indicator, MeasureInfo
from services.kpi.schemas.reading import DashboardArgs, KpiArgs
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
    monkeypatch.setattr(reference, "city_ranked_from", lambda: RankedFrom(76, 1))
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


def test_what_a_dead_feed_tells_is_no_fresher_than_the_feed(session, known):
    """Nothing comes of the publisher `x` after October; of `y` something does."""
    measures = MEASURES | {"y.moved": MeasureInfo("y.moved", NAME, "count")}
    measures["z.part"] = MeasureInfo("z.part", NAME, "count", of="y.moved")

    def stock(code: str, written: str) -> Indicator:
        return replace(known.indicators["a-rate"], code=code, formula=formula(written, measures))

    edited = replace(
        known,
        measures=measures,
        indicators={
            each.code: each
            for each in (
                stock("open", "stock(x.filed)"),
                stock("moved", "stock(z.part)"),
                stock("both", "stock(x.filed) + stock(z.part)"),
            )
        },
    )
    add(
        session, {("y.moved", "a", "", "2027-02-01", 0): 1, ("z.part", "a", "", "2026-11-01", 0): 1}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "city_catalogue", lambda: edited)

        def until() -> dict[str, tuple[Any, ...]]:
            today = date(2027, 2, 10)
            page = queries.dashboard(session, DashboardArgs().load({}), today)
            found = lines(page)
            for code, each in found.items():
                args = KpiArgs().load({"code": code})
                assert queries.kpi(session, args, today)["freshness"] == each["freshness"]
            return {code: tuple(each["freshness"].values()) for code, each in found.items()}

        # A grievance that is open still is open: the value is told, and how old it is.
        assert until() == {"open": ("2026-11", 3), "moved": ("2027-02", 0), "both": ("2026-11", 3)}
        # Whatever comes of the feed shows that it lives.
        add(session, {("x.done", "b", "", "2027-02-09", 0): 1})
        assert until()["open"] == ("2027-02", 0)


def test_what_counts_on_a_day_to_come_says_nothing_of_how_far_its_feed_has_come():
    of = {code: MeasureInfo(code, NAME, "count") for code in ("tax.paid", "tax.hearings_set")}
    of["part"] = MeasureInfo("part", NAME, "count", of="tax.hearings_set")
    of["water.kl"] = MeasureInfo("water.kl", NAME, "count", every="month", department="water")
    assert feeds(of) == {"tax.paid": "tax"}


def test_what_adds_up_to_a_day_within_a_month_is_of_that_day_and_not_of_the_month_before(
    session, known
):
    still = kpi("a-open", "a", "stock(x.filed) - stock(x.done)")
    known.indicators["a-open"] = still
    days = {"from_day": date(2026, 11, 1), "to_day": date(2026, 11, 10)}
    for asked in (days, {"period": "2026-11-10"}, {"period": "2026-W45"}):
        given = {name: str(value) for name, value in asked.items()}
        page = queries.dashboard(session, DashboardArgs().load(given), date(2026, 11, 15))
        line = lines(page)["a-open"]
        assert line["value"] is not None
        assert line["data_of"] is None
        assert line["freshness"] == {"until": "2026-11", "months_behind": 0}
