"""HTTP requests on loopback: as many as go, by wrk; or so many a second, each at its moment."""

import http.client
import re
import subprocess
import threading
import time
from collections.abc import Mapping
from itertools import count
from urllib.parse import urlsplit

from palika.local.processes import LocalError

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_WRONG = re.compile(r"(Non-2xx or 3xx responses|Socket errors).*")
_THREADS = 32


def as_many_as_go(
    url: str, seconds: float, connections: int, headers: Mapping[str, str] | None = None
) -> float:
    """Requests a second that one thread of wrk gets answered over so many connections.

    Raises:
        LocalError: there is no wrk, or something else than 200 was answered.
    """
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s"]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    try:
        done = subprocess.run(
            [*command, url], capture_output=True, text=True, timeout=seconds + 30, check=False
        )
    except FileNotFoundError:
        raise LocalError("wrk is missing: scripts/setup --bench installs it") from None
    wrong, rate = _WRONG.search(done.stdout), _RATE.search(done.stdout)
    if done.returncode or wrong or rate is None:
        raise LocalError(f"wrk {url}: {wrong[0] if wrong else done.stdout + done.stderr}")
    return float(rate[1])


def at_a_rate(
    url: str, a_second: float, seconds: float, headers: Mapping[str, str] | None = None
) -> list[float]:
    """Ask at even moments, whether the answers before have come or not.

    Returns:
        Of each request the seconds from its moment to the end of its answer: one that had to wait
        for its turn has waited.

    Raises:
        LocalError: something else than 200 was answered.
    """
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    total = round(a_second * seconds)
    numbers, took, wrong = count(), [0.0] * total, []
    begun = time.perf_counter() + 0.1

    def ask() -> None:
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        for number in numbers:
            if number >= total or wrong:
                break
            moment = begun + number / a_second
            time.sleep(max(0.0, moment - time.perf_counter()))
            try:
                connection.request("GET", path, headers=dict(headers or {}))
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                wrong.append(str(error))
                break
            if answer.status != 200:
                wrong.append(f"answered {answer.status}")
            took[number] = time.perf_counter() - moment
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise LocalError(f"{url}: {wrong[0]}")
    return took
