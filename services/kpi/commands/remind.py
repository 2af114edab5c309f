"""Remind owners of values that are due, and of those that are late: once each."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.india import day_of
from palika.outbox import record
from services.kpi.domain.entry import Key, due_on
from services.kpi.domain.period import containing
from services.kpi.models import Reading, SignOff, Told
from services.kpi.reference import city_catalogue, city_entry, city_places
from services.kpi.schemas.events import READING_DUE, READING_OVERDUE


class Deadline(NamedTuple):
    """What of a department's period is due on one day."""

    department: str
    period: str
    due_on: date


def remind(
    begin: Callable[[], AbstractContextManager[Session]],
    now: datetime,
    stopping: Callable[[], bool],
) -> int:
    """Tell of what is due within the days of the rules, or late; how many were told.

    Of a period that is signed off nobody is told: what is missing was known to be.

    Any number of processes may do this: each deadline is told once before it, and once after.
    """
    today = day_of(now)
    told = 0
    with begin() as session:
        query = select(Told.department, Told.period, Told.due_on, Told.kind)
        done = {tuple(row) for row in session.execute(query.where(Told.due_on >= _oldest(today)))}
        signed = {tuple(row) for row in session.execute(select(SignOff.department, SignOff.period))}
    for deadline, keys in deadlines(today).items():
        kind = "due" if today <= deadline.due_on else "overdue"
        if stopping():
            break
        if (*deadline, kind) in done or (deadline.department, deadline.period) in signed:
            continue
        with begin() as session:
            told += _tell(session, deadline, keys, kind, now)
    return told


def deadlines(today: date) -> dict[Deadline, list[Key]]:
    """The deadlines that are near or have passed not long ago, with the values that they are of."""
    rules, places = city_entry(), city_places()
    found: dict[Deadline, list[Key]] = defaultdict(list)
    for info in city_catalogue().measures.values():
        if info.every is None or info.department is None:
            continue
        of = containing(today, info.every).previous()
        while (due := due_on(info, of)) >= _oldest(today):
            if due - timedelta(days=rules.remind_days) <= today:
                keys = [Key(info.code, place, of.last) for place in places.expected(info.by)]
                found[Deadline(info.department, of.code, due)] += keys
            of = of.previous()
    return found


def _oldest(today: date) -> date:
    return today - timedelta(days=city_entry().tell_days)


def _tell(session: Session, deadline: Deadline, keys: list[Key], kind: str, now: datetime) -> int:
    query = select(Reading.measure, Reading.place, Reading.day).where(
        Reading.department == deadline.department,
        Reading.day.in_({each.day for each in keys}),
        or_(Reading.in_force, Reading.state == "submitted"),
    )
    entered = {Key(*row) for row in session.execute(query)}
    missing = sum(each not in entered for each in keys)
    if not missing:
        return 0
    row = {**deadline._asdict(), "kind": kind, "missing": missing, "told_at": now}
    made = insert(Told).values(row).on_conflict_do_nothing().returning(Told.kind)
    if session.scalar(made) is None:
        return 0
    data = {
        **deadline._asdict(),
        "post": city_catalogue().departments[deadline.department].owner,
        "missing": missing,
        "expected": len(keys),
    }
    subject = f"{deadline.department}:{deadline.period}:{deadline.due_on}"
    if kind == "due":
        event = READING_DUE.new(subject=subject, time=now, data=data | {"reminded_at": now})
    else:
        event = READING_OVERDUE.new(subject=subject, time=now, data=data | {"overdue_at": now})
    record(session, event)
    return 1
