"""What the tests of counters, banks and receipts share."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from palika.auth import Identity
from palika.errors import PalikaError

CASHIER = Identity.of("officer:cashier-1", "officer")
OTHER = Identity.of("officer:cashier-2", "officer")
BOSS = Identity.of("supervisor:counters", "supervisor")


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
