"""Who was asked about a file, and what they answered."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from palika.paging import cursor_at, order_of, position_of
from services.eoffice.models import File, Marking
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
    found = select(Marking).where(Marking.file_id == file_id)
    return _markings.dump(session.scalars(found.order_by(Marking.asked_at, Marking.post)).all())


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


def marked(session: Session, post: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What a post is asked and has not answered, the oldest first, a page at a time.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("marked", {**args, "post": post})
    found = select(Marking, File).join(File).where(Marking.post == post, Marking.state == "asked")
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
