"""The life of a file: always with one post; who may take which step, and when.

``STEPS`` is the whole of it: a step that is not legal by the table does not exist.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.secrecy import Secrecy

LONGEST_PARKED = timedelta(days=366)
"""So far ahead a file can be parked."""


class State(StrEnum):
    """A file is open, parked until a day, or closed; only an open one moves."""

    OPEN = "open"
    PARKED = "parked"
    CLOSED = "closed"


class Priority(IntEnum):
    """How soon a file wants to be dealt with."""

    ORDINARY = 0
    URGENT = 1
    MOST_URGENT = 2

    @property
    def code(self) -> str:
        """As it is written in calls: ``most_urgent``."""
        return self.name.lower()


class Step(StrEnum):
    """What can be done with a file.

    ``OPEN`` is reading it: from then on it cannot be pulled back. ``FOLLOW`` forwards it along a
    route. ``TRANSFER`` gives what a post had to another when nobody can act for it any more.
    ``RETURN`` sends back with the amount that one would sanction, ``CANCEL`` cancels an approval.
    """

    OPEN = "open"
    PUT_UP = "put_up"
    FORWARD = "forward"
    FOLLOW = "follow"
    SEND_BACK = "send_back"
    PULL_BACK = "pull_back"
    PULL_UP = "pull_up"
    TRANSFER = "transfer"
    MARK = "mark"
    ANSWER = "answer"
    GATHER = "gather"
    PARK = "park"
    WAKE = "wake"
    CLOSE = "close"
    REOPEN = "reopen"
    PRIORITY = "priority"
    DUE = "due"
    APPROVE = "approve"
    REFUSE = "refuse"
    RETURN = "return"
    CANCEL = "cancel"

    @property
    def method(self) -> str:
        """The method that takes it, as refusals name it: ``set_due``."""
        return _METHODS.get(self, str(self))


_METHODS: Mapping[Step, str] = {
    Step.FOLLOW: "follow_route",
    Step.PRIORITY: "set_priority",
    Step.DUE: "set_due",
    Step.RETURN: "return_with_amount",
    Step.CANCEL: "cancel_approval",
}


class Who(StrEnum):
    """What a post is to a file."""

    HOLDER = "the post that has it"
    SENDER = "the post that sent it, until it has been opened"
    ABOVE = "a post up the line from the one that has it"
    MAIN = "the post that has the file of which it is a part"
    OPENER = "the post that opened it first"
    MARKED = "a post that was marked and has not answered"
    DATED = "the post that has set its due date, or one above that"
    DECIDED = "the post that gave an approval which stands, or one above that"


class Goes(StrEnum):
    """Who has the file after a step."""

    NOWHERE = "the post that had it"
    ON = "the post that is named"
    HERE = "the post that acts"


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a step may be taken, by whom, the state after it (None: as before), and
    who has the file then."""

    states: tuple[State, ...]
    who: frozenset[Who]
    then: State | None
    goes: Goes = Goes.NOWHERE


_OPEN, _LIVE = (State.OPEN,), (State.OPEN, State.PARKED)
_HOLDER = frozenset({Who.HOLDER})
_HEADS = frozenset({Who.HOLDER, Who.ABOVE})

STEPS: dict[Step, Rule] = {
    Step.OPEN: Rule(_LIVE, _HOLDER | {Who.MARKED}, None),
    Step.PUT_UP: Rule(_OPEN, _HOLDER, State.OPEN, Goes.ON),
    Step.FORWARD: Rule(_OPEN, _HOLDER, State.OPEN, Goes.ON),
    Step.FOLLOW: Rule(_OPEN, _HOLDER, State.OPEN, Goes.ON),
    Step.SEND_BACK: Rule(_OPEN, _HOLDER, State.OPEN, Goes.ON),
    Step.PULL_BACK: Rule(_OPEN, frozenset({Who.SENDER}), State.OPEN, Goes.HERE),
    Step.PULL_UP: Rule(_LIVE, frozenset({Who.ABOVE, Who.MAIN}), State.OPEN, Goes.HERE),
    Step.TRANSFER: Rule(_LIVE, frozenset({Who.ABOVE}), None, Goes.ON),
    Step.MARK: Rule(_OPEN, _HOLDER, None),
    Step.ANSWER: Rule(_LIVE, frozenset({Who.MARKED}), None),
    Step.GATHER: Rule(_LIVE, _HOLDER, None),
    Step.PARK: Rule(_OPEN, _HOLDER, State.PARKED),
    Step.WAKE: Rule((State.PARKED,), _HOLDER, State.OPEN),
    Step.CLOSE: Rule(_OPEN, _HOLDER, State.CLOSED),
    Step.REOPEN: Rule((State.CLOSED,), _HEADS | {Who.OPENER}, State.OPEN, Goes.HERE),
    Step.PRIORITY: Rule(_LIVE, _HEADS, None),
    Step.DUE: Rule(_LIVE, _HEADS | {Who.DATED}, None),
    Step.APPROVE: Rule(_OPEN, _HOLDER, None),
    Step.REFUSE: Rule(_OPEN, _HOLDER, None),
    Step.RETURN: Rule(_OPEN, _HOLDER, None, Goes.ON),
    Step.CANCEL: Rule(tuple(State), frozenset({Who.DECIDED}), None),
}
"""Every step. The service itself wakes a file on its day; ``TRANSFER`` is for the administrator
too, and has a rule of its own besides (``check_left``). ``CANCEL`` asks whether the newest volume
is closed (``domain.cancelling``): one that another goes on from is, and the file is not."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a file stands; see ``models.File``."""

    number: str
    state: State
    held_by: str
    version: int
    seen: bool = False
    sent_by: str | None = None
    opened_by: str = ""
    secrecy: Secrecy = Secrecy.NORMAL
    priority: Priority = Priority.ORDINARY
    moved: bool = False


