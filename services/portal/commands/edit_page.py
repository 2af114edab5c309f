"""A draft of a page of the site: begun, saved, sent for review, sent back, put away.

Each step is one transaction of the caller's, with the draft locked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.text import is_blank
from services.portal.domain.editing import Act, Merged, State, is_fourth_eye, merged
from services.portal.models import SiteAct, SiteDraft, SiteSave, SiteVersion

LONGEST_NOTE = 1_000
_SAVES_KEPT = 200


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something: the person, and the post for which they do it, as they are called now."""

    person: str
    names: Mapping[str, str]
    post: str
    posts: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "person": self.person,
            "names": dict(self.names),
            "post": self.post,
            "posts": dict(self.posts),
        }


@dataclass(frozen=True, slots=True)
class New:
    """A draft that is begun: where the page is, whose, what stands in the form before anybody has
    changed it (revision 0), and the digest of the page as it is now."""

    kind: str
    slug: str
    site: str | None
    department: str | None
    typed: dict[str, Any]
    based_on: str
    removal: bool = False
    note: str = ""
    rolls_back_to: int | None = None


def note_act(
    session: Session,
    page: "SiteDraft | SiteVersion | New",
    what: Act,
    hand: Mapping[str, Any] | None,
    now: datetime,
    note: str = "",
) -> None:
    """Write down who did what."""
    given = None if hand is None else dict(hand)
    session.add(
        SiteAct(at=now, kind=page.kind, slug=page.slug, what=what, hand=given, note=note[:2_000])
    )


def draft_of(session: Session, kind: str, slug: str, *, lock: bool = False) -> SiteDraft | None:
    """The draft of a page, if there is one; with ``lock`` nobody else changes it meanwhile."""
    found = select(SiteDraft).where(SiteDraft.kind == kind, SiteDraft.slug == slug)
    return session.scalar(found.with_for_update() if lock else found)


def locked_draft(session: Session, kind: str, slug: str) -> SiteDraft:
    """The same, that has to be there. Raises NotFound."""
    found = draft_of(session, kind, slug, lock=True)
    if found is None:
        raise NotFound(f"there is no draft of {kind}/{slug}")
    return found


