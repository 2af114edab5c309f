"""Load a file for a step on it."""

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File
from services.eoffice.queries.sight import check_sight


def one_at_a_time(session: Session, key: uuid.UUID) -> None:
    """Two callers who make a thing of the same id, or one who asks twice, wait for each other until
    the end of the transaction."""
    number = int.from_bytes(key.bytes[8:], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def load_locked(session: Session, file_id: uuid.UUID) -> File:
    """The file, locked until the end of the transaction: steps on it wait for each other.

    Raises:
        NotFound: there is none.
    """
    found = session.get(File, file_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"there is no file {file_id}", {"id": str(file_id)})
    return found


def load_readable(session: Session, post: Post, file_id: uuid.UUID) -> File:
    """As ``load_locked``, for a post that acts on the file.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    file = load_locked(session, file_id)
    check_sight(session, post, file, "file", str(file_id))
    return file
