"""/healthz, /readyz and /metrics: they answer whatever the process is busy with, and truly."""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from palika.health import HealthServer, Readiness
from palika.local import Broker, Postgres
from tests.support.backbone import Backbone
from tests.support.fixtures import Probe
from tests.support.part import wait_for

WORKERS = 3


@pytest.fixture(scope="module")
def probe(backbone: Backbone) -> Probe:
    """The probe, with few workers."""
    return Probe(backbone, PALIKA_WORKERS=str(WORKERS))


@contextmanager
def calls(backbone: Backbone, method: str, seconds: float, count: int) -> Iterator[Callable]:
    """So many calls being answered; gives whether they still are."""

    def call() -> None:
        with backbone.client() as city:
            getattr(city.probe, method)(seconds=seconds)

    threads = [threading.Thread(target=call) for _ in range(count)]
    for each in threads:
        each.start()
    yield lambda: all(each.is_alive() for each in threads)
    for each in threads:
        each.join()


def assert_quick(probe: Probe) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        took = []
        for _ in range(5):
            started = time.monotonic()
            assert probe.service.get(path)[0] == 200
            took.append(time.monotonic() - started)
        assert min(took) < 1, (path, took)


def test_it_answers_while_all_workers_wait_for_the_database(
    backbone: Backbone, probe: Probe
) -> None:
    with calls(backbone, "nap", 4, WORKERS) as going_on:
        wait_for(lambda: probe.service.metric("palika_rpc_in_progress") == WORKERS)
        assert_quick(probe)
        assert going_on(), "it was busy all the while"


def test_it_answers_while_a_worker_computes_without_a_pause(
    backbone: Backbone, probe: Probe
) -> None:
    with calls(backbone, "toil", 4, 1) as going_on:
        wait_for(lambda: probe.service.metric("palika_rpc_in_progress") == 1)
        assert_quick(probe)
        assert going_on(), "it was busy all the while"


_SHORT = """
import resource, sys, threading
from palika.health import HealthServer, Readiness
server = HealthServer("127.0.0.1", 0, Readiness())
server.start()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
print(server.port, flush=True)
for line in sys.stdin:
    if line == "files\\n":
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # those that it has already
    elif line == "threads\\n":
        threading.stack_size(1 << 46)  # more than there is room for
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        threading.stack_size(0)
    print("done", flush=True)
"""


@pytest.mark.parametrize("lacking", ["files", "threads"])
def test_it_answers_again_after_a_time_without_files_or_threads(lacking: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SHORT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told = process.stdout

    def tell(what: str) -> None:
        print(what, file=process.stdin, flush=True)
        assert told.readline() == "done\n"

    def answer(timeout_s: float) -> int | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=timeout_s) as a:
                return a.status
        except OSError:
            return None

    try:
        port = int(told.readline())
        assert answer(30) == 200
        tell(lacking)
        # An accept that waits already has its file.
        assert [answer(0.5) for _ in range(3)][1:] == [None, None]
        tell("mend")
        assert answer(30) == 200
    finally:
        process.kill()
        process.communicate()


def test_it_is_not_ready_while_the_broker_is_away(
    backbone: Backbone, probe: Probe, broker: Broker
) -> None:
    broker.kill()
    try:
        for part in (probe.service, probe.relay):
            wait_for(lambda p=part: not p.is_ready(), 30)
            wait_for(lambda p=part: not p.checks()["broker"]["ok"], 30)
        assert "detail" in probe.service.checks()["broker"]
        wait_for(lambda: not probe.service.checks()["subscription pings"]["ok"])
        assert probe.service.checks()["database"]["ok"]
        assert probe.service.get("/healthz")[0] == 200
    finally:
        broker.start()
    probe.service.wait_ready(60)
    probe.relay.wait_ready(60)


def test_it_is_not_ready_while_the_database_is_away(probe: Probe, postgres: Postgres) -> None:
    postgres.kill()
    try:
        wait_for(lambda: not probe.service.checks()["database"]["ok"], 30)
        assert not probe.service.is_ready()
        assert probe.service.checks()["broker"]["ok"]
        assert probe.service.get("/healthz")[0] == 200
    finally:
        postgres.start()
    probe.service.wait_ready(60)


def test_what_is_not_there_is_told(probe: Probe) -> None:
    assert probe.service.get("/")[0] == 404
    assert "/metrics" in probe.service.get("/nothing")[1]
    assert probe.service.get("/healthz?verbose=1")[0] == 200


def test_a_main_loop_that_does_not_turn_is_neither_ready_nor_alive() -> None:
    now = [1_000.0]
    readiness = Readiness(clock=lambda: now[0])
    server = HealthServer("127.0.0.1", 0, readiness)
    server.start()
    readiness.tick()
    readiness.set("broker", True)
    assert _status(server, "/healthz") == _status(server, "/readyz") == 200
    now[0] += 11
    assert _status(server, "/readyz") == 503
    assert readiness.ready()[1]["checks"]["broker"]["detail"] == "not checked for 11 s"
    assert _status(server, "/healthz") == 200, "slow is not dead"
    now[0] += 50
    assert _status(server, "/healthz") == 503
    assert readiness.alive()[1] == {"alive": False, "main_loop_idle_s": 61.0}
    readiness.tick()
    assert _status(server, "/healthz") == 200


def _status(server: HealthServer, path: str) -> int:
    url = f"http://127.0.0.1:{server.port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            json.loads(answer.read())
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
