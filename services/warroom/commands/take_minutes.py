"""Minutes, taken live by several at once; once closed they are final, and corrected by addenda."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.india import day_of, in_digits
from palika.text import Name
from services.warroom.commands.give_decisions import give_decisions
from services.warroom.commands.sitting import Sitting
from services.warroom.domain.decided import About
from services.warroom.domain.facts import State
from services.warroom.domain.reviews import (
    Action,
    Addendum,
    Attendance,
    Minute,
    Minuted,
    Phase,
    Review,
)
from services.warroom.models import Version
from services.warroom.queries.states import NOW, find, state
from services.warroom.schemas import ACTION_ASSIGNED, REVIEW_CLOSED


def open_review(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """Begin a review: from now on minutes are taken.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads it, or takes its minutes.
        Conflict: it has begun, or was called off; its pack is not frozen; or its day is to come.
            On its day it may begin at any hour, and later too: who meets on another day moves it.
    """
    sitting = _taking(session, caller, args, now, Phase.SCHEDULED)
    if sitting.meeting.frozen_at is None:
        raise Conflict("the briefing pack is not frozen yet", {"frozen_at": None})
    held_on = day_of(sitting.meeting.starts_at)
    if sitting.today < held_on:
        raise Conflict(
            f"the review is on {in_digits(held_on)}: it is not opened before its day; move it,"
            " if it is held on another",
            {"held_on": held_on.isoformat(), "today": sitting.today.isoformat()},
        )
    sitting.put(sitting.id, replace(sitting.meeting, phase=Phase.OPEN, opened_at=sitting.now))
    return sitting.save("open")


def attend(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """Who was there, as ``schemas.reviewing.Attending`` has it; the last word of a post stands.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review, or takes its minutes.
        Conflict: it is not open.
    """
    sitting = _taking(session, caller, args, now)
    key = uuid5(sitting.id, f"attendance:{args['post']}")
    sitting.put(key, Attendance(args["post"], args["presence"], args["by"]))
    return sitting.save("attend")


def minute(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """A statement or a decision, as ``schemas.reviewing.Minuting`` has it.

    Raises as ``attend``, and:
        NotFound: there is no such project.
        Conflict: somebody has changed the entry meanwhile, or its id is of a project's fact.
    """
    sitting = _taking(session, caller, args, now)
    project = _project(session, args)
    key = args["minute_id"]
    # When the minutes are closed a decision is the project's under this id.
    known = select(Version.id).where(Version.entity_id == key).limit(1)
    if key is not None and session.scalar(known) is not None:
        raise Conflict(f"{key} is the id of something else already", {"id": str(key)})
    about = args["about"]
    if about is None and project is not None and args["kind"] is Minuted.DECISION:
        about = About.OTHER
    entry = Minute(
        args["kind"],
        args["text"],
        args["post"],
        project and project.id,
        args["code"],
        about,
        args["day"],
        args["amount_paise"],
    )
    sitting.write(Minute, key, args["position"], entry)
    return sitting.save("minute")


def assign(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """An action, as ``schemas.reviewing.Assigning`` has it; its owner is told when the minutes are
    closed.

    It is agreed at the meeting, whose minutes are closed days after it: it may be due before they
    are.

    Raises as ``minute``, and:
        Invalid: it is due before the day of the meeting.
    """
    sitting = _taking(session, caller, args, now)
    met_on = _met_on(sitting)
    if args["due_on"] < met_on:
        rule = f"must be {met_on}, the day of the meeting, or later"
        raise Invalid("it is due before it was agreed", {"due_on": [rule]})
    project = _project(session, args)
    action = Action(args["title"], args["post"], args["due_on"], args["detail"])
    if project is not None:
        action = replace(
            action,
            project_id=project.id,
            code=project.project.code,
            department=project.project.department,
            project_owner=project.project.owner,
        )
    sitting.write(Action, args["action_id"], args["position"], action)
    return sitting.save("assign")


def strike(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """Take an entry or an action out of minutes that are not closed.

    Raises as ``attend``, and:
        NotFound: there is no such entry.
        Conflict: somebody has changed it meanwhile.
    """
    sitting = _taking(session, caller, args, now)
    key = args["fact_id"]
    found = sitting.review
    if key not in found.minutes and key not in found.actions:
        raise NotFound("the minutes have no such entry", {"fact_id": str(key)})
    sitting.check_position(key, args["position"])
    sitting.take_out(key)
    return sitting.save("strike", args["reason"])


def close(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    post_names: Mapping[str, Name] = MappingProxyType({}),
) -> Review:
    """Close the minutes: they are final, the owners of its actions are told, and what was decided
    about a project is the project's.

    Args:
        post_names: what the posts in it are called, by code: kept with the minutes, which say so
            ever after.

    Raises as ``attend``; it is for who leads the review.
        Conflict: nobody's attendance is recorded.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_may()
    sitting.check_phase(Phase.OPEN)
    found = sitting.review
    if not found.attendance:
        raise Conflict("nobody's attendance is recorded", {"attendance": 0})
    for key, action in found.actions.items():
        assigned = replace(action, assigned_on=_met_on(sitting), told_on=sitting.today)
        told = sitting.about(key, assigned, assigned_at=sitting.now)
        sitting.tell_owner(key, assigned, ACTION_ASSIGNED.new(**told))
    closed = replace(
        sitting.meeting, phase=Phase.CLOSED, closed_at=sitting.now, post_names=dict(post_names)
    )
    sitting.put(sitting.id, closed)
    decisions = sum(each.kind is Minuted.DECISION for each in found.minutes.values())
    told = sitting.event(
        review_id=sitting.id,
        category=found.meeting.series,
        occurs_on=found.meeting.occurs_on,
        actions=len(found.actions),
        decisions=decisions,
        closed_at=sitting.now,
    )
    sitting.tell(REVIEW_CLOSED.new(**told))
    saved = sitting.save("close")
    give_decisions(session, caller, saved, now)
    return saved


def add_addendum(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """Correct closed minutes, which stay as they are.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: the minutes are not closed: they can still be changed.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_may()
    sitting.check_phase(Phase.CLOSED)
    addendum = Addendum(args["text"], sitting.post, sitting.today)
    sitting.write(Addendum, None, None, addendum)
    return sitting.save("add_addendum")


def _taking(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    phase: Phase = Phase.OPEN,
) -> Sitting:
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_may(*sitting.meeting.takers)
    sitting.check_phase(phase)
    return sitting


def _met_on(sitting: Sitting) -> date:
    """The day (of India) of the meeting of a review that has begun."""
    return day_of(sitting.meeting.opened_at or sitting.now)


def _project(session: Session, args: Mapping[str, Any]) -> State | None:
    return None if args["code"] is None else state(session, find(session, args), NOW)
