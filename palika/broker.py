"""Asking the broker whether it is there, for ``/readyz``."""

import amqp
import kombu

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
