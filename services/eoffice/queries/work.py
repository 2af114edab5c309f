"""What posts have to do: who abolishes one must know."""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.eoffice.domain import receipts
from services.eoffice.domain.movement import State
from services.eoffice.models import File, Marking, Receipt


def work_of(session: Session, posts: Collection[str]) -> dict[str, dict[str, int]]:
    """Of each of the posts that has any: how many ``files`` that are not closed, how many
    ``receipts`` that are open, and how many ``questions`` that it has not answered."""
    live = File.state.in_([State.OPEN, State.PARKED])
    found: dict[str, dict[str, int]] = {}
    for what, post_of, waits in (
        ("files", File.held_by, live),
        ("receipts", Receipt.held_by, Receipt.state == receipts.State.OPEN),
        ("questions", Marking.post, Marking.state == "asked"),
    ):
        counted = select(post_of, func.count()).where(waits, post_of.in_(posts)).group_by(post_of)
        for post, count in session.execute(counted):
            found.setdefault(post, {})[what] = count
    return found


def said(work: Mapping[str, int]) -> str:
    """``3 files, 1 receipt``."""
    return ", ".join(_counted(what, count) for what, count in work.items())


def way_out(work: Mapping[str, int]) -> str:
    """How a post gets rid of its work, so that it can end."""
    ways = []
    if work.keys() & {"files", "receipts"}:
        ways.append("vacate it, and give them to another post (palika eoffice transfer)")
    if "questions" in work:
        ways.append("answer the questions, or let who asked go on without (gather, withdraw)")
    return "; ".join(ways)


def _counted(what: str, count: int) -> str:
    return f"{count} {what.removesuffix('s') if count == 1 else what}"
