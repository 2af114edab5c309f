"""Who was asked about a file, and what they answered."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from palika.paging import cursor_at, order_of, position_of
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Marking
from services.eoffice.queries.readable import within
from services.eoffice.schemas.moving import AskedView, MarkingView

_markings = MarkingView(many=True)
_asked = AskedView(many=True)


def is_asked(session: Session, file_id: uuid.UUID, post: str) -> bool:
    """Whether a post's answer about a file is waited for."""
    found = select(Marking.id).where(
        Marking.post == post, Marking.state == "asked", Marking.file_id == file_id
    )
    return session.scalar(found.limit(1)) is not None


def has_asked(session: Session, file_id: uuid.UUID) -> bool:
    """Whether anybody was asked about a file since the answers were gathered last."""
    found = select(Marking.id).where(Marking.file_id == file_id, Marking.gathered_at.is_(None))
    return session.scalar(found.limit(1)) is not None


def waiting_of(session: Session, file_id: uuid.UUID) -> list[str]:
    """The posts whose answers about a file are waited for."""
    found = select(Marking.post).where(Marking.file_id == file_id, Marking.state == "asked")
    return sorted(set(session.scalars(found)))


def marks_of(session: Session, file_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every question about a file with its answer, in the order of asking."""
    return _markings.dump(questions_of(session, file_id))


def questions_of(session: Session, file_id: uuid.UUID) -> Sequence[Marking]:
    """The same, as rows."""
    found = select(Marking).where(Marking.file_id == file_id)
    return session.scalars(found.order_by(Marking.asked_at, Marking.post)).all()


def counted(
    session: Session, files: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[str, int]]:
    """How many posts were asked about each file, and how many have answered, since the answers were
    gathered last: by file, ``asked`` and ``answered``."""
    found = session.execute(
        select(Marking.file_id, Marking.state, func.count())
        .where(Marking.file_id.in_(files), Marking.gathered_at.is_(None))
        .group_by(Marking.file_id, Marking.state)
    )
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for file_id, state, count in found:
        counts.setdefault(file_id, {"asked": 0, "answered": 0})[state] = count
    return counts


def asked_of(post: Post) -> list[ColumnElement[bool]]:
    """The rule, of ``Marking``, for what a post is asked and has not answered, as far as who acts
    for it may read the file."""
    rule: list[ColumnElement[bool]] = [Marking.post == post.code, Marking.state == "asked"]
    if limited := within(post, File.secrecy):
        rule.append(Marking.file_id.in_(select(File.id).where(*limited)))
    return rule


def marked(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """What a post is asked and has not answered, the oldest first, a page at a time.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("marked", {**args, "post": post.code})
    found = select(Marking, File).join(File).where(*asked_of(post))
    if args["cursor"] is not None:
        found = found.where(
            tuple_(Marking.asked_at, Marking.id) > tuple_(*position_of(order, args["cursor"]))
        )
    rows = session.execute(
        found.order_by(Marking.asked_at, Marking.id).limit(args["limit"] + 1)
    ).all()
    shown = [{"marking": marking, "file": file} for marking, file in rows[: args["limit"]]]
    last = shown[-1]["marking"] if len(rows) > len(shown) else None
    return {
        "items": _asked.dump(shown),
        "next": cursor_at(order, (last.asked_at, last.id)) if last is not None else None,
    }
