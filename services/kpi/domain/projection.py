"""From events to measures: what each event adds, to which measure, on which day.

A *measure* is a number per (measure, department, ward, day) that events add to or take from.
Deltas commute, so the order in which events arrive never matters. The same code serves the live
projection and `palika kpi rebuild`, which is why both agree to the last unit.

Days are dates in Asia/Kolkata of the moment *the thing happened*, as the event's own data tells
it, not of the moment the event was sent or read: a late event lands in its own day.

This is the hottest code of the service: a plain function per event type, found in a dict, and no
datetime object unless a ten-minute slot of time is met for the first time.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from palika.india import day_of

Key = tuple[str, str, str, str]
"""measure, department, ward ('' = none), day as YYYY-MM-DD in Asia/Kolkata."""
Delta = tuple[str, str, str, str, int]
"""A key and what to add to it: a count, or paise, or minutes, as the measure says."""
Data = Mapping[str, Any]

PROPERTY_TAX = "property-tax"
_BIGINT = 2**63
_CODE_LIMIT = 200


class Malformed(ValueError):
    """An event that cannot be counted; `str()` names the field and the rule."""


class Batch(NamedTuple):
    """What a batch of events comes to."""

    totals: dict[Key, int]
    refused: dict[str, str]
    """Reason by event id, of the events that could not be counted and added nothing."""


@lru_cache(maxsize=65_536)
def _day_of_slot(slot: str) -> str:
    """The Indian date of a UTC time cut to ten minutes ("2026-04-01T18:3"): 5:30 is 33 slots."""
    return day_of(datetime.fromisoformat(slot + "0").replace(tzinfo=UTC)).isoformat()


def india_day(data: Data, field: str) -> str:
    """The date in Asia/Kolkata, as YYYY-MM-DD, of the ISO 8601 time in `data[field]`.

    Raises:
        Malformed: not a time, or a time without a zone.
        KeyError: there is no such field.
    """
    value = data[field]
    try:
        if value[-1] == "Z":
            return _day_of_slot(value[:15])
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed(f"{field}: not an ISO 8601 time with a zone: {value!r:.60}")
    try:
        return day_of(moment).isoformat()
    except OverflowError as error:
        raise Malformed(f"{field}: not on the calendar in India: {value!r:.60}") from error


def _whole(data: Data, field: str) -> int:
    """The integer in `data[field]`; a bool, a float or what no bigint can hold is refused."""
    value = data[field]
    if type(value) is not int or not -_BIGINT < value < _BIGINT:
        raise Malformed(f"{field}: not a whole number of 64 bits: {value!r:.60}")
    return value


def _flag(data: Data, field: str) -> bool:
    value = data[field]
    if value is not True and value is not False:
        raise Malformed(f"{field}: not true or false: {value!r:.60}")
    return value


def _code(data: Data, field: str) -> str:
    """A department's code: a string with something in it, that an index can hold."""
    value = data[field]
    if type(value) is not str or not value or len(value) > _CODE_LIMIT or "\0" in value:
        raise Malformed(f"{field}: not a code: {value!r:.60}")
    return value


def _ward(data: Data) -> str:
    value = data["ward"]
    if value is None:
        return ""
    if type(value) is not str or len(value) > _CODE_LIMIT or "\0" in value:
        raise Malformed(f"ward: not a code: {value!r:.60}")
    return value


def _filed(data: Data) -> list[Delta]:
    place = _code(data, "department"), _ward(data), india_day(data, "filed_at")
    return [("grievance.filed", *place, 1)]


def _assigned(data: Data) -> list[Delta]:
    place = _code(data, "department"), _ward(data), india_day(data, "assigned_at")
    return [("grievance.assigned", *place, 1)]


def _resolution(data: Data, sign: int) -> list[Delta]:
    """What a resolution gives (+1) or, when the grievance is opened again, takes back (-1)."""
    department, ward = _code(data, "department"), _ward(data)
    day = india_day(data, "resolved_at")
    on_time = sign if _flag(data, "on_time") else 0
    return [
        ("grievance.resolved", department, ward, day, sign),
        ("grievance.resolved_on_time", department, ward, day, on_time),
        (
            "grievance.resolution_minutes",
            department,
            ward,
            day,
            sign * _whole(data, "minutes_taken"),
        ),
    ]


