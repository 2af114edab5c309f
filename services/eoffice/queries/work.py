"""What posts have to do: who abolishes one must know."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.eoffice.domain import receipts
from services.eoffice.domain.movement import State
from services.eoffice.models import File, Receipt


def work_of(session: Session, posts: Collection[str]) -> dict[str, dict[str, int]]:
    """Of each of the posts that has any: how many ``files`` that are not closed, and how many
    ``receipts`` that are open."""
    live = File.state.in_([State.OPEN, State.PARKED])
    found: dict[str, dict[str, int]] = {}
    for what, model, waits in (
        ("files", File, live),
        ("receipts", Receipt, Receipt.state == receipts.State.OPEN),
    ):
        counted = (
            select(model.held_by, func.count())
            .where(waits, model.held_by.in_(posts))
            .group_by(model.held_by)
        )
        for post, count in session.execute(counted):
            found.setdefault(post, {})[what] = count
    return found


def said(work: dict[str, int]) -> str:
    """``3 files, 1 receipt``."""
    return ", ".join(_counted(what, count) for what, count in work.items())


def _counted(what: str, count: int) -> str:
    return f"{count} {what.removesuffix('s') if count == 1 else what}"
