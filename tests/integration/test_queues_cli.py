"""``palika queues``: what waits where; taking a queue away."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import amqp
import pytest

from palika import topology
from palika.config import settings
from palika.local.processes import ProcessId, until
from tests.support.backbone import Backbone, ping, probe_types
from tests.support.fixtures import QUICK
from tests.support.part import PALIKA, ROOT, wait_for

# Of a process that does not know the probe: for it, the probe has been taken away.
GONE = {"PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def declared(backbone: Backbone) -> Backbone:
    """The probe's queues are there, as by its start; the probe itself does not run."""
    backbone.migrate("probe")
    declare(backbone)
    return backbone


def declare(backbone: Backbone) -> None:
    """What the probe declares when it starts."""
    delays = tuple(map(int, QUICK["PALIKA_RETRY_DELAYS_MS"].split(",")))
    config = dataclasses.replace(settings(), retry_delays_ms=delays)
    pinged, _ = probe_types()
    made = topology.subscription("probe", "pings", [str(pinged.name)], config)
    topology.declare(backbone.amqp_uri, made)


def test_every_queue_is_listed_with_what_waits_in_it(declared: Backbone) -> None:
    declared.publish("probe.pings.dead", ["one", "two"])
    found = json.loads(declared.palika("queues", "list", "--json").stdout)
    assert found["probe.pings.dead"] == 2
    assert found["probe.pings.retry.100"] == 0
    assert found["kpi.measures"] is None, "kpi has never run here"
    said = declared.palika("queues", "list").stdout
    assert "kpi.measures" in said
    assert "–" in said


def test_a_queue_that_is_not_empty_or_not_there_is_not_deleted(declared: Backbone) -> None:
    declared.publish("probe.pings.dead", ["one"])
    refused = declared.palika("queues", "delete", "probe.pings.dead")
    assert refused.returncode == 1
    assert "messages" in refused.stderr
    assert declared.depth("probe.pings.dead") >= 1
    missing = declared.palika("queues", "delete", "no.such")
    assert (missing.returncode, missing.stderr) == (1, "palika: there is no queue 'no.such'\n")


def test_an_empty_queue_is_deleted(declared: Backbone) -> None:
    assert declared.depth("probe.pings.retry.300") == 0
    deleted = declared.palika("queues", "delete", "probe.pings.retry.300", "--json")
    assert json.loads(deleted.stdout) == {
        "deleted": "probe.pings.retry.300",
        "queues": {"probe.pings.retry.300": 0},
    }
    with pytest.raises(AssertionError, match="there is no queue"):
        declared.depth("probe.pings.retry.300")


def test_what_a_running_service_needs_is_not_deleted(declared: Backbone) -> None:
    part = declared.part("run", "probe").start()
    with declared.channel() as channel:
        channel.queue_purge("probe.pings.dead")
    for queue in ("probe.pings", "probe.pings.dead", "probe.pings.retry.100"):
        refused = declared.palika("queues", "delete", queue, "--purge", "--yes")
        assert refused.returncode == 1
        assert refused.stderr == (
            "Error: probe.pings has a consumer: stop its service's processes first\n"
        )
    part.stop()
    deleted = declared.palika("queues", "delete", "probe.pings.dead")
    assert deleted.stdout == (
        "deleted probe.pings.dead\nits service declares it anew at its next start\n"
    )
    declared.part("run", "probe").start().stop()


def test_an_event_log_is_not_deleted(declared: Backbone) -> None:
    refused = declared.palika("queues", "delete", "probe.log", "--purge", "--yes")
    assert refused.returncode == 2
    assert "probe.log is the event log of probe" in refused.stderr


# ---- a service that was taken away


@pytest.fixture
def orphaned(declared: Backbone) -> Backbone:
    """The probe's queues, with something in each, for processes that know no probe."""
    declare(declared)
    with declared.channel() as channel:
        for queue in ("probe.pings", "probe.pings.dead"):
            channel.queue_purge(queue)
    declared.publish("probe.pings", ["one", "two", "three"])
    declared.publish("probe.pings.dead", ["four"])
    return declared


def depths(backbone: Backbone) -> dict[str, int | None]:
    listed = backbone.palika("queues", "list", "probe.pings", "--json", **GONE)
    found: dict[str, int | None] = json.loads(listed.stdout)
    return found


def test_a_subscription_that_is_no_more_goes_with_all_its_queues(orphaned: Backbone) -> None:
    assert "probe" not in orphaned.palika("queues", "list", **GONE).stdout
    assert depths(orphaned) == {
        "probe.pings": 3,
        "probe.pings.retry.100": 0,
        "probe.pings.retry.300": 0,
        "probe.pings.dead": 1,
    }
    refused = orphaned.palika("queues", "delete", "probe.pings", **GONE)
    assert refused.returncode == 1
    assert "probe.pings has 3 messages, probe.pings.dead has 1 message: no service" in (
        refused.stderr
    )
    assert "--purge deletes them too" in refused.stderr

    unasked = orphaned.palika("queues", "delete", "probe.pings", "--purge", **GONE)
    assert unasked.returncode == 1
    assert "3 messages" in unasked.stderr
    assert "Say --yes if so" in unasked.stderr
    assert depths(orphaned)["probe.pings"] == 3

    deleted = orphaned.palika("queues", "delete", "probe.pings", "--purge", "--yes", **GONE)
    assert deleted.stdout.splitlines() == [
        "deleted probe.pings with 3 messages",
        "deleted probe.pings.retry.100",
        "deleted probe.pings.retry.300",
        "deleted probe.pings.dead with 1 messages",
    ]
    assert set(depths(orphaned).values()) == {None}
    # No binding was left behind either: nothing takes what is published there now.
    with orphaned.channel() as channel:
        returned: list[str] = []
        channel.events["basic_return"] = {lambda *args: returned.append(str(args[0]))}
        channel.basic_publish_confirm(
            amqp.Message(b"{}"), exchange="probe.events", routing_key="pinged", mandatory=True
        )
    assert len(returned) == 1


