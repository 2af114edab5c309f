"""What is worth telling of a KPI: hand-made pasts, and what holds of all of them."""

import random
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.text import Name
from services.kpi.domain import insight_words
from services.kpi.domain.flows import adds_up, growth
from services.kpi.domain.formula import formula
from services.kpi.domain.goals import with_unit
from services.kpi.domain.insight import (
    KINDS,
    RED,
    SEASON,
    STAGNANT,
    Band,
    Held,
    Seen,
    band,
    look,
)
from services.kpi.domain.robust import NORMAL
from services.kpi.reference import city_alerts, city_catalogue
from tests.support.kpi_stories import MEASURES, RULES, indicator, story

HIGHER = indicator()  # target 80; red below 72
LOWER = indicator(direction="lower", target=20)  # red above 22


def reason(seen: Seen) -> str | None:
    return None if seen.found is None else seen.found.reason


def over(seen: Seen) -> str | None:
    return None if seen.over is None else seen.over.reason


# ---- red


def test_the_newest_ended_period_that_is_red_is_told():
    found = look(RED, story(HIGHER, [90, 90, 60]), RULES).found
    assert found is not None
    assert (found.reason, found.period.code, found.value) == ("red", "2026-10", 60)
    assert found.aim is not None
    assert found.aim.low == 80
    assert reason(look(RED, story(HIGHER, [60, 60, 75]), RULES)) is None


def test_a_late_value_is_judged_when_it_comes_and_an_old_one_never():
    assert reason(look(RED, story(HIGHER, [90, 60, None]), RULES)) == "red"
    seen = look(RED, story(HIGHER, [60, None, None, None]), RULES)
    assert seen.found is None
    assert seen.unclear is not None
    assert seen.unclear.reason == "not_up_to_date"


@pytest.mark.parametrize(("day", "told"), [(15, None), (16, "red_running"), (30, "red_running")])
def test_a_rate_of_a_running_period_is_judged_from_its_middle_on(day, told):
    now = story(HIGHER, [90, 90], running=50, day=date(2026, 11, day))
    assert reason(look(RED, now, RULES)) == told


def test_a_sum_that_is_to_be_low_is_red_as_soon_as_it_is_and_one_to_be_high_not_before_the_end():
    low = indicator("x.done", direction="lower", target=20)
    assert reason(look(RED, story(low, [9], running=30, day=date(2026, 11, 3)), RULES))
    high = indicator("x.done", target=80)
    assert reason(look(RED, story(high, [90], running=1, day=date(2026, 11, 30)), RULES)) is None


def test_a_sum_that_is_to_be_low_and_still_is_says_nothing_yet():
    low = indicator("x.done", direction="lower", target=20)
    seen = look(RED, story(low, [None] * 3, running=3, day=date(2026, 11, 30)), RULES)
    assert seen.found is None
    assert seen.unclear is not None
    assert seen.unclear.reason == "not_up_to_date"


def test_a_difference_that_is_to_be_low_is_not_red_before_the_end():
    """It may become less again."""
    net = indicator("x.done - x.all", direction="lower", target=20)
    assert look(RED, story(net, [9], running=30, day=date(2026, 11, 30)), RULES).found is None
    assert reason(look(RED, story(net, [30]), RULES)) == "red"


HELD = Held("2026-09", {})


@pytest.mark.parametrize(
    ("values", "ended"),
    [
        ([60, 80], "green_again"),  # September red, October green
        ([60, 75], None),  # amber once
        ([60, 65], None),  # still red
        ([85, None], "green_again"),  # September itself was corrected
        ([75, None], None),
        ([None, None], None),  # nothing is known
        ([75, 75], "red_no_more"),  # corrected, and amber in two periods
    ],
)
def test_red_ends_when_the_goal_is_reached_or_after_two_periods(values, ended):
    assert over(look(RED, story(HIGHER, [60, *values]), RULES, HELD)) == ended


def test_red_does_not_end_by_a_running_period_nor_while_one_is_red():
    green = story(HIGHER, [60, 75], running=95, day=date(2026, 11, 29))
    assert over(look(RED, green, RULES, HELD)) is None
    red = story(HIGHER, [60, 85], running=10, day=date(2026, 11, 29))
    seen = look(RED, red, RULES, HELD)
    assert (reason(seen), over(seen)) == ("red_running", None)


