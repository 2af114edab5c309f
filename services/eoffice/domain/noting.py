"""Who may write on a note sheet, who makes a note green, and when it can still be taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from palika.errors import Conflict, Forbidden
from services.eoffice.domain.legal import Known, legal_methods
from services.eoffice.domain.movement import Standing, State

RESTS: Final[Mapping[str, str]] = {
    "approved": "the file was approved",
    "refused": "the file was refused",
    "returned": "the file was returned with an amount",
    "cancelled": "an approval was cancelled",
    "marked": "others were asked about the file",
    "answered": "what was asked about the file was answered",
    "approved a letter": "a letter was approved",
    "dispatched a letter": "a letter was dispatched",
    "dispatched a letter otherwise": "a letter was dispatched",
    "closed": "the file was closed",
    "recorded": "the file was recorded",
    "archived": "an archive of the file was made",
}
"""The acts that rest on what the note sheet says and what is in the file by then, by their verbs:
from then on the notes of before are for good, as they are once the file has moved, and the papers
of before are taken out by who is above alone."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A green note, as the rules look at it.

    ``is_last``: no note comes after it; ``has_moved``: the file has left the desk since; ``rests``:
    what rests on it since it was confirmed, in words (``RESTS``, or who has read it), if anything
    does.
    """

    number: int
    post: str
    is_last: bool
    has_moved: bool
    rests: str | None = None


def check_write_for(post: str, reports_to: str | None, owner: str) -> None:
    """Refuse a draft in another's name: a post writes its own notes, and those of the one that it
    reports to (the PA writes, the officer confirms).

    Raises:
        Forbidden: ``owner`` is neither; ``for`` names the posts that it may write for.
    """
    able = [post] if reports_to is None else [post, reports_to]
    if owner not in able:
        raise Forbidden(
            f"{post} cannot write notes of {owner}; it can write those of {', '.join(able)}",
            {"post": post, "for": able},
        )


def check_draft(owner: str, by_post: str, post: str) -> None:
    """Refuse a hand on a yellow note to all but its owner and who wrote it last.

    Raises:
        Forbidden: it is another's.
    """
    if post not in (owner, by_post):
        raise Forbidden(f"the draft is of {owner}, not of {post}", {"post": post})


def check_confirm(file: Standing, owner: str, post: str, known: Known) -> None:
    """Refuse to make a yellow note green.

    Raises:
        Forbidden: it is another post's note, or the file is with another.
        Conflict: the file is closed or parked; ``legal`` says what can be done.
    """
    if owner != post:
        raise Forbidden(
            f"the note is of {owner}: {post} cannot confirm it", {"owner": owner, "post": post}
        )
    check_on_desk(file, "confirm a note", post, known)


def check_on_desk(file: Standing, step: str, post: str, known: Known) -> None:
    """Refuse what only the post may do that has the file on its desk, open.

    Raises:
        Forbidden: the file is with another post.
        Conflict: it is closed or parked; ``legal`` says what can be done.
    """
    if file.held_by != post:
        raise Forbidden(
            f"cannot {step} on file {file.number}: it is with {file.held_by}, not with {post}",
            {"held_by": file.held_by, "post": post},
        )
    if file.state is not State.OPEN:
        legal = legal_methods(file, known)
        raise Conflict(
            f"cannot {step} on file {file.number}: it is {file.state}; "
            f"legal now: {', '.join(legal) or 'nothing'}",
            {"state": str(file.state), "legal": legal},
        )


def check_take_back(note: Confirmed, file: Standing, post: str, known: Known) -> None:
    """Refuse to take a green note back to yellow: its author may, while the file is on the desk on
    which the note was confirmed, no other note follows and nothing rests on it.

    Raises:
        Forbidden: it is another's note, or the file is with another post.
        Conflict: the file has moved since, another note follows, something rests on it, or the file
            is not open.
    """
    if note.post != post:
        raise Forbidden(
            f"note {note.number} is of {note.post}: {post} cannot take it back",
            {"owner": note.post, "post": post},
        )
    if note.has_moved:
        raise Conflict(
            f"note {note.number} of file {file.number} has been sent: it is not changed any more; "
            "write another",
            {"number": note.number, "legal": ["save_draft"]},
        )
    check_on_desk(file, "take back a note", post, known)
    if not note.is_last:
        raise Conflict(
            f"another note follows note {note.number} of file {file.number}; take that back first",
            {"number": note.number, "legal": ["save_draft"]},
        )
    if note.rests is not None:
        raise Conflict(
            f"note {note.number} of file {file.number} is not changed any more: since it was "
            f"confirmed {note.rests}; write another",
            {"number": note.number, "rests": note.rests, "legal": ["save_draft"]},
        )


def check_version(what: str, version: int, expected: int | None) -> None:
    """Refuse a step on another state than the caller had read.

    Raises:
        Conflict: with both versions.
    """
    if expected is not None and expected != version:
        raise Conflict(
            f"{what} has changed since it was read: it is at version {version}, not {expected}; "
            "read it again",
            {"version": version, "expected": expected},
        )
