"""What becomes of actions: their owners report and complete them, the chair answers, and by the
clock they are reminded of, told of when overdue, and escalated up the line."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from palika.database import is_outage
from palika.errors import Invalid
from palika.events import Event
from palika.india import day_of
from services.warroom.commands.sitting import Sitting, check_due
from services.warroom.domain.following import due_steps, status_due
from services.warroom.domain.reviews import Action, Review, Work
from services.warroom.domain.steps import Deed, answerers
from services.warroom.queries.reviews import actions_at, is_pending, of_action
from services.warroom.queries.states import NOW, find, state
from services.warroom.reference import city_reviews
from services.warroom.schemas import (
    ACTION_ANSWERED,
    ACTION_CLAIMED,
    ACTION_DONE,
    ACTION_DUE,
    ACTION_OVERDUE,
)

_log = logging.getLogger(__name__)


def report_action(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """How an action stands, as ``schemas.reviewing.ReportingAction`` has it.

    Raises:
        NotFound: there is none.
        Forbidden: it is for its owner.
        Conflict: its minutes are not closed, or nothing is to be done any more.
    """
    sitting, key, action = _loaded(session, caller, args, now)
    sitting.check_deed(Deed.REPORT, action)
    sitting.put(key, replace(action, status=args["status"], reported_on=sitting.today))
    return sitting.save("report_action")


def complete_action(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """That it is done, with the evidence; the chair answers.

    Raises as ``report_action``, and:
        Invalid: it was done on a day to come, or before it was given; or the photograph is none
            of its project.
    """
    sitting, key, action = _loaded(session, caller, args, now)
    sitting.check_deed(Deed.COMPLETE, action)
    done_on = args["done_on"] or sitting.today
    first = action.assigned_on or sitting.today
    if not first <= done_on <= sitting.today:
        rule = f"must be from {first}, when it was given, to {sitting.today}"
        raise Invalid("not on that day", {"done_on": [rule]})
    photo = args["evidence_photo"]
    if photo is not None:
        _check_photo(session, action, photo)
    claimed = replace(
        action,
        work=Work.CLAIMED,
        evidence=args["evidence"],
        evidence_file=args["evidence_file"],
        evidence_photo=photo,
        claimed_on=done_on,
        reported_on=sitting.today,
        answer=None,
    )
    sitting.put(key, claimed)
    sitting.tell(_claimed(sitting, key, claimed))
    return sitting.save("complete_action")


def answer_action(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """What the chair says, as ``schemas.reviewing.AnsweringAction`` has it.

    Raises as ``report_action``; it is for who leads the review, and for nobody of an action of
    their own.
        Invalid: it is extended to a day that is not after its own, or not after today, or as
            ``sitting.check_due``.
    """
    answer, reason = args["answer"], args["reason"]
    sitting, key, action = _loaded(session, caller, args, now)
    sitting.check_deed(Deed.ANSWER, action, answer)
    if answer == "accept":
        done_on = action.claimed_on or sitting.today
        action = replace(action, work=Work.DONE, done_on=done_on, answer=reason)
        late = (done_on - action.promised_on).days
        told = sitting.about(key, action, done_on=done_on, days_late=late, done_at=sitting.now)
        sitting.tell_owner(key, action, ACTION_DONE.new(**told))
    elif answer == "reject":
        action = replace(
            action,
            work=Work.OPEN,
            claimed_on=None,
            answer=reason,
            rejections=action.rejections + 1,
        )
    elif answer == "drop":
        action = replace(action, work=Work.DROPPED, answer=reason)
    else:
        if args["due_on"] <= max(action.due_on, sitting.today):
            rule = f"must be after {action.due_on}, its day now, and after today, {sitting.today}"
            raise Invalid("it is no later", {"due_on": [rule]})
        check_due(args["due_on"], sitting.today)
        # What its owner says is done still waits for an answer.
        action = replace(
            action,
            due_on=args["due_on"],
            first_due_on=action.promised_on,
            extensions=action.extensions + 1,
            answer=reason,
            reminded_on=None,
            overdue_on=None,
            escalated=0,
        )
    if answer != "accept":
        told = sitting.about(key, action, answer=answer, answered_at=sitting.now)
        sitting.tell_owner(key, action, ACTION_ANSWERED.new(**told))
    return sitting.save(f"{answer}_action", reason)


def follow_actions(
    begin: Callable[[], AbstractContextManager[Session]],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Remind of, and escalate, every action whose time has come, each in a transaction of its own.

    Any number of processes may do so at once: what is due is looked at again under the lock. One
    that cannot be told of is logged, and holds up no other; the next time tries it again.

    Returns:
        How many were told of.
    """
    today, told = day_of(now), 0
    with begin() as session:
        waiting = [
            key for _, key, each in actions_at(session, NOW, is_pending()) if _step(each, today)
        ]
    for key in waiting:
        if stopping():
            break
        try:
            with begin() as session:
                told += _follow(session, key, now)
        except Exception as error:  # those behind it go on
            if isinstance(error, DBAPIError) and is_outage(error):
                raise
            _log.exception("the action %s cannot be followed", key)
    return told


