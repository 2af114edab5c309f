"""A value against its target: by the year, the direction and the thresholds."""

from datetime import date
from fractions import Fraction

import pytest

from palika.text import Name
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Indicator, MeasureInfo, Thresholds
from services.kpi.domain.judging import STATUSES, Judgement, judge, judge_over
from services.kpi.domain.margins import margin
from services.kpi.domain.period import Period, period

NAME = Name("नाव", "Name")


def aim(low: int, high: int | None = None) -> Aim:
    return Aim(Fraction(low), Fraction(low if high is None else high))


def judged(value, direction="higher", year=2026, **fields):
    given = {
        "code": "x-y",
        "department": "x",
        "name": NAME,
        "definition": NAME,
        "unit": "percent",
        "decimals": 1,
        "formula": formula("1", {}),
        "direction": direction,
        "frequency": "month",
        "source": "manual",
        "owner": "head",
        "every_year": aim(50),
    }
    found = judge(
        Indicator(**given | fields), None if value is None else Fraction(value), period(str(year))
    )
    assert found.status in STATUSES
    assert found.words.mr
    assert found.words.en
    return found


def limits(green, red):
    return Thresholds(Fraction(green), Fraction(red))


@pytest.mark.parametrize(
    ("direction", "value", "status"),
    [
        ("higher", 50, "green"),
        ("higher", 80, "green"),
        ("higher", Fraction(499, 10), "amber"),
        ("higher", 45, "amber"),
        ("higher", Fraction(449, 10), "red"),
        ("lower", 50, "green"),
        ("lower", 0, "green"),
        ("lower", 55, "amber"),
        ("lower", Fraction(551, 10), "red"),
    ],
)
def test_without_thresholds_a_tenth_off_the_target_is_amber(direction, value, status):
    assert judged(value, direction).status == status


def test_the_tolerance_is_the_kpis_own():
    assert judged(45, tolerance=Fraction(5)).status == "red"
    assert judged(45, tolerance=Fraction(0)).status == "red"


def test_where_the_target_is_zero_nothing_is_near_it():
    assert judged(0, "lower", every_year=aim(0)).status == "green"
    assert judged(1, "lower", every_year=aim(0)).status == "red"


@pytest.mark.parametrize(
    ("direction", "thresholds", "value", "status"),
    [
        ("lower", limits(25, 35), 25, "green"),
        ("lower", limits(25, 35), 26, "amber"),
        ("lower", limits(25, 35), 35, "red"),
        ("higher", limits(60, 40), 60, "green"),
        ("higher", limits(60, 40), 41, "amber"),
        ("higher", limits(60, 40), 40, "red"),
        ("lower", limits(0, 10), 0, "green"),
        ("higher", limits(10, 0), 0, "red"),
    ],
)
def test_thresholds_say_where_green_ends_and_red_begins(direction, thresholds, value, status):
    assert judged(value, direction, thresholds=thresholds).status == status
    # They hold where no target is set, too.
    assert judged(value, direction, thresholds=thresholds, every_year=None).status == status


@pytest.mark.parametrize(
    ("value", "status", "short"),
    [(40, "green", 0), (60, "green", 0), (50, "green", 0), (38, "amber", 2), (65, "amber", 5),
     (34, "red", 6), (66, "red", 6)],
)  # fmt: skip
def test_a_band_is_left_on_both_sides(value, status, short):
    found = judged(value, "band", every_year=aim(40, 60), thresholds=Thresholds(amber=Fraction(5)))
    assert (found.status, found.short) == (status, short)


@pytest.mark.parametrize(
    ("value", "status"), [(36, "amber"), (35, "red"), (66, "amber"), (67, "red")]
)
def test_without_thresholds_a_tenth_off_the_nearest_end_of_a_band_is_amber(value, status):
    assert judged(value, "band", every_year=aim(40, 60)).status == status


def test_the_target_is_that_of_the_year():
    targets = {2025: aim(30), 2026: aim(25)}
    found = {
        year: judged(28, "lower", year, every_year=None, targets=targets)
        for year in (2025, 2026, 2027)
    }
    assert [each.status for each in found.values()] == ["green", "red", "no target"]
    assert [each.short for each in found.values()] == [-2, 3, None]
    assert found[2026].aim == aim(25)


@pytest.mark.parametrize(
    ("direction", "value", "short"),
    [("higher", 40, 10), ("higher", 60, -10), ("lower", 60, 10), ("lower", 40, -10)],
)
def test_how_far_it_is_from_the_target_is_told_in_the_direction_of_worse(direction, value, short):
    assert judged(value, direction).short == short


