"""The entry of every process: a service's, and a relay's.

The order of what is imported when matters here. The metrics and the health server want real locks
and real threads, so they come before eventlet's monkey patch; everything that waits on the network
comes after it.
"""

import errno
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from palika import broker_addresses, garbage, logs, metrics, tracing
from palika.config import ConfigError, Settings, not_of_this_machine, settings, variable_of
from palika.health import HealthServer, Readiness
from palika.secured import Certificate

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2


class Stopping:
    """Whether the process has been told to stop; whether there is work to stop; whether in time."""

    def __init__(self) -> None:
        self.requested = False
        self.overran = False
        self.started = False

    def request(self) -> None:
        """Tell it."""
        self.requested = True


def run_service(name: str, workers: int | None = None, port: int | None = None) -> int:
    """Run one process of a service until SIGTERM or SIGINT; its database must be migrated.

    Args:
        name: the service.
        workers: calls and batches handled at once; by default that of the settings.
        port: of /metrics, /healthz and /readyz; by default that of the settings.

    Returns:
        The process's exit code: 0 after a clean stop, 1 after a failure or a stop that took longer
        than its grace, 2 for a wrong setting.
    """
    if workers is not None:
        os.environ["PALIKA_WORKERS"] = str(workers)
    config = _prepare(name, "service")
    if config is None:
        return 2
    readiness = Readiness()
    health = health_server(config, port, readiness)
    if isinstance(health, int):
        return health
    health.start()
    _patch()
    # From here on everything is green.
    from palika.catalogue import UnknownService, service_class

    try:
        cls = service_class(name)
    except UnknownService as error:
        return _fail(str(error), 2)
    tracing.begin(config, "service")
    try:
        return _run_container(cls, config, readiness)
    finally:
        tracing.end()


def run_relay(name: str, port: int | None = None) -> int:
    """Run one relay of a service until SIGTERM or SIGINT; arguments and result as above."""
    config = _prepare(name, "relay")
    if config is None:
        return 2
    readiness = Readiness()
    health = health_server(config, port, readiness)
    if isinstance(health, int):
        return health
    health.start()
    from palika import relay
    from palika.topology import TopologyMismatch

    stop = threading.Event()
    _on_signal(stop.set)
    tracing.begin(config, "relay")
    try:
        relay.run(config, stop, readiness)
    except TopologyMismatch as error:
        return _fail(str(error), 1)
    finally:
        tracing.end()
    return 0


def run_web(name: str, workers: int | None = None, port: int | None = None) -> int:
    """Run one process of a web service until SIGTERM or SIGINT; arguments and result as above."""
    if workers is not None:
        os.environ["PALIKA_WORKERS"] = str(workers)
    config = _prepare(name, "web")
    if config is None:
        return 2
    from palika import web

    readiness = Readiness()
    readiness.set("broker", False, "starting")
    host, wanted = getattr(config, f"{name}_http_host"), getattr(config, f"{name}_http_port")
    try:
        pages = web.listen(host, wanted)
    except OSError as error:
        return _cannot_listen(f"{name}_http", host, wanted, error)
    health = health_server(config, port, readiness)
    if isinstance(health, int):
        return health
    _log.info("serving on http://%s:%d", host, pages.getsockname()[1])
    return web.serve(name, config, pages, health, readiness)


def _prepare(name: str, part: str) -> Settings | None:
    try:
        config = settings(name)
    except ConfigError as error:
        _fail(str(error), 2)
        return None
    logs.configure(
        service=name,
        part=part,
        form=config.log_format,
        level=config.log_level,
        city=config.city,
    )
    if part != "relay":
        from palika import vouching

        try:
            vouching.sign_as(name)
        except ConfigError as error:
            _fail(str(error), 2)
            return None
        if config.rpc_identity == "accepted":
            _log.warning("callers are believed without a signature: rpc_identity is accepted")
    try:
        release = version("palika")
    except PackageNotFoundError:
        release = "unknown"
    metrics.BUILD.labels(version=release, part=part).set(1)
    return config


