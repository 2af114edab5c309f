"""The rule of the soak: a leak is found, noise is none; and what is said of a soak as a whole."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.soak import results
from benchmarks.soak.flat import Bound, TooShort, Verdict, judge
from benchmarks.soak.results import Soaked, draw, told, write
from benchmarks.soak.sampling import BOUNDS, DEAD, kind_of

HALF_AN_HOUR_S = 1_800
EVERY_S = 5
MEMORY = Bound(10, 8)


def series(
    shape: Callable[[float], float],
    noise: float,
    seed: int,
    seconds: float = HALF_AN_HOUR_S,
) -> list[tuple[float, float]]:
    """Samples of a shape, each with as much of noise."""
    rng = random.Random(seed)
    times = range(0, int(seconds), EVERY_S)
    return [(float(t), shape(t) + rng.gauss(0, noise)) for t in times]


def verdict(points: list[tuple[float, float]], bound: Bound = MEMORY) -> Verdict:
    return judge("memory: kpi", "MB", points, bound)


@pytest.mark.parametrize("seed", range(5))
def test_a_leak_is_found_through_noise(seed: int) -> None:
    leak = verdict(series(lambda t: 60 + 40 * t / 3_600, 1.5, seed))
    assert not leak.flat
    # 40 MB an hour of the 64 or so that were there after the warm-up.
    assert leak.percent_an_hour == pytest.approx(61, abs=6)
    assert leak.grown == pytest.approx(16, abs=2)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_leak(seed: int) -> None:
    assert verdict(series(lambda _: 60, 6, seed)).flat


def test_a_slow_growth_within_the_bound_is_flat() -> None:
    assert verdict(series(lambda t: 400 + 30 * t / 3_600, 1, 1)).flat


def test_a_sawtooth_is_flat() -> None:
    """As dead rows are, which are cleaned away again and again."""
    assert verdict(series(lambda t: 40 + 30 * (t % 240) / 240, 1, 1)).flat


def test_what_grows_in_the_warm_up_alone_is_flat() -> None:
    assert verdict(series(lambda t: min(60 + t / 6, 110), 1, 1)).flat


def test_a_leak_in_steps_is_found() -> None:
    """A part that takes ten megabytes more every five minutes."""
    assert not verdict(series(lambda t: 60 + 10 * (t // 300), 0.5, 1)).flat


def test_peaks_are_no_leak() -> None:
    assert verdict(series(lambda t: 200 if t % 600 < 30 else 60, 1, 1)).flat


def test_what_becomes_less_is_flat() -> None:
    assert verdict(series(lambda t: 100 - 50 * t / 3_600, 1, 1)).flat


def test_a_leak_of_connections_is_found_and_one_more_is_none() -> None:
    connections = Bound(10, 5)
    assert not verdict(series(lambda t: 80 + t // 60, 0, 1), connections).flat
    assert verdict(series(lambda t: 80 + (t > 900), 0, 1), connections).flat


def test_a_queue_that_fills_up_is_found_although_it_was_empty() -> None:
    queue = Bound(10, 400)
    assert not verdict(series(lambda t: t, 10, 1), queue).flat
    assert verdict(series(lambda _: 0, 20, 1), queue).flat


def test_of_two_minutes_only_a_great_leak_is_said() -> None:
    small = series(lambda t: 60 + 40 * t / 3_600, 0.2, 1, seconds=120)
    great = series(lambda t: 60 + t / 2, 0.2, 1, seconds=120)
    assert verdict(small).flat
    assert not verdict(great).flat


def test_a_series_has_the_bound_of_its_name_or_of_its_kind() -> None:
    assert kind_of("memory: rabbitmq") == BOUNDS["memory: rabbitmq"]
    assert kind_of("memory: tax relay") == BOUNDS["memory"]
    with pytest.raises(KeyError):
        kind_of("moods: all")
    assert all(bound.least > 0 for _, bound in BOUNDS.values())


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(TooShort, match="memory: kpi: 4 samples after the warm-up, 8 are wanted"):
        verdict([(float(t), 1.0) for t in range(5)])
    with pytest.raises(TooShort):
        verdict([])


def soaked(**values: float) -> Soaked:
    """A soak of half an hour in which all went well, but for what these series grow in an hour."""
    slopes = {"memory: kpi": 0.0, "connections: broker": 0.0} | values
    samples = [
        (float(t), {name: 60 + slope * t / 3_600 for name, slope in slopes.items()})
        for t in range(0, HALF_AN_HOUR_S, EVERY_S)
    ]
    return Soaked(
        30,
        200,
        20,
        datetime(2026, 11, 30, 4, 0, tzinfo=UTC),
        events=360_000,
        counted=361_800,
        answered={"200": 36_000},
        filed=1_800,
        samples=samples,
    )


def test_a_soak_is_flat_when_all_series_are() -> None:
    good = soaked()
    good.judge()
    assert good.flat
    assert told(good)["flat"] is True
    bad = soaked(**{"memory: kpi": 60.0})
    bad.judge()
    assert [each.name for each in bad.series if not each.flat] == ["memory: kpi"]
    assert not bad.flat


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("events", 300_000, "events: only 300,000 of 360,000 came about"),
        ("answered", {"200": 20_000}, "good answers: only 20,000 of 36,000 came about"),
        ("answered", {"200": 35_999, "503": 1}, "answers: {'503': 1}"),
        ("counted", 361_799, "kpi has counted 361,799 of 361,800 filings"),
        ("counted", 361_801, "kpi has counted 361,801 of 361,800 filings"),
    ],
)
def test_a_soak_whose_load_was_not_kept_proves_nothing(
    field: str, value: object, said: str
) -> None:
    one = soaked()
    setattr(one, field, value)
    one.judge()
    assert said in one.wrong
    assert not one.flat


def test_one_dead_letter_is_too_many() -> None:
    one = soaked()
    one.samples[40][1][DEAD] = 1.0
    one.judge()
    assert one.wrong == ["dead letters: 1"]
    assert DEAD not in {each.name for each in one.series}


def test_a_part_that_was_not_always_there_is_not_called_flat() -> None:
    one = soaked()
    one.samples[-1][1]["memory: tax"] = 60.0
    one.judge()
    assert one.wrong == ["too few samples after the warm-up: memory: tax"]
    one.samples = []
    one.judge()
    assert one.wrong[0] == "too few samples after the warm-up: all"


def test_what_was_found_is_written(tmp_path: Path) -> None:
    one = soaked()
    one.judge()
    data, picture = write(one, tmp_path)
    entry = json.loads(data.read_text("utf-8"))
    assert entry["begun"] == "30 November 2026, 09:30 (IST)"
    assert {each["name"] for each in entry["series"]} == {"memory: kpi", "connections: broker"}
    assert picture.read_text("utf-8") == draw(one)
    assert "connections: broker" in draw(one)


def test_the_table_says_what_is_not_flat(capsys: pytest.CaptureFixture[str]) -> None:
    bad = soaked(**{"memory: kpi": 60.0})
    bad.counted = 1
    bad.judge()
    results.show(bad)
    printed = capsys.readouterr().out
    assert "NOT FLAT: memory: kpi: +" in printed
    assert "WRONG: kpi has counted 1 of 361,800 filings" in printed
    assert printed.rstrip().endswith("not flat")
