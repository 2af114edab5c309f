"""Which posts have had a file, and when."""

import uuid
from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.domain.movement import State, Step, whole_minutes
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Movement
from services.eoffice.schemas.moving import CustodyView

_view = CustodyView(many=True)


def had(session: Session, file: File, post: str) -> bool:
    """Whether a post opened the file, has it or had it."""
    return bool(those_that_had(session, file, {post}))


def those_that_had(session: Session, file: File, posts: Set[str]) -> Set[str]:
    """Which of some posts opened the file, have it or had it; asked once for all of them."""
    known = posts & {file.opened_by, file.held_by}
    asked = posts - known
    if not asked:
        return known
    its = Movement.file_id == file.id
    gone = select(Movement.from_post).where(its, Movement.from_post.in_(asked))
    come = select(Movement.to_post).where(its, Movement.to_post.in_(asked))
    return known | set(session.scalars(gone.union(come)))


def may_have(session: Session, file: File, post: Post) -> bool:
    """Whether a file may go to a post: its clearance is enough, or it had it before."""
    return bool(those_that_may_have(session, file, [post]))


def those_that_may_have(session: Session, file: File, posts: Sequence[Post]) -> list[Post]:
    """Those of some posts to which a file may go, in their order; asked once for all of them."""
    lower = {each.code for each in posts if each.clearance < file.secrecy}
    barred = lower - those_that_had(session, file, lower)
    return [each for each in posts if each.code not in barred]


def had_before(session: Session, file: File) -> set[str]:
    """The other posts that have had a file."""
    gone = select(Movement.from_post).where(Movement.file_id == file.id)
    come = select(Movement.to_post).where(Movement.file_id == file.id)
    return {file.opened_by, *session.scalars(gone.union(come))} - {file.held_by}


def came_from(session: Session, file: File, post: str) -> str | None:
    """From where a file came to a post when it came last; None: it was opened there.

    What was pulled back came from nowhere: it is as it was before it was sent.
    """
    found = select(Movement.from_post).where(
        Movement.file_id == file.id,
        Movement.to_post == post,
        Movement.kind != Step.PULL_BACK,
    )
    return session.scalar(found.order_by(Movement.position.desc()).limit(1))


def custody(session: Session, file_id: uuid.UUID, now: datetime) -> list[dict[str, Any]]:
    """Who had the file from when until when, without a gap: the last stay has no ``until``, but of
    a closed file, which is with nobody's desk from then on.

    ``minutes`` are those of the stay, until ``now`` of one that goes on; ``how`` is the step by
    which it came.
    """
    file = session.get_one(File, file_id)
    moves = session.scalars(
        select(Movement).where(Movement.file_id == file_id).order_by(Movement.position)
    ).all()
    end = file.closed_at if file.state == State.CLOSED else None
    begun = [(file.opened_by, file.opened_at, "open_file", file.opened_at)]
    begun += [(each.to_post, each.moved_at, each.kind, each.seen_at) for each in moves]
    ends = [*(each.moved_at for each in moves), end]
    return _view.dump(
        [
            {
                "post": post,
                "since": since,
                "until": until,
                "minutes": whole_minutes(since, until or now),
                "how": how,
                "seen_at": seen_at,
            }
            for (post, since, how, seen_at), until in zip(begun, ends, strict=True)
        ]
    )