def _follow(session: Session, key: UUID, now: datetime) -> bool:
    args = {"review_id": of_action(session, key)}
    sitting = Sitting.load(session, SYSTEM("warroom"), args, now)
    action = sitting.get(Action, key)
    today = day_of(now)
    step = _step(action, today)
    if step == "overdue":
        steps = due_steps(action.days_let_go(today), city_reviews().escalation)
        new = city_reviews().escalation[action.escalated : steps]
        line = _line(session, action, sitting.meeting.chair)
        to = sorted({line[each.to] for each in new} - {action.post})
        action = replace(
            action, overdue_on=action.overdue_on or today, reminded_on=today, escalated=steps
        )
        late = {"days": action.days_overdue(today), "escalated": steps, "to": to}
        told = sitting.about(key, action, **late, overdue_at=sitting.now)
        sitting.tell_owner(key, action, ACTION_OVERDUE.new(**told))
    elif step == "claimed":
        action = replace(action, reminded_on=today)
        sitting.put(key, action)
        sitting.tell(_claimed(sitting, key, action))
    elif step:
        action = replace(action, reminded_on=today)
        told = sitting.about(key, action, reason=step, reminded_at=sitting.now)
        sitting.tell_owner(key, action, ACTION_DUE.new(**told))
    else:
        return False
    sitting.save(f"action_{step}")
    return True


def _step(action: Action, today: date) -> str:
    """What is to be told today: its owner ``overdue``, ``due``, ``status``, the chair ``claimed``,
    or nothing."""
    policy = city_reviews()
    if not action.pending or action.known_on is None or action.known_on >= today:
        return ""
    if action.work is Work.CLAIMED:
        return "claimed" if status_due(action, today, policy.status_days) else ""
    days = action.days_overdue(today)
    steps = due_steps(action.days_let_go(today), policy.escalation)
    if days and (action.overdue_on is None or steps > action.escalated):
        return "overdue"
    if action.reminded_on == today:
        return ""
    first = action.due_on - timedelta(days=policy.remind_days)
    reminded = action.reminded_on is not None and action.reminded_on >= first
    if first <= today <= action.due_on and not reminded:
        return "due"
    if not status_due(action, today, policy.status_days):
        return ""
    return "overdue" if days else "status"


def _claimed(sitting: Sitting, key: UUID, action: Action) -> Event:
    """To who may answer: its owner says that it is done."""
    data = sitting.about(
        key,
        action,
        days=(sitting.today - (action.reported_on or sitting.today)).days,
        to=sorted(answerers(sitting.meeting, action)),
        claimed_at=sitting.now,
    )
    return ACTION_CLAIMED.new(**data)


def _line(session: Session, action: Action, chair: str) -> dict[str, str]:
    """Who is who of ``review_policy.LINE`` today, whoever it was when the action was given; who is
    not there is stood in for by the next."""
    # Of a KPI they are those of the meeting.
    owner, department = action.project_owner, action.department
    if action.project_id is not None:
        project = state(session, action.project_id, NOW).project
        owner, department = project.owner, project.department
    head = chair if department is None else city_reviews().heads.get(department, chair)
    return {"owner": owner or head, "head": head, "chair": chair}


def _loaded(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Sitting, UUID, Action]:
    key = args["action_id"]
    sitting = Sitting.load(session, caller, {"review_id": of_action(session, key)}, now)
    return sitting, key, sitting.get(Action, key)


def _check_photo(session: Session, action: Action, photo: UUID) -> None:
    project = action.project_id
    if project is None or photo not in state(session, find(session, {"id": project}), NOW).photos:
        rule = "must be a photograph of the project"
        raise Invalid("no such photograph", {"evidence_photo": [rule]})
