"""Connections to the broker: to one node or, in a cluster, to whichever answers first.

Whatever speaks to the broker by kombu has its connections from here, Nameko included.
"""

from typing import Any, Final

import amqp
import kombu
from kombu.connection import ConnectionPool, PooledConnection

from palika import amqps, broker_addresses

amqps.check_names()

HEARTBEAT_S: Final = 10
"""A node that is heard of for twice as long no more is left, and a client that is not is dropped.

RabbitMQ advises 5 to 20 seconds; a node that hangs holds its connections open until then.
"""
ANSWERS_WITHIN_S: Final = 15.0
"""A node that does not answer for so long is away. New quorum queues on a busy one take seconds."""


class Connection(kombu.Connection):
    """kombu's, which ends what it waits for also on a node that hangs (stopped, or cut off).

    Whoever waits longer than ``ANSWERS_WITHIN_S`` for the answer to a method, or to be rid of what
    it sends, gets a ``TimeoutError``.
    """

    def connect(self) -> Any:
        """Connect; each node is tried.

        Raises:
            OSError, amqp.AMQPError: none answers; of the last that was tried.
        """
        again = max(1, len(self.alt) - 1)
        self.ensure_connection(max_retries=again, reraise_as_library_errors=False)
        return self.connection

    def switch(self, conn_str: str) -> None:
        """Go on with another node, without a word to the one before: it may not listen any more."""
        self.collect()
        super().switch(conn_str)

    def Pool(self, limit: int | None = None, **options: Any) -> "_Pool":  # noqa: N802 kombu's name
        """As kombu's; its connections are of this kind, too."""
        return _Pool(self, limit, **options)

    def heartbeat_check(self, rate: int = 2) -> None:
        """As kombu's; a node that is heard of no more is left without a word, too.

        Raises:
            amqp.ConnectionForced: it is. What would still be told it, to cancel a consumer say,
                fails at once.
        """
        try:
            super().heartbeat_check(rate)
        except self.connection_errors:
            self.collect()
            raise

    def _extract_failover_opts(self) -> dict[str, Any]:
        # kombu ends when one connect_timeout is over, which the first node that hangs uses up.
        options: dict[str, Any] = super()._extract_failover_opts()
        return options | {"timeout": None} if self.alt else options

    def _establish_connection(self) -> amqp.Connection:
        made: amqp.Connection = super()._establish_connection()
        # The socket's own: kombu's read_timeout does nothing to eventlet's sockets.
        made.sock.settimeout(ANSWERS_WITHIN_S)
        return made


class _Pooled(Connection, PooledConnection):
    """One of a pool."""


class _Pool(ConnectionPool):
    def new(self) -> _Pooled:
        return _Pooled(self, **dict(self.connection._info(resolve=False)))


def connection(amqp_uri: str, **options: Any) -> Connection:
    """A connection to the nodes, in this process's order, not made yet; options are kombu's."""
    addresses = broker_addresses.in_order(amqp_uri)
    return Connection(broker_addresses.join(addresses), **({"connect_timeout": 5} | options))


def virtual_host(address: str) -> str:
    """A node's virtual host, as kombu reads the path; other libraries read it differently."""
    found: str = kombu.Connection(address).virtual_host
    return found
