"""What the platform is measured against: each peer a program of its own, at its best.

``python -m benchmarks.peers.NAME '{"uri": …}'``: the options are one JSON object. A peer that
measures itself prints ``{"rate": …}``, in events a second, after a warm-up that does not count.
"""

import json
import sys
import time
from typing import Any

from benchmarks.watch import WARM_UP


def options() -> Any:
    """The options of this process."""
    return json.loads(sys.argv[1])


class Stopwatch:
    """The rate of ``total`` events from the end of the warm-up to the last one."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._first = int(total * WARM_UP)
        self._begun = 0.0

    def done(self, count: int) -> bool:
        """Say how many are done so far; True, and the rate is printed, when it is all of them."""
        if count < self._first:
            return False
        if not self._begun:
            self._begun = time.perf_counter()
            self._first = count
        if count < self._total:
            return False
        took = time.perf_counter() - self._begun
        print(json.dumps({"rate": (self._total - self._first) / took}))
        return True