def test_without_a_value_there_is_no_data_and_without_a_direction_no_target():
    assert judged(None).status == "no data"
    assert judged(None, "none").status == "no data"
    assert judged(5, "none").status == "no target"
    assert judged(5, every_year=None).status == "no target"
    assert judged(5, "band", every_year=None).status == "no target"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (judged(60), "the target of 50 is reached"),
        (judged(46), "4 off the target of 50: within 10 per cent of it"),
        (judged(Fraction(1, 3)), "49.7 off the target of 50: more than 10 per cent of it"),
        (judged(20, "lower", thresholds=limits(25, 35)), "25 or less"),
        (judged(30, "lower", thresholds=limits(25, 35)), "between 25 and 35"),
        (judged(40, "lower", thresholds=limits(25, 35)), "35 or more"),
        (judged(50, "band", every_year=aim(40, 60)), "within 40 to 60"),
    ],
)
def test_why_is_told_in_words(found, words):
    assert found.words.en == words


# ---- as it is shown


@pytest.mark.parametrize(
    ("direction", "value", "status", "short"),
    [
        # Shown as 50.0, 49.9, 45.0 and 44.9; the target is 50, amber to 45 or 55.
        ("higher", Fraction(49996, 1000), "green", 0),
        ("higher", Fraction(4995, 100), "green", 0),
        ("higher", Fraction(49949, 1000), "amber", Fraction(1, 10)),
        ("higher", Fraction(4495, 100), "amber", 5),
        ("higher", Fraction(44949, 1000), "red", Fraction(51, 10)),
        ("lower", Fraction(50049, 1000), "green", 0),
        ("lower", Fraction(5005, 100), "amber", Fraction(1, 10)),
        ("lower", Fraction(55049, 1000), "amber", 5),
    ],
)
def test_a_value_is_judged_as_it_is_shown(direction, value, status, short):
    found = judged(value, direction)
    assert (found.status, found.short) == (status, short)


def test_the_edges_of_a_band_and_thresholds_are_those_of_the_shown_value_too():
    band = {"direction": "band", "every_year": aim(40, 60)}
    assert judged(Fraction(3996, 100), **band).status == "green"
    assert judged(Fraction(6004, 100), **band).status == "green"
    assert judged(Fraction(6005, 100), **band).status == "amber"
    assert judged(Fraction(3496, 100), "lower", thresholds=limits(25, 35)).status == "red"
    assert judged(Fraction(2504, 100), "lower", thresholds=limits(25, 35)).status == "green"


# ---- only what can be judged


MEASURES = {
    **{each: MeasureInfo(each, NAME, "count") for each in ("x.done", "x.all", "x.late")},
    "x.staff": MeasureInfo("x.staff", NAME, "count", "level", every="month"),
}
NOVEMBER = period("2026-11")
MIDDLE = date(2026, 11, 16)
AFTER = date(2026, 12, 1)


def over(
    written: str,
    value: int | None,
    direction: str = "higher",
    days: Period = NOVEMBER,
    today: date = MIDDLE,
    *,
    part: bool = False,
    **fields: object,
) -> Judgement:
    given = {
        "every_year": aim(50),
        "frequency": "month",
        "source": "events",
        "owner": "head",
    }
    of = Indicator(
        *("x-y", "x", NAME, NAME, "count", 0),
        formula(written, MEASURES),
        direction,
        **given | fields,
    )
    exact = None if value is None else Fraction(value)
    return judge_over(of, exact, days, today, part=part)


@pytest.mark.parametrize("days", ["2026-Q3", "2026", "2026-W46", "2026-11-05"])
def test_only_a_period_of_the_kpis_own_is_judged(days):
    found = over("x.done", 90, days=period(days), today=date(2027, 5, 1))
    assert (found.status, found.aim, found.short) == ("not judged", None, None)
    assert found.words.en == "the target is for the whole of a month: this is not judged"
    assert found.words.mr == "लक्ष्य संपूर्ण महिन्यासाठी आहे; याचे मूल्यमापन होत नाही"
    nothing = over("x.done", None, days=period(days), today=date(2027, 5, 1))
    assert (nothing.status, nothing.aim) == ("no data", None)
    assert over("x.done", 90, days=period(days), every_year=None).status == "no target"


def test_free_days_are_no_period_of_a_kpi_of_days():
    some = Period("day", date(2026, 11, 2), date(2026, 11, 4))
    assert over("x.done", 90, days=some, today=AFTER, frequency="day").status == "not judged"
    day = period("2026-11-02")
    assert over("x.done", 90, days=day, today=AFTER, frequency="day").status == "green"


@pytest.mark.parametrize("frequency", ["day", "week", "month", "quarter", "half_year", "year"])
def test_every_frequency_has_its_words(frequency):
    some = Period("day", date(2026, 11, 2), date(2026, 11, 4))
    words = over("x.done", 9, days=some, today=AFTER, frequency=frequency).words
    assert words.en.startswith("the target is for the whole of a ")
    assert "लक्ष्य संपूर्ण " in words.mr


