"""What the city does now: each process, whether it is well, what waits in its queues."""

import re
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from palika import broker_addresses
from palika.config_kinds import socket_folder
from palika.local.city import City
from palika.local.cluster import report
from palika.local.docker import private_broker
from palika.local.parts import answers, asked
from palika.local.processes import ProcessId, family, memory_pss

_OUTBOX = re.compile(r"^palika_outbox_depth(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def gather(city: City) -> dict[str, Any] | None:
    """The state of the city, as `palika status --json` prints it; None when it is not up.

    Of each process: service, part, pid, host, port, health (ready, unready, dead), queue (messages
    that wait for it; of a relay: rows in the outbox), dead_letters, memory_bytes, restarts, log,
    pages (the address of what a web service serves).
    What could not be learned is null. ``broker_nodes`` is empty when the city uses a broker that it
    did not start, or none of its nodes answers; each has node, running, leads (how many queues and
    logs have their leader there) and alarms.
    """
    state = city.read()
    if state is None or city.supervisor is None:
        return None
    # While the city is starting its broker has no address.
    depths = _queue_depths(state["amqp_uri"]) if state["amqp_uri"] else {}
    with ThreadPoolExecutor(8) as pool:
        shown = state.get("http_certificate", "")
        parts = list(pool.map(lambda part: _part(part, depths, shown), state["parts"]))
    own = memory_pss([state["supervisor"]["pid"]])
    return {
        "phase": state["phase"],
        "supervisor": state["supervisor"]["pid"],
        "started_at": state["started_at"],
        "parts": parts,
        "memory_bytes": own + sum(part["memory_bytes"] for part in parts),
        "broker": ", ".join(map(without_secret, broker_addresses.split(state["amqp_uri"]))),
        "broker_nodes": _broker_nodes(city, state),
        "database": without_secret(state["database_url"]),
        "var": str(city.var),
    }


def _broker_nodes(city: City, state: dict[str, Any]) -> list[dict[str, Any]]:
    if not state["amqp_uri"] or all(part["service"] != "rabbitmq" for part in state["parts"]):
        return []
    return report(private_broker(city.var / "rabbitmq").recall())


def _part(
    part: dict[str, Any], depths: dict[str, tuple[int, int]], certificate: str
) -> dict[str, Any]:
    process = ProcessId(part["pid"], part["created"])
    alive = bool(part["pid"]) and process.alive
    kind = part["part"]
    waiting, dead = depths.get(part["service"], (None, None)) if kind == "service" else (None, None)
    if not alive:
        health = "dead"
    elif kind in ("service", "web", "relay"):
        well = answers(part["host"], part["port"], "/readyz", certificate)
        health = "ready" if well else "unready"
        if kind == "relay":
            waiting = _outbox_depth(part["host"], part["port"], certificate)
    else:
        health = "ready"
    return {
        "service": part["service"],
        "part": kind,
        "pid": part["pid"] if alive else None,
        "host": part["host"],
        "port": part["port"] or None,
        "health": health,
        "queue": waiting,
        "dead_letters": dead,
        "memory_bytes": memory_pss(family(part["pid"])) if alive else 0,
        "restarts": part["restarts"],
        "log": part["log"],
        "pages": part.get("pages"),
    }


def _queue_depths(amqp_uri: str) -> dict[str, tuple[int, int]]:
    """By service: messages ready in its queues, and in its dead letters.

    A queue that is not there yet (its service has never run) holds nothing.
    """
    from amqp.exceptions import AMQPError

    from palika import topology
    from palika.catalogue import all_listeners

    listeners = all_listeners()
    queues = [name for each in listeners for name in (each.queue, each.dead_letters)]
    try:
        found = topology.depths(amqp_uri, queues)
    except (AMQPError, OSError):
        return {}
    depths: dict[str, tuple[int, int]] = {}
    for listener in listeners:
        waiting, dead = depths.get(listener.service, (0, 0))
        depths[listener.service] = (
            waiting + (found[listener.queue] or 0),
            dead + (found[listener.dead_letters] or 0),
        )
    return depths


def _outbox_depth(host: str, port: int, certificate: str) -> int | None:
    try:
        with asked(host, port, "/metrics", certificate) as response:
            found = _OUTBOX.search(response.read().decode())
    except (urllib.error.URLError, OSError):
        return None
    return int(float(found[1])) if found else None


def without_secret(uri: str) -> str:
    """Where a server is, of a URL that has a password in it."""
    parts = urlsplit(uri)
    if folder := socket_folder(uri):
        return f"{parts.scheme}:///?host={folder}"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""
