"""Reads about appeals and the sample: what is to be decided or checked, and what came of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.roles import post_of
from services.grievance.commands.appeal import admission, of_one
from services.grievance.commands.step import token_hash
from services.grievance.domain.access import may_touch
from services.grievance.domain.calendar import local_day
from services.grievance.domain.sampling import LOTS, Outcome, lot
from services.grievance.models import Appeal, Grievance, SampleCheck, SampleDraw
from services.grievance.paging import cursor_at, position_of
from services.grievance.reference import policy
from services.grievance.schemas import AppealView, CheckView

_appeal = AppealView()
_check = CheckView()
_APPEALS, _CHECKS = "decide_by", "picked_at"


def appeals_of(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The appeals of one grievance, and the one that is open to its citizen now.

    Returns:
        ``items``, the first first; ``next``: the appeal that may be made (``level``, ``authority``,
        ``against``, ``last_day``, ``last_day_with_reason``), or None and ``refusal``, why not.

    Raises:
        NotFound: there is none, or it is another citizen's.
    """
    grievance = _found(session, caller, args)
    made = of_one(session, grievance.id)
    shown: dict[str, Any] = {"items": [_shown(each) for each in made], "next": None}
    try:
        open_now = admission(grievance, made, now, reason="asked only")
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


def view_appeal(row: Appeal) -> dict[str, Any]:
    """An appeal as its citizen sees it."""
    return _shown(row)


def pending_appeals(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A page of the appeals that are to be decided, those whose clock ends first first.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
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
    rows, more = _page(session, statement, _APPEALS, Appeal, args)
    today = local_day(now)
    items = [
        _shown(appeal)
        | _of(grievance)
        | {
            "overdue": appeal.decide_by < now,
            "days_left": (local_day(appeal.decide_by) - today).days,
        }
        for appeal, grievance in rows
    ]
    return {"items": items, "next": more}


def open_checks(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the resolutions that are to be checked, the oldest first.

    ``mine``: the caller's own work, which others check.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    statement = (
        select(SampleCheck, Grievance)
        .join(Grievance, _stands())
        .where(SampleCheck.checked_at.is_(None))
    )
    rows, more = _page(session, statement, _CHECKS, SampleCheck, args)
    own = post_of(caller.subject)
    items = [
        _check.dump(each) | _of(grievance) | {"mine": own in (each.resolved_by, grievance.officer)}
        for each, grievance in rows
    ]
    return {"items": items, "next": more}


def the_draw(session: Session, day: date) -> dict[str, Any]:
    """The draw of one day with all that repeats it: the seed, the share, and each lot.

    Raises:
        NotFound: that day was not drawn.
    """
    found = session.get(SampleDraw, day)
    if found is None:
        raise NotFound(f"no draw was made for {day}", {"day": str(day)})
    picked = session.scalars(
        select(SampleCheck).where(SampleCheck.day == day).order_by(SampleCheck.grievance_id)
    )
    return {
        "day": day.isoformat(),
        "seed": found.seed,
        "percent": float(found.percent),
        "drawn_at": found.drawn_at.isoformat(),
        "drawn_from": found.drawn_from,
        "picked": found.picked,
        "items": [
            {
                **_check.dump(each),
                "id": str(each.grievance_id),
                "lot": lot(found.seed, each.grievance_id, each.resolved_at) / LOTS,
            }
            for each in picked
        ],
    }


def check_results(session: Session, from_day: date, to_day: date) -> list[dict[str, Any]]:
    """What came of the draws of these days, by department.

    Returns:
        For each ``department``: ``picked``, ``confirmed``, ``not_done``, ``open`` (still to be
        checked) and ``taken_back`` (before anybody looked).

    Raises:
        Invalid: the days are in the wrong order.
    """
    if to_day < from_day:
        raise Invalid("no such days", {"to_day": ["must not be before from_day"]})
    unchecked = SampleCheck.checked_at.is_(None)
    stands = Grievance.id.is_not(None)
    counts = {
        "confirmed": SampleCheck.outcome == Outcome.CONFIRMED,
        "not_done": SampleCheck.outcome == Outcome.NOT_DONE,
        "open": and_(unchecked, stands),
        "taken_back": and_(unchecked, ~stands),
    }
    found = session.execute(
        select(
            SampleCheck.department,
            func.count().label("picked"),
            *(func.count().filter(rule).label(name) for name, rule in counts.items()),
        )
        .outerjoin(Grievance, _stands())
        .where(SampleCheck.day.between(from_day, to_day))
        .group_by(SampleCheck.department)
        .order_by(SampleCheck.department)
    )
    return [dict(row) for row in found.mappings()]


def _found(session: Session, caller: Identity, args: Mapping[str, Any]) -> Grievance:
    by_token = args["token"] is not None
    of_token = Grievance.token_hash == token_hash(args["token"] or "")
    found = session.scalar(
        select(Grievance).where(of_token if by_token else Grievance.id == args["id"])
    )
    if found is None or not (by_token or may_touch(found.filed_by, caller.subject, caller.roles)):
        raise NotFound("there is no such grievance", {"id": str(args["id"])})
    return found


def _stands() -> ColumnElement[bool]:
    """Whether the resolution that was picked is the one that the grievance has now."""
    return and_(
        SampleCheck.grievance_id == Grievance.id, SampleCheck.resolved_at == Grievance.resolved_at
    )


def _page(
    session: Session,
    statement: Select[Any],
    order: str,
    model: type[Appeal] | type[SampleCheck],
    args: Mapping[str, Any],
) -> tuple[list[Any], str | None]:
    moment = getattr(model, order)
    if args["department"] is not None:
        place = SampleCheck.department if model is SampleCheck else Grievance.department
        statement = statement.where(place == args["department"])
    if args["cursor"] is not None:
        at = tuple_(*position_of(order, args["cursor"]))
        statement = statement.where(tuple_(moment, model.id) > at)
    rows = session.execute(statement.order_by(moment, model.id).limit(args["limit"] + 1)).all()
    shown = list(rows[: args["limit"]])
    if len(rows) == len(shown):
        return shown, None
    last = shown[-1][0]
    return shown, cursor_at(order, (getattr(last, order), last.id))


def _shown(row: Appeal) -> dict[str, Any]:
    return {**_appeal.dump(row), "authority": _authority(row.level)}


def _authority(level: int) -> dict[str, str]:
    """What an authority is called, by language; a level that the policy has no more is a number."""
    levels = policy().appeals
    if level > len(levels):
        return {"mr": str(level), "en": str(level)}
    return {"mr": levels[level - 1].name.mr, "en": levels[level - 1].name.en}


def _of(grievance: Grievance) -> dict[str, Any]:
    return {
        "id": str(grievance.id),
        "number": grievance.number,
        "version": grievance.version,
        "status": grievance.state,
        "department": grievance.department,
        "category": grievance.category,
        "ward": grievance.ward,
        "officer": grievance.officer,
    }
