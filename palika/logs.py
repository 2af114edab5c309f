"""Logs: JSON lines, or lines for people. No phone number, e-mail or address in clear."""

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from palika import tracing

_event_id: ContextVar[str | None] = ContextVar("event_id", default=None)
_process: dict[str, str] = {"service": "-", "part": "-"}

_STANDARD: Final = frozenset(
    set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
)
_PERSONAL: Final = frozenset(
    {"name", "citizen", "phone", "mobile", "email", "address", "recipient"}
)
_MASK: Final = "•••"
# Indian mobiles: ten digits from 6–9, with or without the country code, in the usual groupings;
# not inside a longer run of digits, letters or a UUID.
_PHONE = re.compile(
    r"(?<![\w.-])(?:(?:\+|00)?91[\s-]?|0)?[6-9]\d{4}[\s-]?\d{5}(?![\w-])"
    r"|(?<![\w.-])(?:(?:\+|00)?91[\s-]?|0)?[6-9]\d{2}[\s-]\d{3}[\s-]\d{4}(?![\w-])"
)
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def mask(text: str) -> str:
    """``text`` with e-mail addresses and Indian mobile numbers masked."""
    if "@" in text:
        text = _EMAIL.sub(_MASK, text)
    return _PHONE.sub(_MASK, text)


@contextmanager
def context(*, event_id: str | None, traceparent: str | None) -> Iterator[None]:
    """Log and trace what happens inside as part of handling that event."""
    token = _event_id.set(event_id)
    try:
        with tracing.span(traceparent):
            yield
    finally:
        _event_id.reset(token)


def configure(*, service: str, part: str, form: str, level: str) -> None:
    """Set the process's logging up: to standard error, in ``form`` ``json`` or ``human``."""
    _process.update(service=service, part=part)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else HumanFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # They log each frame, each connection attempt and each worker.
    for noisy in ("pika", "kombu", "nameko", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
    # It warns of every delivery that meets a channel which is being closed.
    logging.getLogger("amqp").setLevel(logging.ERROR)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says, masked: time (UTC), level, service, part, message, trace, extras."""
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        **_process,
        "logger": record.name,
        "message": mask(record.getMessage()),
    }
    trace_id = tracing.current_trace_id()
    if trace_id:
        fields["trace_id"] = trace_id
    event_id = _event_id.get()
    if event_id:
        fields["event_id"] = event_id
    for key, value in vars(record).items():
        if key not in _STANDARD:
            fields[key] = _clean(key, value)
    if record.exc_info:
        fields["exception"] = mask(logging.Formatter().formatException(record.exc_info))
    return fields


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return orjson.dumps(fields_of(record), default=str).decode()


class HumanFormatter(logging.Formatter):
    """A line for people; the exception below it."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        exception = fields.pop("exception", None)
        head = f"{fields.pop('time')[11:23]} {fields.pop('level'):7} {fields.pop('service')}"
        head += f"/{fields.pop('part')} {fields.pop('message')}"
        fields.pop("logger")
        rest = " ".join(f"{key}={value}" for key, value in fields.items())
        line = f"{head}  {rest}".rstrip()
        return f"{line}\n{exception}" if exception else line


def _clean(key: str, value: Any) -> Any:
    if key in _PERSONAL:
        return _MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set):
        return [_clean(key, item) for item in value]
    return value
