"""Cancelling an approval: who may, and until when. Illustrative: practice, and no order that is
known here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from palika.errors import Conflict, Forbidden


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that somebody wants to cancel, as the rules look at it.

    Attributes:
        decision: ``approved``, ``refused``, ``returned`` or ``cancelled``.
        file: the number of its file.
        may: the posts that may cancel it, the nearest first: the one that made it, the one by whose
            power it did, those up the line from there.
        cancelled: whether that was done already.
        closed: the number of the newest volume of its file, if that is closed.
        letters: the numbers of the letters that went out of its case since.
    """

    decision: str
    file: str
    may: Sequence[str]
    cancelled: bool
    closed: str | None
    letters: Sequence[str]


def check_cancel(made: Made, post: str, legal: Callable[[], list[str]]) -> None:
    """Refuse to cancel a decision. An approval is cancelled by the post that gave it and those
    above that, while no letter of the case has gone out since: what was told outside stands, and
    another letter says otherwise. Volumes are one file: it is open as long as the newest is.

    Args:
        post: that acts.
        legal: says what may be done with the file instead, for the refusal.

    Raises:
        Conflict: it is no approval, it was cancelled already, the file is closed (``newest``), or
            letters went out (``letters``).
        Forbidden: it is not for this post; ``may`` names whose it is.
    """
    if made.decision != "approved":
        raise Conflict(
            f"only an approval is cancelled; on file {made.file} it was {made.decision}",
            {"decision": made.decision, "legal": legal()},
        )
    if made.cancelled:
        raise Conflict(
            f"the approval on file {made.file} was cancelled already",
            {"decision": made.decision, "legal": legal()},
        )
    if post not in made.may:
        raise Forbidden(
            f"{post} may not cancel the approval on file {made.file}; {' or '.join(made.may)} may",
            {"post": post, "may": list(made.may), "legal": legal()},
        )
    if made.closed is not None:
        it = "it" if made.closed == made.file else made.closed
        raise Conflict(
            f"cannot cancel the approval on file {made.file}: {it} is closed; reopen it first",
            {"newest": made.closed, "legal": legal()},
        )
    if made.letters:
        raise Conflict(
            f"the approval on file {made.file} is not cancelled any more: "
            f"{', '.join(made.letters)} has gone out since; another letter says otherwise",
            {"letters": list(made.letters), "legal": legal()},
        )
