"""Which resolutions are looked at: by chance, once, and so that anybody can repeat it."""

import hashlib
import uuid
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.errors import Conflict, Forbidden
from palika.india import INDIA
from palika.roles import post_of
from services.grievance.domain.independence import check_independent
from services.grievance.domain.sampling import (
    LOTS,
    check_over,
    days_to_draw,
    is_picked,
    lot,
)

KEY = uuid.UUID("0196f3a0-0000-7000-8000-000000000001")
AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
SEEDS = st.binary(min_size=16, max_size=16).map(bytes.hex)
MOMENTS = st.integers(0, 3 * 365 * 86_400).map(lambda seconds: AT + timedelta(seconds=seconds))


def test_the_lot_is_the_one_that_the_rule_in_words_makes():
    said = hashlib.sha256(f"a1:{KEY}:2026-07-01T09:30:00.000000+00:00".encode()).digest()
    assert lot("a1", KEY, AT) == int.from_bytes(said[:8], "big")
    assert lot("a1", KEY, AT.astimezone(INDIA)) == lot("a1", KEY, AT)


@settings(deadline=None)
@given(st.lists(SEEDS, min_size=2, max_size=2, unique=True), st.uuids(), MOMENTS)
def test_another_seed_grievance_or_resolution_is_another_lot(seeds, key, at):
    drawn = lot(seeds[0], key, at)
    assert 0 <= drawn < LOTS
    assert lot(seeds[1], key, at) != drawn
    assert lot(seeds[0], uuid.UUID(int=key.int ^ 1), at) != drawn
    assert lot(seeds[0], key, at + timedelta(microseconds=1)) != drawn


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.fractions(1, 99, max_denominator=100))
def test_as_many_are_picked_as_the_share_says(seed, percent):
    of = 2_000
    picked = sum(is_picked(lot(seed, uuid.UUID(int=each), AT), percent) for each in range(of))
    share = float(percent) / 100
    # Seven standard deviations of fair chance: no seed of a thousand million falls outside.
    assert abs(picked - of * share) <= 7 * (of * share * (1 - share)) ** 0.5


@settings(deadline=None)
@given(SEEDS, st.uuids())
def test_who_is_in_a_small_sample_is_in_every_larger_one(seed, key):
    drawn = lot(seed, key, AT)
    picked = [is_picked(drawn, Fraction(percent)) for percent in range(101)]
    assert picked == sorted(picked)
    assert (picked[0], picked[100]) == (False, True)


def test_a_day_is_drawn_when_it_is_over_in_india():
    day = date(2026, 7, 1)
    last, over = (
        datetime(2026, 7, 1, 18, 29, 59, tzinfo=UTC),
        datetime(2026, 7, 1, 18, 30, tzinfo=UTC),
    )
    with pytest.raises(Conflict, match="2026-07-01 is not over"):
        check_over(day, last)
    check_over(day, over)
    assert days_to_draw(day - timedelta(1), last) == []
    assert days_to_draw(day - timedelta(1), over) == [day]


def test_missed_days_are_made_up_for_and_the_first_is_yesterday():
    assert days_to_draw(None, AT) == [date(2026, 6, 30)]
    assert days_to_draw(date(2026, 6, 27), AT) == [date(2026, 6, day) for day in (28, 29, 30)]
    assert days_to_draw(date(2026, 6, 30), AT) == []
    long_ago = days_to_draw(date(2025, 1, 1), AT)
    assert (len(long_ago), long_ago[-1]) == (31, date(2026, 6, 30))


def test_nobody_judges_their_own_work():
    assert post_of("officer:roads-je") == post_of("supervisor:roads-je") == "roads-je"
    check_independent("officer:roads-de", {"roads-je": "resolved it"})
    with pytest.raises(Forbidden, match="than the one who resolved it"):
        check_independent("supervisor:roads-je", {"roads-je": "resolved it"})


def test_a_post_whose_code_has_colons_is_one_post_everywhere():
    assert post_of("officer:roads:je:1") == "roads:je:1"
    assert post_of("roads-je") == "roads-je"
    check_independent("officer:city:je", {"je": "resolved it"})
    with pytest.raises(Forbidden):
        check_independent("officer:city:je", {"city:je": "resolved it"})
