"""Minutes, taken live by several at once; once closed they are final, and corrected by addenda."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.india import INDIA, day_of, in_digits
from palika.text import Name
from services.warroom.commands.give_decisions import give_decisions
from services.warroom.commands.sitting import Sitting, check_due
from services.warroom.domain.decided import About
from services.warroom.domain.facts import State
from services.warroom.domain.reviews import (
    Action,
    Addendum,
    Attendance,
    Item,
    Minute,
    Minuted,
    Phase,
    Presence,
    Review,
)
from services.warroom.domain.steps import Step
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
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.OPEN)
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
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.ATTEND)
    key = uuid5(sitting.id, f"attendance:{args['post']}")
    sitting.put(key, Attendance(args["post"], args["presence"], args["by"]))
    return sitting.save("attend")


def minute(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """A statement or a decision, as ``schemas.reviewing.Minuting`` has it.

    Raises as ``attend``, and:
        NotFound: there is no such project, nor such a KPI on the agenda.
        Invalid: the day that is decided is not after the day of the meeting; it says of a KPI what
            of a project is decided; or a decision is that of a post which neither leads the review
            nor was there.
        Conflict: somebody has changed the entry meanwhile, or its id is of a project's fact.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.MINUTE)
    met_on = _met_on(sitting)
    if args["day"] is not None and args["day"] <= met_on:
        rule = f"must be after {met_on}, the day of the meeting"
        raise Invalid("it is decided for a day that is over", {"day": [rule]})
    subject = _subject(session, sitting, args)
    project = subject if isinstance(subject, State) else None
    key = args["minute_id"]
    # When the minutes are closed a decision is the project's under this id.
    known = select(Version.id).where(Version.entity_id == key).limit(1)
    if key is not None and session.scalar(known) is not None:
        raise Conflict(f"{key} is the id of something else already", {"id": str(key)})
    about = args["about"]
    if about is not None and project is None:
        raise Invalid("it is a KPI", {"about": ["is given of a decision about a project"]})
    if about is None and project is not None and args["kind"] is Minuted.DECISION:
        about = About.OTHER
    if args["kind"] is Minuted.DECISION:
        _check_decides(sitting, key, args["post"])
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
        Conflict: the same is assigned already: of this title, detail, post and day, about the same.
        Invalid: it is due before the day of the meeting, or as ``sitting.check_due``.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.ASSIGN)
    met_on = _met_on(sitting)
    if args["due_on"] < met_on:
        rule = f"must be {met_on}, the day of the meeting, or later"
        raise Invalid("it is due before it was agreed", {"due_on": [rule]})
    check_due(args["due_on"], met_on)
    subject = _subject(session, sitting, args)
    action = Action(args["title"], args["post"], args["due_on"], args["detail"])
    if subject is not None:
        about = subject.project if isinstance(subject, State) else subject
        action = replace(
            action,
            project_id=subject.id if isinstance(subject, State) else None,
            code=about.code,
            department=about.department,
            project_owner=about.owner,
        )
    _check_new(sitting, args["action_id"], action)
    sitting.write(Action, args["action_id"], args["position"], action)
    return sitting.save("assign")


def _check_decides(sitting: Sitting, key: UUID | None, post: str) -> None:
    """Refuse a decision in the name of who neither leads the review nor was there. One that is
    minuted already stays whose it is."""
    review = sitting.review
    old = None if key is None else review.minutes.get(key)
    if post in _deciding(sitting) or (old is not None and old.post == post):
        return
    chair = sitting.meeting.chair
    raise Invalid(
        "nobody decides for another",
        {"post": [f"must be {chair}, who leads the review, or a post recorded as present"]},
    )


def _check_decided(sitting: Sitting) -> None:
    """Refuse to close minutes with a decision of who was not there: its attendance may have been
    corrected since."""
    there = _deciding(sitting)
    for key, each in sitting.review.minutes.items():
        if each.kind is Minuted.DECISION and each.post not in there:
            raise Conflict(
                f"a decision is minuted as that of {each.post}, a post that is not recorded as"
                " present: put right the attendance, or whose decision it is, or strike it",
                {"fact_id": str(key), "post": each.post},
            )


def _deciding(sitting: Sitting) -> set[str]:
    """The posts in whose name decisions are minuted: who leads, and who was there."""
    attendance = sitting.review.attendance.values()
    there = {each.post for each in attendance if each.presence is Presence.PRESENT}
    return there | {sitting.meeting.chair, sitting.meeting.secretary}


def _check_new(sitting: Sitting, key: UUID | None, action: Action) -> None:
    """Refuse to give the same action twice in a review."""
    same = [
        other
        for other, each in sitting.review.actions.items()
        if other != key and _same(each) == _same(action)
    ]
    if same:
        raise Conflict("the review has this action already", {"id": str(same[0])})


def _same(action: Action) -> tuple[object, ...]:
    words = [
        None if each is None else " ".join(each.split()).casefold()
        for each in (action.title, action.detail)
    ]
    return (*words, action.post, action.due_on, action.code)


def strike(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Review:
    """Take an entry or an action out of minutes that are not closed.

    Raises as ``attend``, and:
        NotFound: there is no such entry.
        Conflict: somebody has changed it meanwhile.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.STRIKE)
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
        Conflict: nobody's attendance is recorded, a decision is that of a post which is not
            recorded as present (any more), or the time at which it begins is to come.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.CLOSE)
    found = sitting.review
    begins = sitting.meeting.starts_at
    if sitting.now < begins:
        raise Conflict(
            f"the review begins on {in_digits(day_of(begins))} at"
            f" {begins.astimezone(INDIA):%H:%M}: its minutes are not closed before that",
            {"starts_at": begins.isoformat()},
        )
    if not found.attendance:
        raise Conflict("nobody's attendance is recorded", {"attendance": 0})
    _check_decided(sitting)
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
    sitting.check_step(Step.ADD)
    addendum = Addendum(args["text"], sitting.post, sitting.today)
    sitting.write(Addendum, None, None, addendum)
    return sitting.save("add_addendum")


def _met_on(sitting: Sitting) -> date:
    """The day (of India) of the meeting of a review that has begun."""
    return day_of(sitting.meeting.opened_at or sitting.now)


def _subject(session: Session, sitting: Sitting, args: Mapping[str, Any]) -> State | Item | None:
    """What ``code`` names: a project, or a KPI that is on the agenda."""
    code = args["code"]
    if code is None:
        return None
    try:
        return state(session, find(session, args), NOW)
    except NotFound as error:
        for each in sitting.review.items.values():
            if each.project_id is None and each.code == code and not each.dropped:
                return each
        told = "there is no such project, nor such a KPI on the agenda"
        raise NotFound(told, {"code": code}) from error
