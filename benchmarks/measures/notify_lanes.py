"""Notify: how long a login code takes while a bill run's messages go out, and without them."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from statistics import median
from time import monotonic
from typing import Any
from uuid import uuid4

from benchmarks.ground import Ground
from benchmarks.measures import notify_sending as sending
from benchmarks.rows import Result, Row
from palika.auth import Identity
from palika.local.processes import LocalError, free_port, until
from palika.rpc import Client
from services.notify.channels.loopback.posting import WORKERS

ROUNDS = 3
CODES = 200
WARM_UP = 40
BULK = 60_000
"""More than a round can send."""
CEILING = 2.0
_UP_WITHIN_S = 30

HOW = f"""
A service asks notify for login codes by RPC (`send`), one after the other; the clock of each runs
from the call to its answer, by which the code is accepted by the provider (Plivo's API on this
machine, a process of its own). One real process (`palika run notify`) serves the calls and starts
the one for bulk; the portal (`palika run portal`) takes the receipts, two of each message, which
the provider posts as quickly as they are taken, {WORKERS} at once. {CODES} codes with nothing else
to do, then {CODES} while {BULK:,} messages of a bill run lie in the lane for bulk and go out as
quickly as they can (no limit of the provider's holds them back): {ROUNDS} rounds in turn, after a
warm-up; the ratio is the median of the rounds' of the 99th percentiles. How many messages went out
meanwhile, and how many receipts of them came, is told, so that nobody takes a lane that stands
still for a quick one. No relay runs.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Without and with the bill run's messages, in turn."""
    ground.enter("notify_lanes", "notify")
    port, pages = free_port(), free_port()
    url, portal_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{pages}"
    with sending.settings_for(ground.directory, url, portal_url):
        os.environ["PALIKA_PORTAL_HTTP_PORT"] = str(pages)
        service, portal = ground.part("run", "notify"), ground.part("run", "portal")
        try:
            ground.wait_for_consumer("rpc-notify", service)
            _wait_for(pages)
            return _measured(ground, port, say)
        finally:
            service.stop()
            portal.stop()


def _wait_for(port: int) -> None:
    """Return when somebody listens there."""

    def answers() -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", port)) == 0

    if not until(answers, _UP_WITHIN_S):
        raise LocalError(f"nobody listens on port {port}")


@contextmanager
def _carrier(ground: Ground, port: int) -> Iterator[None]:
    """A provider that has told nothing yet: receipts of before are no part of what comes now."""
    path = str(ground.directory / "bodies")
    carrier = ground.consumer("text_carrier", port=port, path=path, keep=1, tells=True)
    _wait_for(port)
    try:
        yield
    finally:
        carrier.stop()


def _measured(ground: Ground, port: int, say: Callable[[str], None]) -> Result:
    tried: list[str] = []
    alone, beside, ratios = [], [], []
    with (
        Client(Identity("service:bench", frozenset({"service"})), amqp_uri=ground.amqp_uri) as city,
        closing(ground.connect("notify")) as connection,
    ):
        with _carrier(ground, port):
            _codes(city, WARM_UP)
        for number in range(1, ROUNDS + 1):
            sending.fill(0)
            with _carrier(ground, port):
                before = _p99(_codes(city, CODES))
            sending.fill(BULK)
            with _carrier(ground, port):
                begun = monotonic()
                during = _codes(city, CODES)
                took = monotonic() - begun
                sent, told, waiting = _sent(connection)
                sending.drain()
            if sent >= BULK:
                raise LocalError("the lane for bulk was empty before the codes were sent")
            alone.append(before)
            beside.append(_p99(during))
            ratios.append(beside[-1] / before)
            tried.append(
                f"round {number}: p99 {before:.1f} ms alone, {beside[-1]:.1f} ms (median "
                f"{median(during):.1f}) beside {sent / took:,.0f} messages/s of the bill run and "
                f"{told / took:,.0f} receipts/s, {waiting:,} of them not applied at the end"
            )
            say(tried[-1])
    row = Row(
        "notify: a login code, p99, while a bill run's messages go out",
        "the same without them",
        median(beside),
        "ms",
        CEILING,
        peer=median(alone),
        ratio=median(ratios),
        ceiling=True,
    )
    return Result("notify_lanes", [row], HOW, tried)


def _codes(city: Client, count: int) -> list[float]:
    """So many codes are asked for; the milliseconds of each."""
    took = []
    for number in range(count):
        begun = monotonic()
        made = city.notify.send(
            id=str(uuid4()),
            template="login.code",
            contact={"phone": f"+9197{number:08}", "language": "en"},
            fields={"code": f"{number:06}", "minutes": 10},
        )
        took.append((monotonic() - begun) * 1_000)
        if made["state"] != "sent":
            raise LocalError(f"a code was not sent: {made['state']}, {made['reason']}")
    return took


def _p99(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99) - 1]


def _sent(connection: Any) -> tuple[int, int, int]:
    """Messages of the bill run that went out, receipts that came, those not applied yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM attempt JOIN delivery ON delivery.id = delivery_id "
            "WHERE lane = 'bulk' AND answered_at IS NOT NULL), "
            "(SELECT count(*) FROM receipt), "
            "(SELECT count(*) FROM receipt WHERE looked_at IS NULL)"
        )
        sent, told, waiting = cursor.fetchone()
    return int(sent), int(told), int(waiting)
