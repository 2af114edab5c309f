"""Calls to what does not answer: a service that is busy, hung or gone, a broker that is away."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from palika.auth import Identity
from palika.errors import Unavailable
from palika.local import Broker, Postgres
from palika.rpc import Client
from tests.support.backbone import Backbone, memory_alarm
from tests.support.fixtures import Probe
from tests.support.part import ROOT, wait_for


def test_a_call_without_an_answer_ends_in_time(backbone: Backbone, probe: Probe) -> None:
    with backbone.client(timeout_s=0.5) as city:
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"probe\.nap: no answer within 0\.5 s"):
            city.probe.nap(seconds=2)
        assert 0.4 < time.monotonic() - started < 10
        with backbone.client() as patient:
            assert patient.probe.nap(seconds=0) == {}
        assert city.probe.nap(seconds=0) == {}, "the same client goes on"


def test_a_service_gives_up_a_call_in_time_too(backbone: Backbone, probe: Probe) -> None:
    probe.service.stop()
    impatient = backbone.part("run", "probe", PALIKA_RPC_TIMEOUT_S="0.5").start()
    nap = {"service": "probe", "method": "nap", "arguments": {"seconds": 1.5}}
    with backbone.client() as city:
        with pytest.raises(Unavailable, match=r"probe\.nap: no answer within 0\.5 s"):
            city.probe.ask(**nap, as_caller=True)
        assert city.probe.ask(service="probe", method="whoami")["roles"] == ["service"]
    assert impatient.stop() == 0
    probe.service.start()


def test_a_call_that_was_given_up_is_not_carried_out_later(
    backbone: Backbone, probe: Probe
) -> None:
    given_up, patient = probe.numbers(2)
    probe.service.stop()
    with (
        backbone.client(timeout_s=0.5) as city,
        pytest.raises(Unavailable, match="no answer within"),
    ):
        city.probe.ping(numbers=[given_up])
    probe.service.start()
    with backbone.client() as city:
        city.probe.ping(numbers=[patient])
    probe.wait_counted(patient)
    assert probe.counted(given_up) == [0]
    assert backbone.depth("rpc-probe") == 0


def test_a_service_that_has_never_run_is_told_at_once(backbone: Backbone, probe: Probe) -> None:
    with backbone.client() as city:
        started = time.monotonic()
        with pytest.raises(Unavailable, match=r"tax\.get: the service is not running"):
            city.tax.get(number="P/1")
        assert time.monotonic() - started < 10
        assert city.probe.whoami()["roles"] == ["admin"]


def test_a_database_that_is_away_is_unavailable_and_comes_back(
    backbone: Backbone, probe: Probe, postgres: Postgres
) -> None:
    with backbone.client() as city:
        city.probe.nap(seconds=0)
        postgres.kill()
        try:
            with pytest.raises(Unavailable, match="the database does not answer"):
                city.probe.nap(seconds=0)
        finally:
            postgres.start()
        wait_for(lambda: _answers(city), what="the same process answers again")


def test_a_broker_that_dies_during_a_call_and_comes_back_ends_no_process(
    backbone: Backbone, probe: Probe, broker: Broker
) -> None:
    (number,) = probe.numbers()
    with backbone.client() as idle, backbone.client(timeout_s=5) as city:
        assert idle.probe.whoami()
        with pytest.raises(Unavailable):
            _nap_while(backbone, broker.kill, city)
        wait_for(
            lambda: not backbone.sleeping("probe"), what="the call is over, and nobody to tell"
        )
        started = time.monotonic()
        with pytest.raises(Unavailable, match="the broker does not answer"):
            city.probe.whoami()
        assert time.monotonic() - started < 20
        broker.start()
        wait_for(lambda: _answers(city), 60)
        assert idle.probe.whoami()["roles"] == ["admin"], "it had not noticed"
        city.probe.ping(numbers=[number])
    probe.wait_counted(number, timeout_s=60)
    assert probe.service.exit_code is None


def test_a_blocked_broker_does_not_hold_a_caller(
    backbone: Backbone, probe: Probe, broker: Broker
) -> None:
    with backbone.client(timeout_s=2) as city:
        city.probe.whoami()
        memory_alarm(broker, on=True)
        try:
            started = time.monotonic()
            with pytest.raises(Unavailable):
                city.probe.whoami()
            assert time.monotonic() - started < 20
        finally:
            memory_alarm(broker, on=False)
        wait_for(lambda: _answers(city))


def _nap_while(backbone: Backbone, act: Callable[[], None], city: Client) -> None:
    """Call, and act as soon as the call is being answered."""

    def watch() -> None:
        wait_for(lambda: backbone.sleeping("probe"))
        act()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        city.probe.nap(seconds=3)
    finally:
        watching.join()


def _answers(city: Client) -> bool:
    try:
        return city.probe.nap(seconds=0) == {}
    except Unavailable:
        return False


def test_of_a_service_that_does_not_run_the_caller_alone_is_told(backbone: Backbone) -> None:
    """py-amqp has a word of its own for the confirm that comes after the call was given back."""
    calling = """
import sys
from palika.auth import Identity
from palika.errors import Unavailable
from palika.rpc import Client
for _ in range(5):
    with Client(Identity.of("tester", "admin"), 5) as city:
        try:
            city.water.flow()
        except Unavailable as error:
            print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", calling],
        cwd=ROOT,
        env=backbone.environment() | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "water.flow: the service is not running\n" * 5
    assert "closing channel" not in done.stderr


@pytest.mark.parametrize("timeout_s", [-1, 0, float("nan"), float("inf")])
def test_a_client_has_time_to_wait(timeout_s: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Client(Identity.of("tester", "admin"), timeout_s)
