"""The event catalogue as documents: AsyncAPI 3 for tools, Markdown for people.

Both are made of the services' own marshmallow schemas and ``@subscribe`` declarations
(``palika events document``); a contract test keeps ``docs/`` as they say.
"""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from palika import catalogue
from palika.events import EventType


def json_schema(schema: Schema) -> dict[str, Any]:
    """A marshmallow schema as JSON Schema (of OpenAPI 3.1's dialect); no further fields."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    APISpec("events", "1", "3.1.0", plugins=[plugin])
    assert plugin.converter is not None
    described: dict[str, Any] = plugin.converter.schema2jsonschema(schema)
    return {"additionalProperties": False} | described


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of the data of every published event type, by type name."""
    return {str(kind.name): json_schema(kind.schema) for kind in catalogue.all_published()}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of all services: channels, messages, who sends and who receives."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for kind in catalogue.all_published():
        name = str(kind.name)
        messages[name] = _message(kind)
        channels[name] = {
            "address": kind.name.routing_key,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": {"name": kind.name.exchange, "type": "topic", "durable": True},
                }
            },
        }
        operations[f"{kind.name.service}.send.{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{name}"},
        }
    for listener in catalogue.all_listeners():
        for name in listener.types:
            operations[f"{listener.queue}.receive.{name}"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": listener.summary,
                "description": f"From the queue {listener.queue}.",
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Palika: the events of the city",
            "version": "1.0.0",
            "description": "CloudEvents 1.0, structured JSON, on RabbitMQ (AMQP 0-9-1).",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _message(kind: EventType) -> dict[str, Any]:
    return {
        "name": str(kind.name),
        "title": str(kind.name),
        "summary": kind.summary,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid", "description": "UUIDv7"},
                "source": {"const": f"urn:palika:{kind.name.service}"},
                "type": {"const": str(kind.name)},
                "subject": {"type": "string", "minLength": 1},
                "time": {"type": "string", "format": "date-time"},
                "dataschema": {"const": f"urn:palika:schema:{kind.name}"},
                "traceparent": {"type": "string"},
                "sequence": {"type": "string", "pattern": "^[0-9]{1,19}$"},
                "sequencetype": {"const": "Integer"},
                "data": json_schema(kind.schema),
            },
        },
    }


def markdown() -> str:
    """The event catalogue for people: every type with its fields, and who listens."""
    lines = [
        "# The events of the city",
        "",
        "Made by `palika events document` from the services' own code; do not edit.",
        "",
        "| event | what happened | listens |",
        "|---|---|---|",
    ]
    listening: dict[str, list[str]] = {}
    for listener in catalogue.all_listeners():
        for name in listener.types:
            listening.setdefault(name, []).append(f"`{listener.queue}`")
    published = catalogue.all_published()
    for kind in published:
        who = ", ".join(listening.get(str(kind.name), ["nobody yet"]))
        anchor = str(kind.name).replace(".", "")
        lines.append(f"| [`{kind.name}`](#{anchor}) | {kind.summary} | {who} |")
    lines += [
        "",
        "Every event is a CloudEvent 1.0 in structured JSON (`id`, `source`, `type`, `subject`, "
        "`time`, `dataschema`, `traceparent`, `sequence`, `data`), published to the topic exchange "
        "`<service>.events` under its name without the service, and kept in the stream "
        "`<service>.log`. Times are UTC. Amounts are integer paise.",
        "",
        "A published type changes by new optional fields only (`palika/compatibility.py`); what "
        "else has to change is a new type, `.v2`. The schemas as published are kept in "
        "`tests/contract/schemas/`.",
    ]
    for kind in published:
        lines += ["", f"## {kind.name}", "", *_summary(kind), "", *_fields(kind)]
    lines += ["", "## Queues", "", "| queue | what it is for | dead letters |", "|---|---|---|"]
    for listener in catalogue.all_listeners():
        lines.append(f"| `{listener.queue}` | {listener.summary} | `{listener.dead_letters}` |")
    return "\n".join(lines) + "\n"


def _summary(kind: EventType) -> list[str]:
    exchange, key = kind.name.exchange, kind.name.routing_key
    doc = " ".join((type(kind.schema).__doc__ or "").replace("``", "`").split())
    return [f"{kind.summary} {doc}".strip(), "", f"Exchange `{exchange}`, routing key `{key}`."]


def _fields(kind: EventType) -> list[str]:
    described = json_schema(kind.schema)
    required = described.get("required", [])
    lines = ["| field | type | required |", "|---|---|---|"]
    for name, field in described["properties"].items():
        types = field.get("type", "any")
        shown = " or ".join(types) if isinstance(types, list) else types
        if "format" in field:
            shown += f" ({field['format']})"
        lines.append(f"| `{name}` | {shown} | {'yes' if name in required else ''} |")
    return lines
