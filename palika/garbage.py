"""When Python looks for garbage: a platform's process makes little of it and keeps much."""

import ctypes
import gc

_YOUNG = 20_000


def look_seldom() -> None:
    """Look at new objects when there are many: for every process, before it loads anything.

    Python looks after every 700; a start makes half a million that stay, and what a service
    remembers of its answers is gone through again and again while somebody waits.
    """
    gc.set_threshold(_YOUNG, 10, 10)


def leave_alone() -> None:
    """Never look again at what there is by now: for a service that has started."""
    gc.freeze()


def give_back() -> None:
    """Give memory back that was freed after a peak, which glibc's malloc keeps."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
