"""What is looked at, every few seconds: processes, connections, files, queues, tables."""

import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import psutil
import psycopg2
from amqp.exceptions import AMQPError

from benchmarks.soak.flat import Bound
from palika import topology
from palika.catalogue import all_listeners, database_names
from palika.config import settings
from palika.local.processes import LocalError, family

Values = dict[str, float]
"""A moment's values, by the name of the series."""

BOUNDS: dict[str, tuple[str, Bound]] = {
    "memory": ("MB", Bound(10, 8)),
    # Of the quorum queues' logs up to three are in memory, of 32 MB each (palika/local/broker.py).
    "memory: rabbitmq": ("MB", Bound(10, 30)),
    # Each connection is a process with caches of its own, which it fills as it is used.
    "memory: postgresql": ("MB", Bound(10, 30)),
    "memory: all": ("MB", Bound(10, 60)),
    "files": ("", Bound(10, 8)),
    "files: postgresql": ("", Bound(10, 200)),
    "files: all": ("", Bound(10, 250)),
    "connections": ("", Bound(10, 5)),
    "queue": ("messages", Bound(10, 400)),
    "outbox": ("s", Bound(10, 2)),
    "dead rows": ("%", Bound(10, 10)),
    "bytes a row": ("bytes", Bound(10, 50)),
}
"""Unit and bound of a series, by its name or the word that its name begins with."""
DEAD = "dead letters"
"""The one value that is no series: one is too many."""

_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
_WAITS = """
    SELECT coalesce(extract(epoch FROM now() - min(recorded_at)), 0)
    FROM outbox WHERE sent_at IS NULL
"""
_TABLES = """
    SELECT coalesce(sum(n_live_tup), 0), coalesce(sum(n_dead_tup), 0),
           coalesce(sum(pg_total_relation_size(relid)), 0)
    FROM pg_stat_user_tables
"""


def kind_of(series: str) -> tuple[str, Bound]:
    """Unit and bound of a series, by its name.

    Raises:
        KeyError: there is no such series.
    """
    return BOUNDS.get(series) or BOUNDS[series.partition(":")[0]]


class Sampler:
    """Looks at a city.

    Args:
        state: gives what runs, as ``City.read``.
        amqp_uri, of its broker; the settings of this process name its databases.
    """

    def __init__(self, state: Callable[[], dict[str, object]], amqp_uri: str) -> None:
        self._state = state
        self._amqp_uri = amqp_uri
        self._port = urlsplit(amqp_uri).port
        listeners = all_listeners()
        self._queues = [each.queue for each in listeners]
        self._dead = [each.dead_letters for each in listeners]
        self._databases = {name: settings(name).database_url for name in database_names()}
        self._pids: dict[str, int] = {}

    def sample(self) -> Values:
        """What there is now.

        Raises:
            LocalError: a process has ended, or another has taken its place; or broker or
                database do not answer.
        """
        values: Values = {}
        self._look_at_processes(values)
        try:
            self._look_at_queues(values)
            self._look_at_databases(values)
        except (OSError, AMQPError, psycopg2.Error) as error:
            raise LocalError(f"the city does not answer any more: {error!r}") from error
        return values

    def _look_at_processes(self, values: Values) -> None:
        parts = self._state()["parts"]
        assert isinstance(parts, list)
        for part in parts:
            # Of the broker's own name server there is nothing to say.
            name = part["service"] + (f" {part['part']}" if part["part"] == "relay" else "")
            if part["part"] in ("epmd",) or not part["pid"]:
                continue
            if self._pids.setdefault(name, part["pid"]) != part["pid"]:
                raise LocalError(f"{name} has ended, and was started again")
            memory, files, connections = 0, 0, 0
            for pid in family(part["pid"]):
                try:
                    process = psutil.Process(pid)
                    memory += process.memory_full_info().uss
                    files += process.num_fds()
                    if part["part"] == "broker":
                        connections += self._served(process)
                except psutil.NoSuchProcess:
                    continue
            values[f"memory: {name}"] = memory / 1e6
            values[f"files: {name}"] = files
            if part["part"] == "broker":
                values["connections: broker"] = connections
        values["memory: all"] = sum(v for k, v in values.items() if k.startswith("memory"))
        values["files: all"] = sum(v for k, v in values.items() if k.startswith("files"))

    def _served(self, process: psutil.Process) -> int:
        return sum(
            each.status == psutil.CONN_ESTABLISHED and each.laddr.port == self._port
            for each in process.net_connections("tcp")
        )

    def _look_at_queues(self, values: Values) -> None:
        depths = topology.depths(self._amqp_uri, [*self._queues, *self._dead])
        values["queue: all that waits"] = sum(depths[name] or 0 for name in self._queues)
        values[DEAD] = sum(depths[name] or 0 for name in self._dead)

    def _look_at_databases(self, values: Values) -> None:
        live = dead = size = 0
        oldest = 0.0
        for url in self._databases.values():
            with closing(psycopg2.connect(url, application_name="soak")) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(_WAITS)
                    oldest = max(oldest, float(cursor.fetchone()[0]))
                    cursor.execute(_TABLES)
                    rows = [int(each) for each in cursor.fetchone()]
                    live, dead, size = live + rows[0], dead + rows[1], size + rows[2]
                    cursor.execute(_CONNECTIONS)
                    values["connections: PostgreSQL"] = int(cursor.fetchone()[0])
        values["outbox: age of the oldest"] = oldest
        values["dead rows: of all"] = 100 * dead / max(1, live + dead)
        values["bytes a row: of all tables"] = size / max(1, live)


def every(seconds: float, until: float) -> Callable[[], bool]:
    """A clock: each call waits for the next even moment; False when the time is over."""
    begun = time.monotonic()
    number = 0

    def wait() -> bool:
        nonlocal number
        number = max(number + 1, int((time.monotonic() - begun) / seconds) + 1)
        moment = begun + number * seconds
        if moment > begun + until:
            return False
        time.sleep(max(0.0, moment - time.monotonic()))
        return True

    return wait
