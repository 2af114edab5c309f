"""What a service's process checks of itself for ``/readyz``, over and over, from its main loop.

Imported after eventlet's monkey patch.
"""

import logging
import time
from typing import TYPE_CHECKING, NoReturn

import eventlet

from palika import broker, broker_nodes, topology
from palika.config import Settings
from palika.database import DatabaseEngine, measure_pool, trouble
from palika.health import Readiness
from palika.subscribe import Subscription

if TYPE_CHECKING:
    from nameko.containers import ServiceContainer

_log = logging.getLogger(__name__)

_EVERY_S = 2.0
_WHILE_NOT_READY_S = 0.2
_PATIENCE_S = 4.0
_MEASURE_EVERY_S = 10.0


class Checks:
    """Broker, database and subscriptions of one container."""

    def __init__(
        self, container: "ServiceContainer", config: Settings, readiness: Readiness
    ) -> None:
        """Name all that has to be checked, so that the first good check alone is not a yes."""
        self._container = container
        self._readiness = readiness
        self._delays = config.retry_delays_ms
        self._measure_at = 0.0
        self._connection = broker_nodes.connection(config.amqp_uri, connect_timeout=_EVERY_S)
        names = [f"subscription {each.subscription}" for each in self._subscriptions()]
        for name in ("broker", "database", *names):
            readiness.set(name, False, "starting")

    def run(self) -> NoReturn:
        """Renew the checks for as long as the process lives."""
        was_ready = False
        while True:
            self._readiness.tick()
            with eventlet.Timeout(_PATIENCE_S, TimeoutError("no answer")):
                broker.ask(self._connection, self._readiness)
            with eventlet.Timeout(_PATIENCE_S, False):
                self._check_database()
            self._check_subscriptions()
            self._measure_queues()
            is_ready, told = self._readiness.ready()
            if is_ready and not was_ready:
                _log.info("ready")
            elif was_ready and not is_ready:
                failed = (name for name, check in told["checks"].items() if not check["ok"])
                _log.warning("not ready any more: %s", ", ".join(failed))
            was_ready = is_ready
            eventlet.sleep(_EVERY_S if is_ready else _WHILE_NOT_READY_S)

    def _check_database(self) -> None:
        for extension in self._container.shared_extensions.values():
            if not isinstance(extension, DatabaseEngine):
                continue
            found = trouble(extension.engine)
            self._readiness.set("database", not found, found)
            measure_pool(extension.engine)

    def _check_subscriptions(self) -> None:
        for each in self._subscriptions():
            found = each.trouble
            self._readiness.set(f"subscription {each.subscription}", not found, found)

    def _measure_queues(self) -> None:
        if time.monotonic() < self._measure_at:
            return
        self._measure_at = time.monotonic() + _MEASURE_EVERY_S
        queues: dict[tuple[str, str], list[str]] = {}
        for each in self._subscriptions():
            queues[each.queue, "waiting"] = [each.queue]
            queues[each.queue, "retrying"] = [
                topology.retry_queue_of(each.queue, delay) for delay in self._delays
            ]
            queues[each.queue, "dead"] = [topology.dead_letters_of(each.queue)]
        with eventlet.Timeout(_PATIENCE_S, TimeoutError("no answer")):
            broker.measure(self._connection, queues)

    def _subscriptions(self) -> list[Subscription]:
        return [each for each in self._container.entrypoints if isinstance(each, Subscription)]
