"""What may change in a published event's schema: a new optional field, and nothing else.

Events are kept for years and read by services that are deployed at other times. So whoever knows
the old schema must understand a new event, and whoever knows the new one an old event. Whatever
else has to change is a new type (``.v2``), published beside the old one for as long as anybody
listens to that.

The schemas as published are kept in ``tests/contract/schemas``; ``palika events document`` writes
them and refuses to write what would break one.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

# They say something about a schema to people and change nothing of what fits it.
_ANNOTATIONS: Final = frozenset(
    {"title", "description", "example", "examples", "default", "deprecated", "readOnly"}
)
_STRUCTURE: Final = frozenset({"properties", "required", "items", "enum", "type"})


def broken_promises(kept: Mapping[str, Schema], present: Mapping[str, Schema]) -> list[str]:
    """How the present schemas of all event types break those that were published, by type name."""
    broken = []
    for name, schema in sorted(kept.items()):
        if name in present:
            broken += [f"{name}: {each}" for each in incompatibilities(schema, present[name])]
        else:
            broken.append(f"{name}: is not published any more")
    return broken


def incompatibilities(old: Schema, new: Schema, where: str = "") -> list[str]:
    """How ``new`` breaks ``old``: a line for each change, with the field that it is in.

    Args:
        old: JSON Schema as published.
        new: JSON Schema as it is now.
        where: the field that they describe; empty for the data itself.
    """
    found = [*_type(old, new), *_enum(old, new), *_rules(old, new)]
    found = [f"{where or 'data'}: {each}" for each in found]
    found += _fields(old, new, where)
    if "items" in old and "items" in new:
        found += incompatibilities(old["items"], new["items"], f"{where}[]")
    return found


def _fields(old: Schema, new: Schema, where: str) -> list[str]:
    before, now = old.get("properties", {}), new.get("properties", {})
    had_to, has_to = set(old.get("required", ())), set(new.get("required", ()))
    found = []
    for name in sorted(before.keys() | now.keys()):
        field = f"{where}.{name}" if where else name
        if name not in now:
            found.append(f"{field}: removed")
        elif name not in before:
            if name in has_to:
                found.append(f"{field}: new and required, but old events have none")
        else:
            if name in has_to - had_to:
                found.append(f"{field}: now required, but old events may have none")
            if name in had_to - has_to:
                found.append(f"{field}: was required, and those who listen count on it")
            found += incompatibilities(before[name], now[name], field)
    return found


def _type(old: Schema, new: Schema) -> list[str]:
    before, now = _types(old), _types(new)
    return [] if before == now else [f"type was {_or(before)}, is {_or(now)}"]


def _types(schema: Schema) -> set[str]:
    kind = schema.get("type", "anything")
    return {kind} if isinstance(kind, str) else set(kind)


def _enum(old: Schema, new: Schema) -> list[str]:
    if ("enum" in old) != ("enum" in new):
        return [f"{'was' if 'enum' in old else 'is now'} one of a list of values"]
    before, now = old.get("enum", []), new.get("enum", [])
    gone = [value for value in before if value not in now]
    come = [value for value in now if value not in before]
    found = [f"enum lost {value!r}, which old events have" for value in gone]
    return found + [f"enum got {value!r}, which those who listen do not know" for value in come]


def _rules(old: Schema, new: Schema) -> list[str]:
    names = (old.keys() | new.keys()) - _ANNOTATIONS - _STRUCTURE
    found = [
        f"{name} was {old.get(name)!r}, is {new.get(name)!r}"
        for name in sorted(names)
        if old.get(name) != new.get(name)
    ]
    if ("items" in old) != ("items" in new):
        found.append("what the list holds was said on one side only")
    return found


def _or(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))