def check_target(from_post: str, to_post: str, *, what: str = "file") -> None:
    """Refuse to move a file or a receipt to the post that has it.

    Args:
        from_post: who has it.
        to_post: who is to have it.
        what: ``file`` or ``receipt``.

    Raises:
        Invalid: the two are one.
    """
    if from_post == to_post:
        raise Invalid(f"a {what} moves to another post", {"to": [f"is with {to_post} already"]})


def check_clearance(what: str, secrecy: Secrecy, post: Post, *, had: bool) -> None:
    """Refuse to give what is secret to a post that may not read it.

    Args:
        what: ``file`` or ``receipt``.
        secrecy: its grade.
        post: who is to have it.
        had: it had it, opened or diarised it, before: what it knows it may get back.

    Raises:
        Invalid: its clearance does not reach so far.
    """
    if post.clearance < secrecy and not had:
        rule = f"{post.code} reads up to {post.clearance.code}; the {what} is {secrecy.code}"
        raise Invalid(f"not cleared for this {what}", {"to": [rule]})


def check_above(post: str, to_post: str, line: Collection[str]) -> None:
    """Refuse to put a file up to who is not above.

    Raises:
        Invalid: ``to_post`` is not up the line; names who is.
    """
    if to_post not in line:
        rule = f"{to_post} is not above {post}; put up to one of: {', '.join(line) or 'nobody'}"
        raise Invalid("a file is put up to a post up the line", {"to": [rule]})


def check_held(post: str, holder: str | None, line: Collection[str], *, what: str = "file") -> None:
    """Refuse to move a file or a receipt to a desk where nobody sits: it would stay there.

    Args:
        post: who is to have it.
        holder: who holds that post; None: nobody.
        line: the posts up the line from it that somebody holds.
        what: ``file`` or ``receipt``.

    Raises:
        Invalid: nobody does; names who is above.
    """
    if holder is None:
        rule = f"nobody holds {post} now; above it are: {', '.join(line) or 'nobody'}"
        raise Invalid(f"a {what} moves to a post that somebody holds", {"to": [rule]})


def check_left(from_post: str, holder: str | None) -> None:
    """Refuse to transfer what a post has while somebody can act for it.

    Args:
        from_post: the post whose files are to go.
        holder: who holds it; None: it was abolished, or is vacant.

    Raises:
        Conflict: somebody does.
    """
    if holder is not None:
        raise Conflict(
            f"{from_post} is held by {holder}: its files are forwarded by that officer, or pulled "
            "up one by one; custody is transferred from a post that is vacant or abolished",
            {"post": from_post, "holder": holder, "legal": [Step.FORWARD, Step.PULL_UP]},
        )


def check_wake(wake_on: date, today: date) -> None:
    """Refuse to park a file until a day that is not to come, or is too far away.

    Raises:
        Invalid: the day is not of the next 366.
    """
    if not today < wake_on <= today + LONGEST_PARKED:
        rule = f"must be after {today} and not after {today + LONGEST_PARKED}"
        raise Invalid("until when is it parked?", {"wake_on": [rule]})


def check_due(due_on: date | None, today: date) -> None:
    """Refuse a due date that has passed when it is set.

    Raises:
        Invalid: it is before today.
    """
    if due_on is not None and due_on < today:
        raise Invalid("it would be overdue", {"due_on": [f"must not be before {today}"]})


def check_put_off(
    post: str, before: date | None, due_on: date | None, may: Sequence[str], remark: str | None
) -> None:
    """Refuse to put a due date off by who is only to keep it: then nothing would ever be overdue.
    It is put off, or taken away, by the post that has set it and those above that; of one that a
    charter has set, by those above the post that has the file. Whoever has the file may bring it
    forward. Illustrative: practice, and no order that is known here.

    Args:
        post: that acts.
        before: the due date until now; None: there is none, and any may be set.
        due_on: what it is to be.
        may: who may put it off, the nearest first.
        remark: why.

    Raises:
        Forbidden: it is not for this post; ``may`` names whose it is.
        Invalid: no reason is given.
    """
    if before is None or (due_on is not None and due_on <= before):
        return
    if post not in may:
        raise Forbidden(
            f"{post} may bring the due date {before:%d-%m-%Y} forward and not put it off; that is "
            f"for {' or '.join(may) or 'nobody: no post is above'}",
            {"post": post, "due_on": before.isoformat(), "may": list(may)},
        )
    if remark is None or not remark.strip():
        raise Invalid("why is it put off?", {"remark": ["is needed to put a due date off"]})


def whole_minutes(since: datetime, until: datetime) -> int:
    """Minutes between two moments, never below 0 (clocks of two machines may differ a little)."""
    return max(0, int((until - since).total_seconds() // 60))
