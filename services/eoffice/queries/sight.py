"""Which files a post may read: ``domain/access.py`` on what the tables say."""

import uuid

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.domain.access import check_readable, may_read
from services.eoffice.domain.numbering import spellings
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File
from services.eoffice.queries.readable import has_to_do_with


def is_involved(session: Session, file: File, post: str) -> bool:
    """Whether a post has the file, has had it, opened it, or was marked to."""
    return bool(session.scalar(select(has_to_do_with(literal(file.id), post))))


def sees(session: Session, post: Post, file: File) -> bool:
    """Whether a post may read a file."""
    # What everybody with the clearance reads costs no look at who was concerned with it.
    return may_read(post.clearance, file.secrecy) or is_involved(session, file, post.code)


def check_sight(session: Session, post: Post, file: File, what: str, key: str) -> None:
    """Refuse what stands in a file that a post may not read.

    Raises:
        NotFound: as if there were none; ``what`` and ``key`` are those that the caller gave.
    """
    check_readable(what, key, post.clearance, file.secrecy, sees(session, post, file))


def readable_file(
    session: Session, post: Post, file_id: uuid.UUID | None, number: str | None = None
) -> File:
    """The file by its id, or by its number.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    key = str(file_id if file_id is not None else number)
    wanted = File.id == file_id if file_id is not None else File.number.in_(spellings(number or ""))
    file = session.scalar(select(File).where(wanted).order_by(File.number != number))
    if file is None:
        raise NotFound(f"there is no file {key}", {"id": key})
    check_sight(session, post, file, "file", key)
    return file
