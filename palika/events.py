"""Events: what has happened, said in the CloudEvents 1.0 envelope.

A service declares each type it publishes once, at module level in its ``schemas.py``::

    FILED = event_type("grievance.filed.v1", GrievanceFiled, "A grievance was registered.")

and makes an event of it with ``FILED.new(subject=…, sequence=…, data=…)``. The data is checked
against the schema there and then: what does not fit is refused where it is made, never where it
is read. A published type does not change incompatibly; a new version is a new type (``.v2``).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
from marshmallow import Schema, ValidationError
from uuid6 import uuid7

from palika import tracing
from palika.errors import Invalid

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
"""The AMQP content type. The body is CloudEvents' structured JSON; ``application/json`` rather than
``application/cloudevents+json`` lets a stock Nameko ``event_handler`` read it (docs/decisions)."""

HEARTBEAT: Final = "heartbeat"
"""The event of the backbone itself, ``<service>.heartbeat.v1``: see :mod:`palika.heartbeat`."""

_TYPE = re.compile(r"([a-z][a-z0-9]*)\.([a-z][a-z0-9_]*)\.v([1-9][0-9]{0,8})")
# What PostgreSQL's bigint holds, and as how many digits.
_SEQUENCE_MAX: Final = 2**63 - 1
_SEQUENCE_DIGITS: Final = 19
# Of a UUIDv7 the first 48 bits are the milliseconds since 1970.
_UUID_WITH_TIME: Final = 7
_UUID_BEHIND_TIME: Final = 80
_BACKSLASH: Final = ord("\\")
# As orjson writes them; within a text their quotes would be escaped.
_TRACEPARENT: Final = ',"traceparent":"'
_DATA: Final = ',"data":'


class MalformedEvent(ValueError):
    """The bytes are not a CloudEvent that this platform understands; the message says why."""


@dataclass(frozen=True, slots=True)
class TypeName:
    """An event type's name taken apart: ``grievance.filed.v1``.

    ``exchange`` and ``routing_key`` follow Nameko's convention (``grievance.events``, ``filed``),
    so that stock Nameko handlers can listen; later versions add theirs (``filed.v2``).
    """

    service: str
    event: str
    version: int

    @classmethod
    def parse(cls, name: str) -> "TypeName":
        """Take ``service.event.vN`` apart.

        Raises:
            ValueError: the name is not of that form.
        """
        match = _TYPE.fullmatch(name)
        if match is None:
            raise ValueError(
                f"event type {name!r}: expected service.event_name.vN in lower case, "
                "for example grievance.filed.v1"
            )
        return cls(match[1], match[2], int(match[3]))

    @property
    def exchange(self) -> str:
        """The exchange on which its service publishes: ``grievance.events``."""
        return f"{self.service}.events"

    @property
    def routing_key(self) -> str:
        """What it is published under: ``filed``, of a later version ``filed.v2``."""
        return self.event if self.version == 1 else f"{self.event}.v{self.version}"

    def __str__(self) -> str:
        return f"{self.service}.{self.event}.v{self.version}"


@dataclass(slots=True)
class Event:
    """One thing that happened.

    Attributes:
        id: UUIDv7 as text; the key of every deduplication.
        type: for example ``grievance.filed.v1``.
        subject: the id of the aggregate that it happened to.
        time: when it happened (not when it was sent); aware, UTC.
        data: the payload, plain JSON values.
        sequence: the aggregate's version after it happened, 0 or more, or None; a consumer that
            keeps state ignores what is older than what it has.
        traceparent: W3C trace context of the act that caused it, or None.
    """

    id: str
    type: str
    subject: str
    time: datetime
    data: dict[str, Any]
    sequence: int | None = None
    traceparent: str | None = None

    @property
    def name(self) -> str:
        """The type without its version: ``grievance.filed``."""
        return self.type.rpartition(".")[0]

    @property
    def source(self) -> str:
        """CloudEvents ``source``: a URI-reference that names the publishing service."""
        return f"urn:palika:{self.type.partition('.')[0]}"

    @property
    def dataschema(self) -> str:
        """CloudEvents ``dataschema``: the URI of the payload's schema, one per type."""
        return f"urn:palika:schema:{self.type}"

    def to_json(self) -> str:
        """The event as CloudEvents 1.0 structured JSON."""
        envelope: dict[str, Any] = {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "dataschema": self.dataschema,
        }
        if self.traceparent is not None:
            envelope["traceparent"] = self.traceparent
        if self.sequence is not None:
            # CloudEvents' sequence extension carries the number as text.
            envelope["sequence"] = str(self.sequence)
            envelope["sequencetype"] = "Integer"
        envelope["data"] = self.data
        return orjson.dumps(envelope).decode()

    @classmethod
    def from_json(cls, body: bytes | str | memoryview) -> "Event":
        """Read CloudEvents structured JSON. The payload is not checked against its schema.

        Whoever can reach the exchange can send anything, so what is let through is safe to handle:
        each attribute has its type, the time a zone, the sequence fits a bigint, and no text holds
        a NUL, which PostgreSQL cannot keep.

        Raises:
            MalformedEvent: not JSON, not an object, or a required attribute is missing or wrong.
        """
        try:
            raw = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise MalformedEvent(f"not JSON: {error}") from error
        if type(raw) is not dict:
            raise MalformedEvent("not a JSON object")
        try:
            kind, time, data = raw["type"], raw["time"], raw["data"]
            event_id, subject, version = raw["id"], raw["subject"], raw["specversion"]
        except KeyError as error:
            raise MalformedEvent(f"CloudEvents attribute {error} is missing") from error
        sequence, traceparent = raw.get("sequence"), raw.get("traceparent")
        # One condition for all, because this is read for every event; what is wrong is told after.
        if not (
            version == SPEC_VERSION
            and type(event_id) is type(kind) is type(subject) is type(time) is str
            and type(data) is dict
            and (traceparent is None or type(traceparent) is str)
            and _is_type_name(kind)
        ):
            raise MalformedEvent(_what_is_wrong(raw))
        if sequence is not None:
            sequence = _whole(sequence)
        text = body if type(body) is bytes else _bytes(body)
        # JSON writes a NUL as an escape only, and most events have none.
        if _BACKSLASH in text and _holds_nul(raw):
            raise MalformedEvent("a NUL character, which PostgreSQL cannot keep")
        return cls(event_id, kind, subject, _moment(time), data, sequence, traceparent)


