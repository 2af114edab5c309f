"""Put a paper into the correspondence of a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Invalid, NotFound
from palika.india import day_of
from services.eoffice.commands.asked_again import made_before
from services.eoffice.commands.load import load_readable, locked, one_at_a_time
from services.eoffice.commands.step import see
from services.eoffice.domain.contents import check_newest, check_paper_is_as_secret, pages_of
from services.eoffice.domain.noting import check_on_desk
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import MAIL
from services.eoffice.domain.searching import Kind
from services.eoffice.models import Correspondence, File, Paper
from services.eoffice.organisation_store import actor
from services.eoffice.queries.kept_papers import find, grade_of
from services.eoffice.queries.reading import known_of
from services.eoffice.queries.volumes import last_page, newer, volumes
from services.eoffice.sealing import act
from services.eoffice.searching import index


def add_paper(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Correspondence:
    """Put a paper of the office, or an enclosure, into a file's correspondence.

    Raises:
        NotFound: no such file, or no such paper, that the post may read.
        Forbidden: the file is with another post.
        Invalid: other ``pages`` are said than the kept paper has; or it is an e-mail as it came.
        Conflict: it is not open, goes on in a further volume, is less secret than the paper, or
            something else was added under this id.
    """
    who = actor(session, caller, args["post"], now)
    one_at_a_time(session, args["id"])
    file = load_readable(session, who.post, args["file_id"])
    asked = {name: args[name] for name in ("file_id", "kind", "title", "paper_id")}
    if (done := made_before(session, Correspondence, args["id"], asked)) is not None:
        return done
    check_on_desk(
        file.standing,
        "add a paper",
        who.post.code,
        known_of(session, file, who, day_of(now)),
    )
    taken = asked_of(args)
    if args["paper_id"] is not None:
        # What is kept here is counted here.
        taken["pages"] = _held(session, who, file, args["paper_id"]).pages
        if args["pages"] not in (None, taken["pages"]):
            rule = f"the paper has {taken['pages']}, not {args['pages']}; leave it out"
            raise Invalid("pages that the paper has not", {"pages": [rule]})
    paper = place(session, file, who, now, **taken)
    act(
        *(session, file.id, "file", "added a paper", who, now),
        {"paper": paper.id, "position": paper.position, "title": paper.title},
    )
    return paper


def _held(session: Session, who: Actor, file: File, key: UUID) -> Paper:
    """A kept paper, which is not weeded until the transaction ends.

    Raises:
        NotFound: there is none that the post may read.
        Invalid: it is an e-mail as it came.
        Conflict: more people may read the file than the paper.
    """
    find(session, who.post, key)
    paper = locked(session, Paper, key, read=True)
    if paper is None:
        raise NotFound(f"there is no paper {key}", {"id": str(key)})
    if paper.source == MAIL:
        rule = "is an e-mail as it came: that stays with its receipt"
        raise Invalid("no paper of a file", {"paper_id": [rule]})
    check_paper_is_as_secret(str(key), grade_of(session, key), file.number, file.standing.secrecy)
    return paper


def asked_of(args: Mapping[str, Any]) -> dict[str, Any]:
    """What ``place`` takes of the arguments of a call."""
    return {name: args[name] for name in ("id", "kind", "title", "pages", "paper_id")}


def place(
    session: Session,
    file: File,
    who: Actor,
    now: datetime,
    *,
    kind: str,
    title: str,
    pages: int,
    id: UUID | None = None,
    paper_id: UUID | None = None,
    receipt_id: UUID | None = None,
    letter_id: UUID | None = None,
) -> Correspondence:
    """Put a paper behind the others of a file that is loaded and locked, and on the desk of the
    post that does so: it has then seen the file. The act is the caller's.

    Raises:
        Conflict: the file goes on in a further volume.
    """
    check_newest(file.number, newer(session, file), "add a paper")
    see(session, file, now)
    last = select(func.max(Correspondence.position)).where(Correspondence.file_id == file.id)
    ids = [each.id for each in volumes(session, file)]
    first_page, ends = pages_of(last_page(session, ids), pages)
    paper = Correspondence(
        id=id or uuid7(),
        file_id=file.id,
        position=(session.scalar(last) or 0) + 1,
        kind=kind,
        title=title,
        paper_id=paper_id,
        first_page=first_page,
        last_page=ends,
        receipt_id=receipt_id,
        letter_id=letter_id,
        added_at=now,
        added_by=who.post.code,
    )
    session.add(paper)
    index(session, Kind.PAPER, paper.id)
    return paper
