"""What the tests of counters, banks and receipts share."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import PalikaError

CASHIER = Identity.of("officer:tax-bills", "officer")
OTHER = Identity.of("officer:tax-section", "officer")
BOSS = Identity.of("supervisor:tax-assistant", "supervisor")


@contextmanager
def meanwhile(sessions: sessionmaker[Session], call: Callable[[], Any]) -> Iterator[Future[Any]]:
    """A call in another thread; the context begins when it waits for a lock that the caller holds.

    Raises:
        AssertionError: it does not wait: it has ended, or ten seconds are over.
    """
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call)
        until = time.monotonic() + 10
        with sessions() as session:
            while not session.scalar(waiting):
                session.rollback()
                assert not called.done(), f"it waits for nobody: {called}"
                assert time.monotonic() < until, "it does not wait"
        yield called


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What each call gave, or the error that refused it; all begin in the same moment."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return call()
        except PalikaError as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
