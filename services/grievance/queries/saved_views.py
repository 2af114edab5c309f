"""Saved views: what a caller may choose from."""

from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.roles import post_of
from services.grievance.models import Officer, SavedView
from services.grievance.schemas import SavedViewView

_one = SavedViewView()


def saved(session: Session, caller: Identity, department: str | None) -> list[dict[str, Any]]:
    """The caller's own, and those that are shared with a department, by name.

    Without a ``department`` it is that of the caller's post (``officer:roads-je``), if they have
    one.
    """
    if department is None:
        post = post_of(caller.subject)
        department = session.scalar(select(Officer.department).where(Officer.code == post))
    shared = and_(SavedView.shared, SavedView.department == department)
    found = select(SavedView).where(or_(SavedView.owner == caller.subject, shared))
    return [view(each) for each in session.scalars(found.order_by(SavedView.name, SavedView.id))]


def view(of: SavedView) -> dict[str, Any]:
    """A saved view as the outside sees it."""
    shown: dict[str, Any] = _one.dump(of)
    return shown
