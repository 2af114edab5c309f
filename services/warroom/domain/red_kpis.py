"""Which KPIs stand red, by what the KPI service has told of them in whatever order it came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from palika.india import grouped
from palika.text import Name

_PLACES: Final = Decimal("0.01")
BAND: Final = " – "
"""Between the ends of a target that is a band."""
_STATUSES: Final = {
    "green": Name("हिरवे", "green"),
    "amber": Name("पिवळे", "amber"),
    "red": Name("लाल", "red"),
}
"""How a value is judged; any other status is none."""
RED: Final = "red"
"""The kind of an alert that a KPI is red; a KPI may be alerted of for other kinds beside it."""


def in_short(number: str) -> str:
    """A number as it is read: two places at most, and none that are naught; 83.33333333333333 is
    83.33. What is none stays as it is."""
    if BAND in number:
        return BAND.join(map(in_short, number.split(BAND)))
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
class Newest:
    """What the dashboard tells of a KPI now: of which period, and how that is judged."""

    period: str
    value: str
    status: str


@dataclass(frozen=True, slots=True)
class KnownKpi:
    """How a KPI's values are shown: what it is called, its unit (None: a number of things), its
    decimals, its target as the dashboard has it (of a band both ends; none: ``()``), and what that
    tells of it now (None: it has no value)."""

    name: Name
    unit: Name | None
    decimals: int
    target: tuple[float, ...] = ()
    now: Newest | None = None


def in_words(kpi: RedKpi, known: KnownKpi | None) -> Name:
    """The value of a red KPI, its target, and where green begins if that is elsewhere: as the
    dashboard shows them, with unit and decimals; in short where these are not known."""
    goal = kpi.target.split(BAND)
    if known is None:
        short = in_short(kpi.target)
        green = _green(Name(short, short))
        value = in_short(kpi.value)
        return Name(f"मूल्य {value}, {green.mr}", f"{value}, {green.en}")
    shown, begins = _shown(known, [kpi.value]), _shown(known, goal)
    mr, en = f"मूल्य {shown.mr}", shown.en
    target = _shown(known, list(map(str, known.target)))
    if known.target:
        mr, en = f"{mr}, लक्ष्य {target.mr}", f"{en}, target {target.en}"
    if begins != target:
        green = _green(begins)
        mr, en = f"{mr}, {green.mr}", f"{en}, {green.en}"
    if known.now is not None and known.now.period != kpi.period:
        newest, status = _shown(known, [known.now.value]), _STATUSES.get(known.now.status)
        judged = Name("", "") if status is None else Name(f", {status.mr}", f", {status.en}")
        mr = f"{mr}; आता ({known.now.period}): {newest.mr}{judged.mr}"
        en = f"{en}; now ({known.now.period}): {newest.en}{judged.en}"
    return Name(mr, en)


def _green(where: Name) -> Name:
    if BAND in where.en:
        return Name(f"हिरवे {where.mr} दरम्यान", f"green within {where.en}")
    return Name(f"हिरवे {where.mr} पासून", f"green begins at {where.en}")


def _shown(known: KnownKpi, numbers: Sequence[str]) -> Name:
    """Numbers with a KPI's decimals, and its unit behind the last."""
    told = BAND.join(_with_decimals(each, known.decimals) for each in numbers)
    if known.unit is None:
        return Name(told, told)
    return Name(f"{told} {known.unit.mr}", f"{told} {known.unit.en}")


def _with_decimals(number: str, decimals: int) -> str:
    try:
        found = Decimal(number)
    except InvalidOperation:
        return number
    if not found.is_finite():
        return number
    steps = found.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, point, rest = f"{abs(steps):f}".partition(".")
    return f"{'−' if steps < 0 else ''}{grouped(int(whole))}{point}{rest}"


def gap(kpi: RedKpi, known: KnownKpi | None = None) -> Decimal:
    """By what part of its target a KPI is beside it, of a target of 0 by all of its value; 0 where
    that is no number. It goes by what the dashboard judges now, if that is known; what is green by
    now is beside nothing."""
    now = known.now if known else None
    if now is not None and now.status == "green":
        return Decimal(0)
    try:
        value = Decimal(now.value if now is not None and now.status in _STATUSES else kpi.value)
        # Of a band it is the nearer end.
        ends = map(Decimal, kpi.target.split(BAND))
        target = min(ends, key=lambda end: abs(value - end))
        return abs(value - target) / abs(target or value) if value != target else Decimal(0)
    except ArithmeticError:
        return Decimal(0)


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
