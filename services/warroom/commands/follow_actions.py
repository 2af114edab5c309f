"""What becomes of actions: their owners report and complete them, the chair answers, and by the
clock they are reminded of, told of when overdue, and escalated up the line."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Invalid
from palika.india import day_of
from services.warroom.commands.sitting import Sitting
from services.warroom.domain.following import due_steps, status_due
from services.warroom.domain.reviews import Action, Review, Work
from services.warroom.queries.reviews import actions_at, is_pending, of_action
from services.warroom.queries.states import NOW, find, state
from services.warroom.reference import city_reviews
from services.warroom.schemas import ACTION_DONE, ACTION_DUE, ACTION_OVERDUE


def report_action(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """How an action stands, as ``schemas.reviewing.ReportingAction`` has it.

    Raises:
        NotFound: there is none.
        Forbidden: it is for its owner.
        Conflict: its minutes are not closed, or nothing is to be done any more.
    """
    sitting, key, action = _assigned(session, caller, args, now, Work.OPEN)
    sitting.check_may(action.post)
    sitting.put(key, replace(action, status=args["status"], reported_on=sitting.today))
    return sitting.save("report_action")


def complete_action(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """That it is done, with the evidence; the chair answers.

    Raises as ``report_action``, and:
        Invalid: it was done on a day to come; or the photograph is none of its project.
    """
    sitting, key, action = _assigned(session, caller, args, now, Work.OPEN)
    sitting.check_may(action.post)
    done_on = args["done_on"] or sitting.today
    if done_on > sitting.today:
        raise Invalid("it is to come", {"done_on": [f"must be {sitting.today} or earlier"]})
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
    return sitting.save("complete_action")


def answer_action(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """What the chair says, as ``schemas.reviewing.AnsweringAction`` has it.

    Raises as ``report_action``; it is for who leads the review.
        Invalid: it is extended to no later day.
    """
    answer, reason = args["answer"], args["reason"]
    asked = (Work.CLAIMED,) if answer in ("accept", "reject") else (Work.OPEN, Work.CLAIMED)
    sitting, key, action = _assigned(session, caller, args, now, *asked)
    sitting.check_may()
    if answer == "accept":
        done_on = action.claimed_on or sitting.today
        action = replace(action, work=Work.DONE, done_on=done_on, answer=reason)
        late = (done_on - action.due_on).days
        told = sitting.about(key, action, done_on=done_on, days_late=late, done_at=sitting.now)
        sitting.tell(ACTION_DONE.new(**told))
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
            raise Invalid("it is no later", {"due_on": [f"must be after {action.due_on}"]})
        action = replace(
            action,
            due_on=args["due_on"],
            answer=reason,
            reminded_on=None,
            overdue_on=None,
            escalated=0,
        )
    sitting.put(key, action)
    return sitting.save(f"{answer}_action", reason)


def follow_actions(
    begin: Callable[[], AbstractContextManager[Session]],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Remind of, and escalate, every action whose time has come, each in a transaction of its own.

    Any number of processes may do so at once: what is due is looked at again under the lock.

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
        with begin() as session:
            told += _follow(session, key, now)
    return told


def _follow(session: Session, key: UUID, now: datetime) -> bool:
    args = {"review_id": of_action(session, key)}
    sitting = Sitting.load(session, SYSTEM("warroom"), args, now)
    action = sitting.get(Action, key)
    today = day_of(now)
    step = _step(action, today)
    if step == "overdue":
        steps = due_steps(action.days_overdue(today), city_reviews().escalation)
        new = city_reviews().escalation[action.escalated : steps]
        to = sorted({_post(each.to, action, sitting) for each in new} - {action.post})
        action = replace(
            action, overdue_on=action.overdue_on or today, reminded_on=today, escalated=steps
        )
        data = sitting.about(
            key,
            action,
            days=action.days_overdue(today),
            escalated=steps,
            to=to,
            overdue_at=sitting.now,
        )
        sitting.tell(ACTION_OVERDUE.new(**data))
    elif step:
        action = replace(action, reminded_on=today)
        data = sitting.about(key, action, reason=step, reminded_at=sitting.now)
        sitting.tell(ACTION_DUE.new(**data))
    else:
        return False
    sitting.put(key, action)
    sitting.save(f"action_{step}")
    return True


def _step(action: Action, today: date) -> str:
    """What its owner is to be told today: ``overdue``, ``due``, ``status``, or nothing."""
    policy = city_reviews()
    if action.work is not Work.OPEN or action.assigned_on is None:
        return ""
    days = action.days_overdue(today)
    if days and (
        action.overdue_on is None or due_steps(days, policy.escalation) > action.escalated
    ):
        return "overdue"
    if action.reminded_on == today:
        return ""
    first = action.due_on - timedelta(days=policy.remind_days)
    reminded = action.reminded_on is not None and action.reminded_on >= first
    if first <= today <= action.due_on and not reminded and action.assigned_on < today:
        return "due"
    return "status" if status_due(action, today, policy.status_days) else ""


def _post(to: str, action: Action, sitting: Sitting) -> str:
    """Who that is of ``review_policy.LINE``; who is not there is stood in for by the next."""
    chair = sitting.meeting.chair
    if to == "owner" and action.project_owner is not None:
        return action.project_owner
    if to != "chair" and action.department is not None:
        return city_reviews().heads.get(action.department, chair)
    return chair


def _assigned(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime, *works: Work
) -> tuple[Sitting, UUID, Action]:
    key = args["action_id"]
    sitting = Sitting.load(session, caller, {"review_id": of_action(session, key)}, now)
    action = sitting.get(Action, key)
    if action.assigned_on is None:
        raise Conflict("its minutes are not closed yet", {"action_id": str(key)})
    if action.work not in works:
        raise Conflict(f"the action is {action.work}", {"work": str(action.work)})
    return sitting, key, action


def _check_photo(session: Session, action: Action, photo: UUID) -> None:
    project = action.project_id
    if project is None or photo not in state(session, find(session, {"id": project}), NOW).photos:
        rule = "must be a photograph of the project"
        raise Invalid("no such photograph", {"evidence_photo": [rule]})
