"""Receipts (DAK): what may be done with one, by whom and when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from palika.errors import Conflict, Forbidden
from services.eoffice.domain.access import may_read
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.secrecy import Secrecy

MAIL: Final = "message/rfc822"
"""The media type of an e-mail as it came (``.eml``): a paper of its receipt that is kept, and never
shown as a page."""


class State(StrEnum):
    """With a post and to be dealt with; put in a file; closed without one; or, when the years of
    such are over, weeded: number, days and category are left, and nothing is done with it."""

    OPEN = "open"
    FILED = "filed"
    CLOSED = "closed"
    WEEDED = "weeded"


class Medium(StrEnum):
    """How it came. A letter and what was handed over are paper, that has to arrive at a desk."""

    LETTER = "letter"
    EMAIL = "email"
    HAND = "hand"

    @property
    def is_physical(self) -> bool:
        """Whether there is paper that goes from desk to desk."""
        return self is not Medium.EMAIL


class Step(StrEnum):
    """What can be done with a receipt."""

    SEND = "send"
    RECEIVE = "receive"
    PULL_BACK = "pull_back"
    PULL_UP = "pull_up"
    PUT_IN_FILE = "put_in_file"
    CLOSE = "close"
    REOPEN = "reopen"
    FOLLOW_UP = "follow_up"

    @property
    def method(self) -> str:
        """The method that takes it, as refusals name it: ``send_receipt``; ``start_file`` puts it
        in a file too."""
        return str(self) if self is Step.PUT_IN_FILE else f"{self}_receipt"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a receipt stands; see ``models.Receipt``."""

    number: str
    state: State
    medium: Medium
    held_by: str
    version: int
    seen: bool
    sent_by: str | None
    secrecy: Secrecy
    priority: Priority


