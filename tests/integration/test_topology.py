"""What the code declares on the broker is there, stays as it is, and is in force."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import kombu
import pytest

from palika import event_log, topology
from palika.config import Settings, settings
from palika.topology import Topology, TopologyMismatch
from tests.support.backbone import Backbone, ping, probe_types
from tests.support.part import ROOT, wait_for
from tests.support.proxy import HoldingProxy

TYPE = "probe.pinged.v1"


@pytest.fixture(scope="module")
def config(backbone: Backbone) -> Settings:
    """Short delays, and a delivery limit of its own."""
    probe_types()
    return dataclasses.replace(
        settings(), amqp_uri=backbone.amqp_uri, retry_delays_ms=[200, 400], delivery_limit=3
    )


@pytest.fixture
def declared(backbone: Backbone, config: Settings) -> Iterator[Topology]:
    """A publisher and a subscription ``probe.sample``, declared; gone after the test."""
    topo = topology.publisher("probe", config) + topology.subscription(
        "probe", "sample", [TYPE], config
    )
    topology.declare(config.amqp_uri, topo)
    yield topo
    delete(backbone, *(queue.name for queue in topo.queues))


def delete(backbone: Backbone, *queues: str) -> None:
    with backbone.channel() as channel:
        for queue in queues:
            channel.queue_delete(queue)


def publish(backbone: Backbone, event: Any) -> None:
    """As any publisher would."""
    with backbone.channel() as channel:
        kombu.Producer(channel).publish(
            event.to_json(), "pinged", exchange="probe.events", delivery_mode=2
        )


def arguments(topo: Topology) -> dict[str, dict[str, Any]]:
    return {queue.name: queue.arguments for queue in topo.queues}


def test_declaring_again_changes_nothing(
    backbone: Backbone, config: Settings, declared: Topology
) -> None:
    publish(backbone, ping(1))
    wait_for(lambda: backbone.depth("probe.sample") == 1)
    topology.declare(config.amqp_uri, declared)
    assert backbone.depth("probe.sample") == 1
    publish(backbone, ping(2))
    wait_for(lambda: backbone.depth("probe.sample") == 2, what="it is bound once")


def test_every_queue_is_a_quorum_queue_with_limits_of_our_own_and_the_log_is_a_stream(
    declared: Topology,
) -> None:
    found = arguments(declared)
    assert found.keys() == {
        "probe.log",
        "probe.sample",
        "probe.sample.retry.200",
        "probe.sample.retry.400",
        "probe.sample.dead",
    }
    assert found.pop("probe.log")["x-queue-type"] == "stream"
    assert all(each["x-queue-type"] == "quorum" for each in found.values())
    assert all("x-delivery-limit" in each for each in found.values())


@pytest.mark.parametrize("queue", ["probe.sample", "probe.sample.retry.200"])
def test_at_least_once_dead_lettering_is_in_force(
    backbone: Backbone, declared: Topology, queue: str
) -> None:
    # The broker falls back to at-most-once, silently, where an argument does not go with it.
    state = backbone.queue_state(queue)
    assert "at_least_once" in state, state
    assert "at_most_once" not in state


def test_an_event_without_an_answer_is_a_dead_letter_after_the_delivery_limit(
    backbone: Backbone, declared: Topology
) -> None:
    publish(backbone, ping(1))
    deliveries = 0

    def give_back() -> bool:
        nonlocal deliveries
        with backbone.channel() as channel:
            if (message := channel.basic_get("probe.sample")) is not None:
                deliveries += 1
                channel.basic_reject(message.delivery_tag, requeue=True)
        return backbone.depth("probe.sample.dead") == 1

    wait_for(give_back)
    assert deliveries == 4, "the first, and the limit's three"


def test_what_has_waited_for_a_retry_comes_back(backbone: Backbone, declared: Topology) -> None:
    backbone.publish("probe.sample.retry.200", [ping(1).to_json()])
    wait_for(lambda: backbone.depth("probe.sample") == 1)


def test_an_event_whose_queue_is_missing_when_it_comes_back_is_kept(
    backbone: Backbone, declared: Topology
) -> None:
    waiting = "probe.sample.retry.200"
    delete(backbone, "probe.sample")
    backbone.publish(waiting, [ping(1).to_json()])
    # Its time is over and it has nowhere to go: the broker tries again every few minutes.
    wait_for(lambda: "num_discard_checked_out => 1" in backbone.queue_state(waiting))
    assert "discard_checkout_message_bytes => 0" not in backbone.queue_state(waiting)


def test_a_queue_with_other_arguments_is_an_error_that_says_what_to_do(
    config: Settings, declared: Topology
) -> None:
    changed = dataclasses.replace(config, delivery_limit=4)
    with pytest.raises(TopologyMismatch) as error:
        topology.declare(config.amqp_uri, topology.subscription("probe", "sample", [TYPE], changed))
    said = str(error.value)
    assert "queue 'probe.sample' exists with other arguments" in said
    assert "x-delivery-limit" in said
    assert "palika queues renew probe.sample" in said
    assert "restore the setting that changed" in said


def test_a_service_whose_queue_is_another_ends_and_says_so(backbone: Backbone) -> None:
    backbone.migrate("probe")
    with backbone.channel() as channel:
        channel.queue_declare("probe.pings", durable=True, auto_delete=False)
    service = backbone.service("probe")
    wait_for(lambda: service.exit_code is not None, 30, "it ends")
    assert service.exit_code == 1
    assert "\npalika: queue 'probe.pings' exists with other arguments" in service.said
    assert "Traceback" not in service.said, service.said
    delete(backbone, "probe.pings")


def test_a_relay_whose_exchange_is_another_ends_and_says_so(backbone: Backbone) -> None:
    backbone.migrate("tax")
    with backbone.channel() as channel:
        channel.exchange_declare("tax.events", "fanout", durable=True, auto_delete=False)
    relay = backbone.relay("tax")
    wait_for(lambda: relay.exit_code is not None, 30, "it ends")
    assert relay.exit_code == 1
    assert "palika: exchange 'tax.events' exists with other properties" in relay.said
    assert "Traceback" not in relay.said


def test_the_log_holds_every_event_and_no_heartbeat(backbone: Backbone) -> None:
    backbone.migrate("probe")
    service = backbone.service("probe")
    # Several slots keep no order between them.
    relay = backbone.relay("probe", PALIKA_RELAY_SLOTS="1")
    events = [ping(number) for number in range(500)]
    for start in range(0, 500, 100):
        backbone.record("probe", *events[start : start + 100])
    unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND mandatory"
    beats = "SELECT count(*) FROM outbox WHERE type LIKE '%%heartbeat%%' AND sent_at IS NOT NULL"
    wait_for(lambda: backbone.value("probe", unsent) == 0, 30)
    wait_for(lambda: backbone.value("probe", beats) > 0, what="a heartbeat is sent, too")
    service.kill()
    relay.kill()
    logged = [event for batch in event_log.read(backbone.amqp_uri, "probe") for event in batch]
    kept = [event.id for event in logged if event.id in {each.id for each in events}]
    assert sorted(set(kept)) == sorted(event.id for event in events)
    assert {event.type for event in logged} == {TYPE}
    assert [event.data["number"] for event in logged if event.id in kept] == list(range(500))


MUTE = """
import sys
if sys.argv[2] == "green":
    import eventlet
    eventlet.monkey_patch()
from palika import topology
topology.broker_nodes.ANSWERS_WITHIN_S = 1.0
declare_exchange = topology._declare_exchange

def tell(connection, exchange):
    connection.channel()
    print("connected", flush=True)
    sys.stdin.readline()
    declare_exchange(connection, exchange)

topology._declare_exchange = tell
try:
    topology.declare(sys.argv[1], topology.Topology(("mute.events",)))
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("sockets", ["plain", "green"])
def test_a_broker_that_falls_silent_is_not_waited_for(backbone: Backbone, sockets: str) -> None:
    proxy = HoldingProxy(backbone.amqp_uri)
    process = subprocess.Popen(
        [sys.executable, "-c", MUTE, proxy.amqp_uri, sockets],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "connected\n"
        proxy.hold()
        told, _ = process.communicate("go on\n", timeout=20)
    finally:
        process.kill()
        process.wait()
        proxy.close()
    assert told == "TimeoutError\n"
