"""Looking for garbage as a service's process does, while a measure runs in this one."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from palika import garbage


@contextmanager
def as_in_a_service() -> Iterator[None]:
    """Python looks seldom, and what is there by now (a service that has started) it leaves alone;
    afterwards as before."""
    before = gc.get_threshold()
    garbage.look_seldom()
    garbage.leave_alone()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
