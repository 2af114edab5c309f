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
from typing import Any, Final

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

_TYPE = re.compile(r"^([a-z][a-z0-9]*)\.([a-z][a-z0-9_]*)\.v([1-9][0-9]*)$")


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
        match = _TYPE.match(name)
        if match is None:
            raise ValueError(
                f"event type {name!r}: expected service.event_name.vN in lower case, "
                "for example grievance.filed.v1"
            )
        return cls(match[1], match[2], int(match[3]))

    @property
    def exchange(self) -> str:
        return f"{self.service}.events"

    @property
    def routing_key(self) -> str:
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
        sequence: the aggregate's version after it happened, or None; a consumer that keeps state
            ignores what is older than what it has.
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

        Raises:
            MalformedEvent: not JSON, not an object, or a required attribute is missing or wrong.
        """
        try:
            raw = orjson.loads(body)
            sequence = raw.get("sequence")
            return cls(
                raw["id"],
                raw["type"],
                raw["subject"],
                datetime.fromisoformat(raw["time"]),
                raw["data"],
                None if sequence is None else int(sequence),
                raw.get("traceparent"),
            )
        except orjson.JSONDecodeError as error:
            raise MalformedEvent(f"not JSON: {error}") from error
        except KeyError as error:
            raise MalformedEvent(f"CloudEvents attribute {error} is missing") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise MalformedEvent(f"not a CloudEvent: {error}") from error


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
            Invalid: the data does not fit the schema; ``fields`` says where.
            ValueError: ``time`` has no time zone.
        """
        moment = time or datetime.now(UTC)
        if moment.tzinfo is None:
            raise ValueError(f"{self.name}: time {moment} has no time zone")
        try:
            canonical = self.schema.dump(self.schema.load(data))
        except ValidationError as error:
            raise Invalid(
                f"the data of {self.name} does not fit its schema", error.normalized_messages()
            ) from error
        return Event(
            id=str(uuid7()),
            type=str(self.name),
            subject=subject,
            time=moment.astimezone(UTC),
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
