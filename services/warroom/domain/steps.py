"""What people do with reviews and with the actions that came of them: when, and who may.

The same for the refusal of a step and for what a page offers.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from palika.errors import Conflict, Forbidden
from palika.roles import post_of
from services.warroom.domain.reviews import Action, Meeting, Phase, Work

WRITERS: Final = frozenset({"officer", "supervisor"})
"""The roles that change reviews at all."""


class Step(StrEnum):
    """A step with a review, by its method of the service."""

    RESCHEDULE = "reschedule_review"
    CANCEL = "cancel_review"
    MAKE_AGENDA = "make_agenda"
    CHANGE_AGENDA = "change_agenda"
    FREEZE = "freeze_pack"
    OPEN = "open_review"
    ATTEND = "attend"
    MINUTE = "minute"
    ASSIGN = "assign_action"
    STRIKE = "strike"
    CLOSE = "close_review"
    ADD = "add_addendum"


@dataclass(frozen=True, slots=True)
class Rule:
    """In which phases a step may be taken; ``takers``: also by who takes the minutes."""

    phases: tuple[Phase, ...]
    takers: bool = False


_BEFORE, _SITTING = (Phase.SCHEDULED,), (Phase.OPEN,)
STEPS: Final[Mapping[Step, Rule]] = {
    Step.RESCHEDULE: Rule(_BEFORE),
    Step.CANCEL: Rule(_BEFORE),
    Step.MAKE_AGENDA: Rule(_BEFORE, takers=True),
    Step.CHANGE_AGENDA: Rule((*_BEFORE, *_SITTING)),
    Step.FREEZE: Rule(_BEFORE),
    Step.OPEN: Rule(_BEFORE, takers=True),
    Step.ATTEND: Rule(_SITTING, takers=True),
    Step.MINUTE: Rule(_SITTING, takers=True),
    Step.ASSIGN: Rule(_SITTING, takers=True),
    Step.STRIKE: Rule(_SITTING, takers=True),
    Step.CLOSE: Rule(_SITTING),
    Step.ADD: Rule((Phase.CLOSED,)),
}


def may(meeting: Meeting, subject: str, roles: Set[str]) -> list[str]:
    """The methods that a caller may call with a review now. What a step itself finds (its day is
    to come, nobody's attendance is recorded) is told when it is taken."""
    if roles.isdisjoint(WRITERS):
        return []
    found = []
    for step in STEPS:
        try:
            check_step(step, meeting, subject, roles)
        except (Forbidden, Conflict):
            continue
        found.append(step.value)
    return found


def check_step(step: Step, meeting: Meeting, subject: str, roles: Set[str]) -> None:
    """Refuse a step with a review.

    Raises:
        Forbidden: it is for who leads it or, where these may, takes its minutes; with the posts
            that may.
        Conflict: it does not go with how far the review is, or its pack is not frozen.
    """
    rule = STEPS[step]
    posts = (meeting.chair, meeting.secretary, *(meeting.takers if rule.takers else ()))
    _check_post(posts, subject, roles)
    if meeting.phase not in rule.phases:
        raise Conflict(
            f"the review is {meeting.phase}, not {' or '.join(rule.phases)}",
            {"phase": str(meeting.phase)},
        )
    if step is Step.OPEN and meeting.frozen_at is None:
        raise Conflict("the briefing pack is not frozen yet", {"frozen_at": None})


class Deed(StrEnum):
    """A step with an action, by its method of the service."""

    REPORT = "report_action"
    COMPLETE = "complete_action"
    ANSWER = "answer_action"


ANSWERS: Final[Mapping[str, tuple[Work, ...]]] = {
    "accept": (Work.CLAIMED,),
    "reject": (Work.CLAIMED,),
    "extend": (Work.OPEN, Work.CLAIMED),
    "drop": (Work.OPEN, Work.CLAIMED),
}
"""What is answered, and how far an action is then."""


def may_do(meeting: Meeting, action: Action, subject: str, roles: Set[str]) -> list[str]:
    """The methods that a caller may call with an action of a review now."""
    if roles.isdisjoint(WRITERS):
        return []
    found = [
        deed.value
        for deed in (Deed.REPORT, Deed.COMPLETE)
        if _lets(deed, meeting, action, subject, roles)
    ]
    if may_answer(meeting, action, subject, roles):
        found.append(Deed.ANSWER.value)
    return found


def may_answer(meeting: Meeting, action: Action, subject: str, roles: Set[str]) -> list[str]:
    """What a caller may answer of an action now: of ``ANSWERS``."""
    if roles.isdisjoint(WRITERS):
        return []
    return [each for each in ANSWERS if _lets(Deed.ANSWER, meeting, action, subject, roles, each)]


def check_deed(
    deed: Deed,
    meeting: Meeting,
    action: Action,
    subject: str,
    roles: Set[str],
    answer: str | None = None,
) -> None:
    """Refuse a step with an action.

    Args:
        answer: of an answer, which.

    Raises:
        Conflict: its minutes are not closed, or it does not go with how far the action is.
        Forbidden: how it stands is its owner's word; an answer is for who leads the review, and for
            nobody of an action of their own. With the posts that may.
    """
    if action.assigned_on is None:
        raise Conflict("its minutes are not closed yet", {"work": str(action.work)})
    works = (Work.OPEN,) if answer is None else ANSWERS[answer]
    if action.work not in works:
        raise Conflict(f"the action is {action.work}", {"work": str(action.work)})
    if deed is not Deed.ANSWER:
        _check_post((action.post,), subject, roles)
        return
    _check_post((meeting.chair, meeting.secretary), subject, roles)
    if post_of(subject) == action.post:
        rule = "an action is answered by another than whose it is"
        raise Forbidden(rule, {"posts": sorted(answerers(meeting, action))})


def answerers(meeting: Meeting, action: Action) -> set[str]:
    """The posts that may answer an action."""
    return {meeting.chair, meeting.secretary} - {action.post}


def _lets(
    deed: Deed,
    meeting: Meeting,
    action: Action,
    subject: str,
    roles: Set[str],
    answer: str | None = None,
) -> bool:
    try:
        check_deed(deed, meeting, action, subject, roles, answer)
    except (Forbidden, Conflict):
        return False
    return True


def _check_post(posts: tuple[str, ...], subject: str, roles: Set[str]) -> None:
    if "admin" not in roles and post_of(subject) not in posts:
        raise Forbidden(f"this is for {', '.join(posts)}", {"posts": list(posts)})
