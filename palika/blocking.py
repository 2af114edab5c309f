"""Work that would hold up a service's other greenlets: pictures, files, libraries with sockets of
their own. It is done in one of eventlet's few real threads; outside a service, right here.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from eventlet import patcher, tpool

P = ParamSpec("P")
T = TypeVar("T")


def off_hub(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work`` returns, or raises, while the others go on.

    ``work`` may not use what eventlet has patched (locks, sleeps, Python's sockets), nor a database
    session.
    """
    if patcher.is_monkey_patched("socket"):
        return tpool.execute(work, *args, **kwargs)
    return work(*args, **kwargs)
