"""What the city does now: each process, whether it is well, what waits in its queues."""

import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from palika.local.city import City
from palika.local.parts import answers
from palika.local.processes import ProcessId, family, memory_pss

_OUTBOX = re.compile(r"^palika_outbox_depth(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def gather(city: City) -> dict[str, Any] | None:
    """The state of the city, as `palika status --json` prints it; None when it is not up.

    Of each process: service, part, pid, port, health (ready, unready, dead), queue (messages that
    wait for it; of a relay: rows in the outbox), dead_letters, memory_bytes, restarts, log, pages
    (the address of what a web service serves).
    What could not be learned is null.
    """
    state = city.read()
    if state is None or city.supervisor is None:
        return None
    depths = _queue_depths(state["amqp_uri"])
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda part: _part(part, depths), state["parts"]))
    own = memory_pss([state["supervisor"]["pid"]])
    return {
        "phase": state["phase"],
        "supervisor": state["supervisor"]["pid"],
        "started_at": state["started_at"],
        "parts": parts,
        "memory_bytes": own + sum(part["memory_bytes"] for part in parts),
        "broker": _without_secret(state["amqp_uri"]),
        "database": _without_secret(state["database_url"]),
        "var": str(city.var),
    }


def _part(part: dict[str, Any], depths: dict[str, tuple[int, int]]) -> dict[str, Any]:
    process = ProcessId(part["pid"], part["created"])
    alive = bool(part["pid"]) and process.alive
    kind = part["part"]
    waiting, dead = depths.get(part["service"], (None, None)) if kind == "service" else (None, None)
    if not alive:
        health = "dead"
    elif kind in ("service", "web", "relay"):
        health = "ready" if answers(part["port"], "/readyz") else "unready"
        if kind == "relay":
            waiting = _outbox_depth(part["port"])
    else:
        health = "ready"
    return {
        "service": part["service"],
        "part": kind,
        "pid": part["pid"] if alive else None,
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
    """By service: messages ready in its queues, and in its dead letters."""
    import pika
    from pika.exceptions import AMQPError, ChannelClosedByBroker

    from palika.catalogue import all_listeners

    depths: dict[str, tuple[int, int]] = {}
    try:
        connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    except (AMQPError, OSError):
        return depths
    with connection:

        def depth(queue: str) -> int:
            channel = connection.channel()
            try:
                count: int = channel.queue_declare(queue, passive=True).method.message_count
            except ChannelClosedByBroker:
                # Not declared yet: its service has never run.
                return 0
            channel.close()
            return count

        for listener in all_listeners():
            waiting, dead = depths.get(listener.service, (0, 0))
            depths[listener.service] = (
                waiting + depth(listener.queue),
                dead + depth(listener.dead_letters),
            )
    return depths


def _outbox_depth(port: int) -> int | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as response:
            found = _OUTBOX.search(response.read().decode())
    except (urllib.error.URLError, OSError):
        return None
    return int(float(found[1])) if found else None


def _without_secret(uri: str) -> str:
    parts = urlsplit(uri)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""
