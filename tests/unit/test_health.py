"""Readiness: good and fresh, or not ready; told by a clock that the test moves."""

import json
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from palika.health import HealthServer, Readiness


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def readiness(clock: Clock) -> Readiness:
    return Readiness(clock)


def checks(readiness: Readiness) -> dict[str, Any]:
    """The checks by name, as /readyz shows them."""
    shown: dict[str, Any] = json.loads(json.dumps(readiness.ready()[1]))["checks"]
    return shown


def test_a_process_that_has_checked_nothing_is_not_ready(readiness: Readiness):
    ready, body = readiness.ready()
    assert not ready
    assert body["ready"] is False
    assert body["checks"]["started"]["detail"] == "starting"


def test_it_is_ready_when_every_check_is_good(readiness: Readiness):
    readiness.set("broker", True)
    readiness.set("database", True)
    ready, body = readiness.ready()
    assert ready
    assert body == {
        "ready": True,
        "checks": {
            "broker": {"ok": True, "for_s": 0.0},
            "database": {"ok": True, "for_s": 0.0},
        },
    }


def test_one_bad_check_is_enough_and_says_why(readiness: Readiness):
    readiness.set("broker", True)
    readiness.set("database", False, "does not answer")
    assert not readiness.ready()[0]
    assert checks(readiness)["database"] == {"ok": False, "for_s": 0.0, "detail": "does not answer"}
    assert checks(readiness)["broker"]["ok"] is True


def test_a_check_that_is_good_again_makes_it_ready_again(readiness: Readiness):
    readiness.set("broker", False, "away")
    readiness.set("broker", True)
    assert readiness.ready()[0]
    assert "detail" not in checks(readiness)["broker"]


def test_a_good_check_that_is_not_renewed_grows_stale(readiness: Readiness, clock: Clock):
    readiness.set("broker", True, "connected")
    clock.now += 10
    assert readiness.ready()[0], "ten seconds are fresh enough"
    clock.now += 0.1
    ready, body = readiness.ready()
    assert not ready
    assert body["checks"]["broker"] == {
        "ok": False,
        "for_s": 10.1,
        "detail": "not checked for 10 s",
    }


def test_renewing_a_check_keeps_it_fresh_and_counts_from_its_last_change(
    readiness: Readiness, clock: Clock
):
    for _ in range(5):
        readiness.set("broker", True)
        clock.now += 8
    assert readiness.ready()[0]
    assert checks(readiness)["broker"]["for_s"] == 40
    readiness.set("broker", False)
    clock.now += 3
    assert checks(readiness)["broker"]["for_s"] == 3


def test_one_stale_check_is_enough(readiness: Readiness, clock: Clock):
    readiness.set("broker", True)
    clock.now += 9
    readiness.set("database", True)
    clock.now += 9
    assert not readiness.ready()[0]
    assert checks(readiness)["broker"]["ok"] is False
    assert checks(readiness)["database"]["ok"] is True


def test_a_process_is_alive_while_its_main_loop_turns(readiness: Readiness, clock: Clock):
    clock.now += 59.9
    assert readiness.alive() == (True, {"alive": True, "main_loop_idle_s": 59.9})
    readiness.tick()
    clock.now += 59.9
    assert readiness.alive()[0]


def test_a_process_whose_main_loop_hangs_is_not_alive(readiness: Readiness, clock: Clock):
    clock.now += 60
    assert readiness.alive() == (False, {"alive": False, "main_loop_idle_s": 60.0})
    readiness.tick()
    assert readiness.alive()[0]


def test_checks_say_nothing_of_the_main_loop(readiness: Readiness, clock: Clock):
    clock.now += 61
    readiness.set("broker", True)
    assert readiness.ready()[0]
    assert not readiness.alive()[0]


def test_what_readyz_and_healthz_say_is_in_the_metrics_as_they_are_asked_for(
    readiness: Readiness, clock: Clock
) -> None:
    server = HealthServer("127.0.0.1", 0, readiness)
    server.start()

    def told() -> tuple[float, float]:
        url = f"http://127.0.0.1:{server.port}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            families = text_string_to_metric_families(answer.read().decode())
        by_name = {each.name: each.samples for each in families}
        ready, idle = by_name["palika_process_ready"], by_name["palika_main_loop_idle_seconds"]
        return ready[0].value, idle[0].value

    assert told() == (0, 0)
    readiness.set("broker", True)
    readiness.tick()
    assert told() == (1, 0)
    clock.now += 70
    assert told() == (0, 70)
