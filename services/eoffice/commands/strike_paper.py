"""Strike out a paper that was added by mistake: its pages stay taken, its bytes in the store."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_readable, locked
from services.eoffice.commands.step import see
from services.eoffice.domain.correcting import Placed, check_strikes
from services.eoffice.models import Correspondence, File, Movement
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.relied import rests_on_paper
from services.eoffice.queries.sight import check_sight
from services.eoffice.sealing import act


def strike_paper(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Correspondence:
    """Strike out the paper ``args["id"]`` of a file's correspondence; ``args["reason"]`` says why.
    No page is numbered anew, and who reads the file sees what was struck out until it is weeded.
    Asked again it gives what is there.

    Raises:
        NotFound: no such paper, or it is in a file that the post may not read: the same either way.
        Forbidden: see ``domain.correcting.check_strikes``; ``may`` names whose it is.
        Conflict: the file is closed or was weeded; or it is a receipt, or a letter that went out.
    """
    who = actor(session, caller, args["post"], now)
    found = session.get(Correspondence, args["id"])
    if found is None:
        raise NotFound(f"there is no paper {args['id']}", {"id": str(args["id"])})
    file = session.get_one(File, found.file_id)
    check_sight(session, who.post, file, "paper", str(args["id"]))
    file = load_readable(session, who.post, found.file_id)
    check_kept(session, file, "strike a paper out of")
    paper = locked(session, Correspondence, found.id)
    if paper is None:
        raise NotFound(f"there is no paper {args['id']}", {"id": str(args["id"])})
    if paper.struck_at is not None:
        return paper
    last = session.get(Movement, (file.id, file.moves))
    pages = f"c:{paper.first_page}" + (
        "" if paper.last_page == paper.first_page else f"-{paper.last_page}"
    )
    placed = Placed(
        pages=pages,
        kind=paper.kind if paper.receipt_id is None else "receipt",
        added_by=paper.added_by,
        moved_since=last is not None and last.moved_at >= paper.added_at,
        above=current(session).above(paper.added_by),
        rests=rests_on_paper(session, paper),
    )
    check_strikes(file.standing, placed, who.post.code)
    if file.held_by == who.post.code:
        see(session, file, now)
    paper.struck_at, paper.struck_by, paper.struck_why = now, who.post.code, args["reason"]
    file.version += 1
    said = {"paper": paper.id, "position": paper.position, "pages": pages, "reason": args["reason"]}
    act(session, file.id, "file", "struck a paper out", who, now, said)
    return paper
