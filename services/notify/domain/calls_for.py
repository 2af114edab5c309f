"""Which events call for which template, and who is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from palika.errors import Invalid
from services.notify.domain.templates import Templates

_NEEDED = {"template", "audience", "happened"}
_OPTIONAL = {"recipient", "also", "only", "known_by"}
_KNOWN_BY = ("id", "code", "officer")


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent for an event type, and to whom.

    Attributes:
        template: its name.
        audience: the service that knows the recipient.
        happened: the field with the moment of the event.
        recipient: the field of the event with the id that it knows them by; None: ``also`` has all.
        also: the fields that may have the id, or a list, of others who are told the same.
        only: what fields of the event must be, for anybody to be told.
        known_by: ``id`` (a UUID), ``code``: a post is known by that, or ``officer``: the code of
            one, who is asked for as ``officer:<code>``.
    """

    event_type: str
    template: str
    audience: str
    happened: str
    recipient: str | None = None
    also: tuple[str, ...] = ()
    only: Mapping[str, Any] = field(default_factory=dict)
    known_by: str = "id"

    def is_for_people(self, told: Mapping[str, Any]) -> bool:
        """Whether an event with these data is one that anybody is told of."""
        return all(told.get(name) == value for name, value in self.only.items())


def calls(data: Any, known: Templates) -> dict[str, Call]:
    """Check the data of events and build them, by event type.

    Raises:
        Invalid: names every event type that has mistakes.
    """
    if not isinstance(data, Mapping):
        raise Invalid("Events are a table, by type.", {"events": ["a table"]})
    wrong: dict[str, list[str]] = {}
    found: dict[str, Call] = {}
    for kind, entry in data.items():
        mistakes: list[str] = []
        if not isinstance(entry, Mapping):
            wrong[str(kind)] = ["must be a table of fields"]
            continue
        mistakes += [f"{each}: missing" for each in sorted(_NEEDED - entry.keys())]
        unknown = sorted(map(str, entry.keys() - _NEEDED - _OPTIONAL))
        mistakes += [f"{each}: unknown field" for each in unknown]
        texts = {key: entry.get(key) for key in _NEEDED | entry.keys() & {"recipient"}}
        mistakes += [f"{k}: must be text" for k, v in texts.items() if not isinstance(v, str)]
        also = entry.get("also", [])
        if not isinstance(also, list) or not all(isinstance(each, str) for each in also):
            mistakes.append("also: must be a list of fields")
        if "recipient" not in entry and not also:
            mistakes.append("recipient: missing, and also has nobody")
        if not isinstance(entry.get("only", {}), Mapping):
            mistakes.append("only: must be a table of fields")
        if entry.get("known_by", "id") not in _KNOWN_BY:
            mistakes.append(f"known_by: one of {', '.join(_KNOWN_BY)}")
        if isinstance(entry.get("template"), str) and entry["template"] not in known.by_name:
            mistakes.append(f"template: there is none named {entry['template']!r}")
        if mistakes:
            wrong[str(kind)] = mistakes
        else:
            found[str(kind)] = Call(event_type=str(kind), **{**entry, "also": tuple(also)})
    if wrong:
        raise Invalid("The events have mistakes.", wrong)
    return found
