"""W3C trace context (``traceparent``), carried from call to outbox to event to handler."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

HEADER: Final = "traceparent"

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    """The start of a new trace, sampled."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def child_of(traceparent: str | None) -> str:
    """A new span in the trace of ``traceparent``; a new trace if it is missing or malformed.

    It comes from a caller or an event, so it may be anything.
    """
    if not isinstance(traceparent, str) or not _FORM.fullmatch(traceparent):
        return new_traceparent()
    version, trace_id, _, flags = traceparent.split("-")
    return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags}"


def current_traceparent() -> str | None:
    """The trace context of what is being done now, or None."""
    return _current.get()


def current_trace_id() -> str | None:
    """The trace id (32 hex digits) of what is being done now, or None."""
    traceparent = _current.get()
    return traceparent.split("-")[1] if traceparent else None


@contextmanager
def span(parent: str | None) -> Iterator[str]:
    """Do something in the trace of ``parent`` (or a new one); gives its traceparent."""
    traceparent = child_of(parent)
    token = _current.set(traceparent)
    try:
        yield traceparent
    finally:
        _current.reset(token)
