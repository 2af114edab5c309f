"""Which files a post may read: ``domain/access.py`` on what the tables say."""

import uuid

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.domain.access import check_readable, may_read
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Movement


def is_involved(session: Session, file: File, post: str) -> bool:
    """Whether a post has the file, has had it, or opened it."""
    if post in (file.held_by, file.opened_by):
        return True
    went = exists().where(
        Movement.file_id == file.id,
        or_(Movement.from_post == post, Movement.to_post == post),
    )
    return bool(session.scalar(select(went)))


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
