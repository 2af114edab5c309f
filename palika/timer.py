"""``@every``: work that a service does by itself, again and again, in each of its processes."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nameko.timer import Timer
from sqlalchemy.exc import DBAPIError

from palika import turns
from palika.config import settings
from palika.database import is_outage

_log = logging.getLogger(__name__)


class Every(Timer):
    """Calls the method every so many seconds, never twice at once in a process.

    The method is given a function that says whether the service is stopping; it is expected to
    look at it between two pieces of its work and to leave.
    """

    stopping = False

    def __init__(self, interval: float | str, **options: bool) -> None:
        """Prepare; ``interval`` is in seconds, or the name of the setting that has them."""
        super().__init__(interval, **options)
        self._asked = interval

    def setup(self) -> None:
        """Ask for the setting."""
        if isinstance(self._asked, str):
            self.interval: float = getattr(settings(self.container.service_name), self._asked)

    def start(self) -> None:
        """Count from now on."""
        turns.begin(self.method_name, self.interval)
        super().start()

    def stop(self) -> None:
        """Let the method know, then wait for it."""
        self.stopping = True
        super().stop()

    def handle_timer_tick(self) -> None:
        """Start the method in a worker."""
        asked: Callable[[], bool] = lambda: self.stopping  # noqa: E731
        self.container.spawn_worker(self, (asked,), {}, handle_result=self.handle_result)

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        """Measure the turn that has ended."""
        turns.done(self.method_name, ok=exc_info is None)
        return super().handle_result(worker_ctx, result, exc_info)


every = Every.decorator


@contextmanager
def waiting_out_outages(work: str) -> Iterator[None]:
    """Leave ``work`` for the next time while the database is away; readiness shows that it is."""
    try:
        yield
    except DBAPIError as error:
        if not is_outage(error):
            raise
        _log.warning("the database is away, %s waits: %s", work, str(error.orig).strip())
