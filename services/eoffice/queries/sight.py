"""Which files a post may read: ``domain/access.py`` on what the tables say."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.domain.access import check_readable, may_read
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Marking, Movement


def is_involved(session: Session, file: File, post: str) -> bool:
    """Whether a post has the file, has had it, opened it, or was marked to."""
    if post in (file.held_by, file.opened_by):
        return True
    return bool(session.scalar(select(or_(*_came(file.id, post)))))


def readable(post: Post) -> ColumnElement[bool]:
    """The same of the rows of ``File`` in a statement: what the post may read."""
    return or_(
        File.secrecy <= post.clearance,
        File.held_by == post.code,
        File.opened_by == post.code,
        *_came(File.id, post.code),
    )


def _came(file_id: Any, post: str) -> list[ColumnElement[bool]]:
    return [
        exists().where(
            Movement.file_id == file_id,
            or_(Movement.from_post == post, Movement.to_post == post),
        ),
        exists().where(Marking.file_id == file_id, Marking.post == post),
    ]


def can_read(session: Session, file: File, post: Post) -> bool:
    """Whether a post may read the file."""
    return may_read(post.clearance, file.secrecy) or is_involved(session, file, post.code)


def readable_file(
    session: Session, post: Post, file_id: uuid.UUID | None, number: str | None = None
) -> File:
    """The file by its id, or by its number.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    key = str(file_id if file_id is not None else number)
    wanted = File.id == file_id if file_id is not None else File.number == number
    file = session.scalar(select(File).where(wanted))
    if file is None:
        raise NotFound(f"there is no file {key}", {"id": key})
    involved = is_involved(session, file, post.code)
    check_readable("file", key, post.clearance, file.secrecy, involved)
    return file
