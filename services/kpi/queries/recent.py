"""What was made for the questions that were asked last."""

import threading
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """So many values by key; whoever was asked for last is forgotten last.

    Threads may ask and put at once. What is put is looked at only: who makes something newer of it
    puts that in its place.
    """

    def __init__(self, most: int) -> None:
        """Of nothing yet."""
        self._most = most
        self._values: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value of a key; None: there is none, or none any more."""
        with self._lock:
            found = self._values.pop(key, None)
            if found is not None:
                self._values[key] = found
            return found

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        with self._lock:
            self._values.pop(key, None)
            while len(self._values) >= self._most:
                del self._values[next(iter(self._values))]
            self._values[key] = value
