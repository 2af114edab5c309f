"""Keep that a file was read by somebody from outside (docs/decisions/0033)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import calls
from palika.india import day_of
from services.eoffice.domain.organisation import Actor, Post
from services.eoffice.domain.reading import What, chain_of, is_kept
from services.eoffice.models import Correspondence, File, Imported, Paper, Reading, ReceiptPaper
from services.eoffice.organisation_store import current
from services.eoffice.queries.readable import has_had_receipt
from services.eoffice.queries.sight import is_involved
from services.eoffice.reference import city_retention
from services.eoffice.sealing import act
from services.eoffice.sealing.record import adopted

_FIRST_STATE = 1


def keep_reading(session: Session, who: Actor, file_id: UUID, what: What, now: datetime) -> None:
    """Keep that somebody reads in a file, if they are not of those whose file it is.

    It is called when what is read is in hand, in the same transaction. Of a person, a file and a
    day of India the first reading is kept: all others cost one insert, that does nothing.

    Args:
        file_id: of a file of this office, or of one that was brought in.
        who: a person; where a service reads, the post is taken for the person.
        what: what of it is read.
        now: when.
    """
    file = session.get(File, file_id)
    if file is None:
        kept = _is_imported_kept(session, who.post, session.get_one(Imported, file_id))
    else:
        kept = is_kept(
            file.secrecy,
            holds=file.held_by == who.post.code,
            inside=is_inside(session, who.post, file),
        )
    if kept:
        _keep(session, who, file_id, what, now)


def keep_reading_of_paper(session: Session, who: Actor, paper_id: UUID, now: datetime) -> None:
    """The same of a paper, of each file that it is in.

    Who kept it, has had the receipt with which it came, or has it in a file of theirs, reads their
    own paper, and of normal files that have it too nothing is kept.
    """
    here = select(File).join(Correspondence, Correspondence.file_id == File.id)
    its = here.where(Correspondence.paper_id == paper_id).distinct().order_by(File.id)
    files = session.scalars(its).all()
    inside = [is_inside(session, who.post, each) for each in files]
    own = any(inside) or (bool(files) and _is_own(session, who.post, paper_id))
    for each in files:
        if is_kept(each.secrecy, holds=each.held_by == who.post.code, inside=own):
            _keep(session, who, each.id, What.PAPER, now)


def is_inside(session: Session, post: Post, file: File) -> bool:
    """Whether a file is a post's own: of its department, with one below it in the line, or one that
    it has, has had, opened or was marked to."""
    return (
        post.department == file.department
        or post.code in current(session).above(file.held_by)
        or is_involved(session, file, post.code)
    )


def _is_imported_kept(session: Session, post: Post, file: Imported) -> bool:
    """What was brought in is with nobody; it is the record room's, and of who brought it in."""
    near = {file.imported_by, *current(session).above(file.imported_by)}
    inside = post.department == file.department or post.code in near
    keeps = city_retention().record_room.includes(post)
    return is_kept(file.secrecy, holds=False, inside=inside or keeps)


def _is_own(session: Session, post: Post, paper_id: UUID) -> bool:
    if session.get_one(Paper, paper_id).added_by == post.code:
        return True
    receipts = select(ReceiptPaper.receipt_id).where(
        ReceiptPaper.paper_id == paper_id, has_had_receipt(ReceiptPaper.receipt_id, post.code)
    )
    return session.scalar(receipts.limit(1)) is not None


def _keep(session: Session, who: Actor, file_id: UUID, what: What, now: datetime) -> None:
    new = (
        insert(Reading)
        .values(
            id=uuid7(),
            file_id=file_id,
            day=day_of(now),
            reader=who.person or who.post.code,
            post=who.post.code,
            what=what,
            read_at=now,
            rev=_FIRST_STATE,
        )
        # Without a second of the day: who reads the same file twice at once does not fail either.
        .on_conflict_do_nothing()
        .returning(Reading.id)
    )
    made = session.scalar(new)
    if made is None:
        return
    adopted(session, [session.get_one(Reading, made)])
    # Of the service, and silent: an act is never changed, and weeding takes the readings along.
    # Who asks the second time is no first reader: the other acts of the call would count otherwise.
    with calls.beside():
        act(session, chain_of(file_id), "readings", "read", None, now)
