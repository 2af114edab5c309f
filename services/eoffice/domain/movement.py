"""The life of a file: open with one post at a time, until that post closes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.domain.secrecy import Secrecy


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


def check_step(file: Standing, step: str, post: str, expected: int | None) -> None:
    """Refuse a step that this post may not take on this file now.

    Args:
        file: the file.
        step: ``forward`` or ``close``, for the message.
        post: the post that acts.
        expected: the version that the caller had read, or None if the caller does not mind.

    Raises:
        Conflict: the file is closed, or has changed since it was read.
        Forbidden: the file is with another post.
    """
    if file.state is State.CLOSED:
        raise Conflict(
            f"cannot {step} file {file.number}: it is closed; legal now: nothing",
            {"state": str(file.state), "step": step, "legal": []},
        )
    if file.held_by != post:
        raise Forbidden(
            f"cannot {step} file {file.number}: it is with {file.held_by}, not with {post}",
            {"held_by": file.held_by, "post": post},
        )
    if expected is not None and expected != file.version:
        raise Conflict(
            f"file {file.number} has changed since it was read: it is at version {file.version}, "
            f"not {expected}; read it again",
            {"version": file.version, "expected": expected},
        )


def check_target(from_post: str, to_post: str) -> None:
    """Refuse to forward a file to the post that has it.

    Raises:
        Invalid: the two are one.
    """
    if from_post == to_post:
        raise Invalid("a file moves to another post", {"to": [f"is with {to_post} already"]})


def whole_minutes(since: datetime, until: datetime) -> int:
    """Minutes between two moments, never below 0 (clocks of two machines may differ a little)."""
    return max(0, int((until - since).total_seconds() // 60))