def _resolved(data: Data) -> list[Delta]:
    return _resolution(data, 1)


def _reopened(data: Data) -> list[Delta]:
    place = _code(data, "department"), _ward(data), india_day(data, "reopened_at")
    return [("grievance.reopened", *place, 1), *_resolution(data, -1)]


def _once(data: Data, measure: str, field: str, sign: int = 1) -> list[Delta]:
    """One of a measure, given (+1) or taken back (-1) on the day of `data[field]`."""
    return [(measure, _code(data, "department"), _ward(data), india_day(data, field), sign)]


def _rejected(data: Data) -> list[Delta]:
    return _once(data, "grievance.rejected", "rejected_at")


def _restored(data: Data) -> list[Delta]:
    taken_back = _once(data, "grievance.rejected", "rejected_at", -1)
    return [*_once(data, "grievance.restored", "restored_at"), *taken_back]


def _withdrawn(data: Data) -> list[Delta]:
    return _once(data, "grievance.withdrawn", "withdrawn_at")


def _merged(data: Data) -> list[Delta]:
    return _once(data, "grievance.merged", "merged_at")


def _unmerged(data: Data) -> list[Delta]:
    # Of the first of these events nobody knows any more when it had been merged.
    given = "merged_at" if "merged_at" in data else "unmerged_at"
    taken_back = _once(data, "grievance.merged", given, -1)
    return [*_once(data, "grievance.unmerged", "unmerged_at"), *taken_back]


def _billed(data: Data) -> list[Delta]:
    ward, day = _ward(data), india_day(data, "billed_at")
    return [
        ("tax.billed", PROPERTY_TAX, ward, day, 1),
        ("tax.billed_paise", PROPERTY_TAX, ward, day, _whole(data, "amount_paise")),
    ]


def _paid(data: Data) -> list[Delta]:
    ward, day = _ward(data), india_day(data, "paid_at")
    return [
        ("tax.paid", PROPERTY_TAX, ward, day, 1),
        ("tax.paid_paise", PROPERTY_TAX, ward, day, _whole(data, "amount_paise")),
    ]


def _payment_reversed(data: Data) -> list[Delta]:
    """What the payment gave is taken back on its own day."""
    ward, day = _ward(data), india_day(data, "paid_at")
    return [
        ("tax.payment_reversed", PROPERTY_TAX, ward, india_day(data, "reversed_at"), 1),
        ("tax.paid", PROPERTY_TAX, ward, day, -1),
        ("tax.paid_paise", PROPERTY_TAX, ward, day, -_whole(data, "amount_paise")),
    ]


def _file_opened(data: Data) -> list[Delta]:
    return [("eoffice.opened", _code(data, "department"), "", india_day(data, "opened_at"), 1)]


def _file_moved(data: Data) -> list[Delta]:
    department, day = _code(data, "department"), india_day(data, "moved_at")
    return [
        ("eoffice.moved", department, "", day, 1),
        ("eoffice.minutes_held", department, "", day, _whole(data, "minutes_held")),
    ]


def _file_approved(data: Data) -> list[Delta]:
    """An approval without money writes zeros, so that the measures have data."""
    department, day = _code(data, "department"), india_day(data, "approved_at")
    with_money = data["amount_paise"] is not None
    return [
        ("eoffice.approved", department, "", day, 1),
        ("eoffice.sanctioned", department, "", day, int(with_money)),
        (
            "eoffice.sanctioned_paise",
            *(department, "", day),
            _whole(data, "amount_paise") if with_money else 0,
        ),
    ]


def _file_closed(data: Data) -> list[Delta]:
    department, day = _code(data, "department"), india_day(data, "closed_at")
    return [
        ("eoffice.closed", department, "", day, 1),
        ("eoffice.minutes_open", department, "", day, _whole(data, "minutes_open")),
    ]


def _file_returned(data: Data) -> list[Delta]:
    return [("eoffice.returned", _code(data, "department"), "", india_day(data, "returned_at"), 1)]