def test_a_value_about_the_threshold_makes_one_episode_of_many_turns():
    values = [90, 70, 74, 71, 73, 70, 75, 71, 74]
    held, begun, ended = None, 0, 0
    for upto in range(1, len(values) + 1):
        now = story(HIGHER, values[:upto], last=f"2026-{upto:02}")
        seen = look(RED, now, RULES, held)
        if held is None and seen.found is not None:
            held, begun = Held(seen.found.period.code, seen.found.facts), begun + 1
        elif held is not None and seen.over is not None:
            held, ended = None, ended + 1
    assert (begun, ended) == (1, 0)


# ---- stagnation


def test_six_periods_without_improvement_short_of_the_goal_are_told_with_the_numbers():
    found = look(STAGNANT, story(HIGHER, [76, 76, 75, 76, 74, 76, 75]), RULES).found
    assert found is not None
    assert found.facts == {
        "periods": 6,
        "reference": 76,
        "reference_period": "2026-04",
        "nearest": 76,
        "nearest_period": "2026-05",
        "lacking": 4,
    }


@pytest.mark.parametrize(
    "values",
    [
        [76, 76, 76, 77, 76, 76, 76],  # once it was nearer
        [76, 76, 76, 76, 76, 76, 80],  # there
        [76, 80, 76, 76, 76, 76, 76],  # was there
    ],
)
def test_what_was_nearer_or_there_does_not_stagnate(values):
    assert look(STAGNANT, story(HIGHER, values), RULES) == Seen()


def test_what_lacks_a_period_cannot_be_told_to_stagnate():
    for values in ([76] * 6, [76, 76, None, 76, 76, 76, 76]):
        seen = look(STAGNANT, story(HIGHER, values), RULES)
        assert seen.unclear is not None
        assert seen.unclear.facts == {"periods": 6, "needed": 7}
    aimless = look(STAGNANT, story(indicator(target=None), [76] * 7), RULES)
    assert aimless.unclear is not None
    assert aimless.unclear.reason == "no_target"


@pytest.mark.parametrize(
    ("value", "ended"), [(76, None), (76.7, None), (77, "nearer"), (81, "goal_reached")]
)
def test_stagnation_ends_when_it_is_nearer_by_a_margin(value, ended):
    held = Held("2026-09", {"lacking": 4.0})
    assert over(look(STAGNANT, story(HIGHER, [76] * 7 + [value]), RULES, held)) == ended


def test_what_is_shown_as_its_goal_does_not_stagnate():
    """79.96 of 80 is told as 80.0, and is green."""
    assert look(STAGNANT, story(HIGHER, [79.96] * 7), RULES) == Seen()
    held = Held("2026-09", {"lacking": 0.05})
    assert over(look(STAGNANT, story(HIGHER, [79.9] * 7 + [79.96]), RULES, held)) == "goal_reached"


def test_a_band_stagnates_on_either_side():
    of = indicator(direction="band", target=(40, 60))
    assert reason(look(STAGNANT, story(of, [70] * 7), RULES)) == "stagnant"
    assert reason(look(STAGNANT, story(of, [30] * 7), RULES)) == "stagnant"
    assert reason(look(STAGNANT, story(of, [50] * 7), RULES)) is None


# ---- the season


def seasons(changes: list[float], newest: float) -> list[float]:
    """A first year of 0, 10, … 110, then values that are so much above it; and a newest one."""
    first = [10.0 * n for n in range(12)]
    return [*first, *(first[n % 12] + change for n, change in enumerate(changes)), newest]


CHANGES = [5.0, 4, 6, 5, 3, 7, 5, 4, 6]
"""Their middle is 5, the middle distance from it 1."""


def test_the_band_is_last_years_value_and_the_usual_change_by_hand():
    now = story(HIGHER, seasons(CHANGES, 95))
    found = band(now, len(now.ended) - 1, RULES)
    half = 3.5 * NORMAL * 1
    assert isinstance(found, Band)
    assert (found.low, found.high) == (95 - half, 95 + half)
    assert found.facts["year_before"] == 90
    assert found.facts["count"] == 9


@pytest.mark.parametrize(
    ("newest", "told"),
    [(95, None), (100.1, None), (100.3, "above_season"), (89.7, "below_season"), (89.9, None)],
)
def test_what_is_out_of_the_band_is_told(newest, told):
    assert reason(look(SEASON, story(HIGHER, seasons(CHANGES, newest)), RULES)) == told


