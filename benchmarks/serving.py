"""Where a portal that was started answers."""

import re
import time

from benchmarks.ground import Process
from palika.local.processes import LocalError

_SERVING = re.compile(r"serving on (http://127\.0\.0\.1:\d+)")
_WITHIN_S = 120


def address_of(portal: Process) -> str:
    """The beginning of its pages' addresses, by what it has printed.

    Raises:
        LocalError: it has ended, or does not serve.
    """
    end = time.monotonic() + _WITHIN_S
    while time.monotonic() < end:
        portal.check()
        found = _SERVING.search(portal.log.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise LocalError("the portal does not serve")
