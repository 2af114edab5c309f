"""Reads."""

import base64
import binascii
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid, NotFound
from services.grievance.domain.access import may_touch
from services.grievance.models import Grievance
from services.grievance.reference import city
from services.grievance.schemas import GrievanceView

_one = GrievanceView()
_many = GrievanceView(many=True)


def get(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """One grievance, by ``id`` or ``number``.

    Raises:
        NotFound: there is none, or it is another citizen's.
    """
    if args["id"] is not None:
        found = session.get(Grievance, args["id"])
    else:
        found = session.scalar(select(Grievance).where(Grievance.number == args["number"]))
    if found is None or not may_touch(found.filed_by, caller.subject, caller.roles):
        key = args["id"] or args["number"]
        raise NotFound(f"there is no grievance {key}", {"id": str(key)})
    return view(found)


def view(grievance: Grievance) -> dict[str, Any]:
    """A grievance as the outside sees it."""
    shown: dict[str, Any] = _one.dump(grievance)
    return shown


def page(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """One page of the list: ``items``, and ``next`` (the cursor of the next page, or None).

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    limit: int = args["limit"]
    found = session.scalars(list_statement(args).limit(limit + 1)).all()
    shown = found[:limit]
    more = len(found) > limit
    return {"items": _many.dump(shown), "next": cursor_after(shown[-1]) if more else None}


def list_statement(args: Mapping[str, Any]) -> Select[tuple[Grievance]]:
    """The list's query, newest first; each filter has an index in this order (``models.py``)."""
    statement = select(Grievance).order_by(Grievance.filed_at.desc(), Grievance.id.desc())
    for column, value in (
        (Grievance.state, args["status"]),
        (Grievance.ward, args["ward"]),
        (Grievance.department, args["department"]),
        (Grievance.category, args["category"]),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if args["filed_from"] is not None:
        statement = statement.where(Grievance.filed_at >= args["filed_from"])
    if args["filed_before"] is not None:
        statement = statement.where(Grievance.filed_at < args["filed_before"])
    if args["cursor"] is not None:
        statement = statement.where(
            tuple_(Grievance.filed_at, Grievance.id) < tuple_(*_position(args["cursor"]))
        )
    return statement


def cursor_after(grievance: Grievance) -> str:
    """Where the list goes on after this one: opaque to callers, stable while rows are added."""
    position = f"{grievance.filed_at.isoformat()}|{grievance.id}"
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        filed_at, _, key = base64.urlsafe_b64decode(padded.encode()).decode().partition("|")
        moment = datetime.fromisoformat(filed_at)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment, uuid.UUID(key)
    except (ValueError, binascii.Error) as error:
        raise Invalid(
            "not a cursor of this list",
            {"cursor": ["must be the `next` of a page asked with the same filters"]},
        ) from error


def contacts(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """How to reach who filed them, and what their messages call the grievance.

    Returns:
        One for each known id: ``id``, ``name``, ``phone``, ``email``, ``language``, ``number``,
        ``category_name`` (by language). Unknown ids are left out.
    """
    found = session.execute(
        select(
            Grievance.id,
            Grievance.citizen_name,
            Grievance.citizen_phone,
            Grievance.citizen_email,
            Grievance.language,
            Grievance.number,
            Grievance.category,
        ).where(Grievance.id.in_(ids))
    )
    return [
        {
            "id": str(row.id),
            "name": row.citizen_name,
            "phone": row.citizen_phone,
            "email": row.citizen_email,
            "language": row.language,
            "number": row.number,
            "category_name": asdict(city().category_name(row.category)),
        }
        for row in found
    ]
