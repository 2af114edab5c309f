"""How what a process does by itself is measured: by `@every`, and by what tends a web service."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from palika import turns, web


def runs(work: str, outcome: str) -> float | None:
    return REGISTRY.get_sample_value("palika_timer_runs_total", {"work": work, "outcome": outcome})


def ran(work: str) -> float | None:
    return REGISTRY.get_sample_value("palika_timer_ran_timestamp_seconds", {"work": work})


def interval(work: str) -> float | None:
    return REGISTRY.get_sample_value("palika_timer_interval_seconds", {"work": work})


def test_both_outcomes_are_there_before_the_first_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns.time, "time", lambda: 1_000.0)
    turns.begin("a_first", 60)
    assert (runs("a_first", "ok"), runs("a_first", "failed")) == (0, 0)
    assert (ran("a_first"), interval("a_first")) == (1_000, 60)


def test_a_turn_is_counted_by_how_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    turns.begin("a_turn", 60)
    monkeypatch.setattr(turns.time, "time", lambda: 2_000.0)
    turns.done("a_turn", ok=False)
    turns.done("a_turn", ok=True)
    turns.done("a_turn", ok=True)
    assert (runs("a_turn", "ok"), runs("a_turn", "failed")) == (2, 1)
    assert ran("a_turn") == 2_000


def test_what_tends_a_web_service_goes_on_after_one_of_it_has_failed() -> None:
    done: list[str] = []

    def fails() -> None:
        raise ZeroDivisionError

    def works() -> None:
        done.append("works")
        if len(done) == 3:
            raise KeyboardInterrupt  # ends it, as no Exception does

    tending: list[Callable[[], None]] = [fails, works]
    with pytest.raises(KeyboardInterrupt):
        web._tend("a_tending", tending, 0.001)
    assert len(done) == 3
    assert runs("a_tending", "failed") == 2
    assert runs("a_tending", "ok") == 0


def test_a_service_that_has_nothing_to_tend_measures_nothing() -> None:
    web._tend("a_nothing", [], 0.001)
    assert interval("a_nothing") is None
