"""A post's desk: what is there, what it has put aside, what it has sent.

Of what is above ``Post.limit`` a linked officer is shown nothing, in counts either.
Each page is read from an index of what is on the desk: what was done long ago costs nothing.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.paging import cursor_after, cursor_at, order_of, position_of, word_of
from services.eoffice.domain.movement import Priority, State
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Letter, Marking, Movement
from services.eoffice.queries.letters import refused
from services.eoffice.queries.marks import asked_of, counted
from services.eoffice.queries.readable import within
from services.eoffice.schemas.moving import DeskFileView, SentView

_files = DeskFileView(many=True)
_sent = SentView(many=True)


def inbox(session: Session, post: Post, args: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The open files that a post has, the most urgent first, then those that came first.

    Args:
        session: in a transaction.
        post: whose desk.
        args: as ``schemas.moving.Inbox`` loads them.
        today: the day in India, by which they are overdue.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("inbox", {**args, "post": post.code})
    found = select(File).where(*_has(post), File.state == State.OPEN)
    if args["unseen"] is not None:
        found = found.where(File.seen_at.is_(None) == args["unseen"])
    if args["overdue"] is not None:
        late = func.coalesce(_late(today), False)
        found = found.where(late == args["overdue"])
    if args["priority"] is not None:
        found = found.where(File.priority == args["priority"])
    if args["cursor"] is not None:
        priority, since, key = _place(order, args["cursor"])
        found = found.where(
            File.priority <= priority,
            or_(
                File.priority < priority,
                and_(tuple_(File.held_since, File.id) > tuple_(since, key)),
            ),
        )
    found = found.order_by(File.priority.desc(), File.held_since, File.id)
    rows = session.scalars(found.limit(args["limit"] + 1)).all()
    shown = list(rows[: args["limit"]])
    return {
        "items": _shown(session, shown, today),
        "next": _after(order, shown[-1]) if len(rows) > len(shown) else None,
    }


def parked(session: Session, post: Post, args: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The files that a post has parked, those that wake first before the others.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order = order_of("parked", {**args, "post": post.code})
    found = select(File).where(*_has(post), File.state == State.PARKED)
    if args["cursor"] is not None:
        word, key = word_of(order, args["cursor"])
        found = found.where(tuple_(File.wake_on, File.id) > tuple_(_day(word), key))
    rows = session.scalars(found.order_by(File.wake_on, File.id).limit(args["limit"] + 1)).all()
    shown = list(rows[: args["limit"]])
    after = shown[-1] if len(rows) > len(shown) else None
    return {
        "items": _shown(session, shown, today),
        "next": cursor_after(order, str(after.wake_on), after.id) if after else None,
    }


def sent(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """What a post has sent, the newest first: where it went, whether it was opened there, where it
    is now, and whether it can still be pulled back.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    order, code = order_of("sent", {**args, "post": post.code}), post.code
    # What was pulled from it, it has not sent. Who moved a file long ago was not noted.
    by_itself = func.coalesce(Movement.by_post, Movement.from_post) == code
    its = (Movement.from_post == code, by_itself, *within(post, File.secrecy))
    found = select(Movement, File).join(File).where(*its)
    if args["cursor"] is not None:
        place = tuple_(*position_of(order, args["cursor"]))
        found = found.where(tuple_(Movement.moved_at, Movement.file_id) < place)
    newest = (Movement.moved_at, Movement.file_id, Movement.position)
    found = found.order_by(*(each.desc() for each in newest))
    rows = session.execute(found.limit(args["limit"] + 1)).all()
    shown = [
        {"movement": move, "file": file, "can_pull_back": _can_pull_back(move, file, code)}
        for move, file in rows[: args["limit"]]
    ]
    last = shown[-1]["movement"] if len(rows) > len(shown) else None
    return {
        "items": _sent.dump(shown),
        "next": cursor_at(order, (last.moved_at, last.file_id)) if last is not None else None,
    }


def counts(session: Session, post: Post, today: date) -> dict[str, int]:
    """How much is on a post's desk: ``inbox``, of it ``unseen``, ``urgent`` and ``overdue``;
    ``parked``; ``marked``, what it is asked; ``unsent``, letters that notify could not send."""
    late, urgent = _late(today), File.priority > Priority.ORDINARY
    there = session.execute(
        select(
            func.count(),
            func.count().filter(File.seen_at.is_(None)),
            func.count().filter(urgent),
            func.count().filter(late),
        ).where(*_has(post), File.state == State.OPEN)
    ).one()
    aside = select(func.count()).where(*_has(post), File.state == State.PARKED)
    asked = select(func.count()).select_from(Marking).where(*asked_of(post))
    letters = select(func.count()).select_from(Letter).join(File, File.id == Letter.file_id)
    names = ("inbox", "unseen", "urgent", "overdue")
    return {
        **dict(zip(names, there, strict=True)),
        "parked": session.scalar(aside) or 0,
        "marked": session.scalar(asked) or 0,
        "unsent": session.scalar(letters.where(*refused(post))) or 0,
    }


def _has(post: Post) -> list[ColumnElement[bool]]:
    return [File.held_by == post.code, *within(post, File.secrecy)]


def _late(today: date) -> ColumnElement[bool]:
    return or_(File.due_on < today, File.desk_due_on < today)


def _can_pull_back(move: Movement, file: File, post: str) -> bool:
    last = move.position == file.moves and file.state == State.OPEN
    return last and file.seen_at is None and file.sent_by == post


def _shown(session: Session, files: list[File], today: date) -> list[dict[str, Any]]:
    marks = counted(session, [each.id for each in files])
    for_view = []
    for each in files:
        due = [day for day in (each.due_on, each.desk_due_on) if day is not None]
        overdue = any(day < today for day in due)
        for_view.append({"file": each, "overdue": overdue, **marks.get(each.id, {})})
    return _files.dump(for_view)


def _after(order: str, file: File) -> str:
    return cursor_after(order, f"{file.priority} {file.held_since.isoformat()}", file.id)


def _place(order: str, cursor: str) -> tuple[int, datetime, uuid.UUID]:
    word, key = word_of(order, cursor)
    try:
        priority, since = word.split(" ")
        return Priority(int(priority)), datetime.fromisoformat(since), key
    except ValueError as error:
        raise _not_of_this_list() from error


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise _not_of_this_list() from error


def _not_of_this_list() -> Invalid:
    return Invalid("not a cursor of this list", {"cursor": ["must be the `next` of a page"]})
