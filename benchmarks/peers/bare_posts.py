"""The bare HTTP client: it posts bodies from a file, and looks at the status and nothing else.

``client`` is ``urllib3``, the library that our adapters stand on, with its own pool; or
``http.client``, the standard library's, a connection a thread.
"""

import base64
import http.client
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from benchmarks.peers import Stopwatch, options


def main() -> None:
    """Post until so many are posted."""
    given = options()
    bodies = itertools.cycle(Path(given["path"]).read_bytes().split(b"\n"))
    login = base64.b64encode(given["login"].encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    watch, lock, done = Stopwatch(given["count"]), threading.Lock(), itertools.count(1)
    local = threading.local()
    parts = urlsplit(given["url"])
    pool = urllib3.PoolManager(maxsize=given["at_once"])

    def by_urllib3(body: bytes) -> int:
        return pool.request("POST", given["url"], body=body, headers=headers).status

    def by_http_client(body: bytes) -> int:
        connection = getattr(local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
            local.connection = connection
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return int(answer.status)

    post = {"urllib3": by_urllib3, "http.client": by_http_client}[given["client"]]

    def one(body: bytes) -> None:
        status = post(body)
        if status != 202:
            raise SystemExit(f"the carrier answered {status}")
        with lock:
            watch.done(next(done))

    with ThreadPoolExecutor(given["at_once"]) as threads:
        for future in [
            threads.submit(one, body) for body in itertools.islice(bodies, given["count"])
        ]:
            future.result()


if __name__ == "__main__":
    main()