# ---- other arguments


def test_a_queue_is_made_anew_and_keeps_what_waits(declared: Backbone) -> None:
    declare(declared)
    with declared.channel() as channel:
        channel.queue_purge("probe.pings")
    # Bodies and headers of any kind; one waits for its next attempt.
    declared.publish("probe.pings", [ping(1).to_json(), b"\xff\x00", ""])
    declared.publish("probe.pings", [ping(2).to_json()], {"x-palika-attempt": 2})
    changed = {"PALIKA_DELIVERY_LIMIT": "7"}
    refused = declared.service("probe", **changed)
    wait_for(lambda: refused.exit_code is not None, 30, "the service ends")
    assert "exists with other arguments" in refused.said

    done = declared.palika("queues", "renew", "--json", **changed)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"renewed": {"probe.pings": 4}})
    with declared.channel() as channel:
        channel.auto_decode = False
        got = [channel.basic_get("probe.pings") for _ in range(4)]
        bodies = [bytes(message.body) if message.body else b"" for message in got]
        assert bodies[1:3] == [b"\xff\x00", b""]
        assert [json.loads(bodies[i])["data"]["number"] for i in (0, 3)] == [1, 2]
        assert got[3].properties["application_headers"]["x-palika-attempt"] == 2
    again = declared.palika("queues", "renew", **changed)
    assert again.stdout == "every queue is as the settings ask for\n"
    # It is bound as before, and the service is content with it.
    part = declared.part("run", "probe", **changed).start()
    refused = declared.palika("queues", "renew", "probe.pings")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "probe.pings has a consumer" in refused.stderr
    part.stop()
    assert topology.depths(declared.amqp_uri, ["probe.pings.renewing"]) == {
        "probe.pings.renewing": None
    }
    assert declared.palika("queues", "renew").stdout.startswith("renewed probe.pings; ")


@pytest.mark.parametrize("step", ["_move", "_delete", "_fits"])
def test_a_renewal_that_is_interrupted_goes_on_when_it_is_called_again(
    declared: Backbone, step: str
) -> None:
    """Whatever step it was interrupted after, everything is there in the end."""
    declare(declared)
    with declared.channel() as channel:
        channel.queue_purge("probe.pings")
    declared.publish("probe.pings", [ping(number).to_json() for number in range(5)])
    interrupted = f"""
from palika import cli
from palika.cli import queues
step = queues.{step}
def then_end(*args):
    given = step(*args)
    if {step!r} != "_move" or args[1].endswith(".pings"):
        raise SystemExit(9)
    return given
queues.{step} = then_end
cli.main(["queues", "renew", "probe.pings"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", interrupted],
        cwd=ROOT,
        env=declared.environment(PALIKA_DELIVERY_LIMIT="9"),
        check=False,
    )
    assert ended.returncode == 9
    done = declared.palika("queues", "renew", "--json", PALIKA_DELIVERY_LIMIT="9")
    assert done.returncode == 0, done.stderr
    assert declared.depth("probe.pings") == 5
    assert topology.depths(declared.amqp_uri, ["probe.pings.renewing"]) == {
        "probe.pings.renewing": None
    }
    assert declared.palika("queues", "renew").returncode == 0
    assert declared.depth("probe.pings") == 5


def test_a_queue_that_no_subscription_has_is_not_made_anew(declared: Backbone) -> None:
    refused = declared.palika("queues", "renew", "probe.pongs")
    assert refused.returncode == 2
    assert "there is no subscription with the queue probe.pongs; there are: " in refused.stderr


# ---- the broker of a city that is down


@pytest.fixture
def down(tmp_path: Path) -> dict[str, str]:
    """The environment of a city of its own, down; its broker has kept nothing yet."""
    (tmp_path / "rabbitmq").mkdir()
    return {k: v for k, v in os.environ.items() if k != "AMQP_URI"} | {"PALIKA_VAR": str(tmp_path)}


def node_of(environment: dict[str, str]) -> ProcessId | None:
    return ProcessId.load(Path(environment["PALIKA_VAR"]) / "rabbitmq" / "node.process")


def test_of_a_city_that_is_down_the_broker_is_started_for_it_and_stopped_again(
    down: dict[str, str],
) -> None:
    command = [*PALIKA, "queues", "delete", "parks.jobs"]
    done = subprocess.run(command, env=down, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the city is not up: its broker is started for this" in done.stderr
    assert "there is no queue 'parks.jobs'" in done.stderr
    node = node_of(down)
    assert node is not None
    assert not node.alive

    # Ended while it runs, it takes the broker along.
    asking = subprocess.Popen(
        [*command, "--purge", "--yes"], env=down, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    assert until(lambda: (new := node_of(down)) is not None and new != node and new.alive, 30)
    asking.send_signal(signal.SIGTERM)
    asking.wait(60)
    last = node_of(down)
    assert last is not None
    assert until(lambda: not last.alive, 10)
