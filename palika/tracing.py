"""W3C trace context (``traceparent``), carried from call to outbox to event to handler; and spans.

The ids are always there: logs and errors name the trace. Spans are recorded, and sent to a
collector, only in a process that has been told to by ``begin``, and of those traces that are
sampled: who begins a trace draws whether it is, and all others follow its flag. Nothing of
OpenTelemetry is loaded before (``palika/tracing_sdk.py``). What spans are called and carry is in
``palika/spans.py``.
"""

import random
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from palika.config import Settings

HEADER: Final = "traceparent"

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int | float | bool]

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAMPLED: Final = "01"
_NOT_SAMPLED: Final = "00"


class Live(Protocol):
    """A span that is being recorded."""

    traceparent: str

    def note(self, attributes: Attributes) -> None:
        """Add attributes, or change them."""

    def fail(self, error_type: str) -> None:
        """Say that what is done has failed, and by which kind of error; never its text."""

    def end(self, ended_ns: int | None = None) -> None:
        """It is over: now, or at that time since 1970."""


class Recorder(Protocol):
    """Records spans of sampled traces."""

    ratio: float

    def start(
        self,
        parent: str | None,
        name: str,
        kind: Kind,
        attributes: Attributes | None,
        links: Sequence[str],
        started_ns: int | None,
    ) -> Live:
        """A new span under ``parent``, or the first of a trace."""

    def end(self) -> None:
        """Send what there is, within two seconds; what comes then is dropped."""


_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_live: ContextVar[Live | None] = ContextVar("live_span", default=None)
_recorder: Recorder | None = None


def begin(config: "Settings", part: str) -> None:
    """Record spans from now on, if ``otel_endpoint`` says where they go.

    Args:
        config: of the process; in a service after eventlet's monkey patch, in a web service in the
            worker: it starts a thread.
        part: ``service``, ``web``, or another word (``relay``), which is told beside the service.
    """
    global _recorder
    if config.otel_endpoint:
        from palika import tracing_sdk

        _recorder = tracing_sdk.Recorder(config, part)


def end() -> None:
    """Record no more; what is recorded is sent, as far as that takes two seconds."""
    global _recorder
    recorder, _recorder = _recorder, None
    if recorder is not None:
        recorder.end()


def recording() -> bool:
    """Whether this process records spans at all."""
    return _recorder is not None


def is_recorded(traceparent: str | None) -> bool:
    """Whether a span under ``traceparent`` would be recorded here."""
    return _recorder is not None and is_well_formed(traceparent) and _is_sampled(traceparent)


def is_well_formed(traceparent: object) -> bool:
    """Whether it is one; it comes from a caller or an event, so it may be anything."""
    return isinstance(traceparent, str) and _FORM.fullmatch(traceparent) is not None


