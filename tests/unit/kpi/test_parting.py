"""Which parts of a KPI are held to its target, and which are shares of the whole."""

from datetime import date
from fractions import Fraction

import pytest

from services.kpi.domain.judging import judge_over
from services.kpi.domain.parting import is_share, of_another
from services.kpi.domain.period import period
from tests.support.kpi_stories import MEASURES, indicator

OCTOBER = period("2026-10")


@pytest.mark.parametrize(
    "written",
    [
        "x.done",
        "x.done * 100",
        "year_to_date(x.done)",
        "stock(x.done) - previous(x.all)",
        "distinct(x.who)",
        "x.stock",
        "average(x.stock)",
        "first(x.stock)",
        "max(x.done, x.all)",
        "x.done * x.all",
        "x.done - 1",
        "ratio(1, x.all)",
    ],
)
def test_what_is_less_for_being_of_one_place_is_a_share(written):
    of = indicator(written)
    for by in ("ward", "zone", "department"):
        # What is entered is of one department, whichever is asked about.
        entered = written in ("x.stock", "average(x.stock)", "first(x.stock)")
        assert is_share(of, by, MEASURES) is not (entered and by == "department")
    assert not is_share(of, "month", MEASURES)


@pytest.mark.parametrize(
    "written",
    [
        "rate(x.done, x.all)",
        "100 - rate(x.done, x.all)",
        "percentile(x.time, 90)",
        "rate(x.done, x.done + stock(x.all))",
        "(x.done - last_year(x.done)) / last_year(x.done) * 100",
        "ratio(distinct(x.who), x.all)",
    ],
)
@pytest.mark.parametrize("by", ["ward", "zone", "department"])
def test_a_rate_or_a_percentile_of_one_place_is_no_share(written, by):
    assert not is_share(indicator(written), by, MEASURES)


def test_what_is_counted_of_a_department_for_all_inhabitants_is_a_share_of_it():
    of = indicator("per(x.done, x.stock, 1000)")
    assert is_share(of, "department", MEASURES)
    assert not is_share(of, "ward", MEASURES)


def test_a_department_has_its_own_whole_and_a_share_of_the_citys():
    own, city = indicator("x.done"), indicator("x.done", scope="city")
    assert [of_another(own, each, MEASURES) for each in (None, "a", "b")] == [False, False, True]
    assert [of_another(city, each, MEASURES) for each in (None, "a", "b")] == [False, True, True]
    rate = indicator(scope="city")
    assert not any(of_another(rate, each, MEASURES) for each in (None, "a", "b"))


@pytest.mark.parametrize(("scope", "whose"), [("city", "city's"), ("department", "department's")])
def test_a_share_is_not_judged_and_says_of_what_it_is(scope, whose):
    found = judge_over(
        indicator("x.done", scope=scope), Fraction(10), OCTOBER, date(2026, 11, 15), part=True
    )
    assert (found.status, found.aim, found.short) == ("not judged", None, None)
    assert f"a part of the {whose} sum" in found.words.en
    assert found.words.mr
