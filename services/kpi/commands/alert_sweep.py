"""Look at every KPI and tell the owners: once when something begins, once when it has ended; and
who takes a KPI over, once, of what is open. What one post is told of in one round is one message
(decision 0035).

Any number of processes may do this, and any of them may stop at any moment. One at a time looks (an
advisory lock, held to the end of the transaction); whoever comes next reads what the last one has
written. Beside that, a KPI has one open alert of a kind (`uq_alert_open`), and an end is written by
who finds it open. How a service goes through all of them beside its other work is in
`alert_rounds.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.india import day_of
from palika.outbox import record
from services.kpi import reference
from services.kpi.domain.alert_rules import AlertRules
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.insight import KINDS, Finding, Held, Story, look
from services.kpi.domain.news import is_news
from services.kpi.models import Alert, AlertMute
from services.kpi.queries.alerts import worst_first
from services.kpi.queries.outlook import stories
from services.kpi.schemas import ALERTED, ALERTS_GROUPED, RECOVERED

_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
_ONE_SWEEPER = 0x6B70695F_616C7274  # "kpi_alrt"
_Open = Mapping[tuple[str, str], Alert]


class Swept(NamedTuple):
    """What a sweep came to: alerts that began and ended, and of how many an event was recorded."""

    began: int = 0
    ended: int = 0
    told: int = 0


def sweep(session: Session, known: Catalogue, rules: AlertRules, now: datetime) -> Swept | None:
    """Look at all KPIs, in the caller's transaction; None: another process is at it.

    Args:
        session: on the service's database.
        known: the city's KPIs.
        rules: when an owner is told.
        now: aware.
    """
    looked = look_at(session, known.indicators.values(), rules, now)
    if looked is None:
        return None
    ended = end_unjudged(session, known, now)
    told = tell_begun(session, day_of(now), now)
    return Swept(looked.began, looked.ended + ended, told)


def alone(session: Session) -> bool:
    """Whether no other transaction looks at KPIs until this one ends."""
    return bool(session.scalar(_LOCK, {"lock": _ONE_SWEEPER}))


def look_at(
    session: Session,
    indicators: Iterable[Indicator],
    rules: AlertRules,
    now: datetime,
    pause: Callable[[], None] | None = None,
) -> Swept | None:
    """Look at some KPIs, and write what has begun and ended; None: another process is at it.

    With `pause` they are asked for one by one, and it is called after each; else all at once. All
    are looked at before anything is written.
    """
    if not alone(session):
        return None
    today = day_of(now)
    asked = list(indicators)
    codes = [each.code for each in asked]
    open_now = select(Alert).where(Alert.ended_at.is_(None), Alert.code.in_(codes))
    held: _Open = {(each.code, each.kind): each for each in session.scalars(open_now)}
    seen: list[tuple[Indicator, str, Finding | None, Finding | None]] = []
    for part in [asked] if pause is None else [[each] for each in asked]:
        for code, story in stories(session, part, today, rules).items():
            for kind in KINDS:
                over, finding = _looked(kind, story, rules, held.get((code, kind)))
                seen.append((story.indicator, kind, over, finding))
        if pause is not None:
            pause()
    measures = reference.city_catalogue().measures
    # Not before: who has written something reads all that is stored again (`queries/mirror.py`).
    _hand_over(held.values(), {each.code: each for each in asked})
    began = ended = 0
    for indicator, kind, over, finding in seen:
        before = held.get((indicator.code, kind))
        if finding is not None and (before is None or before.silent):
            news = is_news(indicator, finding.period, today, measures)
            if before is None:
                began += _begin(session, indicator, finding, now, silent=not news)
            elif news:
                _speak_up(before, finding)
        elif over is not None and before is not None:
            ended += _end(session, before.id, _ending(over), now)
    return Swept(began, ended)


def end_unjudged(session: Session, known: Catalogue, now: datetime) -> int:
    """End the alerts of what is no KPI of the city any more; returns how many."""
    open_now = select(Alert.id, Alert.code).where(Alert.ended_at.is_(None))
    gone = [each.id for each in session.execute(open_now) if each.code not in known.indicators]
    return sum(_end(session, each, {"end_reason": "not_judged"}, now) for each in gone)


def _looked(
    kind: str, story: Story, rules: AlertRules, before: Alert | None
) -> tuple[Finding | None, Finding | None]:
    """What ended an open alert, and what is found."""
    held = None if before is None else Held(before.period, before.facts)
    seen = look(kind, story, rules, held)
    return seen.over, seen.found


def _hand_over(held: Iterable[Alert], known: Mapping[str, Indicator]) -> None:
    """Give what is open to the post that owns the KPI now: it is told of it (`tell_begun`), as
    whoever follows alerts is, acknowledges it, and is told of the end. What has ended stays with
    who owned it then."""
    for alert in held:
        indicator = known.get(alert.code)
        if indicator is not None and alert.owner != indicator.owner:
            alert.owner = indicator.owner


def _begin(
    session: Session, indicator: Indicator, found: Finding, now: datetime, *, silent: bool
) -> bool:
    row = {
        "id": uuid7(),
        "correlation_id": uuid7(),
        "code": indicator.code,
        "kind": found.kind,
        "department": indicator.department,
        "owner": indicator.owner,
        **_beginning(found),
        "began_at": now,
        "tellings": 0,
        "silent": silent,
    }
    made = insert(Alert).values(row).on_conflict_do_nothing().returning(Alert.id)
    return session.scalar(made) is not None


def _speak_up(alert: Alert, found: Finding) -> None:
    """Let an alert that began silently be told, of what is found now."""
    for name, value in _beginning(found).items():
        setattr(alert, name, value)
    alert.silent = False


def _beginning(found: Finding) -> dict[str, Any]:
    band = found.band or (None, None)
    return {
        "reason": found.reason,
        "period": found.period.code,
        "running": found.running,
        "value": float(found.value),
        "target": _low(found),
        "target_high": _high(found),
        "band_low": band[0],
        "band_high": band[1],
        "facts": dict(found.facts),
    }


def _ending(over: Finding) -> dict[str, Any]:
    band = over.band or (None, None)
    return {
        "end_reason": over.reason,
        "end_period": over.period.code,
        "end_value": float(over.value),
        "end_target": _low(over),
        "end_target_high": _high(over),
        "end_band_low": band[0],
        "end_band_high": band[1],
        "end_facts": dict(over.facts),
    }


def _end(session: Session, alert: UUID, ending: Mapping[str, Any], now: datetime) -> bool:
    """End an alert; its owner is told if they were told that it began."""
    done = (
        update(Alert)
        .where(Alert.id == alert, Alert.ended_at.is_(None))
        .values(ended_at=now, **ending)
        .returning(Alert)
        .execution_options(populate_existing=True)
    )
    row = session.scalar(done)
    if row is None:
        return False
    if row.told_at is not None:
        data = {
            "reason": row.end_reason,
            "period": row.end_period or row.period,
            "value": row.end_value,
            "recovered_at": now,
        }
        said = _about(row, data)
        sequence = row.tellings + 1
        record(session, RECOVERED.new(subject=str(row.id), sequence=sequence, time=now, data=said))
    return True


def tell_begun(session: Session, today: date, now: datetime) -> int:
    """Tell of what is open, was not told yet to who owns it, is not silent and not muted; returns
    of how many. What one post is told of is a group, if it is more than one alert."""
    muted = select(AlertMute).where(
        AlertMute.code == Alert.code, AlertMute.kind == Alert.kind, AlertMute.until >= today
    )
    due = (
        update(Alert)
        .where(
            Alert.ended_at.is_(None),
            ~Alert.silent,
            Alert.told_to.is_distinct_from(Alert.owner),
            ~muted.exists(),
        )
        .values(told_at=now, told_to=Alert.owner, tellings=Alert.tellings + 1)
        .returning(Alert)
        .execution_options(populate_existing=True)
    )
    by_owner: dict[str, list[Alert]] = defaultdict(list)
    for row in sorted(session.scalars(due), key=lambda each: each.id):
        by_owner[row.owner].append(row)
    for owner, rows in by_owner.items():
        group = uuid7() if len(rows) > 1 else None
        for row in rows:
            row.told_group = group
            row.told_event = _tell(session, row, now)
        if group is not None:
            together = _tell_group(session, group, owner, rows, now)
            for row in rows:
                row.told_event = together
    return sum(map(len, by_owner.values()))


def _tell(session: Session, row: Alert, now: datetime) -> UUID:
    data = {
        name: getattr(row, name)
        for name in (
            *("reason", "period", "running", "value"),
            *("target", "target_high", "band_low", "band_high"),
        )
    }
    said = _about(row, data | {"group_id": row.told_group, "alerted_at": now})
    event = ALERTED.new(subject=str(row.id), sequence=row.tellings, time=now, data=said)
    record(session, event)
    return UUID(event.id)


def _tell_group(
    session: Session, group: UUID, owner: str, rows: Sequence[Alert], now: datetime
) -> UUID:
    said = {
        "group_id": group,
        "owner": owner,
        "alert_ids": [each.id for each in worst_first(rows)],
        "alerted_at": now,
    }
    event = ALERTS_GROUPED.new(subject=str(group), time=now, data=said)
    record(session, event)
    return UUID(event.id)


def _about(row: Alert, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of an event: of the alert, and its own."""
    shared = ("correlation_id", "code", "department", "owner", "kind", "began_at")
    return {"alert_id": row.id, **{name: getattr(row, name) for name in shared}, **data}


def _low(found: Finding) -> float | None:
    return None if found.aim is None else float(found.aim.low)


def _high(found: Finding) -> float | None:
    return float(found.aim.high) if found.aim is not None and found.aim.is_band else None
