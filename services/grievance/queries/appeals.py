"""Appeals: those of one grievance, the one that may be made, and those that are to be decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.grievance.domain.appeals import (
    OUTCOME_NAMES,
    Admission,
    Appealed,
    Case,
    Outcome,
    may_appeal,
)
from services.grievance.domain.lifecycle import State
from services.grievance.models import Appeal, Grievance
from services.grievance.queries.codes import check_codes
from services.grievance.queries.find import find
from services.grievance.queries.reviewed import about, page
from services.grievance.queries.sight import unseen
from services.grievance.reference import calendar, policy
from services.grievance.schemas import AppealView

_appeal = AppealView()
_masked = AppealView(exclude=("grounds", "reason", "order"))
_APPEALS = "decide_by"
_ASKED = "asked only"
"""A late appeal is possible too, with a reason: this stands for it."""


def appeals_of(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The appeals of one grievance, and the one that is open to its citizen now.

    Returns:
        ``items``, the first first; ``next``: the appeal that may be made (``level``, ``authority``,
        ``against``, ``last_day``, ``last_day_with_reason``), or None and ``refusal``, why not.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: it is private, and no business of this officer's.
    """
    grievance = find(session, caller, args)
    made = of_one(session, grievance.id)
    shown: dict[str, Any] = {"items": [view_appeal(each) for each in made], "next": None}
    try:
        open_now = admission(session, grievance, made, now, reason=_ASKED)
    except Conflict as error:
        return shown | {"refusal": error.message}
    shown["next"] = {
        "level": open_now.level,
        "authority": _authority(open_now.level),
        "against": open_now.ground,
        "last_day": open_now.last_day.isoformat(),
        "last_day_with_reason": open_now.last_day_with_reason.isoformat(),
    }
    return shown | {"refusal": None}


def open_to(session: Session, grievance: Grievance, now: datetime) -> Admission | None:
    """The appeal that is open to a grievance's citizen now, if one is."""
    try:
        return admission(session, grievance, of_one(session, grievance.id), now, reason=_ASKED)
    except Conflict:
        return None


def admission(
    session: Session,
    grievance: Grievance,
    earlier: list[Appeal],
    now: datetime,
    reason: str | None,
) -> Admission:
    """The appeal that is open to the citizen now. Raises as ``may_appeal``, and Conflict where the
    subject is excluded, as an order has confirmed."""
    case = Case(
        grievance.number,
        State(grievance.state),
        grievance.due_at,
        grievance.paused_at,
        grievance.resolved_at,
        _ended_at(session, grievance),
    )
    before = [
        Appealed(
            each.appealed_at,
            each.decide_by,
            each.decided_at,
            upheld=each.outcome == Outcome.UPHELD,
            lapsed=each.outcome == Outcome.LAPSED,
        )
        for each in earlier
    ]
    policy().check_appealable(grievance.number, grievance.rejection, grievance.closed_at, before)
    return may_appeal(case, before, now, calendar(), policy().appeals, reason=reason)


def _ended_at(session: Session, grievance: Grievance) -> datetime | None:
    """When it ended; of a merged one, when its original has, if it has."""
    if grievance.merged_into is None:
        return grievance.closed_at
    ended = select(func.coalesce(Grievance.resolved_at, Grievance.closed_at))
    return session.scalar(ended.where(Grievance.id == grievance.merged_into)) or grievance.closed_at


def of_one(session: Session, key: UUID) -> list[Appeal]:
    """The appeals of one grievance, the first first."""
    return list(
        session.scalars(select(Appeal).where(Appeal.grievance_id == key).order_by(Appeal.level))
    )


def view_appeal(row: Appeal, *, masked: bool = False) -> dict[str, Any]:
    """An appeal as its citizen sees it, its outcome and authority by language too; ``masked``
    without a word that somebody wrote."""
    shown: dict[str, Any] = (_masked if masked else _appeal).dump(row)
    shown |= {
        "authority": _authority(row.level),
        "outcome_name": None if row.outcome is None else OUTCOME_NAMES[Outcome(row.outcome)],
    }
    return shown | ({"masked": True} if masked else {})


def pending_appeals(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """A page of the appeals that are to be decided, those whose clock ends first first; what is
    private is masked for whom it is no business.

    Raises:
        Invalid: the cursor is not one that this list gave, or there is no such department.
    """
    check_codes(session, args)
    above = aliased(Appeal)
    went_on = exists().where(above.grievance_id == Appeal.grievance_id, above.level > Appeal.level)
    statement = (
        select(Appeal, Grievance)
        .join(Grievance, Appeal.grievance_id == Grievance.id)
        # One that went on to the next level is decided there.
        .where(Appeal.decided_at.is_(None), ~went_on)
    )
    if args["level"] is not None:
        statement = statement.where(Appeal.level == args["level"])
    if args["overdue"] is not None:
        late: ColumnElement[bool] = Appeal.decide_by < now
        statement = statement.where(late if args["overdue"] else ~late)
    rows, more = page(session, statement, _APPEALS, Appeal, args)
    today = day_of(now)
    hidden = unseen(session, caller, [grievance for _, grievance in rows])
    items = [
        view_appeal(appeal, masked=grievance.id in hidden)
        | about(grievance)
        | {
            "overdue": appeal.decide_by < now,
            "days_left": (day_of(appeal.decide_by) - today).days,
        }
        for appeal, grievance in rows
    ]
    return {"items": items, "next": more}


def _authority(level: int) -> dict[str, str]:
    """What an authority is called, by language; a level that the policy has no more is a number."""
    levels = policy().appeals
    if level > len(levels):
        return {"mr": str(level), "en": str(level)}
    return {"mr": levels[level - 1].name.mr, "en": levels[level - 1].name.en}
