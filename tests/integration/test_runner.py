"""The entry of every process: what it refuses, what it waits for, how it leaves."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from palika.errors import Unavailable
from palika.local import Broker, Postgres
from tests.support.backbone import Backbone, connections_opened
from tests.support.part import Part, wait_for


def ended(part: Part) -> int | None:
    part.start(ready=False)
    wait_for(lambda: part.exit_code is not None, 30)
    return part.exit_code


@pytest.mark.parametrize("verb", ["run", "relay"])
def test_a_wrong_setting_is_named_with_what_is_accepted(migrated: Backbone, verb: str) -> None:
    part = migrated.part(verb, "probe", PALIKA_WORKERS="many")
    assert ended(part) == 2
    assert part.said == (
        "palika: PALIKA_WORKERS is 'many': not a whole number; "
        "accepted is a whole number from 1 to 1000\n"
    )


@pytest.mark.parametrize("verb", ["run", "relay"])
def test_an_unknown_service_is_told_with_those_that_there_are(
    migrated: Backbone, verb: str
) -> None:
    part = migrated.part(verb, "water")
    assert ended(part) == 2
    assert "there is no service 'water'; there are: " in part.said
    assert "grievance" in part.said


@pytest.mark.parametrize("verb", ["run", "relay"])
def test_a_port_that_is_taken_is_told_in_one_line(migrated: Backbone, verb: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        part = migrated.part(verb, "probe", "--port", str(port))
        assert ended(part) == 1
    assert part.said == (
        f"palika: 127.0.0.1:{port} cannot be listened on: Address already in use; "
        "PALIKA_HTTP_PORT names another\n"
    )


@pytest.mark.parametrize(
    ("verb", "service", "variable"),
    [
        ("run", "probe", "PALIKA_HTTP_HOST"),
        ("relay", "probe", "PALIKA_HTTP_HOST"),
        ("run", "portal", "PALIKA_PORTAL_HTTP_HOST"),
    ],
)
def test_a_host_that_is_not_this_machine_is_told_with_its_variable(
    migrated: Backbone, verb: str, service: str, variable: str
) -> None:
    part = migrated.part(verb, service, PALIKA_PORTAL_HTTP_PORT="0", **{variable: "192.0.2.1"})
    assert ended(part) == 2
    assert part.said == (
        f"palika: {variable} is '192.0.2.1': it cannot be listened on (Cannot assign requested "
        "address); accepted is a host name or address of this machine\n"
    )


def test_the_first_yes_is_the_yes_of_every_check(migrated: Backbone) -> None:
    part = migrated.part("run", "probe").start(ready=False)
    first: list[dict[str, Any]] = []

    def ready() -> bool:
        try:
            status, body = part.get("/readyz")
        except OSError:
            return False
        if status == 200:
            first.append(json.loads(body)["checks"])
        return bool(first)

    wait_for(ready, 30, step_s=0.002)
    assert set(first[0]) == {"broker", "database", "subscription pings"}
    assert part.stop() == 0


def test_a_process_waits_for_the_broker_and_the_database(
    migrated: Backbone, broker: Broker, postgres: Postgres
) -> None:
    broker.kill()
    postgres.kill()
    try:
        parts = [migrated.part(verb, "probe").start(ready=False) for verb in ("run", "relay")]
        for part in parts:
            wait_for(lambda p=part: "broker not reachable" in p.said, 30)
            assert not part.is_ready()
            assert part.get("/healthz")[0] == 200
        broker.start()
        # The service has the broker already, and says what it still waits for.
        wait_for(lambda: parts[0].checks()["broker"]["ok"], 60)
        assert parts[0].checks()["database"]["ok"] is False
        assert not parts[0].is_ready()
    finally:
        broker.start() if broker.pid is None else None
        postgres.start()
    for part in parts:
        part.wait_ready(60)
    assert [part.stop() for part in parts] == [0, 0]


def test_sigterm_while_it_waits_for_the_broker_ends_it(migrated: Backbone) -> None:
    nowhere = {"AMQP_URI": "amqp://guest:guest@127.0.0.1:1//"}
    part = migrated.part("run", "probe", **nowhere).start(ready=False)
    wait_for(lambda: "broker not reachable" in part.said, 30)
    assert part.stop() == 0


def test_sigterm_finishes_the_call_in_hand(migrated: Backbone) -> None:
    part = migrated.part("run", "probe").start()
    answers: list[Any] = []

    def call() -> None:
        with migrated.client() as city:
            answers.append(city.probe.nap(seconds=2))

    calling = threading.Thread(target=call)
    calling.start()
    wait_for(lambda: migrated.sleeping("probe"), what="the call is being answered")
    assert part.stop() == 0
    calling.join()
    assert answers == [{}]
    assert "stopping: finishing what is in hand" in part.said


def test_a_stop_that_takes_longer_than_its_grace_is_a_failure(migrated: Backbone) -> None:
    part = migrated.part("run", "probe", PALIKA_SHUTDOWN_GRACE_S="0.5").start()
    with ThreadPoolExecutor(1) as calling, migrated.client(timeout_s=2) as city:
        call = calling.submit(city.probe.nap, seconds=8)
        wait_for(lambda: migrated.sleeping("probe"), what="the call is being answered")
        assert part.stop() == 1
        assert "not finished within 0.5 s" in part.said
        assert isinstance(call.exception(30), Unavailable)


def test_readiness_is_checked_over_one_connection(migrated: Backbone, broker: Broker) -> None:
    part = migrated.part("run", "probe", PALIKA_HEARTBEAT_S="1").start()
    beats = "SELECT count(*) FROM outbox WHERE type = 'probe.heartbeat.v1'"

    before, beaten = connections_opened(broker), migrated.value("probe", beats)
    # A check every two seconds, a heartbeat every second.
    wait_for(lambda: migrated.value("probe", beats) >= beaten + 5, 30)
    assert part.is_ready()
    assert connections_opened(broker) == before
    assert part.stop() == 0


@pytest.mark.parametrize(("workers", "rounds"), [("1", 3), ("3", 1)])
def test_workers_are_calls_answered_at_the_same_time(
    migrated: Backbone, workers: str, rounds: int
) -> None:
    part = migrated.part("run", "probe", "--workers", workers).start()
    naps = [threading.Thread(target=_nap, args=(migrated, 0.8)) for _ in range(3)]
    started = time.monotonic()
    for each in naps:
        each.start()
    for each in naps:
        each.join()
    took = time.monotonic() - started
    assert took >= 0.8 * rounds
    if rounds == 1:
        assert took < 0.8 * 3
    assert part.stop() == 0


def _nap(backbone: Backbone, seconds: float) -> None:
    with backbone.client() as city:
        city.probe.nap(seconds=seconds)
