"""The curve of several processes: its rows, its picture, and what the simulation says of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks import costs
from benchmarks.measures import scale_curve
from benchmarks.measures.scale_curve import CITIES, PROCESSES, WAITING, WORKING, Sizes
from benchmarks.rows import Result, Run
from benchmarks.simulation import calibration, document, loads, steps, validation
from benchmarks.simulation.calibration import NotMeasured

ONE_WAITS, ONE_WORKS = 920.0, 30_000.0


class Played:
    """A machine of two cores: what waits adds up, what works shares the cores."""

    def __init__(self, _ground: Any, _sizes: Sizes) -> None:
        self.spent: list[costs.Costs] = [{"kpi": 32.0, "postgres": 14.0, "broker": 4.0}]
        self.asked: list[tuple[str, int, int]] = []
        played.append(self)

    def waits(self, processes: int, cities: int = 1) -> float:
        self.asked.append(("waits", processes, cities))
        return ONE_WAITS * processes * cities * 0.95 ** (processes * cities - 1)

    def works(self, processes: int) -> float:
        self.asked.append(("works", processes, 1))
        return min(ONE_WORKS * processes, 41_000)


played: list[Played] = []


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """What the measure gives on that machine."""
    monkeypatch.setattr(scale_curve, "Scaling", Played)
    ground: Any = None
    result = scale_curve.run(ground, lambda _: None, Sizes(rounds=2))
    return Run(result, datetime(2026, 11, 30, tzinfo=UTC), {})


def row(result: Result, name: str) -> Any:
    (found,) = [each for each in result.rows if each.measure == f"scale: {name}"]
    return found


def test_each_number_is_told_as_a_ratio_of_one(run: Run) -> None:
    two, four = row(run.result, f"2 {WAITING}"), row(run.result, f"4 {CITIES}")
    assert (two.peer, two.value, two.ratio) == (ONE_WAITS, pytest.approx(1_748), 2 * 0.95)
    assert (two.floor, two.met) == (1.7, True)
    assert (four.floor, four.met) == (3.0, True)
    works = row(run.result, f"4 {WORKING}")
    assert (works.floor, works.ratio) == (None, pytest.approx(41 / 30))
    kpi = row(run.result, "processor time of an event, kpi")
    assert (kpi.value, kpi.unit) == (32.0, "µs")


def test_one_two_and_four_are_measured_in_turn(run: Run) -> None:
    asked = played[-1].asked
    warm_up, rounds = asked[:2], asked[2:]
    assert warm_up == [("waits", 1, 1), ("works", 1, 1)]
    once = [("waits", many, 1) for many in PROCESSES]
    once += [("waits", 1, many) for many in PROCESSES]
    once += [("works", many, 1) for many in PROCESSES]
    assert rounds == once * 2
    assert len(run.result.rows) == 6 + 3


def test_a_curve_that_falls_short_is_not_met(run: Run) -> None:
    samples = [(1_400.0, 920.0), (1_500.0, 920.0), (1_450.0, 920.0)]
    assert not scale_curve._row(WAITING, 2, samples).met


def test_the_simulation_foretells_the_curve_from_one_process(run: Run) -> None:
    figures, runs = calibration.read()
    foretold, missing = validation.predictions(figures, runs | {run.result.name: run}, jobs=2_000)
    assert missing == []
    told = {each.what: each for each in foretold}
    # A batch of 100 in 109 ms, of which 9 want a core: four of them never want more than two.
    assert told[f"2 {WAITING}"].predicted == pytest.approx(2 * ONE_WAITS, rel=0.02)
    assert told[f"4 {WAITING}"].predicted == pytest.approx(4 * ONE_WAITS, rel=0.05)
    # 50 microseconds of two cores.
    assert told[f"4 {WORKING}"].predicted == pytest.approx(40_000)
    assert told[f"4 {WORKING}"].error == pytest.approx(-100 / 41)
    assert told[f"2 {WAITING}"].error == pytest.approx(100 * (1 / 0.95 - 1), abs=2)


def test_a_curve_that_is_not_measured_is_said_so() -> None:
    figures, runs = calibration.read()
    known = {name: each for name, each in runs.items() if name != scale_curve.NAME}
    _, missing = validation.predictions(figures, known, jobs=2_000)
    assert missing == [
        "'scale: processor time of an event, kpi' is not measured: make bench ONLY=scale_curve"
    ]
    with pytest.raises(NotMeasured, match="make bench ONLY=scale_curve"):
        calibration.row_of(known, scale_curve.NAME, "scale: 2")


def test_the_page_shows_the_curve(run: Run) -> None:
    figures, runs = calibration.read()
    known = loads.load()
    blocks = document.still_blocks_of(figures, runs | {run.result.name: run}, known)
    assert f"| 2 {WAITING} | 1,748 events/s | 920 events/s | 1.9× | ≥ 1.7× |" in blocks["curve"]
    assert "(scaling-curve.svg)" in blocks["curve"]
    grown = [steps.grow(figures, known, known.places[0], jobs=1_000)]
    pictures = document.pictures_of(runs | {run.result.name: run}, known, grown)
    drawn = pictures[document.CURVE]
    assert all(kind in drawn for kind in (WAITING, CITIES, WORKING, "as many times as there are"))
