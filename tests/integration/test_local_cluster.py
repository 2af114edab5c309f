"""A broker of three nodes on this machine: made of one that was alone, stopped, killed."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from palika import broker_addresses, broker_nodes
from palika.local import Broker
from palika.local.cluster import Cluster, report
from palika.local.docker import private_broker
from palika.local.processes import LocalError
from tests.support import commands
from tests.support.part import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

QUORUM = {"x-queue-type": "quorum"}
STREAM = {"x-queue-type": "stream"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def cluster(place: Path) -> Iterator[Cluster]:
    """Made of a node that was alone, with a message in a queue and one in a log."""
    alone = Broker(place)
    alone.start()
    with channel(alone.uri()) as there:
        for name, arguments in (("kept", QUORUM), ("log", STREAM)):
            there.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
            put(there, name)
    alone.stop()
    nodes = private_broker(place, 3)
    assert isinstance(nodes, Cluster)
    nodes.start()
    yield nodes
    nodes.stop()


@contextmanager
def channel(uri: str) -> Iterator[Any]:
    """A channel with confirms on whichever node answers."""
    options = {"confirm_publish": True}
    with broker_nodes.connection(uri, transport_options=options) as connection:
        connection.connect()
        yield connection.channel()


def put(there: Any, queue: str) -> None:
    message = there.prepare_message(b"here", properties={"delivery_mode": 2})
    there.basic_publish(message, exchange="", routing_key=queue)


def members(cluster: Cluster, queue: str) -> list[str]:
    code = (
        f'{{ok, Q}} = rabbit_amqqueue:lookup({{resource, <<"/">>, queue, <<"{queue}">>}}),'
        "lists:sort(maps:get(nodes, amqqueue:get_type_state(Q)))."
    )
    told = "".join(cluster.evaluate(code).split())
    return sorted(told.strip("[]").replace("'", "").split(","))


def names(cluster: Cluster) -> list[str]:
    return sorted(node.name for node in cluster.nodes)


def test_one_node_becomes_three_with_all_it_had(cluster: Cluster) -> None:
    wait_for(lambda: members(cluster, "kept") == names(cluster), what="the queue is on all nodes")
    wait_for(lambda: members(cluster, "log") == names(cluster), what="the log is on all nodes")
    with channel(cluster.uri()) as there:
        assert there.queue_declare("kept", passive=True).message_count == 1


def test_what_it_keeps_is_its_owners_alone(cluster: Cluster) -> None:
    cookies = [node.directory / "home" / ".erlang.cookie" for node in cluster.nodes]
    assert len({each.read_text() for each in cookies}) == 1
    for secret in (*cookies, cluster.directory / "cluster.json"):
        assert stat.S_IMODE(secret.stat().st_mode) & 0o077 == 0, secret
    assert stat.S_IMODE(cluster.directory.stat().st_mode) == 0o700


def test_the_address_names_every_node_and_each_process_has_an_order_of_its_own(
    cluster: Cluster,
) -> None:
    addresses = broker_addresses.split(cluster.uri())
    assert [int(each.rpartition(":")[2].partition("/")[0]) for each in addresses] == [
        node.port for node in cluster.nodes
    ]
    assert sorted(broker_addresses.in_order(cluster.uri())) == sorted(addresses)


def test_new_queues_are_on_all_nodes_and_their_leaders_are_spread(cluster: Cluster) -> None:
    with channel(cluster.uri()) as there:
        for number in range(9):
            there.queue_declare(
                f"spread{number}", durable=True, auto_delete=False, arguments=QUORUM
            )
    assert members(cluster, "spread0") == names(cluster)
    assert min(each["leads"] for each in report(cluster)) >= 2


def test_a_node_that_is_killed_is_told_and_connections_go_to_another(cluster: Cluster) -> None:
    connection = broker_nodes.connection(cluster.uri())
    connection.connect()
    node = next(each for each in cluster.nodes if each.port == connection.port)
    node.kill()
    try:
        assert cluster.pid is None
        connection.collect()
        connection.connect()
        assert connection.port != node.port
        wait_for(
            lambda: [each["node"] for each in report(cluster) if not each["running"]] == [node.name]
        )
        connection.close()
    finally:
        cluster.start()
    assert cluster.pid is not None
    wait_for(lambda: all(each["running"] for each in report(cluster)), 60)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_all_that_was_kept_is_there_when_all_nodes_come_back(
    cluster: Cluster, place: Path, end: str
) -> None:
    getattr(cluster, end)()
    again = private_broker(place)
    assert isinstance(again, Cluster), "without a number there are as many as there were"
    try:
        again.start()
        assert [each["running"] for each in report(again)] == [True] * 3
        with channel(again.uri()) as there:
            assert there.queue_declare("kept", passive=True).message_count == 1
    finally:
        again.stop()
        cluster.start()


def test_three_nodes_do_not_become_one(cluster: Cluster, place: Path) -> None:
    with pytest.raises(LocalError, match="the broker's data are on 3 nodes"):
        private_broker(place, 1)


def test_a_broker_that_is_named_has_the_nodes_that_it_has(tmp_path: Path) -> None:
    named = {"AMQP_URI": "amqp://u:p@broker.example/", "PALIKA_VAR": str(tmp_path)}
    result = commands.run(["up", "--broker-nodes", "3"], os.environ | named)
    assert result.returncode == 1
    assert "AMQP_URI names a broker" in result.stderr
    assert not (tmp_path / "rabbitmq").exists()


def test_a_city_runs_on_three_nodes_and_comes_back_on_them(tmp_path: Path) -> None:
    def palika(*arguments: str) -> CompletedProcess[str]:
        # In a process of its own: it stays behind, and with it what it has started.
        return subprocess.run(
            [*commands.PALIKA, *arguments],
            env=os.environ
            | {"PALIKA_VAR": str(tmp_path / "var"), "PYTHONPATH": str(commands.ROOT)},
            cwd=commands.ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def brokers(state: dict[str, Any]) -> set[tuple[str, int]]:
        return {
            (part["part"], part["port"])
            for part in state["parts"]
            if part["part"].startswith("broker")
        }

    try:
        up = palika("up", "--detach", "--no-seed", "--broker-nodes", "3", "--json")
        assert up.returncode == 0, up.stderr
        first = json.loads(up.stdout)
        assert {each[0] for each in brokers(first)} == {"broker", "broker-2", "broker-3"}
        assert {part["health"] for part in first["parts"]} == {"ready"}
        assert first["broker"].count("amqp://127.0.0.1:") == 3
        names = {each["node"].partition("@")[0] for each in first["broker_nodes"]}
        assert names == {"palika", "palika-2", "palika-3"}
        assert [each["running"] for each in first["broker_nodes"]] == [True] * 3
        assert [each["alarms"] for each in first["broker_nodes"]] == [[]] * 3
        assert min(each["leads"] for each in first["broker_nodes"]) > 5

        victim = next(part for part in first["parts"] if part["part"] == "broker-2")
        os.kill(victim["pid"], signal.SIGKILL)

        def revived() -> bool:
            state = json.loads(palika("status", "--json").stdout)
            nodes = [each["running"] for each in state["broker_nodes"]]
            part = next(part for part in state["parts"] if part["part"] == "broker-2")
            return nodes == [True] * 3 and part["pid"] not in (None, victim["pid"])

        wait_for(revived, 120, "the node is started again", 1)
        shown = palika("status").stdout
        assert shown.count("@localhost: leads ") == 3
        assert palika("down").returncode == 0

        fewer = palika("up", "--no-seed", "--broker-nodes", "1")
        assert fewer.returncode == 1
        assert "the broker's data are on 3 nodes" in fewer.stderr
        again = palika("up", "--detach", "--no-seed", "--json")
        assert again.returncode == 0, again.stderr
        assert brokers(json.loads(again.stdout)) == brokers(first)
    finally:
        palika("down", "--quiet")
