"""Private grievances: who of the office may read which, asked of the database where it must be."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.domain.lifecycle import Step
from services.grievance.domain.seats import EVERYTHING, SEE_ALL, Sight, hidden
from services.grievance.models import Timeline
from services.grievance.queries.seats import seat_of


def sight_of(session: Session, caller: Identity | None) -> Sight:
    """What a caller may read; one statement, or none for who may read all. None: who works on the
    database itself."""
    if caller is None or not SEE_ALL.isdisjoint(caller.roles):
        return EVERYTHING
    return Sight(caller.subject, seat_of(session, caller))


def check_may_read(session: Session, caller: Identity, grievance: Any) -> None:
    """Refuse to show a private grievance to whom of the office it is no business.

    Of one that is not private nothing is asked of the database.

    Raises:
        Forbidden: the message says who may.
    """
    if unseen(session, caller, [grievance]):
        raise hidden(grievance.number, grievance.department)


def unseen(session: Session, caller: Identity | None, found: Iterable[Any]) -> set[uuid.UUID]:
    """The ids of those that the caller may not read; two statements, where there might be any."""
    private = [each for each in found if each.private]
    if caller is None or all(each.filed_by == caller.subject for each in private):
        return set()
    sight = sight_of(session, caller)
    if sight.seat is None:
        return set()
    closed = {
        each.id
        for each in private
        if not sight.sees(each.filed_by, each.department, each.ward, each.officer)
    }
    had = select(Timeline.grievance_id).where(
        Timeline.grievance_id.in_(closed),
        Timeline.step == Step.ASSIGN,
        Timeline.data["officer"].astext == sight.seat.code,
    )
    return closed - set(session.scalars(had)) if closed else closed


def is_seen(of: Any, sight: Sight) -> ColumnElement[bool]:
    """The rule that a row may be read, but for what somebody has had in hand before: to look for
    that in the timeline of each would make searches slow.

    Args:
        of: ``Grievance``, or an alias of it.
        sight: of somebody who may not read all.

    Raises:
        ValueError: they may.
    """
    if sight.seat is None:
        raise ValueError("nothing is hidden from who may read all")
    ways = [
        of.private.is_(False),
        of.department == sight.seat.department,
        of.officer == sight.seat.code,
        of.filed_by == sight.subject,
    ]
    if sight.seat.own_wards:
        ways.append(of.ward.in_(sight.seat.own_wards))
    return or_(*ways)
