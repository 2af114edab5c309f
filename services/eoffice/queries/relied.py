"""What rests on a green note, or on a paper: then it is not taken back, or out, though the file has
not moved."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from services.eoffice.domain.noting import RESTS
from services.eoffice.models import Act, Correspondence, Note, Reading, Receipt


def rests_on(session: Session, note: Note) -> str | None:
    """What was done with the file after a note was confirmed that rests on it (``noting.RESTS``),
    or who has read it since of those whose reading is kept; in words. None: nothing, nobody.

    The order is that of the acts of the file's chain. A note that has no act there is from before
    the record began: what was done since then rests on it.
    """
    noted = select(func.max(Act.position)).where(
        Act.chain_id == note.file_id,
        Act.verb == "noted",
        Act.data["note"].astext == str(note.id),
    )
    if (done := _done_since(session, note.file_id, session.scalar(noted) or 0)) is not None:
        return done
    own = [each for each in (note.person, note.by_person, note.post, note.by_post) if each]
    read = (
        select(Reading.post)
        .where(
            Reading.file_id == note.file_id,
            Reading.read_at >= note.confirmed_at,
            Reading.reader.not_in(own),
        )
        .order_by(Reading.read_at)
        .limit(1)
    )
    reader = session.scalar(read)
    return None if reader is None else f"{reader} has read the file"


def rests_on_paper(session: Session, paper: Correspondence) -> str | None:
    """What was done with the file after a paper was added that rests on it, in words; None:
    nothing. As of a note: of a paper that has no act there, what was done ever.
    """
    key = Act.data["paper"].astext == str(paper.id)
    return _rests_since(session, paper.file_id, "added a paper", key)


def rests_on_receipt(session: Session, receipt: Receipt, file_id: UUID) -> str | None:
    """As ``rests_on_paper``, after a receipt was put in a file, the last time."""
    key = Act.data["receipt"].astext == receipt.number
    return _rests_since(session, file_id, "receipt_added", key)


def _rests_since(
    session: Session, file_id: UUID, verb: str, key: ColumnElement[bool]
) -> str | None:
    came = select(func.max(Act.position)).where(Act.chain_id == file_id, Act.verb == verb, key)
    return _done_since(session, file_id, session.scalar(came) or 0)


def _done_since(session: Session, file_id: UUID, position: int) -> str | None:
    """The first act after one of a file's chain that rests on what was there by then, in words."""
    done = (
        select(Act.verb)
        .where(Act.chain_id == file_id, Act.position > position, Act.verb.in_(list(RESTS)))
        .order_by(Act.position)
        .limit(1)
    )
    verb = session.scalar(done)
    return None if verb is None else RESTS[verb]
