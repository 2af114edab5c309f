"""A worker of which a part breaks ends as a whole: whoever has started it starts another."""

import threading
import time
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest

from services.notify import working
from services.notify.domain.care import Lane


class Broken(Exception):
    """What a part of the worker meets."""


@pytest.fixture
def world(monkeypatch):
    """Nothing but the worker: there is always something to send and to apply."""
    found = SimpleNamespace(breaks="", sent=threading.Event(), applied=threading.Event())

    class Sender:
        def __init__(self, **given) -> None:
            pass

        def run(self, lane, most=None) -> int:
            found.sent.set()
            if found.breaks == "send" and found.applied.wait(5):
                raise Broken
            time.sleep(0.001)
            return 1

    def apply_new(session, policy, now, most) -> int:
        found.applied.set()
        if found.breaks == "apply" and found.sent.wait(5):
            raise Broken
        time.sleep(0.001)
        return 1

    @contextmanager
    def begin():
        yield None

    known = SimpleNamespace(current=lambda: None)
    for name, stands in {
        "sessions": lambda service: SimpleNamespace(begin=begin),
        "open_store": lambda begin, now: known,
        "city_carriers": lambda: None,
        "with_inbox": lambda carriers, begin: None,
        "city_secrets": lambda: None,
        "Client": lambda identity: nullcontext(None),
        "codes_of_late": lambda session, since: False,
        "Sender": Sender,
        "apply_new": apply_new,
    }.items():
        monkeypatch.setattr(working, name, stands)
    return found


@pytest.mark.parametrize("part", ["send", "apply"])
def test_a_worker_of_which_a_part_breaks_ends_soon_and_tells_why(world, part):
    world.breaks = part
    until = time.monotonic() + 10
    with pytest.raises(Broken):
        working.work(Lane.BULK, 60, lambda: time.monotonic() > until)
    assert time.monotonic() < until
