"""Which call is being carried out, so that a call that is delivered twice is not recorded twice.

A call is acknowledged after its method: where the connection goes in between, the broker delivers
it again. Its caller gives each call an id, which is kept here while the method runs;
``outbox.record`` numbers the call's events under it, and the outbox holds each number once
(decision 0009).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from palika.errors import Conflict, Invalid

HEADER: Final = "palika_call"
"""The key in Nameko's context data."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class _Call:
    """The call in hand, how many events it has recorded, and how many acts it has written down."""

    id: str
    recorded: int = 0
    acts: int = 0
    asked: Mapping[str, str] | None = None


_current: ContextVar[_Call | None] = ContextVar("call", default=None)


def new_id() -> str:
    """An id for a call that is about to be made."""
    return str(uuid4())


@contextmanager
def carrying_out(header: Any, asked: Mapping[str, str] | None = None) -> Iterator[None]:
    """Do what happens inside as part of the call with this id.

    A caller that knows nothing of ids (a stock Nameko client) gives None: such a call may be
    carried out twice.

    Args:
        header: the id.
        asked: the digests of what is asked, where the caller has made the id itself and may ask
            again under it in another call: a service that keeps a record keeps them with it.

    Raises:
        Invalid: the id is no UUID.
    """
    if header is not None and not (isinstance(header, str) and _UUID.fullmatch(header)):
        raise Invalid("the id of a call is a UUID in lower case")
    token = _current.set(_Call(header, asked=asked) if header is not None else None)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def attempt() -> Iterator[None]:
    """One transaction of the call: what it records is forgotten when it raises."""
    call = _current.get()
    before = (call.recorded, call.acts) if call else (0, 0)
    try:
        yield
    except BaseException:
        if call:
            call.recorded, call.acts = before
        raise


def numbered(count: int) -> list[str | None]:
    """``<call id>:<n>`` for each of the call's next ``count`` events; None outside a call."""
    call = _current.get()
    if call is None:
        return [None] * count
    first, call.recorded = call.recorded, call.recorded + count
    return [f"{call.id}:{number}" for number in range(first, call.recorded)]


def first_number() -> str | None:
    """That of the call's first event, whenever it was or will be recorded; None outside a call."""
    call = _current.get()
    return None if call is None else f"{call.id}:0"


def numbered_act() -> str | None:
    """``<call id>:<n>`` for the next act of a service's own record that the call writes down, which
    are counted by themselves; None outside a call."""
    call = _current.get()
    if call is None:
        return None
    call.acts += 1
    return f"{call.id}:{call.acts - 1}"


def asked_once() -> Mapping[str, str] | None:
    """The digests of what is asked, for the first act of a call whose id its caller has made."""
    call = _current.get()
    return call.asked if call is not None and call.acts == 0 else None


def acts_written() -> int:
    """How many acts the call has written down so far."""
    call = _current.get()
    return 0 if call is None else call.acts


@contextmanager
def beside() -> Iterator[None]:
    """Do what happens inside as no part of the call: what a call does only if it is the first that
    comes would count otherwise the second time it is delivered."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def carried_out_already() -> Conflict:
    """The refusal of a call that was carried out before: ``carried_out`` in the details."""
    return Conflict(
        "this call has been carried out already, and its answer was lost: look before you try "
        "again",
        {"carried_out": True},
    )