def recorded_at(event_id: str | UUID) -> datetime | None:
    """When an event was recorded, as its id (a UUIDv7) tells; None: it does not tell."""
    key = UUID(str(event_id))
    if key.version != _UUID_WITH_TIME:
        return None
    return datetime.fromtimestamp((key.int >> _UUID_BEHIND_TIME) / 1000, UTC)


def _bytes(body: bytes | str | memoryview) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)


def _moment(time: str) -> datetime:
    try:
        return _in_utc(datetime.fromisoformat(time))
    except ValueError as error:
        raise MalformedEvent(f"time {time!r:.60}: {error}") from error


def _in_utc(moment: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: it has no time zone, or is on the calendar in some time zones only.
    """
    zone = moment.tzinfo
    if zone is None:
        raise ValueError(f"{moment} has no time zone")
    if zone is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("out of range") from error
    if not 1 < moment.year < 9999:
        raise ValueError("out of range")
    return moment


def _whole(sequence: Any) -> int:
    if (
        type(sequence) is str
        and len(sequence) <= _SEQUENCE_DIGITS
        and sequence.isdecimal()
        and sequence.isascii()
    ):
        number = int(sequence)
        if number <= _SEQUENCE_MAX:
            return number
    raise MalformedEvent(f"sequence {sequence!r:.60} is not a whole number as text")


@lru_cache(maxsize=1_024)
def _is_type_name(name: str) -> bool:
    return _TYPE.fullmatch(name) is not None


def traceparent_of(body: str) -> str | None:
    """The trace context in an event's JSON as ``to_json`` has written it, or None."""
    start = body.find(_TRACEPARENT, 0, body.find(_DATA))
    if start < 0:
        return None
    start += len(_TRACEPARENT)
    return body[start : body.index('"', start)]


def _what_is_wrong(raw: dict[str, Any]) -> str:
    """The first attribute that is not as it must be."""
    if raw["specversion"] != SPEC_VERSION:
        return f"specversion {raw['specversion']!r:.60} is not {SPEC_VERSION}"
    for name in ("id", "type", "subject", "time"):
        if type(raw[name]) is not str:
            return f"{name} is not text"
    if type(raw["data"]) is not dict:
        return "data is not an object"
    if type(raw.get("traceparent")) not in (str, type(None)):
        return "traceparent is not text"
    return f"type {raw['type']!r:.60} is not of the form service.event_name.vN"


def _holds_nul(value: Any) -> bool:
    """Whether a key or a text anywhere in a JSON value holds a NUL, however deep it is nested."""
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            if "\0" in each:
                return True
        elif isinstance(each, dict):
            rest += each.keys()
            rest += each.values()
        elif isinstance(each, list):
            rest += each
    return False


@dataclass(frozen=True, slots=True)
class EventType:
    """A registered type of event: its name, the schema of its data, and a line about it.

    ``logged`` types are kept in the service's event-log stream and must be routable; the backbone's
    heartbeats are neither.
    """

    name: TypeName
    schema: Schema
    summary: str
    logged: bool = True

    def new(
        self,
        *,
        subject: str,
        data: dict[str, Any],
        sequence: int | None = None,
        time: datetime | None = None,
    ) -> Event:
        """Make an event of this type.

        Args:
            subject: id of the aggregate.
            data: the payload; loaded by the schema and dumped again, so what travels has exactly
                the schema's JSON types.
            sequence: the aggregate's version after the event.
            time: when it happened, aware; now if not given.

        Raises:
            Invalid: the data does not fit the schema; ``fields`` says where. Also for a text with
                a NUL character, which no subscriber's PostgreSQL could keep.
            ValueError: ``time`` has no time zone, or the envelope could not be read again: an
                empty subject, a sequence that no bigint holds, a time at the calendar's ends.
        """
        if not subject or "\0" in subject:
            raise ValueError(f"{self.name}: subject {subject!r} is empty or holds a NUL")
        if sequence is not None and not 0 <= sequence <= _SEQUENCE_MAX:
            raise ValueError(f"{self.name}: sequence {sequence} is negative or beyond 64 bits")
        try:
            moment = datetime.now(UTC) if time is None else _in_utc(time)
        except ValueError as error:
            raise ValueError(f"{self.name}: time: {error}") from error
        try:
            canonical = self.schema.dump(self.schema.load(data))
        except ValidationError as error:
            raise Invalid(
                f"the data of {self.name} does not fit its schema", error.normalized_messages()
            ) from error
        for name, value in canonical.items():
            if _holds_nul(value):
                raise Invalid(
                    f"the data of {self.name} does not fit its schema",
                    {name: ["A NUL character cannot be kept."]},
                )
        return Event(
            id=str(uuid7()),
            type=str(self.name),
            subject=subject,
            time=moment,
            data=canonical,
            sequence=sequence,
            traceparent=tracing.current_traceparent(),
        )


_registry: dict[str, EventType] = {}


def event_type(name: str, schema: type[Schema], summary: str, *, logged: bool = True) -> EventType:
    """Register a type of event; done once, where the publishing service is defined.

    Args:
        name: ``service.event.vN``.
        schema: marshmallow schema of the data; unknown fields are refused.
        summary: one line for the event catalogue.
        logged: keep it in the event-log stream (all but heartbeats).

    Raises:
        ValueError: a badly formed name, or one that is registered with another schema.
    """
    registered = EventType(TypeName.parse(name), schema(unknown="raise"), summary, logged)
    known = _registry.get(name)
    if known is not None and type(known.schema) is not schema:
        raise ValueError(f"event type {name} is registered already, with another schema")
    _registry[name] = registered
    return registered


def registered_types(service: str | None = None) -> list[EventType]:
    """All types registered in this process, by name; of one service if it is named."""
    return [
        kind
        for name, kind in sorted(_registry.items())
        if service is None or kind.name.service == service
    ]


def lookup(name: str) -> EventType:
    """The registered type of that name.

    Raises:
        KeyError: nothing of that name is registered in this process.
    """
    return _registry[name]
