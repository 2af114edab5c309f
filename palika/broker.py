"""Asking the broker: whether it is there, for ``/readyz``; what waits there, for ``/metrics``."""

from collections.abc import Mapping, Sequence

import amqp
import kombu

from palika import metrics, topology
from palika.health import Readiness


def ask(connection: kombu.Connection, readiness: Readiness) -> None:
    """A question and its answer, on a connection that is kept for it; renews ``broker``."""
    try:
        connection.connect()
        connection.channel().close()
    except (OSError, amqp.AMQPError) as error:
        # Also a password or a virtual host that is not taken any more.
        connection.collect()
        readiness.set("broker", False, f"not reachable ({type(error).__name__})")
    else:
        readiness.set("broker", True)


def measure(connection: kombu.Connection, queues: Mapping[tuple[str, str], Sequence[str]]) -> None:
    """Renew the metric of what waits, on the same connection; nothing while the broker is away.

    Args:
        connection: as above.
        queues: their names by subscription and state.
    """
    try:
        for (subscription, state), names in queues.items():
            waits = sum(topology.depth(connection, name) or 0 for name in names)
            metrics.QUEUE_MESSAGES.labels(subscription=subscription, state=state).set(waits)
    except (OSError, amqp.AMQPError):
        # The next question finds out how it is.
        connection.collect()
