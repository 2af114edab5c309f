"""Reads."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound
from services.eoffice.models import File, Movement
from services.eoffice.schemas import FileView, MovementView

_one = FileView()
_many = FileView(many=True)
_movements = MovementView(many=True)


def view(file: File) -> dict[str, Any]:
    """A file as the desks see it, without its movements."""
    shown: dict[str, Any] = _one.dump(file)
    return shown


def get(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """One file by ``id`` or ``number``, with its ``movements`` in their order.

    Raises:
        NotFound: there is none.
    """
    key, column = (args["id"], File.id) if args["id"] is not None else (args["number"], File.number)
    file = session.scalar(select(File).where(column == key))
    if file is None:
        raise NotFound(f"there is no file {key}", {"id": str(key)})
    moves = select(Movement).where(Movement.file_id == file.id).order_by(Movement.position)
    return view(file) | {"movements": _movements.dump(session.scalars(moves).all())}


def page(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """One page of the list: ``items``, and ``next`` (the cursor of the next page, or None).

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    limit: int = args["limit"]
    statement = select(File).order_by(File.opened_at.desc(), File.id.desc()).limit(limit + 1)
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
        position = tuple_(*_position(args["cursor"]))
        statement = statement.where(tuple_(File.opened_at, File.id) < position)
    found = session.scalars(statement).all()
    shown = found[:limit]
    more = len(found) > limit
    return {"items": _many.dump(shown), "next": _cursor_after(shown[-1]) if more else None}


def _cursor_after(file: File) -> str:
    position = f"{file.opened_at.isoformat()}|{file.id}"
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        opened_at, _, key = base64.urlsafe_b64decode(padded.encode()).decode().partition("|")
        moment = datetime.fromisoformat(opened_at)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment, uuid.UUID(key)
    except (ValueError, binascii.Error) as error:
        rule = "must be the `next` of a page asked with the same filters"
        raise Invalid("not a cursor of this list", {"cursor": [rule]}) from error