def new_traceparent() -> str:
    """The start of a new trace; sampled, if it is drawn here and now."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{_drawn()}"


def child_of(traceparent: str | None, *, trusted: bool = True) -> str:
    """A new span in the trace of ``traceparent``; a new trace if it is missing or malformed.

    Args:
        traceparent: of who asks for it.
        trusted: whether to do as its flag says. An outsider's is not followed: by it anybody could
            have all their requests recorded.
    """
    if traceparent is None or not is_well_formed(traceparent):
        return new_traceparent()
    version, trace_id, _, flags = traceparent.split("-")
    return f"{version}-{trace_id}-{secrets.token_hex(8)}-{flags if trusted else _drawn()}"


def current_traceparent() -> str | None:
    """The trace context of what is being done now, or None."""
    return _current.get()


def current_trace_id() -> str | None:
    """The trace id (32 hex digits) of what is being done now, or None."""
    traceparent = _current.get()
    return traceparent.split("-")[1] if traceparent else None


def carried() -> dict[str, str]:
    """What a message takes along of the trace of what is being done now, if there is one."""
    traceparent = _current.get()
    return {HEADER: traceparent} if traceparent else {}


@contextmanager
def span(
    parent: str | None,
    name: str = "work",
    *,
    kind: Kind = "internal",
    attributes: Attributes | None = None,
    links: Sequence[str] = (),
    trusted: bool = True,
    refusals: tuple[type[BaseException], ...] = (),
    started_ns: int | None = None,
) -> Iterator[str]:
    """Do something in the trace of ``parent`` (or a new one); gives its traceparent.

    Args:
        parent: the trace context of what caused it.
        name: takes few values; it and all else is only looked at when the span is recorded.
        kind: as OpenTelemetry has them.
        attributes: nothing about a person, and nothing that anybody has written.
        links: what else it has to do with.
        trusted: see ``child_of``.
        refusals: exceptions that are good answers of what is done inside.
        started_ns: when it began, if that is some time ago.
    """
    traceparent = child_of(parent, trusted=trusted)
    live = None
    if _recorder is not None and _is_sampled(traceparent):
        above = parent if is_well_formed(parent) else None
        live = _recorder.start(above, name, kind, attributes, links, started_ns)
        traceparent = live.traceparent
    was, was_live = _current.set(traceparent), _live.set(live)
    try:
        yield traceparent
    except refusals:
        raise
    except BaseException as error:
        if live is not None:
            live.fail(type(error).__name__)
        raise
    finally:
        _live.reset(was_live)
        _current.reset(was)
        if live is not None:
            live.end()


def call(name: str, attributes: Attributes) -> AbstractContextManager[str | None]:
    """Ask another service inside. A process that records nothing begins no trace with it: who is
    asked then does, and draws."""
    if _recorder is None and _current.get() is None:
        return nullcontext()
    return span(_current.get(), name, kind="client", attributes=attributes)


def part(
    name: str, kind: Kind, attributes: Callable[[], Attributes]
) -> AbstractContextManager[str | None]:
    """Do a part of what is being done now: a span if that is recorded, else nothing."""
    if _live.get() is None:
        return nullcontext()
    return span(_current.get(), name, kind=kind, attributes=attributes())


def to_keep(cause: str | None = None) -> str | None:
    """What is stored with work that is done later, if its trace is recorded: the trace context of
    what is being done now; that of ``cause``, if it is of another trace than that."""
    current = _current.get()
    if cause is None or (current is not None and current.split("-")[1] in cause):
        cause = current
    return cause if is_recorded(cause) else None


def later(
    kept: str | None, name: str, attributes: Attributes
) -> AbstractContextManager[str | None]:
    """Do work in the trace that was kept with it; nothing is recorded of what was in none."""
    if not is_recorded(kept):
        return nullcontext()
    return span(kept, name, attributes=attributes)


def start(parent: str | None, name: str, kind: Kind, attributes: Attributes) -> Live | None:
    """A span beside what is being done now, to be ended by who starts it; None if not recorded.

    Without a parent it is the first of a trace, if that is drawn.
    """
    if _recorder is None or not _is_sampled(parent or _drawn()):
        return None
    return _recorder.start(parent, name, kind, attributes, (), None)


def record(
    parent: str,
    name: str,
    kind: Kind,
    attributes: Attributes,
    *,
    started_ns: int,
    ended_ns: int,
    error_type: str | None = None,
    links: Sequence[str] = (),
) -> None:
    """Record a span of what has been done already; ``parent`` is one that ``is_recorded``."""
    if _recorder is None:
        return
    live = _recorder.start(parent, name, kind, attributes, links, started_ns)
    if error_type is not None:
        live.fail(error_type)
    live.end(ended_ns)


def note(attributes: Attributes) -> None:
    """Add attributes to the span of what is being done now, if it is recorded."""
    live = _live.get()
    if live is not None:
        live.note(attributes)


def fail(error_type: str) -> None:
    """Say that what is being done now has failed, if it is recorded."""
    live = _live.get()
    if live is not None:
        live.fail(error_type)


def _is_sampled(traceparent: str | None) -> bool:
    # The last bit of the flags: the last hexadecimal digit is odd.
    return traceparent is not None and traceparent[-1] in "13579bdf"


def _drawn() -> str:
    """The flags of a trace that begins here."""
    if _recorder is None or random.random() >= _recorder.ratio:  # noqa: S311 no secret hangs on it
        return _NOT_SAMPLED
    return _SAMPLED
