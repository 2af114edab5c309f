"""Putting right what was entered wrongly: by whom, and until when. What was there before stays in
the record, for everybody who reads it.

Illustrative throughout: practice, and no order that is known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from palika.errors import Conflict, Forbidden
from services.eoffice.domain.access import check_opens
from services.eoffice.domain.movement import Standing, State
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import Standing as ReceiptStanding
from services.eoffice.domain.receipts import State as ReceiptState
from services.eoffice.domain.secrecy import Secrecy, check_public


@dataclass(frozen=True, slots=True)
class Openness:
    """How many may know of a file: its grade of secrecy, and whether a citizen may ask about it."""

    secrecy: Secrecy
    public: bool

    def opens(self, before: "Openness") -> bool:
        """Whether a file that was so ``before`` is less secret so, or public now."""
        return self.secrecy < before.secrecy or (self.public and not before.public)


def check_corrects_file(file: Standing, post: str, above: Sequence[str], *, what: str) -> None:
    """Refuse to correct a file to who neither has it nor is up the line from who has.

    Args:
        above: the posts up the line from the one that has it, the nearest first.
        what: is corrected, in words.

    Raises:
        Conflict: it is closed: it is reopened first.
        Forbidden: ``may`` names whose it is.
    """
    if file.state is State.CLOSED:
        raise Conflict(
            f"cannot correct {what} of file {file.number}: it is closed; reopen it first",
            {"state": str(file.state), "legal": []},
        )
    may = [file.held_by, *above]
    if post not in may:
        raise Forbidden(
            f"cannot correct {what} of file {file.number}: it is with {file.held_by}, not {post}; "
            f"that is for {' or '.join(may)}",
            {"held_by": file.held_by, "post": post, "may": may},
        )


def check_openness(
    file: str, now: Openness, wanted: Openness, post: Post, above: Sequence[Post], least: int
) -> None:
    """Refuse another grade of secrecy, or to be public, to who may not give it.

    More secret, and public no longer, a file is made by who may correct it and is cleared for the
    grade. Less secret, and public, it is made by one of those from a level on, who is cleared for
    the grade that it has: what was kept from many is not opened by a clerk.

    Args:
        file: its number.
        post: that acts, and may correct the file.
        above: the posts up the line from it that somebody holds, the nearest first.
        least: from which level on posts lower.

    Raises:
        Invalid: it would be public and secret.
        Forbidden: ``may`` names who above it may.
    """
    check_public(wanted.secrecy, wanted.public)
    if wanted.secrecy > now.secrecy:
        check_opens(post, wanted.secrecy, above)
    if not wanted.opens(now) or _lowers(post, now, least):
        return
    may = those_who_open(now, above, least)
    raise Forbidden(
        f"{post.code} (level {post.level}, reads up to {post.clearance.code}) may not make file "
        f"{file} less secret or public: that is for a post from level {least} on that is cleared "
        f"for {now.secrecy.code}; {' or '.join(may) or 'no post up the line'} may",
        {"post": post.code, "level": post.level, "least": least, "may": may},
    )


def those_who_open(now: Openness, posts: Sequence[Post], least: int) -> list[str]:
    """Of some posts those that may make a file less secret, or public, in their order."""
    return [each.code for each in posts if _lowers(each, now, least)]


def _lowers(post: Post, now: Openness, least: int) -> bool:
    return post.level >= least and post.clearance >= now.secrecy


def check_corrects_receipt(
    receipt: ReceiptStanding, diarised_by: str, office: str, post: Post
) -> None:
    """Refuse to correct what is said of a receipt to who is neither the post that diarised it nor
    of the section in whose diary it is: the registry.

    Raises:
        Conflict: it was weeded.
        Forbidden: ``may`` names the post, and ``office`` the section.
    """
    if receipt.state is ReceiptState.WEEDED:
        raise Conflict(
            f"cannot correct receipt {receipt.number}: it was weeded", {"state": receipt.state}
        )
    if post.code != diarised_by and (post.section or post.department) != office:
        raise Forbidden(
            f"cannot correct receipt {receipt.number}: that is for {diarised_by}, which diarised "
            f"it, or another post of {office}, not {post.code}",
            {"post": post.code, "may": [diarised_by], "office": office},
        )


def check_own_grades(file: str, wanted: Secrecy, secret: Sequence[str]) -> None:
    """Refuse to make a file less secret than what is in it.

    Args:
        secret: the numbers of its receipts that are more secret of themselves, and of papers that
            are in something more secret.

    Raises:
        Conflict: names them.
    """
    if secret:
        raise Conflict(
            f"file {file} cannot be {wanted.code}: more secret are {', '.join(secret)}; "
            "take these out first",
            {"secrecy": wanted.code, "secret": list(secret)},
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """A paper of a file that may be struck out.

    Attributes:
        moved_since: the file has moved since it was added.
        rests: what rests on it since it was added, in words (``noting.RESTS``), if anything does.
        above: the posts up the line from ``added_by``, the nearest first.
    """

    pages: str
    kind: str
    added_by: str
    moved_since: bool
    above: Sequence[str]
    rests: str | None = None

    @property
    def since(self) -> str | None:
        """Why who added it does not take it out any more, in words; None: they do."""
        return "the file has moved since" if self.moved_since else self.rests


def check_strikes(file: Standing, paper: Placed, post: str) -> None:
    """Refuse to strike a paper out: that is for the post that added it while the file has not moved
    since and nothing rests on it, and for those above that. What came in is taken to the right
    file, what went out has gone.

    Raises:
        Conflict: the file is closed, or it is a receipt or a letter; ``legal`` names the way.
        Forbidden: ``may`` names whose it is.
    """
    wish = f"cannot strike out {paper.pages} of file {file.number}"
    if file.state is State.CLOSED:
        raise Conflict(f"{wish}: it is closed; reopen it first", {"legal": ["reopen"]})
    if paper.kind == "issued":
        raise Conflict(f"{wish}: the letter has gone out", {"kind": paper.kind, "legal": []})
    if paper.kind == "receipt":
        raise Conflict(
            f"{wish}: it came in; take the receipt to the right file",
            {"kind": paper.kind, "legal": ["refile_receipt"]},
        )
    mine = paper.added_by == file.held_by and paper.since is None
    may = [*([paper.added_by] if mine else []), *paper.above]
    if post in may:
        return
    raise Forbidden(
        f"{wish}: it was added by {paper.added_by}"
        f"{'' if paper.since is None else f', and {paper.since}'}; that is for "
        f"{' or '.join(may) or 'nobody'}, not {post}",
        {"post": post, "added_by": paper.added_by, "may": may},
    )


def check_takes_out(
    file: str, receipt: str, rests: str | None, post: str, above: Sequence[str]
) -> None:
    """Refuse to take a receipt out of a file in which something rests on it: that is for those
    above the post that put it in.

    Args:
        rests: what was done since that rests on it, in words (``noting.RESTS``), if anything was.
        above: the posts up the line from the one that put it in, the nearest first.

    Raises:
        Forbidden: ``may`` names whose it is.
    """
    if rests is None or post in above:
        return
    raise Forbidden(
        f"cannot take receipt {receipt} out of file {file}: since it was put in {rests}; that is "
        f"for {' or '.join(above) or 'nobody'}, not {post}",
        {"post": post, "rests": rests, "may": list(above)},
    )
