"""What happens around a project: grievances of its areas and property tax of its wards, a day each.

Each event counts on the day (of India) on which the thing happened, whenever it comes. A grievance
that is reopened, and a payment that is taken back, are counts of their own day: what was counted
before stays what it was.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from palika.india import day_of
from services.warroom.domain.facts import Link, LinkKind

Data = Mapping[str, Any]


class Malformed(ValueError):
    """An event that cannot be counted; the message names the field."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often, or how many paise, on a day."""

    measure: str
    day: date
    amount: int


def _day(data: Data, field: str) -> date:
    value = data.get(field)
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]
        if moment.tzinfo is not None:
            return day_of(moment)
    except (TypeError, ValueError, OverflowError):
        pass
    raise Malformed(f"{field}: not a time with a zone: {value!r:.60}")


def _plain_day(data: Data, field: str) -> date:
    value = data.get(field)
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise Malformed(f"{field}: not a day: {value!r:.60}") from error


def _paise(data: Data) -> int:
    value = data.get("amount_paise")
    if type(value) is not int or not 0 < value <= 10**15:
        raise Malformed(f"amount_paise: not a whole number of paise: {value!r:.60}")
    return value


def _filed(data: Data) -> list[Count]:
    return [Count("grievances_filed", _day(data, "filed_at"), 1)]


def _resolved(data: Data) -> list[Count]:
    day, on_time = _day(data, "resolved_at"), data.get("on_time")
    if on_time not in (True, False):
        raise Malformed(f"on_time: not true or false: {on_time!r:.60}")
    late = [] if on_time else [Count("grievances_resolved_late", day, 1)]
    return [Count("grievances_resolved", day, 1), *late]


def _reopened(data: Data) -> list[Count]:
    return [Count("grievances_reopened", _day(data, "reopened_at"), 1)]


def _billed(data: Data) -> list[Count]:
    return [Count("tax_billed_paise", _day(data, "billed_at"), _paise(data))]


def _paid(data: Data) -> list[Count]:
    told = data.get("received_on") is not None
    day = _plain_day(data, "received_on") if told else _day(data, "paid_at")
    return [Count("tax_paid_paise", day, _paise(data))]


def _reversed(data: Data) -> list[Count]:
    return [Count("tax_reversed_paise", _day(data, "reversed_at"), _paise(data))]


RULES: Final[Mapping[str, tuple[LinkKind, Callable[[Data], list[Count]]]]] = {
    "grievance.filed.v1": (LinkKind.AREA, _filed),
    "grievance.resolved.v1": (LinkKind.AREA, _resolved),
    "grievance.reopened.v1": (LinkKind.AREA, _reopened),
    "tax.billed.v1": (LinkKind.TAX, _billed),
    "tax.paid.v1": (LinkKind.TAX, _paid),
    "tax.payment_reversed.v1": (LinkKind.TAX, _reversed),
}
"""By the type of an event: which links look at it, and what it comes to."""
MEASURES: Final[Mapping[LinkKind, tuple[str, ...]]] = {
    LinkKind.AREA: (
        *("grievances_filed", "grievances_resolved", "grievances_resolved_late"),
        "grievances_reopened",
    ),
    LinkKind.TAX: ("tax_billed_paise", "tax_paid_paise", "tax_reversed_paise"),
}
"""What a link of a kind counts."""


def counted(kind: str, data: Data, links: Iterable[tuple[UUID, Link]]) -> list[tuple[UUID, Count]]:
    """What an event adds to which links.

    Raises:
        Malformed: it cannot be counted.
    """
    wanted, rule = RULES[kind]
    counts = rule(data)
    return [
        (key, each)
        for key, link in links
        if link.kind is wanted and _looks_at(link, data)
        for each in counts
    ]


def _looks_at(link: Link, data: Data) -> bool:
    categories = (data.get("category"), data.get("parent_category"))
    return (link.ward is None or link.ward == data.get("ward")) and (
        link.category is None or link.category in categories
    )
