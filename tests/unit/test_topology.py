"""What the broker is to hold for a service: names, arguments and bindings, without a broker."""

import dataclasses

import pytest

from palika import topology
from palika.config import Settings, settings
from palika.heartbeat import heartbeat_type
from palika.topology import Queue, Topology
from tests.support.backbone import probe_types


@pytest.fixture
def config() -> Settings:
    return dataclasses.replace(
        settings("probe"), retry_delays_ms=(100, 300), delivery_limit=7, event_log_max_bytes=5_000
    )


@pytest.fixture
def queues(config: Settings) -> dict[str, Queue]:
    """The queues of a subscription of notify's to two services."""
    types = ["tax.paid.v1", "grievance.filed.v1", "grievance.filed.v2"]
    declared = topology.subscription("notify", "deliveries", types, config)
    return {queue.name: queue for queue in declared.queues}


def test_names_are_made_of_the_service_and_the_subscription():
    queue = topology.queue_of("kpi", "measures")
    assert topology.exchange_of("grievance") == "grievance.events"
    assert topology.log_of("grievance") == "grievance.log"
    assert queue == "kpi.measures"
    assert topology.dead_letters_of(queue) == "kpi.measures.dead"
    assert topology.retry_queue_of(queue, 1_000) == "kpi.measures.retry.1000"


# ---- a subscription


def test_a_subscription_has_its_queue_one_a_delay_and_the_dead_letters(queues: dict[str, Queue]):
    assert set(queues) == {
        "notify.deliveries",
        "notify.deliveries.retry.100",
        "notify.deliveries.retry.300",
        "notify.deliveries.dead",
    }


def test_where_something_is_dead_lettered_to_is_declared_before_it(config: Settings):
    declared = topology.subscription("kpi", "measures", ["tax.paid.v1"], config)
    names = [queue.name for queue in declared.queues]
    assert names[0] == "kpi.measures.dead"
    assert names[-1] == "kpi.measures"


def test_all_queues_are_quorum_queues_with_an_explicit_delivery_limit(queues: dict[str, Queue]):
    for queue in queues.values():
        assert queue.arguments["x-queue-type"] == "quorum"
        assert queue.arguments["x-delivery-limit"] > 0
    assert queues["notify.deliveries"].arguments["x-delivery-limit"] == 7
    waiting = queues["notify.deliveries.retry.100"].arguments["x-delivery-limit"]
    kept = queues["notify.deliveries.dead"].arguments["x-delivery-limit"]
    assert min(waiting, kept) >= 1_000_000, "looking at a dead letter must never lose it"


def test_dead_lettering_is_at_least_once(queues: dict[str, Queue]):
    for queue in queues.values():
        if "x-dead-letter-routing-key" in queue.arguments:
            assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"
            assert queue.arguments["x-overflow"] == "reject-publish"
            assert queue.arguments["x-dead-letter-exchange"] == ""


def test_what_is_dead_lettered_has_a_queue_to_go_to(queues: dict[str, Queue]):
    targets = {n: q.arguments.get("x-dead-letter-routing-key") for n, q in queues.items()}
    assert targets == {
        "notify.deliveries": "notify.deliveries.dead",
        "notify.deliveries.retry.100": "notify.deliveries",
        "notify.deliveries.retry.300": "notify.deliveries",
        "notify.deliveries.dead": None,
    }


def test_a_retry_queue_waits_as_long_as_its_name_says(queues: dict[str, Queue]):
    ttl = {name: queue.arguments.get("x-message-ttl") for name, queue in queues.items()}
    assert ttl == {
        "notify.deliveries": None,
        "notify.deliveries.retry.100": 100,
        "notify.deliveries.retry.300": 300,
        "notify.deliveries.dead": None,
    }


def test_only_the_main_queue_is_bound_to_what_it_listens_to_and_to_heartbeats(
    queues: dict[str, Queue],
):
    assert set(queues["notify.deliveries"].bindings) == {
        ("tax.events", "paid"),
        ("grievance.events", "filed"),
        ("grievance.events", "filed.v2"),
        ("tax.events", "heartbeat"),
        ("grievance.events", "heartbeat"),
    }
    assert [q.bindings for q in queues.values() if q.name != "notify.deliveries"] == [(), (), ()]


def test_a_subscription_may_leave_heartbeats_out(config: Settings):
    declared = topology.subscription("a", "b", ["tax.paid.v1"], config, heartbeats=False)
    assert declared.queues[-1].bindings == (("tax.events", "paid"),)


def test_a_subscriber_declares_the_exchanges_that_it_listens_to(config: Settings):
    types = ["tax.paid.v1", "tax.billed.v1", "grievance.filed.v1"]
    declared = topology.subscription("kpi", "measures", types, config)
    assert declared.exchanges == ("grievance.events", "tax.events")


def test_a_type_of_no_form_is_refused(config: Settings):
    with pytest.raises(ValueError, match="event type 'filed'"):
        topology.subscription("kpi", "measures", ["filed"], config)


def test_without_delays_there_are_no_retry_queues(config: Settings):
    none = dataclasses.replace(config, retry_delays_ms=())
    declared = topology.subscription("kpi", "measures", ["tax.paid.v1"], none)
    assert [queue.name for queue in declared.queues] == ["kpi.measures.dead", "kpi.measures"]


# ---- a publisher


def test_a_publisher_has_an_exchange_and_a_log_of_all_that_it_logs(config: Settings):
    probe_types()
    heartbeat_type("probe")
    declared = topology.publisher("probe", config)
    (log,) = declared.queues
    assert declared.exchanges == ("probe.events",)
    assert log.name == "probe.log"
    assert set(log.bindings) == {("probe.events", "pinged"), ("probe.events", "echoed")}


def test_the_log_is_a_stream_of_bounded_size(config: Settings):
    (log,) = topology.publisher("probe", config).queues
    assert log.arguments["x-queue-type"] == "stream"
    assert log.arguments["x-max-length-bytes"] == 5_000


# ---- together


def test_topologies_add_up_with_each_exchange_once(config: Settings):
    both = topology.publisher("probe", config) + topology.subscription(
        "probe", "pings", ["probe.pinged.v1"], config
    )
    assert both.exchanges == ("probe.events",)
    assert len(both.queues) == 5
    assert Topology() + both == both
