"""Logs: JSON lines, or lines for people. No phone number, e-mail or address in clear."""

import json
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
from palika.masking import MASK, mask

_event_id: ContextVar[str | None] = ContextVar("event_id", default=None)
_process: dict[str, str] = {"service": "-", "part": "-"}

_STANDARD: Final = frozenset(
    set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
)
_PERSONAL: Final = frozenset(
    {"name", "citizen", "phone", "mobile", "email", "address", "recipient"}
)
# These say it of whoever they belong to: owner_phone, citizen_email.
_PERSONAL_ENDINGS: Final = ("_phone", "_mobile", "_email", "_address")
# A section of PostgreSQL's error, up to the next or to where Python's traceback goes on; also where
# the error is shown as its representation, with its ends of lines written out.
_EOL = r"(?:\n|\\n)"
_SECTION = re.compile(
    rf"{_EOL}[ |]*(?:DETAIL|CONTEXT|QUERY|LINE \d+): .*?"
    rf"(?={_EOL}[ |]*(?:HINT: |\[SQL: |\(Background on |Traceback |During handling |The above exc)"
    r"|\Z)",
    re.DOTALL,
)
_UNREADABLE = re.compile(
    rf"""(invalid input \w+ for [^"\n]*: |out of range: )".*?"(?=['")]*(?:{_EOL}|\Z))""",
    re.DOTALL,
)


def safe(text: str) -> str:
    """``text``, of an error or with errors in it, without anybody's data.

    PostgreSQL puts the values of a row into the details of its errors, the text of a statement
    under them and a value that it cannot read behind them: these are left out; the rest is masked.
    """
    return mask(_UNREADABLE.sub(rf"\1{MASK}", _SECTION.sub("", text)))


@contextmanager
def context(*, event_id: str | None, traceparent: str | None, **span: Any) -> Iterator[str]:
    """Log and trace what happens inside as part of handling that event; ``span`` is what else
    ``tracing.span`` takes, and what is given is its traceparent."""
    token = _event_id.set(event_id)
    try:
        with tracing.span(traceparent, **span) as current:
            yield current
    finally:
        _event_id.reset(token)


def configure(*, service: str, part: str, form: str, level: str, city: str = "") -> None:
    """Set the process's logging up: to standard error, in ``form`` ``json`` or ``human``.

    Each line says the service and the part; of a city among several also which it is.
    """
    _process.update(service=service, part=part)
    _process.pop("city", None)
    if city:
        _process["city"] = city
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else HumanFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # They log each frame, each connection attempt and each worker.
    for noisy in ("pika", "kombu", "nameko", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
    # It warns of every call that was refused, with a trace, and of every thread at each stop.
    logging.getLogger("nameko.containers").setLevel(logging.ERROR)
    # It warns of every delivery that meets a channel which is being closed.
    logging.getLogger("amqp").setLevel(logging.ERROR)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says, masked: time (UTC), level, service, part, of a city among several its
    name, message, trace, extras."""
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        **_process,
        "logger": record.name,
        "message": safe(record.getMessage()),
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
        fields["exception"] = safe(logging.Formatter().formatException(record.exc_info))
    return fields


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as JSON, masked."""
        fields = fields_of(record)
        try:
            return orjson.dumps(fields).decode()
        except orjson.JSONEncodeError:
            # Half a surrogate pair, or a number beyond 64 bits.
            return json.dumps(fields)


class HumanFormatter(logging.Formatter):
    """A line for people; the exception below it."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as a line, masked, and its exception under it."""
        fields = fields_of(record)
        exception = fields.pop("exception", None)
        head = f"{fields.pop('time')[11:23]} {fields.pop('level'):7} {fields.pop('service')}"
        head += f"/{fields.pop('part')} {fields.pop('message')}"
        fields.pop("logger")
        rest = " ".join(f"{key}={value}" for key, value in fields.items())
        line = f"{head}  {rest}".rstrip()
        return f"{line}\n{exception}" if exception else line


def _clean(key: str, value: Any) -> Any:
    """An extra as plain JSON values, masked."""
    if key.lower() in _PERSONAL or key.lower().endswith(_PERSONAL_ENDINGS):
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {mask(str(k)): _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item) for item in value]
    # Whatever else there is may say anything in its text: an error, a URL, a row.
    return safe(str(value))
