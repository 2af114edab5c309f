"""Reads."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.paging import cursor_at, order_of, position_of
from services.eoffice.domain.numbering import spellings
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Movement
from services.eoffice.queries.readable import readable
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas import FileView, MovementView

_one = FileView()
_many = FileView(many=True)
_movements = MovementView(many=True)
_NEWEST = "newest"


def view(file: File) -> dict[str, Any]:
    """A file as the desks see it, without its movements."""
    shown: dict[str, Any] = _one.dump(file)
    return shown


def get(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """One file by ``id`` or ``number``, with its ``movements`` in their order.

    Raises:
        NotFound: there is none that the post may read.
    """
    file = readable_file(session, post, args["id"], args["number"])
    moves = select(Movement).where(Movement.file_id == file.id).order_by(Movement.position)
    return view(file) | {"movements": _movements.dump(session.scalars(moves).all())}


def numbered(session: Session, number: str) -> File:
    """The file of a number, for who works on the database itself, and reads all.

    Raises:
        NotFound: there is none.
    """
    file = session.scalar(select(File).where(File.number.in_(spellings(number))))
    if file is None:
        raise NotFound(f"there is no file {number}", {"number": number})
    return file


def page(session: Session, post: Post, args: Mapping[str, Any]) -> dict[str, Any]:
    """One page of what the post may read: ``items``, and ``next`` (the cursor of the next page, or
    None).

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    limit: int = args["limit"]
    order = order_of(_NEWEST, args)
    statement = (
        select(File)
        .where(readable(File.secrecy, File.id, post))
        .order_by(File.opened_at.desc(), File.id.desc())
        .limit(limit + 1)
    )
    for column, value in (
        (File.state, args["status"]),
        (File.held_by, args["held_by"]),
        (File.department, args["department"]),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if args["opened_from"] is not None:
        statement = statement.where(File.opened_at >= args["opened_from"])
    if args["opened_before"] is not None:
        statement = statement.where(File.opened_at < args["opened_before"])
    if args["cursor"] is not None:
        position = tuple_(*position_of(order, args["cursor"]))
        statement = statement.where(tuple_(File.opened_at, File.id) < position)
    found = session.scalars(statement).all()
    shown = found[:limit]
    more = len(found) > limit
    return {"items": _many.dump(shown), "next": _after(order, shown[-1]) if more else None}


def _after(order: str, file: File) -> str:
    return cursor_at(order, (file.opened_at, file.id))
