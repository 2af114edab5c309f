"""Save a list's filters under a name, and take such a view away."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from services.grievance.models import SavedView
from services.grievance.reference import city

MOST = 100
"""Views of one owner."""


def save_view(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> SavedView:
    """Save it; the caller's own of that name is replaced, and keeps its id.

    Raises:
        Invalid: there is no such department.
        Conflict: the caller has very many already.
    """
    if args["department"] is not None:
        city().check_department(args["department"])
    kept = {key: args[key] for key in ("filters", "department", "shared")}
    made = insert(SavedView).values(
        id=uuid7(), owner=caller.subject, name=args["name"], created_at=now, **kept
    )
    upsert = made.on_conflict_do_update(
        index_elements=[SavedView.owner, SavedView.name], set_=kept
    ).returning(SavedView)
    saved = session.scalars(upsert, execution_options={"populate_existing": True}).one()
    own = select(func.count()).where(SavedView.owner == caller.subject)
    if session.scalar(own) > MOST:
        raise Conflict(f"nobody has more than {MOST} saved views: take one away first")
    return saved


def delete_view(session: Session, caller: Identity, key: uuid.UUID) -> None:
    """Take one of the caller's own away.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    gone = delete(SavedView).where(SavedView.id == key, SavedView.owner == caller.subject)
    if session.scalar(gone.returning(SavedView.id)) is None:
        raise NotFound(f"you have no saved view {key}", {"id": str(key)})