def test_too_few_changes_gaps_and_no_variation_cannot_be_told():
    few = look(SEASON, story(HIGHER, seasons(CHANGES[:7], 999)), RULES)
    assert few.unclear is not None
    assert few.unclear.facts == {"periods": 7, "needed": 8}
    values: list[float | None] = list(seasons(CHANGES, 999))
    values[-13] = None
    gap = look(SEASON, story(HIGHER, values), RULES)
    assert gap.unclear is not None
    assert gap.unclear.reason == "no_year_before"
    same = look(SEASON, story(HIGHER, seasons([5.0] * 9, 999)), RULES)
    assert same.unclear is not None
    assert same.unclear.reason == "never_varied"


@pytest.mark.parametrize(
    ("later", "ended"),
    [
        ([105], "back_in_season"),  # the middle of its band
        ([109.5], None),  # within, but near the edge
        ([109.5, 119.5], "back_in_season"),  # twice
        ([105, 200], None),  # back, and out again
        ([None], None),
    ],
)
def test_the_season_is_back_by_a_margin_or_after_two_periods(later, ended):
    values = [*seasons(CHANGES, 150), *later]
    codes = {1: "2026-09", 2: "2026-08"}
    held = Held(codes[len(later)], {})
    assert over(look(SEASON, story(HIGHER, values), RULES, held)) == ended


def test_of_noise_hardly_anything_is_told_and_of_a_real_jump_nearly_all():
    false = caught = 0
    for seed in range(400):
        noise = random.Random(seed)
        values = [100 + 20 * (n % 12) + noise.gauss(0, 5) for n in range(40)]
        false += look(SEASON, story(HIGHER, values), RULES).found is not None
        values[-1] += 60
        caught += look(SEASON, story(HIGHER, values), RULES).found is not None
    assert false <= 400 * 0.03
    assert caught >= 400 * 0.97


# ---- of all


pasts = st.lists(st.none() | st.integers(0, 200), min_size=1, max_size=40)


@settings(max_examples=60)
@given(pasts, st.sampled_from([Fraction(1, 4), Fraction(3), Fraction(1000)]), st.booleans())
def test_another_unit_finds_the_same(values, factor, lower):
    direction = "lower" if lower else "higher"
    one = story(indicator(direction=direction, target=80), values)
    scaled = [None if each is None else each * factor for each in values]
    other = story(indicator(direction=direction, target=80 * factor), scaled)
    for kind in KINDS:
        first, second = look(kind, one, RULES), look(kind, other, RULES)
        assert reason(first) == reason(second)
        assert (first.unclear is None) == (second.unclear is None)


@settings(max_examples=60)
@given(pasts, st.integers(0, 200))
def test_nothing_is_found_and_over_at_once_and_no_data_ends_nothing(values, running):
    now = story(HIGHER, values, running=running, day=date(2026, 11, 29))
    for kind, facts in ((RED, {}), (STAGNANT, {"lacking": 10.0}), (SEASON, {})):
        seen = look(kind, now, RULES, Held("2026-09", facts))
        assert seen.found is None or seen.over is None
        silent = story(HIGHER, [*values, None, None, None])
        held = Held("2026-08", facts)
        assert look(kind, silent, RULES, held).over is None


# ---- how a value follows its period


@pytest.mark.parametrize(
    ("written", "how"),
    [
        ("x.done", 1),
        ("x.done + 2 * x.all", 1),
        ("-x.done / 60", 1),
        ("distinct(x.who)", 1),
        ("year_to_date(x.done)", 1),
        ("rate(x.done, x.all)", 0),
        ("x.stock", 0),
        ("percentile(x.time, 50)", 0),
        ("stock(x.all) - stock(x.done)", 0),
        ("x.done - previous(x.done)", None),
        ("x.done * x.all", None),
        ("rate(x.stock, x.done)", None),
        ("x.done / previous(x.done)", 1),
        ("max(x.done, x.all)", 1),
        ("max(x.done, x.stock)", None),
    ],
)
def test_how_a_value_grows_with_its_period(written, how):
    assert growth(formula(written, MEASURES)) == how


