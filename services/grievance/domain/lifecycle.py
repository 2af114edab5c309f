"""The life of a grievance: its states, the steps between them, and what a resolution comes to.

``STEPS`` is the whole of it: a step that is not in the table for a state does not exist there.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from palika.errors import Conflict, Forbidden
from palika.india import readable
from palika.roles import STAFF


class State(StrEnum):
    """Where a grievance stands. ``WAITING`` is for the citizen's answer; the clock stands still."""

    FILED = "filed"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


OPEN = (State.FILED, State.ACKNOWLEDGED, State.ASSIGNED, State.IN_PROGRESS, State.WAITING)
"""Somebody has still to do something."""
ENDED = (State.CLOSED, State.REJECTED, State.WITHDRAWN, State.MERGED)
"""Nobody has. A closed one may be opened again within its window, and beyond it by an appeal or by
the sample's check; a rejected one by an appeal; a merged one when the merging is taken back."""
DONE = (State.RESOLVED, State.CLOSED)
"""Said to be put right."""


class Step(StrEnum):
    """What can be done with a grievance.

    ``SETTLE`` is a resolution that another system had recorded before the grievance came here: who
    had it in hand is not known, so it is resolved without having been assigned. No officer takes
    this step; the import of past grievances does. ``FILE`` begins a life, and is no step of one;
    ``ABSORB`` notes at an original that another was merged into it, ``RELEASE`` that it goes on by
    itself again (``UNMERGE``); ``CONTACT`` notes that somebody of the office has read who its
    citizen is, ``LOOK_UP`` that a helpdesk was shown it for a caller, ``FOLLOW`` and ``UNFOLLOW``
    that the office entered a follower or took one out, ``TIE`` and ``UNTIE`` that it was tied to a
    matter of several services or untied from it, ``FORGET`` that its citizen's name and number were
    erased at their wish. None of these changes where it stands.
    ``DUE_SOON``, ``WAIT_OVER``, ``BREACH``, ``ESCALATE`` and ``APPEAL_OVERDUE`` are what time does
    to it. ``APPEAL``, ``DECIDE`` and ``RESTORE`` (a rejection that an appeal has undone) have rules
    of their own besides (``appeals.py``), and so have ``SAMPLE`` and ``CHECK`` (``sampling.py``).
    """

    FILE = "file"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    START = "start"
    WAIT = "wait"
    ANSWER = "answer"
    RESOLVE = "resolve"
    RATE = "rate"
    CLOSE = "close"
    REOPEN = "reopen"
    REJECT = "reject"
    TRANSFER = "transfer"
    WITHDRAW = "withdraw"
    MERGE = "merge"
    ABSORB = "absorb"
    UNMERGE = "unmerge"
    RELEASE = "release"
    CONTACT = "contact"
    LOOK_UP = "look_up"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    FORGET = "forget"
    COMMENT = "comment"
    LINK = "link"
    UNLINK = "unlink"
    TIE = "tie"
    UNTIE = "untie"
    ATTACH = "attach"
    DETACH = "detach"
    LOCATE = "locate"
    DUE_SOON = "due_soon"
    WAIT_OVER = "wait_over"
    BREACH = "breach"
    ESCALATE = "escalate"
    APPEAL = "appeal"
    APPEAL_OVERDUE = "appeal_overdue"
    DECIDE = "decide"
    RESTORE = "restore"
    SAMPLE = "sample"
    CHECK = "check"
    SETTLE = "settle"