def health_server(config: Settings, port: int | None, readiness: Readiness) -> HealthServer | int:
    """The server of /metrics and the rest, not started; an exit code when there can be none.

    Args:
        port: None: that of the settings.
    """
    wanted = config.http_port if port is None else port
    named = config.http_certificate
    try:
        certificate = Certificate(Path(named)) if named else None
        server = HealthServer(config.http_host, wanted, readiness, certificate)
    except ConfigError as error:
        return _fail(str(error), 2)
    except OSError as error:
        return _cannot_listen("http", config.http_host, wanted, error)
    scheme = "https" if named else "http"
    _log.info("health and metrics on %s://%s:%d", scheme, config.http_host, server.port)
    return server


def _cannot_listen(settings_of: str, host: str, port: int, error: OSError) -> int:
    """Say why, with the variable that names another host or port; the process's exit code."""
    # Without the address once more, which Python adds to it.
    reason = str(error.strerror).partition(" (while")[0]
    if error.errno in (errno.EADDRINUSE, errno.EACCES):
        other = variable_of(f"{settings_of}_port")
        return _fail(f"{host}:{port} cannot be listened on: {reason}; {other} names another", 1)
    return _fail(not_of_this_machine(f"{settings_of}_host", host, reason), 2)


def _patch() -> None:
    import socket

    import eventlet
    import eventlet.green.socket

    from palika.blocking import off_hub

    plain = socket.getaddrinfo

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        return off_hub(plain, *args, **kwargs)

    # Before the patch, which puts it in the place of Python's own.
    eventlet.green.socket.getaddrinfo = getaddrinfo
    eventlet.monkey_patch()
    from psycogreen.eventlet import patch_psycopg

    patch_psycopg()


def _run_container(cls: type, config: Settings, readiness: Readiness) -> int:
    import eventlet
    from nameko.containers import ServiceContainer

    from palika import broker_nodes
    from palika.checks import Checks
    from palika.topology import TopologyMismatch

    container = ServiceContainer(
        cls,
        {
            "AMQP_URI": broker_addresses.join(broker_addresses.in_order(config.amqp_uri)),
            "max_workers": config.workers,
            "HEARTBEAT": broker_nodes.HEARTBEAT_S,
            # A broker that is not there yet is waited for by the extensions themselves.
            "TRANSPORT_OPTIONS": {"max_retries": 0, "interval_start": 0.2, "interval_max": 5},
        },
    )
    checks = Checks(container, config, readiness)
    stopping = Stopping()
    _on_signal(stopping.request)

    def stop() -> None:
        # A signal does not wake eventlet's hub out of its poll.
        while not stopping.requested:
            eventlet.sleep(_LOOK_EVERY_S)
        if not stopping.started:
            return
        _log.info("stopping: finishing what is in hand")
        with eventlet.Timeout(config.shutdown_grace_s, False):
            container.stop()
            return
        _log.error("not finished within %s s: ending it", config.shutdown_grace_s)
        stopping.overran = True
        container.kill()

    eventlet.spawn(stop)
    try:
        # Nameko makes one for each call, and none at start: a mistake in its data is found now.
        cls()
        _wait_for_broker(config, stopping, readiness)
        if stopping.requested:
            return 0
        stopping.started = True
        container.start()
        # Managed: a check that breaks ends the process; it does not go quiet.
        container.spawn_managed_thread(checks.run, identifier="readiness")
        garbage.leave_alone()
        _log.info("started")
        container.wait()
    except TopologyMismatch as error:
        return _fail(str(error), 1)
    except Exception:  # noqa: BLE001 - logged, and told by the exit code
        _log.exception("the process ends")
        return 1
    _log.info("stopped")
    return 1 if stopping.overran else 0


def _wait_for_broker(config: Settings, stopping: Stopping, readiness: Readiness) -> None:
    """Nameko's extensions give up when the broker is not there at start; wait for it instead."""
    import eventlet

    from palika import broker_nodes

    pause = 0.2
    while not stopping.requested:
        try:
            with broker_nodes.connection(config.amqp_uri) as connection:
                connection.connect()
            return
        except connection.connection_errors as error:
            _log.warning("broker not reachable: %s; again in %.1f s", error, pause)
            readiness.tick()
            readiness.set("broker", False, "not reachable")
            until = time.monotonic() + pause
            while not stopping.requested and time.monotonic() < until:
                eventlet.sleep(_LOOK_EVERY_S)
            pause = min(pause * 2, 5.0)


def _on_signal(act: Callable[[], Any]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: act())


def _fail(message: str, code: int) -> int:
    for line in message.splitlines():
        print(f"palika: {line}", file=sys.stderr)
    return code