class Who(StrEnum):
    """What a post is to a receipt."""

    HOLDER = "the post that has it"
    SENDER = "the post that sent it"
    ABOVE = "a post up the line from the one that has it"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a step may be taken.

    Attributes:
        state: in which the receipt is.
        who: by whom.
        seen: whether it was opened, or received, there; None: no matter.
    """

    state: State
    who: Who = Who.HOLDER
    seen: bool | None = True


RULES: Final[Mapping[Step, Rule]] = MappingProxyType(
    {
        Step.SEND: Rule(State.OPEN),
        Step.RECEIVE: Rule(State.OPEN, seen=False),
        Step.PULL_BACK: Rule(State.OPEN, Who.SENDER, seen=False),
        Step.PULL_UP: Rule(State.OPEN, Who.ABOVE, seen=None),
        Step.PUT_IN_FILE: Rule(State.OPEN),
        Step.CLOSE: Rule(State.OPEN),
        Step.REOPEN: Rule(State.CLOSED),
        Step.FOLLOW_UP: Rule(State.OPEN),
    }
)


def legal(receipt: Standing, post: str, above: Collection[str] = ()) -> list[Step]:
    """What a post may do with a receipt now.

    Args:
        above: the posts up the line from the one that has it, the nearest first.
    """
    return [
        step
        for step, rule in RULES.items()
        if rule.state is receipt.state
        and _acts(receipt, rule, post, above)
        and (rule.seen is None or rule.seen == _seen(receipt, step))
    ]


def methods(receipt: Standing, post: Post, above: Collection[str] = ()) -> list[str]:
    """The methods that a post may call on a receipt now: those of its legal steps (``legal``), and
    ``start_file`` where it may open a file that is as secret."""
    steps = legal(receipt, post.code, above)
    named = [each.method for each in steps]
    starts = Step.PUT_IN_FILE in steps and may_read(post.clearance, receipt.secrecy)
    return [*named, "start_file"] if starts else named


def check_step(
    receipt: Standing,
    step: Step,
    post: Post,
    expected: int | None,
    wanted: str | None = None,
    above: Collection[str] = (),
) -> None:
    """Refuse a step that this post may not take on this receipt now.

    Args:
        receipt: as it stands.
        step: what is wanted.
        post: the post that acts.
        expected: the version that the caller had read, or None if the caller does not mind.
        wanted: what the refusal calls the step, if not by its own name.
        above: the posts up the line from the one that has it, the nearest first.

    Raises:
        Conflict: it is not in the state for it, has not arrived, was opened already, or has changed
            since it was read (also if it has gone to another post by that); ``legal`` names what
            may be done.
        Forbidden: it is another post's to do.
    """
    rule = RULES[step]
    able = methods(receipt, post, above)
    wish = f"cannot {(wanted or str(step)).replace('_', ' ')} receipt {receipt.number}"
    facts = {"step": step, "legal": able}
    if receipt.state is not rule.state:
        filed = receipt.state is State.FILED
        way = " (refile_receipt takes it to another file)" if filed else ""
        raise Conflict(
            f"{wish}: it is {receipt.state}{way}; legal now: {_named(able)}",
            {"state": receipt.state, **facts},
        )
    changed = expected is not None and expected != receipt.version
    if not _acts(receipt, rule, post.code, above):
        if changed:
            raise Conflict(
                f"{_changed(receipt, expected)}, and with {receipt.held_by}; "
                f"legal now: {_named(able)}",
                {
                    "version": receipt.version,
                    "expected": expected,
                    "held_by": receipt.held_by,
                    **facts,
                },
            )
        why = {
            Who.HOLDER: f"it is with {receipt.held_by}, not {post.code}",
            Who.SENDER: f"it was sent by {receipt.sent_by or 'nobody'}, not {post.code}",
            Who.ABOVE: f"it is with {receipt.held_by}, and above that are "
            f"{', '.join(above) or 'none'}, not {post.code}",
        }[rule.who]
        raise Forbidden(
            f"{wish}: {why}; legal now: {_named(able)}",
            {"held_by": receipt.held_by, "post": post.code, **facts},
        )
    if rule.seen is not None and rule.seen != _seen(receipt, step):
        why = (
            "its paper has to be received first"
            if rule.seen
            else f"{receipt.held_by} has received it"
        )
        raise Conflict(f"{wish}: {why}; legal now: {_named(able)}", facts)
    if changed:
        raise Conflict(
            f"{_changed(receipt, expected)}; read it again",
            {"version": receipt.version, "expected": expected},
        )


def check_file_is_as_secret(receipt: str, own: Secrecy, file: str, secrecy: Secrecy) -> None:
    """Refuse to put a receipt in a file that more people may read than the receipt.

    Raises:
        Conflict: the file is less secret.
    """
    if own > secrecy:
        raise Conflict(
            f"receipt {receipt} is {own.code}, and file {file} only {secrecy.code}; put it in one "
            "that is as secret",
            {"receipt": own.code, "file": secrecy.code},
        )


@dataclass(frozen=True, slots=True)
class Urgency:
    """Until when a file or a receipt is to be done, a day of India (None: no day is set), and how
    soon it wants to be dealt with."""

    due_on: date | None
    priority: Priority


def with_receipt(file: Urgency, receipt: Urgency) -> Urgency:
    """What a file is once a receipt is in it: of both the earlier day and the higher priority, for
    the sender has been told the receipt's day. A day that has passed counts too."""
    days = [each for each in (file.due_on, receipt.due_on) if each is not None]
    return Urgency(min(days, default=None), max(file.priority, receipt.priority))


def _acts(receipt: Standing, rule: Rule, post: str, above: Collection[str]) -> bool:
    if rule.who is Who.ABOVE:
        return post in above
    return post == (receipt.sent_by if rule.who is Who.SENDER else receipt.held_by)


def _seen(receipt: Standing, step: Step) -> bool:
    """What is not physical is there at once: acting on it is opening it."""
    if step in (Step.RECEIVE, Step.PULL_BACK):
        return receipt.seen
    return receipt.seen or not receipt.medium.is_physical


def _changed(receipt: Standing, expected: int | None) -> str:
    return (
        f"receipt {receipt.number} has changed since it was read: it is at version "
        f"{receipt.version}, not {expected}"
    )


def _named(steps: Sequence[str]) -> str:
    return ", ".join(steps) or "nothing"
