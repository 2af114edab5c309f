"""Alerts as they are listed, and by what their owners are told of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session, selectinload

from palika.paging import cursor_at, order_of, position_of
from palika.text import Name
from services.kpi.describing import both
from services.kpi.domain import insight_words
from services.kpi.domain.indicators import Aim, Indicator
from services.kpi.domain.insight import KINDS
from services.kpi.models import Alert, AlertMute
from services.kpi.moments import moment
from services.kpi.reference import city_catalogue

_FILTERS = ("department", "owner", "code", "kind", "correlation_id")
_MOMENTS = ("began_at", "told_at", "ended_at", "acknowledged_at")
_PLAIN = (
    *("code", "kind", "department", "owner", "reason", "period", "running", "value"),
    *("silent", "end_reason", "end_period", "end_value", "acknowledged_by", "note"),
)


def page(session: Session, args: Mapping[str, Any], today: date) -> dict[str, Any]:
    """A page of alerts, the newest first: `items` and `next`.

    Raises:
        Invalid: a cursor of another list.
    """
    order = order_of("alerts", args)
    asked = select(Alert).options(selectinload(Alert.mute)).where(*_wanted(args, today))
    if args["cursor"] is not None:
        asked = asked.where(tuple_(Alert.began_at, Alert.id) < position_of(order, args["cursor"]))
    asked = asked.order_by(Alert.began_at.desc(), Alert.id.desc()).limit(args["limit"] + 1)
    found = session.scalars(asked).all()
    kept = found[: args["limit"]]
    more = len(found) > len(kept)
    return {
        "items": [view(each, today) for each in kept],
        "next": cursor_at(order, (kept[-1].began_at, kept[-1].id)) if more else None,
    }


def view(alert: Alert, today: date) -> dict[str, Any]:
    """An alert with what it says in words; how it is muted only while it is."""
    name = name_of(alert)
    mute = alert.mute if alert.mute is not None and alert.mute.until >= today else None
    return {
        "id": str(alert.id),
        "correlation_id": str(alert.correlation_id),
        "name": both(name),
        **{each: getattr(alert, each) for each in _PLAIN},
        **{each: moment(getattr(alert, each)) for each in _MOMENTS},
        "told_event": None if alert.told_event is None else str(alert.told_event),
        # By what notify knows whom that event has told.
        "told_as": str(alert.told_group or alert.id),
        "target": _ends(alert.target, alert.target_high),
        "band": _ends(alert.band_low, alert.band_high),
        "words": both(begin_words(alert)),
        "end_words": None if alert.ended_at is None else both(end_words(alert)),
        "muted": mute is not None,
        "muted_until": None if mute is None else mute.until.isoformat(),
        "muted_by": None if mute is None else mute.muted_by,
        "muted_at": None if mute is None else moment(mute.muted_at),
        "mute_reason": None if mute is None else mute.reason,
    }


def told(session: Session, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What the owners of alerts, and of groups of alerts, are told, in both languages.

    Returns:
        One for each that is known. Of an alert: `id`, `owner`, `kpi_name`, `department_name`,
        `why`, and `over` (null while it is open). Of a group: `id`, `owner`, `count` of its alerts,
        `kpi_name` of the first and `alerts`, a line of each: those that are red first.
    """
    alone = [_told_alone(each) for each in session.scalars(select(Alert).where(Alert.id.in_(ids)))]
    groups: dict[UUID, list[Alert]] = defaultdict(list)
    for each in session.scalars(select(Alert).where(Alert.told_group.in_(ids))):
        if each.told_group is not None:
            groups[each.told_group].append(each)
    return alone + [_told_together(group, found) for group, found in groups.items()]


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts as a group tells them: red, then what stagnates, then what left its season."""
    return sorted(alerts, key=lambda each: (KINDS.index(each.kind), each.code))


def _told_alone(alert: Alert) -> dict[str, Any]:
    departments = city_catalogue().departments
    return {
        "id": str(alert.id),
        "owner": alert.owner,
        "kpi_name": both(name_of(alert)),
        "department_name": both(departments[alert.department].name)
        if alert.department in departments
        else None,
        "why": both(begin_words(alert, short=True)),
        "over": None if alert.ended_at is None else both(end_words(alert, short=True)),
    }


def _told_together(group: UUID, alerts: Sequence[Alert]) -> dict[str, Any]:
    found = worst_first(alerts)
    return {
        "id": str(group),
        # Who was told: the KPI may have gone over to another post since.
        "owner": found[0].told_to,
        "count": len(found),
        "kpi_name": both(name_of(found[0])),
        "alerts": [both(_line(each)) for each in found],
    }


def _line(alert: Alert) -> Name:
    name, why = name_of(alert), begin_words(alert, short=True)
    return Name(f"{name.mr}: {why.mr}", f"{name.en}: {why.en}")


def reached(
    alerts: Sequence[Mapping[str, Any]], holders: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The contacts of what owners are told; those whose post nobody holds have none.

    Args:
        alerts: alerts and groups, as of `told`.
        holders: as the e-office's `contacts` gives them; `id` is the post.
    """
    by_post = {each["id"]: each for each in holders}
    return [{**by_post[each["owner"]], **each} for each in alerts if each["owner"] in by_post]


def name_of(alert: Alert) -> Name:
    """The KPI's name; its code when it is in the catalogue no more."""
    known = _indicator(alert)
    return Name(alert.code, alert.code) if known is None else known.name


def begin_words(alert: Alert, *, short: bool = False) -> Name:
    """What was found when it began."""
    return _said(
        alert,
        alert.reason,
        alert.period,
        alert.value,
        (alert.target, alert.target_high),
        (alert.band_low, alert.band_high),
        alert.facts,
        short=short,
    )


def end_words(alert: Alert, *, short: bool = False) -> Name:
    """What ended it."""
    return _said(
        alert,
        alert.end_reason or "not_judged",
        alert.end_period or alert.period,
        alert.end_value,
        (alert.end_target, alert.end_target_high),
        (alert.end_band_low, alert.end_band_high),
        alert.end_facts or {},
        short=short,
    )


_Pair = tuple[float | None, float | None]


def _said(
    alert: Alert,
    reason: str,
    period: str,
    value: float | None,
    target: _Pair,
    band: _Pair,
    facts: Mapping[str, Any],
    *,
    short: bool,
) -> Name:
    indicator = _indicator(alert)
    if indicator is None:
        return Name(alert.code, alert.code)
    ends = None if band[0] is None or band[1] is None else (band[0], band[1])
    return insight_words.found(
        indicator, reason, period, value, _aim(target), ends, facts, short=short
    )


def _indicator(alert: Alert) -> Indicator | None:
    return city_catalogue().indicators.get(alert.code)


def _aim(ends: _Pair) -> Aim | None:
    low, high = ends
    if low is None:
        return None
    return Aim(Fraction(low), Fraction(low if high is None else high))


def _ends(low: float | None, high: float | None) -> float | list[float] | None:
    return low if low is None or high is None else [low, high]


def _wanted(args: Mapping[str, Any], today: date) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        getattr(Alert, name) == args[name] for name in _FILTERS if args[name] is not None
    ]
    muted = select(AlertMute).where(
        AlertMute.code == Alert.code, AlertMute.kind == Alert.kind, AlertMute.until >= today
    )
    for name, holds in (
        ("open", Alert.ended_at.is_(None)),
        ("acknowledged", Alert.acknowledged_at.is_not(None)),
        ("muted", muted.exists()),
    ):
        if args[name] is not None:
            wanted.append(holds if args[name] else ~holds)
    return wanted
