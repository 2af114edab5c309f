"""Receipts that a server in place of a carrier posts by itself: a queue, and a few threads.

As carriers do, a webhook that is not answered with 2xx is posted again, after pauses that grow, for
a day; the receipts of one message come one after the other.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

WORKERS: Final = 8
"""Threads of one carrier, however many messages it takes."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 300.0
FOR_S: Final = 86_400.0
"""Meta tries for days, carriers of text messages for hours."""

Post = Callable[[], int | None]
"""Posts a webhook: the status of the answer, None where nobody answered."""


@dataclass(order=True, slots=True)
class _Waiting:
    """What is still to be posted of a message; ``due`` and ``until`` on the monotonic clock."""

    due: float
    number: int
    posts: list[Post] = field(compare=False)
    until: float = field(compare=False)
    tries: int = field(compare=False, default=0)


def pause_s(tries: int) -> float:
    """The pause after so many tries in vain, 1 or more: it doubles, up to five minutes."""
    return min(FIRST_PAUSE_S * 2.0 ** min(tries - 1, 20), LONGEST_PAUSE_S)


class Queue:
    """Posts webhooks until it is closed; its threads begin with the first."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._workers = workers
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def put(self, posts: Sequence[Post]) -> None:
        """Post the webhooks of one message, each when the one before it was taken."""
        if posts:
            now = time.monotonic()
            self._push(_Waiting(now, next(self._numbers), list(posts), now + FOR_S))

    def close(self) -> None:
        """Post nothing more; what waits is forgotten."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def _push(self, waiting: _Waiting) -> None:
        with self._changed:
            if self._closed:
                return
            if len(self._threads) < self._workers:
                self._threads.append(threading.Thread(target=self._work, daemon=True))
                self._threads[-1].start()
            heapq.heappush(self._waiting, waiting)
            self._changed.notify()

    def _next(self) -> _Waiting | None:
        """What is due, when it is; None: the queue is closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                if self._waiting and self._waiting[0].due <= now:
                    return heapq.heappop(self._waiting)
                self._changed.wait(self._waiting[0].due - now if self._waiting else None)
        return None

    def _work(self) -> None:
        while (waiting := self._next()) is not None:
            status = waiting.posts[0]()
            now = time.monotonic()
            waiting.due, waiting.number = now, next(self._numbers)
            if (status is not None and 200 <= status < 300) or now >= waiting.until:
                del waiting.posts[0]
                waiting.tries, waiting.until = 0, now + FOR_S
            else:
                waiting.tries += 1
                waiting.due += pause_s(waiting.tries)
            if waiting.posts:
                self._push(waiting)
