"""Buckets and circuits: what all processes share of a provider."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.breaker import BreakerRules, Circuit
from services.notify.domain.bucket import Bucket, Rate

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
RULES = BreakerRules(
    window=timedelta(seconds=60),
    least=10,
    bad_percent=50,
    slow_s=5,
    slow_percent=50,
    first_pause=timedelta(seconds=30),
    longest_pause=timedelta(seconds=100),
)
RATE = Rate(per_s=10, burst=20, kept=5)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_full_bucket_keeps_some_for_codes():
    granted, left = Bucket(20, NOW).take(100, NOW, RATE, urgent=False)
    assert granted == 15
    granted, left = left.take(100, NOW, RATE, urgent=True)
    assert granted == 5
    assert left.take(1, NOW, RATE, urgent=True)[0] == 0


def test_it_fills_with_time_and_not_beyond_the_burst():
    assert Bucket(0, NOW).take(100, at(1), RATE, urgent=True)[0] == 10
    assert Bucket(0, NOW).take(100, at(3600), RATE, urgent=True)[0] == 20


def test_a_clock_that_goes_back_fills_nothing():
    granted, left = Bucket(0, NOW).take(5, at(-100), RATE, urgent=True)
    assert granted == 0
    assert left.take(5, NOW, RATE, urgent=True)[0] == 0


@given(
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 50), st.booleans()), max_size=30),
)
def test_no_more_goes_than_the_rate_and_one_burst(asks):
    bucket, moment, sent = Bucket(RATE.burst, NOW), 0.0, 0
    for step, wanted, urgent in asks:
        moment += step
        granted, bucket = bucket.take(wanted, at(moment), RATE, urgent=urgent)
        assert 0 <= granted <= wanted
        sent += granted
        assert sent <= RATE.burst + RATE.per_s * moment + 1e-3


def test_a_few_answers_open_nothing():
    assert not Circuit(NOW).after(0, 9, 0, NOW, RULES).is_open(NOW)


def test_half_of_the_answers_bad_open_it_and_half_of_them_slow_too():
    assert Circuit(NOW).after(5, 5, 0, NOW, RULES).is_open(at(29))
    assert Circuit(NOW).after(10, 0, 5, NOW, RULES).is_open(at(29))
    assert not Circuit(NOW).after(6, 4, 4, NOW, RULES).is_open(NOW)
    assert not Circuit(NOW).after(5, 5, 0, NOW, RULES).is_open(at(30))


def test_answers_of_another_window_do_not_count():
    circuit = Circuit(NOW).after(0, 9, 0, NOW, RULES)
    assert not circuit.after(0, 1, 0, at(60), RULES).is_open(at(60))
    assert circuit.after(0, 1, 0, at(59), RULES).is_open(at(60))


def test_after_the_pause_one_good_answer_closes_it_and_one_bad_doubles_the_pause():
    circuit = Circuit(NOW).after(0, 10, 0, NOW, RULES)
    good = circuit.after(1, 0, 0, at(31), RULES)
    assert (good.opened, good.open_until) == (0, None)
    again = circuit.after(0, 1, 0, at(31), RULES)
    assert again.open_until == at(31 + 60)
    third = again.after(0, 1, 0, at(100), RULES)
    assert third.open_until == at(100 + 100)


def test_answers_that_come_while_it_is_open_say_nothing_new():
    circuit = Circuit(NOW).after(0, 10, 0, NOW, RULES)
    assert circuit.after(5, 0, 0, at(1), RULES) == circuit.after(0, 5, 0, at(1), RULES) == circuit
