"""Receipts (DAK): what may be done with one, by whom and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from palika.errors import Conflict, Forbidden
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.secrecy import Secrecy

MAIL: Final = "message/rfc822"
"""The media type of an e-mail as it came (``.eml``): a paper of its receipt that is kept, and never
shown as a page."""


class State(StrEnum):
    """With a post and to be dealt with; put in a file; or closed without one."""

    OPEN = "open"
    FILED = "filed"
    CLOSED = "closed"


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


@dataclass(frozen=True, slots=True)
class Rule:
    """When a step may be taken.

    Attributes:
        state: in which the receipt is.
        by_sender: by the post that sent it; else by the post that has it.
        seen: whether it was opened, or received, there; None: no matter.
    """

    state: State
    by_sender: bool = False
    seen: bool | None = True


RULES: Final[Mapping[Step, Rule]] = MappingProxyType(
    {
        Step.SEND: Rule(State.OPEN),
        Step.RECEIVE: Rule(State.OPEN, seen=False),
        Step.PULL_BACK: Rule(State.OPEN, by_sender=True, seen=False),
        Step.PUT_IN_FILE: Rule(State.OPEN),
        Step.CLOSE: Rule(State.OPEN),
        Step.REOPEN: Rule(State.CLOSED),
        Step.FOLLOW_UP: Rule(State.OPEN),
    }
)


def legal(receipt: Standing, post: str) -> list[Step]:
    """What a post may do with a receipt now."""
    return [
        step
        for step, rule in RULES.items()
        if rule.state is receipt.state
        and _acts(receipt, rule) == post
        and (rule.seen is None or rule.seen == _seen(receipt, step))
    ]


def methods(steps: Sequence[Step]) -> list[str]:
    """The methods that take these steps."""
    named = [each.method for each in steps]
    return [*named, "start_file"] if Step.PUT_IN_FILE in steps else named


def check_step(
    receipt: Standing, step: Step, post: str, expected: int | None, wanted: str | None = None
) -> None:
    """Refuse a step that this post may not take on this receipt now.

    Args:
        receipt: as it stands.
        step: what is wanted.
        post: the post that acts.
        expected: the version that the caller had read, or None if the caller does not mind.
        wanted: what the refusal calls the step, if not by its own name.

    Raises:
        Conflict: it is not in the state for it, has not arrived, was opened already, or has changed
            since it was read (also if it has gone to another post by that); ``legal`` names what
            may be done.
        Forbidden: it is another post's to do.
    """
    rule = RULES[step]
    able = methods(legal(receipt, post))
    wish = f"cannot {(wanted or str(step)).replace('_', ' ')} receipt {receipt.number}"
    facts = {"step": step, "legal": able}
    if receipt.state is not rule.state:
        raise Conflict(
            f"{wish}: it is {receipt.state}; legal now: {_named(able)}",
            {"state": receipt.state, **facts},
        )
    changed = expected is not None and expected != receipt.version
    if _acts(receipt, rule) != post:
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
        why = (
            f"it was sent by {receipt.sent_by or 'nobody'}"
            if rule.by_sender
            else f"it is with {receipt.held_by}"
        )
        raise Forbidden(
            f"{wish}: {why}, not {post}; legal now: {_named(able)}",
            {"held_by": receipt.held_by, "post": post, **facts},
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


def check_file_is_as_secret(receipt: Standing, file: str, secrecy: Secrecy) -> None:
    """Refuse to put a receipt in a file that more people may read than the receipt.

    Raises:
        Conflict: the file is less secret.
    """
    if receipt.secrecy > secrecy:
        raise Conflict(
            f"receipt {receipt.number} is {receipt.secrecy.code}, and file {file} only "
            f"{secrecy.code}; put it in one that is as secret",
            {"receipt": receipt.secrecy.code, "file": secrecy.code},
        )


def _acts(receipt: Standing, rule: Rule) -> str | None:
    return receipt.sent_by if rule.by_sender else receipt.held_by


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