# The citizen's own word. An officer cannot give it; the scheduler closes what stays silent.
_CITIZEN = frozenset({"citizen", "admin"})
_CLOSERS = _CITIZEN | {"service"}
_NOBODY: frozenset[str] = frozenset()
_PARTIES = STAFF | {"citizen"}


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a step may be taken, where it leads (None: stays), and who may take it."""

    source: tuple[State, ...]
    target: State | None
    roles: frozenset[str]


_IN_HAND = (State.ASSIGNED, State.IN_PROGRESS)
_WITH_STAFF = (State.ACKNOWLEDGED, *_IN_HAND)
_RUNNING = (State.FILED, *_WITH_STAFF)

STEPS: dict[Step, Rule] = {
    Step.FILE: Rule((), State.FILED, _NOBODY),
    Step.ACKNOWLEDGE: Rule((State.FILED,), State.ACKNOWLEDGED, STAFF),
    Step.ASSIGN: Rule(OPEN, State.ASSIGNED, STAFF),
    Step.START: Rule((State.ASSIGNED,), State.IN_PROGRESS, STAFF),
    Step.WAIT: Rule(_WITH_STAFF, State.WAITING, STAFF),
    Step.ANSWER: Rule((State.WAITING,), None, _PARTIES),
    Step.RESOLVE: Rule(_IN_HAND, State.RESOLVED, STAFF),
    Step.RATE: Rule(DONE, None, _CITIZEN),
    Step.CLOSE: Rule((State.RESOLVED,), State.CLOSED, _CLOSERS),
    Step.REOPEN: Rule(DONE, State.ASSIGNED, _PARTIES),
    Step.REJECT: Rule(OPEN, State.REJECTED, STAFF),
    Step.TRANSFER: Rule(OPEN, State.ACKNOWLEDGED, STAFF),
    Step.WITHDRAW: Rule(OPEN, State.WITHDRAWN, _CITIZEN),
    Step.MERGE: Rule(OPEN, State.MERGED, STAFF),
    Step.ABSORB: Rule(OPEN, None, _NOBODY),
    Step.UNMERGE: Rule((State.MERGED,), State.ASSIGNED, _PARTIES),
    Step.RELEASE: Rule((*OPEN, *DONE, State.REJECTED), None, _NOBODY),
    Step.CONTACT: Rule(tuple(State), None, _NOBODY),
    Step.LOOK_UP: Rule(tuple(State), None, _NOBODY),
    Step.FORGET: Rule(tuple(State), None, _NOBODY),
    Step.FOLLOW: Rule(OPEN, None, _NOBODY),
    Step.UNFOLLOW: Rule(tuple(State), None, _NOBODY),
    Step.COMMENT: Rule(tuple(State), None, _PARTIES),
    Step.LINK: Rule(tuple(State), None, STAFF),
    Step.UNLINK: Rule(tuple(State), None, STAFF),
    Step.TIE: Rule(tuple(State), None, _NOBODY),
    Step.UNTIE: Rule(tuple(State), None, _NOBODY),
    # To a refused one too: an appeal may need it. What was merged goes on as its original.
    Step.ATTACH: Rule((*OPEN, *DONE, State.REJECTED), None, _PARTIES),
    Step.DETACH: Rule(tuple(State), None, STAFF),
    Step.LOCATE: Rule(OPEN, None, _PARTIES),
    Step.DUE_SOON: Rule(_RUNNING, None, _NOBODY),
    Step.WAIT_OVER: Rule((State.WAITING,), None, _NOBODY),
    Step.BREACH: Rule(_RUNNING, None, _NOBODY),
    Step.ESCALATE: Rule(_RUNNING, None, _NOBODY),
    Step.APPEAL: Rule((*OPEN, *DONE, State.REJECTED, State.MERGED), None, _CITIZEN),
    Step.APPEAL_OVERDUE: Rule(tuple(State), None, _NOBODY),
    Step.DECIDE: Rule(tuple(State), None, _NOBODY),
    Step.RESTORE: Rule((State.REJECTED,), State.ASSIGNED, _NOBODY),
    Step.SAMPLE: Rule(DONE, None, _NOBODY),
    Step.CHECK: Rule(DONE, None, _NOBODY),
    Step.SETTLE: Rule((State.FILED,), State.RESOLVED, _NOBODY),
}
"""Every step. Those that no role may take by itself are the service's own records, or acts with
rules of their own about who may (``DECIDE``, ``CHECK``)."""


def legal_steps(state: State, roles: Set[str] = _PARTIES, *, is_asked: bool = False) -> list[Step]:
    """What somebody with these roles may do with a grievance in ``state``; ``is_asked``: a question
    to its citizen has no answer yet."""
    return [
        step
        for step, rule in STEPS.items()
        if (state in rule.source or (is_asked and step is Step.ANSWER))
        and rule.roles & frozenset(roles)
    ]


def after(
    state: State,
    step: Step,
    *,
    has_officer: bool = True,
    back_to: State | None = None,
    is_asked: bool = False,
    roles: Set[str] = _PARTIES,
) -> State:
    """The state that ``step`` leads to.

    An answer is one whenever it comes: one to a question that nobody waits for any more is kept,
    and changes no state. What has gone on without it goes on; what has ended is undone by who may.

    Args:
        state: the state now.
        step: what is to be done.
        has_officer: whether somebody has the grievance in hand. One that is reopened goes back to
            its officer; where there is none (it was settled), it waits to be assigned. So is one
            that was merged, or rejected, where that is taken back.
        back_to: for ``ANSWER`` and ``WAIT_OVER``: the state it was in before it waited.
        is_asked: whether a question to its citizen has no answer yet.
        roles: of who wants it: the refusal names what they may do instead.

    Raises:
        Conflict: the step is not legal now; the message and ``details`` name those that are.
    """
    rule = STEPS[step]
    if state not in rule.source:
        if step is Step.ANSWER and is_asked:
            return state
        legal = [str(each) for each in legal_steps(state, roles, is_asked=is_asked)]
        instead = ", ".join(legal) or "nothing"
        raise Conflict(
            f"cannot {step} a grievance that is {state}; legal now: {instead}",
            {"status": str(state), "step": str(step), "legal": legal},
        )
    if step in (Step.REOPEN, Step.RESTORE, Step.UNMERGE) and not has_officer:
        return State.FILED
    if step is Step.ASSIGN and state is State.WAITING:
        return state  # It is theirs when the citizen has answered.
    if step in (Step.ANSWER, Step.WAIT_OVER):
        return back_to if back_to in _WITH_STAFF else State.ACKNOWLEDGED
    return state if rule.target is None else rule.target


def check_role(step: Step, roles: Set[str]) -> None:
    """Refuse a step to whom it is not for.

    Raises:
        Forbidden: none of the roles may take it; the message names those that may.
    """
    allowed = STEPS[step].roles
    if allowed.isdisjoint(roles):
        raise Forbidden(
            f"to {step} a grievance is for {', '.join(sorted(allowed))}; "
            f"the caller is {', '.join(sorted(roles))}",
            {"step": str(step), "roles": sorted(allowed)},
        )


def is_citizens_word(step: Step, roles: Set[str]) -> bool:
    """Whether the citizen speaks by this step, or somebody for them who may give their word."""
    return "citizen" in roles or STEPS[step].roles == _CITIZEN


def check_version(current: int, expected: int | None) -> None:
    """Refuse a step decided on an older reading of the grievance.

    Args:
        current: the version stored.
        expected: the version that the caller had read, or None if the caller does not mind.

    Raises:
        Conflict: somebody else was quicker.
    """
    if expected is not None and expected != current:
        raise Conflict(
            f"the grievance has changed since it was read: it is at version {current}, "
            f"not {expected}; read it again",
            {"version": current, "expected": expected},
        )


def check_can_be_asked(filed_by: str, *reached_by: str | None) -> None:
    """Refuse to ask a citizen whom no question reaches: the clock would stand for nothing.

    Args:
        filed_by: the subject that filed it; one with a login sees the question there.
        reached_by: telephone and e-mail.

    Raises:
        Conflict: nobody can be asked.
    """
    if not any(reached_by) and not filed_by.startswith("citizen:"):
        raise Conflict(
            "nobody can be asked: no telephone number or e-mail address of its citizen is known",
            {"instead": ["comment", "reject"]},
        )


def reopen_until(resolved_at: datetime, reopen_days: int) -> datetime:
    """The last moment at which a resolution may be taken back: days of 24 hours.

    It counts from the resolution as it is stored: nothing said about it since moves it.
    """
    return resolved_at + timedelta(days=reopen_days)


def wait_until(asked_at: datetime, wait_days: int) -> datetime:
    """Until when a citizen is waited for who was asked something: days of 24 hours."""
    return asked_at + timedelta(days=wait_days)


def closes_at(said_at: datetime, close_after_days: int) -> datetime:
    """When silence closes a resolution: days of 24 hours after it, or after its citizen's last word
    on it."""
    return said_at + timedelta(days=close_after_days)


def check_reopen(
    number: str,
    resolved_at: datetime | None,
    own_reopenings: int,
    now: datetime,
    *,
    reopen_days: int,
    max_reopens: int,
) -> None:
    """Refuse to reopen what was resolved too long ago, or was reopened by its citizen too often.

    Args:
        number: of the grievance.
        resolved_at: of the resolution that would be taken back; None: there is none, and the table
            of steps says so better.
        own_reopenings: how often the citizen has taken a resolution back so far. What the office,
            an appeal or the sample has reopened uses up nothing of the citizen's right.
        now: the present moment.
        reopen_days: how long a resolution may be taken back.
        max_reopens: how often the citizen may.

    Raises:
        Conflict: the message names the rule and the way that is left: the appeal.
    """
    if resolved_at is None:
        return
    until = reopen_until(resolved_at, reopen_days)
    if now > until:
        raise Conflict(
            f"{number} could be reopened until {readable(until)} ({reopen_days} days after it was "
            "resolved); an appeal is possible",
            {"reopen_until": until.isoformat(), "reopen_days": reopen_days, "instead": ["appeal"]},
        )
    if own_reopenings >= max_reopens:
        raise Conflict(
            f"{number} was reopened {own_reopenings} times by its citizen, which is the limit; an "
            "appeal is possible",
            {"own_reopenings": own_reopenings, "limit": max_reopens, "instead": ["appeal"]},
        )


def is_rated(resolved_at: datetime | None, rated_at: datetime | None) -> bool:
    """Whether this resolution has been rated; after a reopening the next one may be."""
    return rated_at is not None and resolved_at is not None and rated_at >= resolved_at


def check_rating(resolved_at: datetime | None, rated_at: datetime | None) -> None:
    """One resolution is rated once.

    Raises:
        Conflict: it has been rated.
    """
    if rated_at is not None and is_rated(resolved_at, rated_at):
        raise Conflict(
            f"this resolution was rated at {readable(rated_at)}",
            {"rated_at": rated_at.isoformat()},
        )


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a resolution comes to; ``minutes_taken`` are whole minutes since filing."""

    resolved_at: datetime
    on_time: bool
    minutes_taken: int


def resolution(filed_at: datetime, due_at: datetime, now: datetime) -> Resolution:
    """Measure a resolution.

    Raises:
        Conflict: ``now`` is before the filing.
    """
    if now < filed_at:
        raise Conflict(
            f"cannot be resolved at {readable(now)}, before it was filed at {readable(filed_at)}",
            {"filed_at": filed_at.isoformat(), "resolved_at": now.isoformat()},
        )
    return Resolution(now, now <= due_at, int((now - filed_at).total_seconds() // 60))


def quoted(states: Iterable[State]) -> str:
    """States as SQL has them in a list: ``'filed', 'assigned'``."""
    return ", ".join(f"'{state}'" for state in states)
