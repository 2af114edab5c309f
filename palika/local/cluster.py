"""Several private RabbitMQ nodes as one broker, on one machine (decision 0048).

Each is a node as `palika.local.broker` has it, with ports and data of its own; they share a port
mapper, a cookie and a password. A majority of them is the broker: with three, one may be away.
"""

import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from palika import broker_addresses
from palika.local.broker import Broker
from palika.local.epmd import Epmd
from palika.local.member import Member, PortMapper
from palika.local.processes import LocalError, free_port, memory_pss, read_whole, write_whole

SIZE: Final = 3
"""How many nodes a cluster has: the fewest of which one can be away."""

_SETTINGS = """\
cluster_formation.peer_discovery_backend = classic_config
{peers}
# The side of a cut that has no majority stops: it would take what the other side never sees.
cluster_partition_handling = pause_minority
# Else all queues would have their leader on the node that the first process came to.
queue_leader_locator = balanced
# On one machine, a node that says nothing for this long hangs; 60 s, as usual, are for networks.
net_ticktime = {tick_s}
"""
_TICK_S = 10
_REMEDY = (
    "it says of which nodes the cluster is. Put it back from a backup, or remove the folder with "
    "all data in it to begin anew"
)


class Cluster:
    """Nodes whose data live in `directory` (the first's there, the others' in folders of it).

    Args:
        directory: where everything is kept; made when missing. That of a single node that has run
            becomes the first of the cluster's, with all its queues.
        certificate: that each shows, in PEM with its key and authority; then they listen over TLS
            alone. What they say to each other stays on this machine, without it.
        mapper: by which a node (its number, from 1) finds the others; by default one for all.
    """

    def __init__(
        self,
        directory: Path | str,
        certificate: Path | None = None,
        mapper: Callable[[int], PortMapper] | None = None,
    ) -> None:
        self.directory = Path(directory).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        self._file = self.directory / "cluster.json"
        self._known = self._recall()
        self._epmd: Epmd | None = None
        if mapper is None:
            own = self._epmd = Epmd(self.directory, self._known["epmd"])
            mapper = lambda _: own  # noqa: E731
        names = [_name(number) for number in range(1, SIZE + 1)]
        peers = "\n".join(
            f"cluster_formation.classic_config.nodes.{number} = {name}"
            for number, name in enumerate(names, 1)
        )
        self.nodes = [
            Broker(
                _folder(self.directory, number),
                certificate=certificate,
                member=Member(
                    name=name,
                    mapper=mapper(number),
                    password=self._known["password"],
                    cookie=self._known["cookie"],
                    settings=_SETTINGS.format(peers=peers, tick_s=_TICK_S),
                ),
            )
            for number, name in enumerate(names, 1)
        ]
        self.log = self.nodes[0].log

    # -- life --------------------------------------------------------------------------------------

    def start(self, timeout_s: float = 120) -> None:
        """Start what does not run, and return when all nodes accept connections.

        Raises:
            LocalError: a node did not come up; those that did go on.
        """
        write_whole(self._file, self._known)
        if self._epmd is not None:
            self._epmd.start()
        missing = [node for node in self.nodes if node.pid is None]
        if self.nodes[0] in missing and not all(node.has_data for node in self.nodes):
            # A node without data joins whom it finds: it must find the one that has them.
            self.nodes[0].start(timeout_s)
            missing.remove(self.nodes[0])
        # All the others at once: the last that stopped has to be there for those before it.
        for node in missing:
            node.begin()
        deadline = time.monotonic() + timeout_s
        for node in missing:
            node.await_up(max(1.0, deadline - time.monotonic()))
        if not self._known["spread"]:
            self._spread()

    def stop(self, grace_s: float = 30) -> None:
        """Stop all nodes in order, then the port mapper; harmless when none runs."""
        with ThreadPoolExecutor(SIZE) as pool:
            list(pool.map(lambda node: node.stop(grace_s), self.nodes))
        if self._epmd is not None:
            self._epmd.stop()

    def kill(self) -> None:
        """kill -9 of all nodes; `start` brings them back."""
        for node in self.nodes:
            node.kill()

    # -- what it is --------------------------------------------------------------------------------

    def uri(self, vhost: str = "/") -> str:
        """The AMQP addresses of a virtual host, of each node one."""
        return broker_addresses.join(node.uri(vhost) for node in self.nodes)

    @property
    def port(self) -> int:
        """The first node's AMQP port."""
        return self.nodes[0].port

    @property
    def pid(self) -> int | None:
        """The first node's pid; None when one of the nodes does not run."""
        return self.nodes[0].pid if all(node.pid is not None for node in self.nodes) else None

    @property
    def processes(self) -> dict[str, int]:
        """The pids of all that runs of it: the nodes', then the port mapper's."""
        own = {"epmd": self._epmd.pid if self._epmd else None}
        nodes = {part_of(number): node.pid for number, node in enumerate(self.nodes, 1)}
        return {name: pid for name, pid in (nodes | own).items() if pid is not None}

    @property
    def memory(self) -> int:
        """Bytes of memory of all it has started."""
        own = memory_pss([self._epmd.pid] if self._epmd and self._epmd.pid else [])
        return own + sum(node.memory for node in self.nodes)

    def recall(self) -> "Cluster":
        """As a node's: to ask those that another process runs."""
        for node in self.nodes:
            node.recall()
        return self

    def evaluate(self, code: str, timeout_s: float = 60) -> str:
        """As a node's, on the first that answers.

        Raises:
            LocalError: none answers, or the code failed there.
        """
        failure: LocalError | None = None
        for node in self.nodes:
            try:
                return node.evaluate(code, timeout_s)
            except LocalError as error:
                failure = failure or error
        assert failure is not None
        raise failure

    def add_vhost(self, name: str) -> str:
        """Make a virtual host on all nodes and give its addresses."""
        self.nodes[0].add_vhost(name)
        return self.uri(name)

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with all its queues."""
        self.nodes[0].delete_vhost(name)

    # -- its making --------------------------------------------------------------------------------

    def _recall(self) -> dict[str, Any]:
        known = read_whole(self._file, _REMEDY)
        if known is not None:
            known["epmd"] = free_port(known["epmd"])
            return known
        alone = read_whole(self.directory / "identity.json", _REMEDY)
        cookie = self.directory / "home" / ".erlang.cookie"
        return {
            "password": alone["password"] if alone else secrets.token_urlsafe(18),
            "cookie": cookie.read_text() if cookie.exists() else secrets.token_hex(20),
            "epmd": free_port(),
            # Whether the queues of a node that was alone are on all of them.
            "spread": alone is None,
        }

    def _spread(self) -> None:
        """Give every queue that can have them its members on the other nodes."""
        for node in self.nodes[1:]:
            self.nodes[0].evaluate(_GROW.format(node=node.name))
        self._known["spread"] = True
        write_whole(self._file, self._known)


# A member that is there already is no failure: an earlier start may have come half way.
_GROW = (
    "Node = '{node}',"
    "Pairs = [{{amqqueue:get_type(Q), amqqueue:get_name(Q)}} || Q <- rabbit_amqqueue:list()],"
    "[ok = case rabbit_quorum_queue:add_member(V, N, Node, 30000) of "
    "Other -> Other end "
    "|| {{rabbit_quorum_queue, {{resource, V, queue, N}}}} <- Pairs],"
    "[ok = case rabbit_stream_queue:add_replica(V, N, Node) of "
    "Other -> Other end "
    "|| {{rabbit_stream_queue, {{resource, V, queue, N}}}} <- Pairs]."
)
_REPORT = (
    "Running = rabbit_mnesia:cluster_nodes(running), Alarms = rabbit_alarm:get_alarms(),"
    "Homes = [amqqueue:qnode(Q) || Q <- rabbit_amqqueue:list()],"
    "[[N, lists:member(N, Running), length([x || H <- Homes, H =:= N]),"
    "[R || {{resource_limit, R, M}, _} <- Alarms, M =:= N]]"
    "|| N <- rabbit_mnesia:cluster_nodes(all)]."
)
_NODE = re.compile(r"\['?([^',\[\]]+)'?,(true|false),(\d+),\[([^\]]*)\]\]")


def part_of(number: int) -> str:
    """How `palika status` calls a node: broker, broker-2, broker-3."""
    return "broker" if number == 1 else f"broker-{number}"


def size_of(directory: Path) -> int:
    """How many nodes have kept their data in `directory`; 0 when none has."""
    # A cluster whose first start came no further than its first node is none yet.
    if Broker(_folder(directory, 2)).has_data:
        return SIZE
    return 1 if Broker(directory).has_data else 0


def report(broker: Broker | Cluster, timeout_s: float = 5) -> list[dict[str, Any]]:
    """How each node is, as another that runs sees it; empty when none answers.

    Of each: node, running, leads (queues and logs whose leader is there), alarms (memory, disk:
    while one is on, no node takes anything).
    """
    try:
        told = broker.evaluate(_REPORT, timeout_s)
    except LocalError:
        return []
    return [
        {
            "node": found[1],
            "running": found[2] == "true",
            "leads": int(found[3]),
            "alarms": found[4].split(",") if found[4] else [],
        }
        for found in _NODE.finditer("".join(told.split()))
    ]


def _name(number: int) -> str:
    return Broker.name if number == 1 else f"palika-{number}@localhost"


def _folder(directory: Path, number: int) -> Path:
    return directory if number == 1 else directory / f"node-{number}"
