"""From events to measures: what each event adds, to which measure, on which day.

A *measure* is a number per (measure, department, ward, day, cell) that events add to or take from.
`cell` is 0, but for the measures whose numbers do not add up (`sketches.py`). Deltas commute, so
the order in which events arrive never matters. The same code serves the live projection and
`palika kpi rebuild`, which is why both agree to the last unit.

The rules of a service's events are in `projecting/`. Each gives *base* measures, and by what an
event says (its *attributes*: category, channel, mode ...) it feeds *parts* of them too, in the same
pass: which parts there are is the catalogue's, and is told to the `Projector`.

Days are dates in Asia/Kolkata of the moment *the thing happened*, as the event's own data tells
it, not of the moment the event was sent or read: a late event lands in its own day.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from services.kpi.domain.projecting import eoffice, grievance, notify, tax
from services.kpi.domain.projecting.fields import Data, Malformed, Rule, india_day

__all__ = [
    "ATTRIBUTES",
    "EARLY",
    "KINDS",
    "MEASURES",
    "RULES",
    "Malformed",
    "Projector",
    "india_day",
]

Key = tuple[str, str, str, str, int]
"""measure, department, ward ('' = none), day as YYYY-MM-DD in Asia/Kolkata, cell."""

_OF = (grievance, tax, eoffice, notify)

RULES: dict[str, Rule] = {name: rule for of in _OF for name, rule in of.RULES.items()}
"""One rule per event type: the list of what the service subscribes to is made from it."""

ATTRIBUTES: dict[str, frozenset[str]] = {
    name: attributes for of in _OF for name, attributes in of.ATTRIBUTES.items()
}
"""By what parts of each base measure can be told."""

MEASURES: frozenset[str] = frozenset(ATTRIBUTES)
"""The base measures; `*_paise` is money in integer paise, `*minutes*` is minutes."""

KINDS: dict[str, str] = dict.fromkeys(ATTRIBUTES, "sum") | {
    name: kind
    for of in _OF
    for kind, names in (("distribution", of.DISTRIBUTIONS), ("distinct", of.DISTINCT))
    for name in names
}
"""`sum`, `distribution` or `distinct`, of each base measure."""

EARLY: dict[str, timedelta] = tax.EARLY
"""How long before the day on which it counts an event of a base measure may have been sent; of all
others it is sent when the thing has happened."""

_MOST_COMBINATIONS = 65_536


class Batch(NamedTuple):
    """What a batch of events comes to."""

    totals: dict[Key, int]
    refused: dict[str, str]
    """Reason by event id, of the events that could not be counted and added nothing."""


class Projector:
    """The rules, and the parts of the measures that a catalogue asks for.

    Args:
        parts: by name, `{"of": base measure, "where": {attribute: [values]}}`. An event feeds the
            part when each attribute has one of its values; a value of null stands for "not said".

    Raises:
        ValueError: names a part that is no part of a base measure, by an attribute of it.
    """

    def __init__(self, parts: Mapping[str, Mapping[str, Any]]) -> None:
        by_base: dict[str, dict[str, Mapping[str, Any]]] = {}
        for name, part in parts.items():
            base, where = part["of"], part["where"]
            if name in ATTRIBUTES:
                raise ValueError(f"{name}: is a base measure, and can be no part")
            if base not in ATTRIBUTES:
                raise ValueError(f"{name}: of: {base!r} is no measure that events feed")
            for attribute in where.keys() - ATTRIBUTES[base]:
                raise ValueError(f"{name}: where: {base} does not tell {attribute!r}")
            for attribute, values in where.items():
                if not isinstance(values, list):
                    raise ValueError(f"{name}: where: {attribute}: not a list of values")
            by_base.setdefault(base, {})[name] = where
        self._parts = {base: _Parts(wheres).fed_by for base, wheres in by_base.items()}

    def deltas(self, event_type: str, data: Data) -> list[tuple[Key, int]]:
        """What one event adds to which measures, parts included.

        Raises:
            Malformed: it cannot be counted; names the field.
        """
        rule = RULES.get(event_type)
        if rule is None:
            raise Malformed(f"type: no rule counts {event_type!r}")
        changes = []
        parts_of = self._parts.get
        try:
            for (department, ward, day), seen, given in rule(data):
                for measure, cell, amount in given:
                    changes.append(((measure, department, ward, day, cell), amount))
                    parts = parts_of(measure)
                    if parts is not None:
                        for part in parts(seen):
                            changes.append(((part, department, ward, day, cell), amount))
        except KeyError as missing:
            raise Malformed(f"{missing.args[0]}: missing") from missing
        except TypeError as error:
            raise Malformed(f"data: not an object: {data!r:.60}") from error
        return changes

    def aggregate(self, events: Iterable[tuple[str, str, Data]]) -> Batch:
        """Sum a batch of (event id, event type, data): totals by key, and who was refused and why.

        An event is counted whole or not at all. Keys whose deltas cancel out stay, with 0: a row
        then exists whatever the batches were, and a rebuilt table has the rows of the live one.
        """
        totals: dict[Key, int] = {}
        refused: dict[str, str] = {}
        get = totals.get
        for event_id, event_type, data in events:
            try:
                changes = self.deltas(event_type, data)
            except Malformed as error:
                refused[event_id] = str(error)
                continue
            for key, amount in changes:
                totals[key] = get(key, 0) + amount
        return Batch(totals, refused)


class _Parts:
    """The parts of one measure: which of them an event feeds, remembered by what it said."""

    def __init__(self, wheres: Mapping[str, Mapping[str, Any]]) -> None:
        self._attributes = tuple(sorted({name for where in wheres.values() for name in where}))
        self._first, self._second, self._more, *_ = *self._attributes, None, None, None
        self._wheres = wheres
        self._known: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def fed_by(self, seen: Data) -> tuple[str, ...]:
        """The names of the parts.

        Raises:
            Malformed: an attribute is neither a word nor a number.
        """
        try:
            # Most measures are parted by one or two attributes: no list is made for those.
            first, second = self._first, self._second
            if second is None:
                said: tuple[Any, ...] = (seen.get(first),)
            elif self._more is None:
                said = seen.get(first), seen.get(second)
            else:
                said = tuple(map(seen.get, self._attributes))
            return self._known[said]
        except KeyError:
            return self._work_out(said)
        except TypeError as error:
            raise Malformed(f"{self._odd(said)}: neither a word nor a number") from error

    def _work_out(self, said: tuple[Any, ...]) -> tuple[str, ...]:
        by_attribute = dict(zip(self._attributes, said, strict=True))
        found = tuple(
            name
            for name, where in self._wheres.items()
            if all(by_attribute[attribute] in values for attribute, values in where.items())
        )
        # Whoever publishes what they like fills no memory.
        if len(self._known) >= _MOST_COMBINATIONS:
            self._known.clear()
        self._known[said] = found
        return found

    def _odd(self, said: tuple[Any, ...]) -> str:
        pairs = zip(self._attributes, said, strict=True)
        return next(name for name, value in pairs if isinstance(value, list | dict))
