"""Work that would hold up a service's other greenlets: pictures, files, libraries with sockets of
their own. It is done in one of eventlet's few real threads; outside a service, right here.
"""

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from eventlet import patcher, tpool

from palika.errors import Unavailable

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

threading = patcher.original("threading")
"""The module as it is without eventlet: for locks between the threads of ``off_hub``."""


def off_hub(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``work`` returns, or raises, while the others go on.

    ``work`` may use nothing that eventlet has patched: no lock but those of ``threading`` above, no
    sleep, no socket of Python's, no database session, and no log: two threads that log at once wait
    for each other for ever. So the cause of an ``Unavailable`` is logged here for it.
    """
    try:
        if patcher.is_monkey_patched("socket"):
            return tpool.execute(work, *args, **kwargs)
        return work(*args, **kwargs)
    except Unavailable as error:
        # The first line: some libraries' errors go on with a dump of their state.
        cause = str(error.__cause__ or error).partition("\n")[0]
        _log.error("%s: %s", error, cause)
        raise
