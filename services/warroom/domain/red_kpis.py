"""Which KPIs stand red, by what the KPI service has told of them in whatever order it came."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final
from uuid import UUID

_PLACES: Final = Decimal("0.01")
RED: Final = "red"
"""The kind of an alert that a KPI is red; a KPI may be alerted of for other kinds beside it."""


def in_short(number: str) -> str:
    """A number as it is read: two places at most, and none that are naught; 83.33333333333333 is
    83.33. What is none stays as it is."""
    try:
        found = Decimal(number)
    except InvalidOperation:
        return number
    if not found.is_finite():
        return number
    return f"{found.quantize(_PLACES, ROUND_HALF_UP):f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class RedKpi:
    """A KPI that has turned red, and stands so."""

    code: str
    department: str
    owner: str
    kind: str
    period: str
    value: str
    target: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a KPI.

    Attributes:
        at: when it was told.
        alert_id: of the alert that began, or has ended; None: it was heard when that was not kept.
        ended: whether it tells of an end.
    """

    kpi: RedKpi
    at: datetime
    alert_id: UUID | None
    ended: bool


def standing(told: Iterable[Told]) -> list[RedKpi]:
    """The KPIs that stand red, by code: on every agenda until they have recovered.

    An alert has ended when its own end was told, or a later one of the same KPI: it has one alert
    of a kind at a time. An end that comes before its alert ends it all the same.

    Args:
        told: in any order; alerts of other kinds than ``RED`` say nothing here.
    """
    red = [each for each in told if each.kpi.kind == RED]
    ended = {each.alert_id for each in red if each.ended and each.alert_id is not None}
    last_end: dict[str, datetime] = {}
    for each in red:
        if each.ended:
            last_end[each.kpi.code] = max(each.at, last_end.get(each.kpi.code, each.at))
    found: dict[str, Told] = {}
    for each in red:
        code = each.kpi.code
        over = each.ended or each.alert_id in ended or each.at < last_end.get(code, each.at)
        if over:
            continue
        if code not in found or found[code].at < each.at:
            found[code] = each
    return [each.kpi for _, each in sorted(found.items())]
