"""Forecasts: hand-made truth, and how often an interval of 80 % has the outcome in it."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kpi.domain.forecasting import local, pace
from services.kpi.domain.forecasting.bounds import bounded, bounds
from services.kpi.domain.forecasting.chances import chance
from services.kpi.domain.forecasting.outcome import CannotTell, Forecast
from services.kpi.domain.goals import restarts
from services.kpi.domain.indicators import Aim
from services.kpi.domain.insight_words import unclear
from services.kpi.reference import city_catalogue
from tests.support.kpi_stories import indicator

Truth = Callable[[random.Random, int], list[float]]


def refused(made: Forecast | CannotTell) -> str:
    assert isinstance(made, CannotTell)
    return made.reason


def told(made: Forecast | CannotTell) -> Forecast:
    assert isinstance(made, Forecast)
    return made


# ---- of a value


def test_a_value_that_stays_is_forecast_to_stay_exactly():
    made = told(local.forecast([7.0] * 20, 3, 12))
    assert (made.value, made.low, made.high, made.method) == (7, 7, 7, "last")


def test_a_season_that_repeats_and_rises_is_forecast_exactly():
    season = [0.0, 5, 9, 2, 30, 1, 4, 4, 8, 50, 3, 6]
    values = [season[n % 12] + 10 * (n // 12) for n in range(48)]
    made = told(local.forecast(values[:40], 8, 12))
    assert (made.method, made.value) == ("season", values[47])
    assert made.low == made.high == made.value


def test_a_season_two_years_ahead_has_risen_twice():
    values = [100.0 * (n % 4 == 0) + 3 * (n // 4) for n in range(40)]
    made = told(local.forecast(values, 5, 4))
    assert (made.method, made.value) == ("season", 100 + 3 * 11)


def test_too_short_a_past_is_told_with_how_much_is_needed():
    made = local.forecast([1.0, 5.0, 2.0, 8.0, 3.0], 1, 12)
    assert refused(made) == "too_short"
    assert made.facts["needed"] == 8
    assert refused(local.forecast([], 1, 12)) == "no_data"
    assert refused(local.forecast([None, None], 1, 12)) == "no_data"


def test_gaps_and_an_old_end_are_told():
    noisy = [float(n % 7) for n in range(36)]
    holes = [None if n % 3 == 0 else each for n, each in enumerate(noisy)]
    assert refused(local.forecast(holes[:-1], 1, 12)) == "gaps"
    assert refused(local.forecast([*noisy, None, None], 1, 12)) == "not_up_to_date"
    assert isinstance(local.forecast([*noisy[:20], None, *noisy[21:]], 1, 12), Forecast)


def test_a_jump_of_the_level_is_a_break_until_it_has_settled_and_a_spike_is_none():
    noise = random.Random(1)
    values = [100 + noise.gauss(0, 2) for _ in range(40)]
    jumped = [*values[:36], *(each + 60 for each in values[36:])]
    assert refused(local.forecast(jumped, 1, 12)) == "break"
    for ago in (20, 15, 13, 11, 8):
        settled = [*values[:-ago], *(each + 60 for each in values[-ago:])]
        assert isinstance(local.forecast(settled, 1, 12), Forecast)
    spike = [*values[:36], values[36] + 60, *values[37:]]
    assert isinstance(local.forecast(spike, 1, 12), Forecast)


def test_a_peak_of_each_year_is_no_level_that_has_stayed():
    year = [4.7, 11.8, 1.1, 1.3, 1.2, 1.3, 1.1, 1.2, 1.3, 1.2, 1.1, 2.0]
    # April 2025 to October 2026: May is six periods ago, and nothing has stayed of it.
    collected = [*year, 4.7, 12.0, 1.2, 1.3, 1.1, 1.2, 1.3]
    assert isinstance(local.forecast(collected, 1, 12), Forecast)
    # The same step up, which stays, is one.
    stayed = [*year[2:], *[1.2, 1.1] * 2, *[9.0, 8.9, 9.1, 9.0, 8.9]]
    assert refused(local.forecast(stayed, 1, 12)) == "break"


def test_what_begins_anew_on_1_april_is_held_against_the_same_month_of_before_alone():
    noise = random.Random(2)
    rate = [8.0 * (n % 12 + 1) + noise.gauss(0, 0.5) for n in range(54)]
    # May, from April: by the last values it would be as March was.
    made = local.forecast(rate[:37], 1, 12, restarts=True)
    assert isinstance(made, Forecast)
    assert made.method == "season"
    assert abs(made.value - 16) < 3
    # The first April is no jump of the level, and of less than two years there is no forecast yet.
    short = [10.0 + n for n in range(12)] * 2
    assert refused(local.forecast(short[:20], 1, 12, restarts=True)) == "too_short"
    assert restarts(city_catalogue().indicator("tax-collection-rate"))
    assert not restarts(city_catalogue().indicator("tax-collected"))


def test_what_swings_to_and_fro_is_too_volatile():
    assert refused(local.forecast([(-1.0) ** n for n in range(14)], 1, 1)) == "too_volatile"


def white(random_: random.Random, count: int) -> list[float]:
    return [100 + random_.gauss(0, 5) for _ in range(count)]


def seasonal(random_: random.Random, count: int) -> list[float]:
    return [
        100 + 0.3 * n + 20 * math.sin(math.pi * n / 6) + random_.gauss(0, 5) for n in range(count)
    ]


def walk(random_: random.Random, count: int) -> list[float]:
    at, found = 100.0, []
    for _ in range(count):
        at += random_.gauss(0, 2)
        found.append(at)
    return found


def returning(random_: random.Random, count: int) -> list[float]:
    off, found = 0.0, []
    for _ in range(count):
        off = 0.7 * off + random_.gauss(0, 4)
        found.append(100 + off)
    return found


def rising(random_: random.Random, count: int) -> list[float]:
    return [100 + n + random_.gauss(0, 4) for n in range(count)]


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize("truth", [white, seasonal, walk, returning, rising])
def test_the_outcome_is_in_the_interval_in_about_80_of_100_cases(truth: Truth, ahead: int):
    inside = count = 0
    for seed in range(100):
        values = truth(random.Random(f"{truth.__name__} {seed} {ahead}"), 48 + ahead)
        made = local.forecast(values[:48], ahead, 12)
        if isinstance(made, Forecast):
            count += 1
            inside += made.low <= values[-1] <= made.high
    assert count >= 95
    assert 0.70 <= inside / count <= 0.90


def test_a_forecast_beats_the_last_value_where_there_is_a_season():
    ours = naive = 0.0
    for seed in range(40):
        values = seasonal(random.Random(seed), 52)
        ours += abs(told(local.forecast(values[:48], 4, 12)).value - values[-1])
        naive += abs(values[47] - values[-1])
    assert ours < naive / 2


@given(
    st.lists(st.integers(-500, 500).map(float), min_size=24, max_size=40),
    st.sampled_from([0.25, 4.0, 1024.0]),
    st.integers(1, 4),
)
def test_another_unit_changes_nothing_but_the_unit(values, factor, ahead):
    one = local.forecast(values, ahead, 4)
    other = local.forecast([factor * each for each in values], ahead, 4)
    if isinstance(one, CannotTell):
        assert refused(other) == one.reason
    else:
        scaled = told(other)
        assert scaled.method == one.method
        assert (scaled.value, scaled.low, scaled.high) == pytest.approx(
            tuple(factor * each for each in (one.value, one.low, one.high))
        )


# ---- of a total, by the pace of a year


def year(level: float) -> list[float]:
    return [level * each for each in (1, 1, 2, 3, 1, 0, 0, 2, 4, 5, 1, 4)]


def test_a_year_at_twice_the_pace_of_the_last_ends_at_twice_its_total():
    past = [*year(10), *year(10), *year(10), *year(10)]
    made = told(pace.forecast([*past, *year(20)[:5]], 5, 12))
    assert made.value == made.low == made.high == sum(year(20))
    assert made.facts == {"done": sum(year(20)[:5]), "rest": sum(year(20)[5:])}


def test_why_a_pace_cannot_be_told():
    past = [*year(10), *year(10), *year(10)]
    assert refused(pace.forecast([*past, 10.0], 1, 12)) == "too_early"
    assert refused(pace.forecast(past[:5], 5, 12)) == "no_year_before"
    assert refused(pace.forecast([*past[:15]], 3, 12)) == "too_short"
    assert refused(pace.forecast([*past, 10, None, 20], 3, 12)) == "gaps"
    assert refused(pace.forecast([*past[:27], None, *past[28:], 10, 10, 20], 3, 12)) == "gaps"


@pytest.mark.parametrize("noise", [0.05, 0.15])
@pytest.mark.parametrize("elapsed", [3, 8])
def test_the_total_is_in_the_interval_in_about_80_of_100_cases(elapsed: int, noise: float):
    inside = count = 0
    for seed in range(200):
        random_ = random.Random(f"{seed} {elapsed} {noise}")
        months = [
            100
            * 1.05 ** (n / 12)
            * (1 + 0.6 * math.sin(math.pi * n / 6))
            * math.exp(random_.gauss(0, noise))
            for n in range(60)
        ]
        made = pace.forecast(months[: 48 + elapsed], elapsed, 12)
        if isinstance(made, Forecast):
            count += 1
            inside += made.low <= sum(months[48:]) <= made.high
    assert count >= 190
    assert 0.70 <= inside / count <= 0.90


def test_what_only_grows_is_not_forecast_below_what_has_come():
    random_ = random.Random(3)
    months = [max(random_.gauss(10, 9), 0.0) for _ in range(50)]
    made = told(pace.forecast(months[:46], 10, 12))
    assert made.low >= sum(months[36:46])


# ---- the target


@pytest.mark.parametrize(
    ("direction", "target", "expected"),
    [
        ("higher", 80, "likely"),
        ("higher", 100, "cannot tell"),
        ("higher", 120, "unlikely"),
        ("lower", 80, "unlikely"),
        ("lower", 100, "cannot tell"),
        ("lower", 120, "likely"),
        ("band", (80, 120), "likely"),
        ("band", (120, 130), "unlikely"),
        ("band", (95, 130), "cannot tell"),
        ("band", (99, 101), "cannot tell"),
        ("none", 80, "cannot tell"),
    ],
)
def test_a_target_is_likely_met_when_all_of_the_interval_meets_it(direction, target, expected):
    low, high = target if isinstance(target, tuple) else (target, target)
    made = Forecast(100, 90, 110, "last", 1, 20, 5)
    assert chance(indicator(direction=direction), Aim(low, high), made) == expected


def test_without_a_target_or_a_forecast_nothing_can_be_told():
    made = Forecast(100, 90, 110, "last", 1, 20, 5)
    assert chance(indicator(), None, made) == "cannot tell"
    assert chance(indicator(), Aim(80, 80), None) == "cannot tell"


def test_a_past_that_is_too_short_says_what_is_counted():
    facts = {"periods": 11, "errors": 4, "needed": 8}
    words = unclear(indicator(), "too_short", facts)
    assert words.en == (
        "a history of 11 periods lets a forecast of that date be tried 4 times; 8 trials are "
        "needed to say how far off one may be"
    )
    once = unclear(indicator(), "too_short", facts | {"errors": 1})
    assert "be tried once; 8 trials" in once.en
    assert "तपासता येतो" in once.mr
    assert "एकदा" in once.mr
    assert "11 कालावधींचा" in words.mr


# ---- what can come to pass


MADE = Forecast(50.0, -20.0, 120.0, "last", 1, 12, 5.0)


@pytest.mark.parametrize(
    ("code", "low", "high"),
    [
        ("tax-collected", 0, 120),  # Money: not below nothing.
        ("water-complaints-on-time", 0, 100),  # In time, of all that was due.
        ("roads-potholes-found-first", 0, 100),  # One of those that are added up below.
        ("garden-parks-well-kept", 0, 100),  # Never more than were inspected.
        ("tax-collection-growth", -20, 120),  # It may fall, and grow by more than all.
    ],
)
def test_a_forecast_tells_nothing_that_cannot_be(code, low, high):
    known = city_catalogue()
    made = told(bounded(MADE, bounds(known.indicators[code], known.measures), None))
    assert (made.low, made.value, made.high) == (low, 50, high)


def test_a_forecast_is_not_below_what_has_come_already():
    between = bounds(city_catalogue().indicators["tax-collected"], city_catalogue().measures)
    made = told(bounded(MADE, between, 80.0))
    assert (made.low, made.value, made.high) == (80, 80, 120)
    beyond = bounded(MADE, between, 140.0)
    assert refused(beyond) == "surpassed"
    words = unclear(city_catalogue().indicators["tax-collected"], "surpassed", beyond.facts)
    assert words.en == (
        "₹140 has come already in the period that runs, more than the ₹120 that the past lets "
        "expect"
    )
