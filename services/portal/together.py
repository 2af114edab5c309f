"""Requests of one moment, carried to a service in one call."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from palika.errors import PalikaError, Unavailable, error_of

_MOST = 50
_LARGEST = 1_000_000
_APART_S = 0.1
Given = dict[str, Any]


class Together:
    """One call at a time; what comes while it is made, or soon after, goes with the next one.

    A request that comes after some rest goes at once and alone. Any number of threads may ask.
    """

    def __init__(
        self, call: Callable[[list[Given]], list[Given]], apart_s: float = _APART_S
    ) -> None:
        """Prepare.

        Args:
            call: carries requests; of each, in their order, it gives the answer, or
                ``{"refused": error}``.
            apart_s: between the beginnings of two calls, at the least.
        """
        self._call = call
        self._apart_s = apart_s
        self._begun = -apart_s
        self._turn = threading.Lock()
        self._waiting: deque[tuple[Given, int, Future[Given]]] = deque()

    def answer(self, given: Given, size: int) -> Given:
        """What the service answers to one request.

        Args:
            size: of the request, in bytes: no more than a megabyte goes together.

        Raises:
            PalikaError: the request is refused, or the call has failed.
        """
        mine: Future[Given] = Future()
        self._waiting.append((given, size, mine))
        with self._turn:
            while not mine.done():
                time.sleep(max(self._begun + self._apart_s - time.monotonic(), 0.0))
                self._begun = time.monotonic()
                self._carry(self._next())
        try:
            return mine.result()
        except _Apart:
            return _one(self._call([given])[0])

    def _next(self) -> list[tuple[Given, Future[Given]]]:
        taken: list[tuple[Given, Future[Given]]] = []
        room = _LARGEST
        while self._waiting and len(taken) < _MOST:
            given, size, whose = self._waiting[0]
            if taken and size > room:
                break
            self._waiting.popleft()
            taken.append((given, whose))
            room -= size
        return taken

    def _carry(self, taken: list[tuple[Given, Future[Given]]]) -> None:
        try:
            answers = list(zip(taken, self._call([given for given, _ in taken]), strict=True))
        except Exception as error:  # noqa: BLE001 - each who waits gets it
            # One of them may be why all were refused: each goes again, alone.
            apart = len(taken) > 1 and not isinstance(error, Unavailable)
            for _, whose in taken:
                whose.set_exception(_Apart() if apart else error)
            return
        for (_, whose), answer in answers:
            try:
                whose.set_result(_one(answer))
            except PalikaError as error:
                whose.set_exception(error)


class _Apart(Exception):
    """Asked together it failed; alone it may not."""


def _one(answer: Given) -> Given:
    if "refused" in answer:
        raise error_of(answer["refused"])
    return answer