def _file_overdue(data: Data) -> list[Delta]:
    department, day = _code(data, "department"), india_day(data, "overdue_at")
    of_desk = int(_code(data, "against") == "desk")
    return [
        ("eoffice.overdue", department, "", day, 1),
        ("eoffice.desk_overdue", department, "", day, of_desk),
    ]


def _file_reopened(data: Data) -> list[Delta]:
    # It is not closed any more: that is taken back on the day on which it was counted.
    department, closed = _code(data, "department"), india_day(data, "closed_at")
    return [
        ("eoffice.reopened", department, "", india_day(data, "reopened_at"), 1),
        ("eoffice.closed", department, "", closed, -1),
        ("eoffice.minutes_open", department, "", closed, -_whole(data, "minutes_open")),
    ]


RULES: dict[str, Callable[[Data], list[Delta]]] = {
    "grievance.filed.v1": _filed,
    "grievance.assigned.v1": _assigned,
    "grievance.resolved.v1": _resolved,
    "grievance.reopened.v1": _reopened,
    "grievance.rejected.v1": _rejected,
    "grievance.restored.v1": _restored,
    "grievance.withdrawn.v1": _withdrawn,
    "grievance.merged.v1": _merged,
    "grievance.unmerged.v1": _unmerged,
    "tax.billed.v1": _billed,
    "tax.paid.v1": _paid,
    "tax.payment_reversed.v1": _payment_reversed,
    "eoffice.file_opened.v1": _file_opened,
    "eoffice.file_moved.v1": _file_moved,
    "eoffice.file_approved.v1": _file_approved,
    "eoffice.file_closed.v1": _file_closed,
    "eoffice.file_returned.v1": _file_returned,
    "eoffice.file_overdue.v1": _file_overdue,
    "eoffice.file_reopened.v1": _file_reopened,
}
"""One rule per event type: the list of what the service subscribes to is made from it."""

MEASURES: frozenset[str] = frozenset(
    {
        "grievance.filed",
        "grievance.assigned",
        "grievance.resolved",
        "grievance.resolved_on_time",
        "grievance.resolution_minutes",
        "grievance.reopened",
        "grievance.rejected",
        "grievance.restored",
        "grievance.withdrawn",
        "grievance.merged",
        "grievance.unmerged",
        "tax.billed",
        "tax.billed_paise",
        "tax.paid",
        "tax.paid_paise",
        "tax.payment_reversed",
        "eoffice.opened",
        "eoffice.moved",
        "eoffice.minutes_held",
        "eoffice.approved",
        "eoffice.sanctioned",
        "eoffice.sanctioned_paise",
        "eoffice.closed",
        "eoffice.minutes_open",
        "eoffice.returned",
        "eoffice.overdue",
        "eoffice.desk_overdue",
        "eoffice.reopened",
    }
)
"""All that the rules can write; `*_paise` is money in integer paise, `*minutes*` is minutes."""


def deltas(event_type: str, data: Data) -> list[Delta]:
    """What one event adds to which measures.

    Raises:
        Malformed: it cannot be counted; names the field.
    """
    rule = RULES.get(event_type)
    if rule is None:
        raise Malformed(f"type: no rule counts {event_type!r}")
    try:
        return rule(data)
    except KeyError as missing:
        raise Malformed(f"{missing.args[0]}: missing") from missing
    except TypeError as error:
        raise Malformed(f"data: not an object: {data!r:.60}") from error


def aggregate(events: Iterable[tuple[str, str, Data]]) -> Batch:
    """Sum a batch of (event id, event type, data): totals by key, and who was refused and why.

    An event is counted whole or not at all. Keys whose deltas cancel out stay, with 0: a row then
    exists whatever the batches were, and a rebuilt table has the rows of the live one.
    """
    totals: dict[Key, int] = {}
    refused: dict[str, str] = {}
    get = totals.get
    for event_id, event_type, data in events:
        try:
            changes = deltas(event_type, data)
        except Malformed as error:
            refused[event_id] = str(error)
            continue
        for measure, department, ward, day, delta in changes:
            key = (measure, department, ward, day)
            totals[key] = get(key, 0) + delta
    return Batch(totals, refused)
