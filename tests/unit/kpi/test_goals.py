"""What a KPI is held to in a period: its own target, or the share of a year's that is due."""

from datetime import date
from fractions import Fraction

import pytest

from services.kpi.domain.flows import builds_up
from services.kpi.domain.goals import adds_from_april, goal, held_to, paced, share_of_year
from services.kpi.domain.indicators import Aim
from services.kpi.domain.insight import STAGNANT, look
from services.kpi.domain.judging import judge, judge_over
from services.kpi.domain.period import period
from tests.support.kpi_stories import RULES, indicator, story


@pytest.mark.parametrize(
    "written",
    [
        "year_to_date(x.done)",
        "year_to_date(x.done + x.all) / 100",
        "rate(year_to_date(x.done), x.stock)",
        "year_to_date(distinct(x.who))",
    ],
)
def test_a_sum_of_the_year_to_date_builds_up(written):
    assert builds_up(indicator(written).formula)
    assert paced(indicator(written))
    assert not adds_from_april(indicator(written, frequency="year"))


@pytest.mark.parametrize(
    "written",
    [
        "x.done",
        "rate(x.done, x.all)",
        "rate(year_to_date(x.done), year_to_date(x.all))",
        "year_to_date(rate(x.done, x.all))",
        "rate(year_to_date(x.done) - last_year(year_to_date(x.done)),"
        " last_year(year_to_date(x.done)))",
        "stock(x.done)",
        "x.stock",
        "year_to_date(percentile(x.time, 50))",
    ],
)
def test_a_rate_and_a_sum_of_the_period_do_not(written):
    assert not builds_up(indicator(written).formula)
    assert held_to(indicator(written), period("2026-04")) == indicator(written)


@pytest.mark.parametrize(
    ("code", "share"),
    [
        ("2026-04", Fraction(1, 12)),
        ("2026-Q1", Fraction(1, 4)),
        ("2026-H1", Fraction(1, 2)),
        ("2026-12", Fraction(3, 4)),
        ("2027-02", Fraction(11, 12)),
        ("2027-03", Fraction(1)),
        ("2026", Fraction(1)),
    ],
)
def test_the_share_of_a_year_is_of_its_months(code, share):
    assert share_of_year(period(code).last) == share


def test_of_weeks_and_days_it_is_of_its_days():
    assert share_of_year(date(2026, 4, 5)) == Fraction(5, 365)
    assert share_of_year(date(2028, 3, 30)) == Fraction(365, 366)


@pytest.mark.parametrize(
    ("code", "value", "status"),
    [
        ("2026-04", 10, "green"),
        ("2026-04", 9, "amber"),
        ("2026-04", 8, "red"),
        ("2026-09", 60, "green"),
        ("2026-09", 54, "amber"),
        ("2026-09", 53, "red"),
        ("2027-03", 60, "red"),
        ("2027-03", 120, "green"),
    ],
)
def test_what_builds_up_is_held_to_the_share_of_the_year_that_is_over(code, value, status):
    of = indicator("year_to_date(x.done)", target=120)
    assert judge(of, Fraction(value), period(code)).status == status
    # A sum of each month has its whole target in each.
    assert judge(indicator("x.done", target=120), Fraction(value), period(code)).status == (
        "green" if value == 120 else "red"
    )


def test_its_target_is_told_as_it_is_due_and_why():
    of = indicator("year_to_date(x.done)", target=120)
    found = judge(of, Fraction(25), period("2026-Q1"))
    assert (found.aim, found.short) == (Aim(Fraction(30), Fraction(30)), 5)
    assert found.words.en == (
        "5 off the target of 30: more than 10 per cent of it "
        "(by 25 per cent of what is for the year: so much of it is over)"
    )
    assert "25 टक्के" in found.words.mr
    assert goal(of, period("2026-Q1")) == found.aim
    assert judge(of, Fraction(120), period("2027-03")).words.en == "the target of 120 is reached"


def test_limits_and_bands_are_shared_out_too():
    of = indicator("year_to_date(x.done)", target=80, green=80, red=40)
    statuses = [judge(of, Fraction(v), period("2026-H1")).status for v in (40, 39, 21, 20)]
    assert statuses == ["green", "amber", "amber", "red"]
    assert goal(of, period("2026-H1")) == Aim(Fraction(40), Fraction(40))
    band = indicator("year_to_date(x.done)", direction="band", target=(40, 60))
    statuses = [judge(band, Fraction(v), period("2026-H1")).status for v in (19, 20, 30, 33, 34)]
    assert statuses == ["amber", "green", "green", "amber", "red"]


def test_the_target_is_that_of_the_financial_year_of_the_period():
    targets = {2026: Aim(Fraction(120), Fraction(120)), 2027: Aim(Fraction(240), Fraction(240))}
    of = indicator("year_to_date(x.done)", target=None, targets=targets)
    found = {code: goal(of, period(code)) for code in ("2026-06", "2027-06", "2028-06")}
    assert [None if each is None else each.low for each in found.values()] == [30, 60, None]
    assert judge(of, Fraction(60), period("2028-06")).status == "no target"


def test_what_must_not_happen_in_a_year_must_not_happen_in_its_first_month():
    of = indicator("year_to_date(x.done)", direction="lower", target=0, green=0, red=1)
    assert not paced(of)
    assert judge(of, Fraction(0), period("2026-04")).status == "green"
    assert judge(of, Fraction(1), period("2026-04")).status == "red"
    assert "year" not in judge(of, Fraction(1), period("2026-04")).words.en


def test_while_a_period_runs_it_is_green_once_it_has_what_is_due_at_its_end():
    of, november = indicator("year_to_date(x.done)", target=120), period("2026-11")
    day = date(2026, 11, 10)
    assert judge_over(of, Fraction(80), november, day).status == "green"
    assert judge_over(of, Fraction(79), november, day).status == "not judged"


def test_that_it_stagnates_cannot_be_told_of_what_builds_up():
    of = indicator("year_to_date(x.done)", target=1_200)
    seen = look(STAGNANT, story(of, [70, 80, 90, 10, 20, 30, 40, 50, 60]), RULES)
    assert seen.unclear is not None
    assert seen.unclear.reason == "builds_up"
