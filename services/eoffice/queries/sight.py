"""Which files a post may read: ``domain/access.py`` on what the tables say."""

import uuid

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.domain.access import check_readable
from services.eoffice.domain.numbering import spellings
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Imported
from services.eoffice.queries.readable import has_to_do_with, imported_readable, readable


def is_involved(session: Session, file: File, post: str) -> bool:
    """Whether a post has the file, has had it, opened it, or was marked to."""
    return bool(session.scalar(select(has_to_do_with(literal(file.id), post))))


def sees(session: Session, post: Post, file: File) -> bool:
    """Whether a post may read a file."""
    # What everybody reads costs no look at who is concerned with it.
    return file.secrecy == Secrecy.NORMAL or bool(
        session.scalar(select(readable(literal(file.secrecy), literal(file.id), post)))
    )


def sees_imported(session: Session, post: Post, file: Imported) -> bool:
    """Whether a post may read a file that was brought in."""
    return file.secrecy == Secrecy.NORMAL or bool(
        session.scalar(select(imported_readable(literal(file.secrecy), literal(file.id), post)))
    )


def check_sight(session: Session, post: Post, file: File, what: str, key: str) -> None:
    """Refuse what stands in a file that a post may not read.

    Raises:
        NotFound: as if there were none; ``what`` and ``key`` are those that the caller gave.
    """
    check_readable(what, key, sees(session, post, file))


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
