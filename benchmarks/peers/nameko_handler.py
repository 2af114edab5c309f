"""Stock Nameko: ``event_handler``, the upsert of the measure, one commit an event, no inbox.

At its best: psycopg2 itself rather than an ORM, made green; a connection for each worker, each
statement its own transaction. Nameko prefetches as many events as it has workers.
"""

import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
import eventlet  # noqa: E402

eventlet.monkey_patch()
from psycogreen.eventlet import patch_psycopg  # noqa: E402

patch_psycopg()

import signal  # noqa: E402
from typing import Any  # noqa: E402

import psycopg2  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from nameko.events import event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402

from benchmarks.peers import options  # noqa: E402
from benchmarks.peers.effect import UPSERT, key  # noqa: E402

_STATEMENT = UPSERT.format("%s", "%s", "%s")


class Connections(DependencyProvider):
    """An autocommitting connection for each worker, which takes one and gives it back."""

    def setup(self) -> None:
        self._free: list[Any] = []
        for _ in range(self.container.max_workers):
            connection = psycopg2.connect(self.container.config["DATABASE_URL"])
            connection.autocommit = True
            self._free.append(connection.cursor())

    def get_dependency(self, worker_ctx: Any) -> Any:
        return self._free

    def worker_result(self, worker_ctx: Any, result: Any = None, exc_info: Any = None) -> None:
        if exc_info is not None:
            raise SystemExit(f"the handler failed: {exc_info[1]!r}")


class Bench:
    """The service; its queue is ``effect.NAMEKO_QUEUE``."""

    name = "bench"
    free = Connections()

    @event_handler("grievance", "filed")
    def count(self, event: dict[str, Any]) -> None:
        """One more of the measure."""
        cursor = self.free.pop()
        cursor.execute(_STATEMENT, key(event))
        self.free.append(cursor)


def main() -> None:
    """Run until SIGTERM."""
    given = options()
    config = {
        "AMQP_URI": given["uri"],
        "DATABASE_URL": given["database"],
        "max_workers": given["workers"],
    }
    container = ServiceContainer(Bench, config)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    container.start()
    container.wait()


if __name__ == "__main__":
    main()
