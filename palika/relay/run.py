"""Puts a relay together and runs it until it is told to stop."""

import importlib
import logging
import threading
import time

import amqp

from palika import topology
from palika.config import Settings
from palika.health import Readiness
from palika.relay.claims import Slot, Wake
from palika.relay.housekeeping import Housekeeper, Listener
from palika.relay.publisher import Publisher

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5


class RelayBroken(RuntimeError):
    """A thread of the relay has ended by an error that nobody expected; its log has the trace."""


def run(config: Settings, stop: threading.Event, readiness: Readiness) -> None:
    """Carry the outbox of ``config.service`` to the broker until ``stop`` is set.

    The batch in hand is finished first. A lost broker or database is waited for.

    Raises:
        TopologyMismatch: the broker's exchange or log has other properties (at start only).
        RelayBroken: the process has to be started anew.
    """
    assert config.service is not None, "a relay belongs to a service"
    importlib.import_module(f"services.{config.service}.schemas")
    topo = topology.publisher(config.service, config)
    try:
        topology.declare(config.amqp_uri, topo)
    except (OSError, amqp.AMQPError) as error:
        _log.warning("broker not reachable yet: %s", error)
    threading.excepthook = _log_death
    publisher = Publisher(config.amqp_uri, lambda: topology.declare(config.amqp_uri, topo))
    wake = Wake()
    listener = Listener(config, wake, stop)
    slots = [Slot(n, config, publisher, wake, stop) for n in range(config.relay_slots)]
    threads = [publisher.thread, listener, Housekeeper(config, stop), *slots]
    for thread in threads:
        thread.start()
    try:
        while not stop.wait(_LOOK_EVERY_S):
            readiness.tick()
            readiness.set("broker", publisher.available, publisher.state)
            there = listener.listening
            readiness.set("database", there, "" if there else "not reachable")
            if dead := [thread.name for thread in threads if not thread.is_alive()]:
                raise RelayBroken(f"ended unexpectedly, its log says why: {', '.join(dead)}")
    finally:
        stop.set()
        wake.call(for_many=True)
        until = time.monotonic() + config.shutdown_grace_s
        for slot in slots:
            slot.join(max(0.0, until - time.monotonic()))
        publisher.stop()
    _log.info("relay stopped")


def _log_death(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "a thread"
    _log.critical("%s has ended: %s", name, args.exc_value, exc_info=args.exc_value)
