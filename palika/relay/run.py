"""Puts a relay together and runs it until it is told to stop."""

import importlib
import logging
import threading

import amqp

from palika import topology
from palika.config import Settings
from palika.health import Readiness
from palika.relay.claims import Slot, Wake
from palika.relay.housekeeping import Housekeeper, Listener
from palika.relay.publisher import Publisher

_log = logging.getLogger(__name__)


def run(config: Settings, stop: threading.Event, readiness: Readiness) -> None:
    """Carry the outbox of ``config.service`` to the broker until ``stop`` is set.

    The batch in hand is finished first. A lost broker or database is waited for.

    Raises:
        TopologyMismatch: the broker's exchange or log has other properties (at start only).
    """
    assert config.service is not None, "a relay belongs to a service"
    importlib.import_module(f"services.{config.service}.schemas")
    topo = topology.publisher(config.service, config)
    try:
        topology.declare(config.amqp_uri, topo)
    except (OSError, amqp.AMQPError) as error:
        _log.warning("broker not reachable yet: %s", error)
    publisher = Publisher(config.amqp_uri, lambda: topology.declare(config.amqp_uri, topo))
    wake = Wake()
    slots = [Slot(n, config, publisher, wake, stop) for n in range(config.relay_slots)]
    publisher.start()
    Listener(config, wake, stop).start()
    Housekeeper(config, stop).start()
    for slot in slots:
        slot.start()
    while not stop.wait(0.5):
        readiness.tick()
        readiness.set("broker", publisher.available, publisher.state)
    for slot in slots:
        slot.join(config.shutdown_grace_s)
    publisher.stop()
    _log.info("relay stopped")