@pytest.mark.parametrize(
    ("written", "span", "adds"),
    [
        ("x.done + 2 * x.all / 3", "period", True),
        ("x.done * x.all", "period", False),
        ("rate(x.done, x.all)", "period", False),
        ("x.stock", "period", False),
        ("x.done - previous(x.done)", "period", False),
        ("x.done + 1", "period", False),
        ("year_to_date(x.done)", "period", False),
        ("year_to_date(x.done) / 100", "year_to_date", True),
    ],
)
def test_which_values_add_up_over_months(written, span, adds):
    assert adds_up(formula(written, MEASURES), span) is adds


# ---- words


def test_what_is_found_is_said_in_both_languages_with_the_numbers():
    found = look(SEASON, story(HIGHER, seasons(CHANGES, 120)), RULES).found
    assert found is not None
    words = insight_words.found(
        HIGHER, found.reason, found.period.code, found.value, found.aim, found.band, found.facts
    )
    assert words.en == (
        "120.0 in 2026-10 is above what the season lets expect, 89.8 to 100.2. A year before "
        "(2025-10) it was 90.0; the usual change of a year's time is 5.0 (the median of 9), and "
        "the band 3.5 times its standard deviation (1.5) to either side"
    )
    assert words.mr.startswith("2026-10 मध्ये मूल्य 120.0; या काळात 89.8 ते 100.2 अपेक्षित")


def test_money_is_said_in_rupees_and_a_rate_with_its_sign():
    money = indicator("x.done", unit="paise", decimals=0, target=10_000_000)
    found = look(RED, story(money, [1_234_500]), RULES).found
    assert found is not None
    words = insight_words.found(
        money, found.reason, "2026-10", found.value, found.aim, None, found.facts
    )
    assert words.en == "₹12,345.00 in 2026-10 is red; the goal is ₹1,00,000.00"


@pytest.mark.parametrize(
    ("unit", "name", "decimals", "en", "mr"),
    [
        ("hours", ("तास", "hours"), 1, "283.4 hours", "283.4 तास"),
        ("days", ("दिवस", "days"), 0, "1 day", "1 दिवस"),
        ("per_1000", ("प्रति हजार", "per 1,000"), 2, "4.00 per 1,000", "4.00 प्रति हजार"),
        ("rupees_crore", ("कोटी रुपये", "₹ crore"), 1, "₹12.5 crore", "12.5 कोटी रुपये"),
        ("percent", ("टक्के", "%"), 1, "90.0%", "90.0%"),
        ("count", ("संख्या", "count"), 0, "12", "12"),
    ],
)
def test_a_number_has_its_unit(unit, name, decimals, en, mr):
    each = replace(indicator("x.done", unit=unit, decimals=decimals), unit_name=Name(*name))
    value = float(en.strip("₹%").split()[0])
    assert (with_unit(each, value, "en"), with_unit(each, value, "mr")) == (en, mr)


def test_an_alert_in_hours_says_so_and_a_band_once():
    hours = replace(HIGHER, unit="hours", unit_name=Name("तास", "hours"))
    found = look(SEASON, story(hours, seasons(CHANGES, 120)), RULES).found
    assert found is not None
    words = insight_words.found(
        hours, found.reason, "2026-10", found.value, found.aim, found.band, found.facts
    )
    assert words.en.startswith(
        "120.0 hours in 2026-10 is above what the season lets expect, 89.8 to 100.2 hours. "
    )
    assert words.mr.startswith("2026-10 मध्ये मूल्य 120.0 तास; या काळात 89.8 ते 100.2 तास अपेक्षित")


def test_every_reason_has_words_that_fit():
    for kind, values in (
        (RED, [60]),
        (STAGNANT, [76] * 7),
        (SEASON, seasons(CHANGES, 150)),
        (SEASON, seasons(CHANGES[:3], 150)),
        (STAGNANT, [70]),
        (RED, [None] * 5),
    ):
        seen = look(kind, story(HIGHER, values), RULES)
        if seen.found is not None:
            each = seen.found
            said = insight_words.found(
                HIGHER, each.reason, each.period.code, each.value, each.aim, each.band, each.facts
            )
        else:
            assert seen.unclear is not None
            said = insight_words.unclear(HIGHER, seen.unclear.reason, seen.unclear.facts)
        assert isinstance(said, Name)
        assert "{" not in said.mr + said.en


def test_the_citys_rules_can_be_read_and_judge_every_frequency():
    rules = city_alerts()
    frequencies = {each.frequency for each in city_catalogue().indicators.values()}
    assert all(rules.periods(each) > rules.back for each in frequencies)
