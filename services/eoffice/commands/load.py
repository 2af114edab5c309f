"""Load a file for a step on it.

Whoever locks several things does so in one order, so that no two wait for each other: the
organisation (``current_held``, ``current_locked``), the caller's id (``one_at_a_time``), receipts
(``load_receipt``), files by their ids, but first the one that a case began with, what is in a file,
chains (``act``); of the readings of several files (``keep_reading``) those by the files' ids.
"""

import uuid
from typing import Any, TypeVar

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File
from services.eoffice.queries.sight import check_sight, readable_file
from services.eoffice.queries.volumes import begun_with

Row = TypeVar("Row")


def one_at_a_time(session: Session, key: uuid.UUID | None) -> None:
    """Two callers who make a thing of the same id, or one who asks twice, wait for each other until
    the end of the transaction; without an id nobody waits."""
    if key is None:
        return
    number = int.from_bytes(key.bytes[8:], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def locked(session: Session, model: type[Row], key: Any, *, read: bool = False) -> Row | None:
    """The row of a key, locked until the end of the transaction and as it is now, whatever the
    session has read of it before; None: there is none (any more).

    ``Session.get`` with a lock is not that: where the session has the row already and another has
    changed it since, it fails (``StaleDataError``) instead of reading it anew.

    Args:
        model: of what.
        key: its primary key; a tuple where that has several columns.
        read: others may lock it so too, and none may change it.
    """
    keys = key if isinstance(key, tuple) else (key,)
    wanted = (column == each for column, each in zip(inspect(model).primary_key, keys, strict=True))
    asked = select(model).where(*wanted).with_for_update(read=read)
    return session.scalars(asked.execution_options(populate_existing=True)).one_or_none()


def load_locked(session: Session, file_id: uuid.UUID) -> File:
    """The file, locked until the end of the transaction: steps on it wait for each other.

    Raises:
        NotFound: there is none.
    """
    found = locked(session, File, file_id)
    if found is None:
        raise NotFound(f"there is no file {file_id}", {"id": str(file_id)})
    return found


def load_readable(session: Session, post: Post, file_id: uuid.UUID) -> File:
    """The file, locked as by ``load_locked``, for a post that wants to do something with it.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    file = load_locked(session, file_id)
    check_sight(session, post, file, "file", str(file_id))
    return file


def load_of_case(session: Session, post: Post, file_id: uuid.UUID) -> File:
    """As ``load_readable``, for what depends on other files of the case: see ``lock_case``.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way.
    """
    lock_case(session, readable_file(session, post, file_id))
    return load_readable(session, post, file_id)


def lock_case(session: Session, file: File) -> None:
    """Lock the file that a case began with until the end of the transaction: two who do what
    depends on the other files of a case, its parts and volumes, wait for each other."""
    load_locked(session, begun_with(session, file).id)
