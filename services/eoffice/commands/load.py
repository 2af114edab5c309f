"""Load a file for a step on it."""

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.models import File


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
