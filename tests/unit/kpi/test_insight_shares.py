"""An alert does not end by a share that is more than its whole, and of what is partial its colour
alone counts."""

import random
from dataclasses import replace

import pytest

from services.kpi.domain.insight import (
    RED,
    SEASON,
    STAGNANT,
    Band,
    Held,
    Seen,
    Story,
    band,
    expected,
    look,
)
from tests.support.kpi_stories import RULES, indicator, story

HIGHER = indicator()  # target 80; red below 72
HELD = Held("2026-09", {})


def over(seen: Seen) -> str | None:
    return None if seen.over is None else seen.over.reason


PART = indicator(share="part")
"""A part of its whole, in per cent: target 80; above 100 it is not judged."""


@pytest.mark.parametrize(
    ("values", "ended"),
    [
        ([60, 104], None),  # more than the whole: somebody entered it wrongly
        ([104, 104], None),
        ([75, 104], None),  # amber once, and the other says nothing
        ([104, 90], "green_again"),
        ([100, None], "green_again"),
    ],
)
def test_red_does_not_end_by_a_share_that_is_more_than_the_whole(values, ended):
    assert over(look(RED, story(PART, [60, *values]), RULES, HELD)) == ended
    # Where it may be more, it is judged.
    assert over(look(RED, story(HIGHER, [60, 60, 104]), RULES, HELD)) == "green_again"


def test_nor_do_stagnation_and_a_season_end_by_it():
    since = Held("2026-10", {"lacking": 10.0})
    assert over(look(STAGNANT, story(PART, [70, 104]), RULES, since)) is None
    assert over(look(STAGNANT, story(HIGHER, [70, 104]), RULES, since)) == "goal_reached"
    by_chance = random.Random(1)
    usual = [95 + month % 12 + by_chance.uniform(-3, 3) for month in range(30)]
    known = band(story(PART, [*usual, 0]), 30, RULES)
    assert isinstance(known, Band)
    inside = (known.low + known.high) / 2
    assert inside > 100.1
    begun = Held("2026-10", {})
    assert over(look(SEASON, story(HIGHER, [*usual, inside]), RULES, begun)) == "back_in_season"
    assert over(look(SEASON, story(PART, [*usual, inside]), RULES, begun)) is None


def partial(of: Story) -> Story:
    """The same, of which the newest value lacks something."""
    *before, newest = of.ended
    return replace(of, ended=[*before, newest._replace(partial=True)])


def test_a_partial_value_turns_red_on_and_off_and_is_no_word_on_stagnation_and_season():
    low = indicator("x.done", direction="lower", target=20)
    high = indicator("x.done", target=80)
    assert look(RED, partial(story(low, [9, 60])), RULES).found
    assert over(look(RED, partial(story(high, [60, 90])), RULES, HELD)) == "green_again"
    stuck = story(low, [60] * 7)
    assert look(STAGNANT, stuck, RULES).found
    assert look(STAGNANT, partial(stuck), RULES).found is None
    nearer = story(low, [60, 30])
    since = Held("2026-10", {"lacking": 40.0})
    assert over(look(STAGNANT, nearer, RULES, since)) == "nearer"
    assert over(look(STAGNANT, partial(nearer), RULES, since)) is None
    by_chance = random.Random(1)
    usual = [180 + month % 12 + by_chance.uniform(-3, 3) for month in range(30)]
    fell = story(high, [*usual, 100])
    assert look(SEASON, fell, RULES).found
    assert look(SEASON, partial(fell), RULES).found is None
    told = expected(fell, RULES), expected(partial(fell), RULES)
    assert [each and each[0].code for each in told] == ["2026-10", "2026-09"]
    held = Held("2026-10", {})
    assert over(look(SEASON, story(high, [*usual, 183]), RULES, held)) == "back_in_season"
    assert over(look(SEASON, partial(story(high, [*usual, 183])), RULES, held)) is None
