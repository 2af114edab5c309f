"""Several addresses of one broker: who connects goes to the next, and never waits for ever."""

import socket
import time
from collections.abc import Iterator

import amqp
import pytest

from palika import broker_addresses, broker_nodes
from palika.local import Broker
from palika.local.processes import free_port
from palika.rpc import Client
from tests.support.backbone import ADMIN, Backbone
from tests.support.part import wait_for
from tests.support.proxy import HoldingProxy


@pytest.fixture
def dead(amqp_uri: str) -> str:
    """A node on whose port nothing listens."""
    return _at(amqp_uri, free_port())


@pytest.fixture
def hanging(amqp_uri: str) -> Iterator[str]:
    """A node that takes connections and says nothing, as one does that is stopped."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield _at(amqp_uri, listener.getsockname()[1])


def _at(amqp_uri: str, port: int) -> str:
    before, _, after = amqp_uri.rpartition(":")
    return f"{before}:{port}/{after.partition('/')[2]}"


def test_the_next_node_is_tried_when_one_is_dead_or_hangs(
    amqp_uri: str, dead: str, hanging: str
) -> None:
    every = broker_addresses.join([dead, hanging, amqp_uri])
    began = time.monotonic()
    with broker_nodes.Connection(every, connect_timeout=1) as connection:
        connection.connect()
        assert (
            connection.as_uri(include_password=True)
            .partition("@")[2]
            .startswith(amqp_uri.partition("@")[2].partition("/")[0])
        )
        assert time.monotonic() - began < 10
        # And again when that is lost.
        connection.collect()
        connection.connect()
        assert connection.connected


def test_a_pool_passes_a_node_that_hangs_by(amqp_uri: str, hanging: str) -> None:
    first = broker_nodes.Connection(
        broker_addresses.join([hanging, amqp_uri]),
        connect_timeout=1,
        transport_options={"max_retries": 3, "interval_start": 0.1},
    )
    pool = first.Pool(1)
    for _ in range(2):
        with pool.acquire() as pooled:
            assert pooled.default_channel.is_open
            assert pooled.connection.sock.gettimeout() == broker_nodes.ANSWERS_WITHIN_S
    pool.force_close_all()


def test_when_no_node_answers_the_last_says_why(dead: str, hanging: str) -> None:
    with (
        broker_nodes.Connection(f"{hanging};{dead}", connect_timeout=1) as connection,
        pytest.raises(ConnectionRefusedError),
    ):
        connection.connect()


def test_what_is_waited_for_has_an_end(amqp_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_nodes, "ANSWERS_WITHIN_S", 0.5)
    proxy = HoldingProxy(amqp_uri)
    try:
        connection = broker_nodes.connection(proxy.amqp_uri)
        connection.connect()
        channel = connection.channel()
        proxy.hold()
        with pytest.raises(TimeoutError):
            channel.queue_declare("unheard")
    finally:
        proxy.close()


def test_a_node_that_is_heard_of_no_more_is_left_without_a_word(amqp_uri: str) -> None:
    proxy = HoldingProxy(amqp_uri)
    try:
        connection = broker_nodes.connection(proxy.amqp_uri, heartbeat=1)
        connection.connect()
        channel = connection.channel()
        channel.queue_declare("left", exclusive=True)
        tag = channel.basic_consume("left")
        proxy.silence()

        def missed() -> bool:
            try:
                connection.heartbeat_check()
            except amqp.AMQPError:
                return True
            return False

        wait_for(missed, 15, "it is given up", 0.2)
        began = time.monotonic()
        channel.basic_cancel(tag)
        connection.release()
        assert time.monotonic() - began < 1
    finally:
        proxy.close()


def test_a_service_its_relay_and_who_calls_it_pass_a_dead_node_by(
    backbone: Backbone, amqp_uri: str, dead: str
) -> None:
    backbone.migrate("probe")
    both = broker_addresses.join([dead, amqp_uri])
    service = backbone.service("probe", AMQP_URI=both)
    relay = backbone.relay("probe", AMQP_URI=both)
    service.wait_ready()
    relay.wait_ready()
    # Enough that some process tries the dead one first.
    for _ in range(8):
        broker_addresses.in_order.cache_clear()
        with Client(ADMIN, 20, both) as city:
            assert city.probe.whoami()["subject"] == ADMIN.subject
            assert city.probe.ask(service="probe", method="whoami")["subject"] == "service:probe"
            city.probe.ping(numbers=[1])
    wait_for(
        lambda: backbone.value("probe", "SELECT times FROM ping WHERE number = 1") == 8,
        what="the pings came through",
    )
    service.stop()
    relay.stop()


def test_the_queue_of_calls_is_bound_to_no_node_also_where_an_earlier_release_has_made_it(
    backbone: Backbone, broker: Broker
) -> None:
    backbone.migrate("probe")
    with backbone.channel() as channel:
        channel.queue_delete("rpc-probe")
        channel.queue_declare("rpc-probe", durable=True, auto_delete=False)
        channel.basic_publish(
            amqp.Message(b"a call of before"), exchange="", routing_key="rpc-probe"
        )
        # While an old process reads it, it stays; then it is made anew.
        reading = channel.basic_consume("rpc-probe", callback=lambda _: None)
        service = backbone.service("probe")
        wait_for(lambda: "is of another kind" in service.said, 30)
        assert not service.is_ready()
        channel.basic_cancel(reading)
    service.wait_ready()
    with backbone.client() as city:
        assert city.probe.whoami()["subject"] == ADMIN.subject
    kind = broker.evaluate(
        "[amqqueue:get_type(Q) || Q <- rabbit_amqqueue:list(), "
        'element(4, amqqueue:get_name(Q)) =:= <<"rpc-probe">>].'
    )
    assert "rabbit_quorum_queue" in kind
    assert "rabbit_classic_queue" not in kind
    service.stop()