def begin(session: Session, new: New, hand: Hand, now: datetime) -> SiteDraft:
    """Begin a draft.

    Raises:
        Conflict: somebody has begun one already.
    """
    if draft_of(session, new.kind, new.slug) is not None:
        raise Conflict("somebody has begun a draft of this page already")
    draft = SiteDraft(
        id=uuid7(),
        kind=new.kind,
        slug=new.slug,
        site=new.site,
        department=new.department,
        state=State.DRAFT,
        removal=new.removal,
        typed=new.typed,
        revision=0,
        based_on=new.based_on,
        authors=[hand.person],
        author=hand.to_dict(),
        note=new.note,
        rolls_back_to=new.rolls_back_to,
        changed_at=now,
    )
    session.add(draft)
    session.flush()
    _keep(session, draft, hand, now)
    what = Act.BEGUN if new.rolls_back_to is None else Act.ROLLED_BACK
    note_act(session, draft, what, hand.to_dict(), now, new.note)
    return draft


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of saving.

    Attributes:
        saved: whether it was; not, where two have changed the same in other ways.
        merged: both changes together, where somebody else has saved meanwhile.
        theirs: what is saved of the other one.
    """

    saved: bool
    revision: int
    merged: Merged | None = None
    theirs: Mapping[str, Any] | None = None
    author: Mapping[str, Any] | None = None


def save(
    session: Session,
    draft: SiteDraft,
    revision: int,
    typed: dict[str, Any],
    department_of: Callable[[Mapping[str, Any]], str | None],
    hand: Hand,
    now: datetime,
) -> Saved:
    """Keep what somebody has typed. What somebody else has saved meanwhile stays: fields that only
    one of them has changed are put together; where both have changed the same one in other ways,
    nothing is saved, and both are told.

    Args:
        draft: locked.
        revision: that of the page that was filled in.
        department_of: whose the page becomes by what is kept, which others may have typed.

    Raises:
        Conflict: it waits for review, or to go out.
    """
    _must_be(draft, State.DRAFT)
    both = None
    if revision != draft.revision:
        before = session.scalar(
            select(SiteSave.typed).where(
                SiteSave.draft_id == draft.id, SiteSave.revision == revision
            )
        )
        both = merged(before or {}, draft.typed, typed)
        if both.clashes:
            return Saved(False, draft.revision, both, draft.typed, draft.author)
        typed = both.values
    other = draft.author if both is not None else None
    department = department_of(typed)
    if typed != draft.typed or department != draft.department:
        draft.typed, draft.department = typed, department
        draft.revision += 1
        draft.author, draft.changed_at = hand.to_dict(), now
        if hand.person not in draft.authors:
            draft.authors = [*draft.authors, hand.person]
        _keep(session, draft, hand, now)
    return Saved(True, draft.revision, both, None, other)


def _keep(session: Session, draft: SiteDraft, hand: Hand, now: datetime) -> None:
    session.add(
        SiteSave(
            draft_id=draft.id,
            revision=draft.revision,
            typed=draft.typed,
            author=hand.to_dict(),
            at=now,
        )
    )
    session.execute(
        delete(SiteSave).where(
            SiteSave.draft_id == draft.id, SiteSave.revision <= draft.revision - _SAVES_KEPT
        )
    )


def send(session: Session, draft: SiteDraft, note: str, hand: Hand, now: datetime) -> None:
    """Send it for review; it has passed all checks.

    Raises:
        Invalid: nothing is said of what was changed and why.
        Conflict: it was sent already.
    """
    _must_be(draft, State.DRAFT)
    draft.note = reason(note, "note")
    draft.state, draft.sent_back = State.REVIEW, None
    draft.author = hand.to_dict()
    if hand.person not in draft.authors:
        draft.authors = [*draft.authors, hand.person]
    note_act(session, draft, Act.SENT, hand.to_dict(), now, draft.note)


def withdraw(session: Session, draft: SiteDraft, hand: Hand, now: datetime) -> None:
    """Take it back from review, or from its moment, to change it. Raises Conflict."""
    _must_be(draft, State.REVIEW, State.SCHEDULED)
    _back(draft)
    note_act(session, draft, Act.WITHDRAWN, hand.to_dict(), now)


def send_back(
    session: Session, draft: SiteDraft, revision: int, why: str, hand: Hand, now: datetime
) -> None:
    """Send it back to who wrote it, with what is to be changed.

    Raises:
        Invalid: no reason.
        Forbidden: one's own.
        Conflict: it does not wait for review, or is another one by now.
    """
    to_be_decided(draft, revision, hand)
    told = reason(why, "reason")
    _back(draft)
    draft.sent_back = {"hand": hand.to_dict(), "reason": told, "at": now.isoformat()}
    note_act(session, draft, Act.SENT_BACK, hand.to_dict(), now, told)


def take_over(session: Session, draft: SiteDraft, based_on: str, hand: Hand, now: datetime) -> None:
    """Somebody has looked at what was changed in the files underneath since it was begun."""
    _must_be(draft, State.DRAFT)
    draft.based_on = based_on
    note_act(session, draft, Act.TOOK_OVER, hand.to_dict(), now)


def discard(session: Session, draft: SiteDraft, hand: Hand, now: datetime) -> None:
    """Throw it away. Raises Conflict: it waits for review, or to go out."""
    _must_be(draft, State.DRAFT)
    note_act(session, draft, Act.DISCARDED, hand.to_dict(), now)
    session.delete(draft)


def schedule(session: Session, draft: SiteDraft, at: datetime, hand: Hand, now: datetime) -> None:
    """Decide that it goes out at a moment; it is locked, may be decided about, and has passed all
    checks.

    Raises:
        Invalid: the moment is over, or more than a year away.
    """
    if at <= now or (at - now).days > 366:
        raise Invalid("no moment", {"at": ["must be a moment within the next 366 days"]})
    draft.state, draft.publish_at, draft.reviewer = State.SCHEDULED, at, hand.to_dict()
    note_act(session, draft, Act.SCHEDULED, hand.to_dict(), now, at.isoformat())


def to_be_decided(draft: SiteDraft, revision: int, hand: Hand) -> None:
    """See that somebody may decide about what they have looked at.

    Raises:
        Conflict: it is not up for that, or was changed since.
        Forbidden: they have a hand in it.
    """
    _must_be(draft, State.REVIEW, State.SCHEDULED)
    if draft.revision != revision:
        raise Conflict("the draft was changed since you looked at it")
    if not is_fourth_eye(hand.person, draft.authors):
        raise Forbidden("nobody decides about what they have written themselves")


def reason(given: str, name: str) -> str:
    """A reason that somebody has given. Raises Invalid: none, or too long a one."""
    told = given.strip()
    if is_blank(told):
        raise Invalid("no reason", {name: ["must not be empty"]})
    if len(told) > LONGEST_NOTE:
        raise Invalid("too long", {name: [f"must have at most {LONGEST_NOTE} characters"]})
    return told


def _back(draft: SiteDraft) -> None:
    draft.state, draft.publish_at, draft.reviewer = State.DRAFT, None, None


def _must_be(draft: SiteDraft, *states: State) -> None:
    if draft.state not in states:
        raise Conflict("the draft is in another state by now: look at the page again")


def of_id(session: Session, draft_id: UUID) -> SiteDraft | None:
    """A draft, locked, if nobody else has it in hand."""
    return session.scalar(
        select(SiteDraft).where(SiteDraft.id == draft_id).with_for_update(skip_locked=True)
    )