@pytest.mark.parametrize(
    ("written", "direction", "value", "running", "ended"),
    [
        # A sum that is to be high is not missed before its end, and reached for good.
        ("x.done", "higher", 10, "not judged", "red"),
        ("x.done", "higher", 46, "not judged", "amber"),
        ("x.done", "higher", 50, "green", "green"),
        # One that is to be low is not kept to before its end, and exceeded for good.
        ("x.done", "lower", 10, "not judged", "green"),
        ("x.done", "lower", 52, "amber", "amber"),
        ("x.done", "lower", 90, "red", "red"),
        ("x.done / x.staff", "higher", 10, "not judged", "red"),
        # A difference may become less again.
        ("x.done - x.late", "higher", 90, "not judged", "green"),
        ("x.done - x.late", "lower", 90, "not judged", "red"),
        # A sum beside a stock or against the period before: neither is of the whole yet.
        ("rate(x.done, x.all + stock(x.late))", "higher", 10, "not judged", "red"),
        ("x.done - previous(x.done)", "higher", 90, "not judged", "green"),
        # A rate is of what has come, and a state is one.
        ("rate(x.done, x.all)", "higher", 10, "red", "red"),
        ("rate(x.done, x.all)", "higher", 90, "green", "green"),
        ("stock(x.done)", "lower", 90, "red", "red"),
        ("x.staff", "higher", 46, "amber", "amber"),
    ],
)
def test_of_a_period_that_runs_only_what_its_rest_will_not_change_is_judged(
    written, direction, value, running, ended
):
    for today in (date(2026, 11, 1), MIDDLE, NOVEMBER.last):
        assert over(written, value, direction, today=today).status == running, today
    assert over(written, value, direction, today=AFTER).status == ended


def test_a_sum_above_its_band_is_out_of_it_for_good():
    band = {"direction": "band", "every_year": aim(40, 60)}
    assert over("x.done", 50, **band).status == "not judged"
    assert over("x.done", 10, **band).status == "not judged"
    assert over("x.done", 90, **band).status == "red"
    assert over("x.done", 10, today=AFTER, **band).status == "red"


def test_why_a_running_period_is_not_judged_is_told_and_its_target_stays():
    found = over("x.done", 10)
    assert found.words.en == "the period still runs: it is judged when it is over"
    assert found.words.mr == "कालावधी अजून चालू आहे; तो संपल्यावर मूल्यमापन होईल"
    assert (found.aim, found.short) == (aim(50), None)


def test_a_share_of_the_whole_is_not_held_against_the_target_of_the_whole():
    assert over("x.done", 10, today=AFTER, part=True).status == "not judged"
    assert over("x.done", None, today=AFTER, part=True).status == "no data"


# ---- weeks


def test_a_rate_of_weeks_is_held_to_its_target_in_a_month_too():
    """The public is told of months alone."""
    weekly = {"frequency": "week", "today": AFTER}
    assert over("rate(x.done, x.all)", 90, **weekly).status == "green"
    assert over("rate(x.done, x.all)", 10, **weekly).status == "red"
    assert over("rate(x.done, x.all)", 10, days=period("2026-W46"), **weekly).status == "red"
    assert over("rate(x.done, x.all)", 90, days=period("2026-Q3"), **weekly).status == "not judged"


def test_a_sum_of_weeks_is_not():
    found = over("x.done", 90, frequency="week", today=AFTER)
    assert (found.status, found.aim) == ("not judged", None)
    assert found.words.en == "the target is for the whole of a week: this is not judged"
    difference = over("x.done - previous(x.done)", 90, frequency="week", today=AFTER)
    assert difference.status == "not judged"


def _counted(written: str, **fields):
    known = {
        each: MeasureInfo(each, NAME, "count", "distinct") for each in ("x.paid", "x.billed")
    } | {"x.sum": MeasureInfo("x.sum", NAME, "count")}
    return Indicator(
        *("x-y", "x", NAME, NAME, "percent", 1, formula(written, known), "higher", "year"),
        **{"source": "events", "owner": "head", "every_year": aim(85)}
        | {"thresholds": limits(85, 65)}
        | fields,
    )


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (100, "green"),
        (Fraction("82.7"), "not judged"),
        (75, "amber"),
        (66, "not judged"),
        (50, "red"),
    ],
)
def test_an_estimate_has_a_colour_where_all_that_it_may_be_has_it(value, status):
    year = period("2025")
    of = _counted("rate(distinct(x.paid), distinct(x.billed))")
    found = judge_over(of, Fraction(value), year, date(2026, 11, 30))
    assert found.status == status
    # 3.25 % × 2 × the root of 2: 9.19 % of the value.
    assert "an estimate: " in found.words.en
    if value == 75:
        assert found.words.en == "between 65 and 85 (an estimate: 68.1 to 81.9)"
    if status == "not judged":
        assert "a limit lies between, so this is not judged" in found.words.en
    exact = _counted("rate(x.sum, x.sum)")
    assert judge_over(exact, Fraction(value), year, date(2026, 11, 30)).status != "not judged"


def test_a_count_of_different_things_is_off_by_two_standard_errors_and_a_rate_by_more():
    assert margin(_counted("distinct(x.paid)").formula, Fraction(200)) == 13
    of_two = margin(_counted("rate(distinct(x.paid), distinct(x.billed))").formula, Fraction(100))
    assert of_two is not None
    assert round(float(of_two), 2) == 9.19
    assert margin(_counted("x.sum").formula, Fraction(200)) is None
