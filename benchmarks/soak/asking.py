"""So many requests a second of the portal: pages in both languages, lists, and filings."""

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode, urlsplit

GOOD = ("200", "201")
"""The statuses of an answer as it should be."""
_THREADS = 16
_TIMEOUT_S = 30.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Request:
    """What is asked: of a POST the form, of a GET None."""

    path: str
    form: str | None = None


def requests_of(address: str) -> list[Request]:
    """What is asked in turn: 19 to read, one that files.

    Args:
        address: of the portal; it is asked which services it has.

    Raises:
        OSError, ValueError: it does not answer with a list of them.
    """
    reads = [
        Request("/mr/"),
        Request("/en/"),
        Request("/open311/v2/services.json"),
        Request("/open311/v2/requests.json"),
        Request("/open311/v2/requests.xml"),
    ]
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=_TIMEOUT_S)
    connection.request("GET", "/open311/v2/services.json")
    services = json.loads(connection.getresponse().read())
    connection.close()
    # One that asks nothing of its own.
    code = next(each["service_code"] for each in services if not each["metadata"])
    form = {
        "service_code": code,
        "lat": "18.5204",
        "long": "73.8567",
        "description": "A pothole before the school",
    }
    return [reads[number % len(reads)] for number in range(19)] + [
        Request("/open311/v2/requests.json", urlencode(form))
    ]


class Asker:
    """Asks at even moments, in threads, while it is entered.

    Attributes:
        answered: how many requests, by the answer's status; a request that got none is told by the
            name of its error.
        filed: how many of those that were answered well have filed something.
        late: how many began more than a second after their moment.
    """

    def __init__(self, address: str, a_second: float) -> None:
        """Prepare. Raises as ``requests_of``."""
        parts = urlsplit(address)
        self._where = str(parts.hostname), parts.port
        self._asked = requests_of(address)
        self._a_second = a_second
        self._numbers = count()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(_THREADS)]
        self.answered: Counter[str] = Counter()
        self.filed = self.late = 0

    def __enter__(self) -> "Asker":
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(*self._where, timeout=_TIMEOUT_S)
        while not self._stop.is_set():
            with self._lock:
                number = next(self._numbers)
            moment = self._begun + number / self._a_second
            if self._stop.wait(max(0.0, moment - time.monotonic())):
                break
            late = time.monotonic() - moment > 1
            asked = self._asked[number % len(self._asked)]
            told = self._ask(connection, asked)
            with self._lock:
                self.answered[told] += 1
                self.filed += told in GOOD and asked.form is not None
                self.late += late
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, asked: Request) -> str:
        try:
            if asked.form is None:
                connection.request("GET", asked.path)
            else:
                connection.request("POST", asked.path, asked.form, _FORM)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        return str(answer.status)
