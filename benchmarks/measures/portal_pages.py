"""The portal's public pages: as many as go, beside nginx with the same bytes."""

import gzip
import http.client
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks import http_load, nginx
from benchmarks.ground import PYTHON, Ground, Process
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika.local.processes import LocalError

PATH = "/mr/"
ROUNDS = 3
SECONDS = 5.0
CONNECTIONS = 16
_UP_WITHIN_S = 60.0
_SQUEEZED = {"Accept-Encoding": "gzip"}

HOW = f"""
The home page in Marathi, compressed, with figures of two services on it, asked for by one thread of
wrk over {CONNECTIONS} connections that stay, {SECONDS:g} s at a time, {ROUNDS} rounds in turn; the
round before does not count. *The portal* is `palika run portal` as a city runs it, one process of
Python, whose pages are kept in its memory. *nginx* has the same bytes as a file beside it that is
compressed already, with a process for each core. *Through nginx* is the portal behind
`deploy/nginx/palika.conf`, as a city has it: the portal tells nginx that it need not ask again for
a second, so what has changed is seen a second later at most. wrk takes its part of the same two
cores.

What stands between the portal's own process and nginx: a request is read, looked up and answered by
Python, on one core, in about a quarter of a millisecond, most of it gunicorn's (the head is parsed,
and the connection handed from the thread that waits to one that answers and back); nginx does it in
C, on every core.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """The portal, the portal behind nginx, and nginx alone, in turn."""
    ground.enter("portal_pages", "portal", "grievance", "kpi")
    processes = [ground.part("run", name) for name in ("grievance", "kpi")]
    portal, files, front = (_free_port() for _ in range(3))
    try:
        processes.append(_portal(ground, portal))
        body, headers = _page(portal)
        folder = ground.directory / "files"
        folder.mkdir()
        (folder / "page.html").write_bytes(gzip.decompress(body))
        (folder / "page.html.gz").write_bytes(body)
        workers = str(os.cpu_count() or 1)
        processes.append(nginx.files(ground, files, folder, workers))
        processes.append(nginx.before(ground, front, portal, workers))
        urls = {
            "portal": f"http://127.0.0.1:{portal}{PATH}",
            "nginx": f"http://127.0.0.1:{files}/page.html",
            "through": f"http://127.0.0.1:{front}{PATH}",
        }
        for port in (files, front):
            _wait_for(port)
        samples = []
        for number in range(ROUNDS + 1):
            rates = {
                name: http_load.as_many_as_go(url, SECONDS, CONNECTIONS, _SQUEEZED)
                for name, url in urls.items()
            }
            say(", ".join(f"{name} {rate:,.0f} requests/s" for name, rate in rates.items()))
            if number:
                samples.append(rates)
    finally:
        for process in processes:
            process.stop()
    rows = []
    for name, measure, floor in (
        ("portal", "portal: a kept page, straight from its process", None),
        ("through", "portal: a kept page, through the city's nginx", 0.5),
    ):
        pairs = Pairs.of([(each[name], each["nginx"]) for each in samples])
        rows.append(
            Row(
                measure,
                "nginx serving the same bytes",
                pairs.ours,
                "requests/s",
                floor,
                peer=pairs.peer,
                ratio=pairs.ratio,
            )
        )
    told = f"the page has {len(body):,} bytes as it is sent, with {len(headers)} headers"
    return Result("portal_pages", rows, HOW, [told])


def _portal(ground: Ground, port: int) -> Process:
    command = [*PYTHON, "palika.cli", "run", "portal", "--supervisor", str(os.getpid())]
    return ground.command("portal", command, PALIKA_PORTAL_HTTP_PORT=str(port))


def _page(port: int) -> tuple[bytes, list[tuple[str, str]]]:
    """The page with all its parts, as it is kept: its bytes and headers.

    Raises:
        LocalError: it does not come, or without a part for as long as one waits.
    """
    deadline = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", PATH, headers=_SQUEEZED)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            # One that lacks a part is not kept, and has no ETag.
            if answer.status == 200 and answer.getheader("ETag"):
                return body, answer.getheaders()
        time.sleep(0.5)
    raise LocalError("the portal's page with all its parts did not come in time")


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise LocalError(f"nobody listens on port {port}")
