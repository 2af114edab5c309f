"""Destroying the content of a file, or of a receipt that was closed without one, whose weeding was
approved.

What stays: the file's own row, who had it from when until when, the numbers and days of its
receipts and letters, and its acts; of a receipt number, days and category. In the acts stand the
digests of all rows that go, so that a copy found later can still be told from a forged one
(docs/decisions/0026).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from palika.store import digest_in
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import State
from services.eoffice.domain.searching import Kind
from services.eoffice.models import (
    Approval,
    Archive,
    Correspondence,
    Course,
    File,
    Letter,
    LetterVersion,
    Marking,
    Movement,
    Note,
    NoteDraft,
    Paper,
    PaperText,
    Reading,
    Receipt,
    ReceiptCorrection,
    ReceiptMovement,
    ReceiptPaper,
    SearchWords,
    Signature,
    Tie,
    WeededPaper,
    WeededReceiptPaper,
)
from services.eoffice.sealing import act
from services.eoffice.sealing.record import weeding
from services.eoffice.searching import SOURCES, index

_T = TypeVar("_T")

_OF_FILE = (Signature, Approval, Marking, Course, Correspondence, NoteDraft, Note, Reading)
"""Rows of these go whole; in this order, for the foreign keys."""
STAYS = frozenset(
    {
        *("movement", "receipt", "letter", "recording", "hold", "archive"),
        *("weeding_file", "weeded_paper", "search_words", "file_number", "tie"),
    }
)
"""Tables of a file that stay, some of them emptied; a table that is neither here nor above fails a
test: whoever adds one says what weeding does with it."""
OF_RECEIPT: Final = (ReceiptPaper, ReceiptCorrection)
"""Rows of a receipt that go whole."""
OF_RECEIPT_STAYS = frozenset(
    {
        *("receipt_movement", "receipt_hold", "weeding_receipt", "weeded_receipt_paper"),
        *("correspondence", "search_words"),
    }
)
"""The same of a receipt; its place in a file goes with the file."""
_OF_RECEIPT: Mapping[str, Any] = {
    **dict.fromkeys(("sender_address", "sender_phone", "sender_email", "ref", "dated")),
    **dict.fromkeys(("message_id", "body", "remark", "end_remark", "follow_up_on")),
    "sender_name": "",
    "subject": "",
}
_OF_LETTER: Mapping[str, Any] = {
    **dict.fromkeys(("to_address", "to_email", "to_phone", "tracking")),
    "to_name": "",
}
"""What becomes of a receipt and a letter, whose numbers stay: they are counted without gaps."""


def last_archive(session: Session, file_id: UUID) -> str | None:
    """The digest of the last archive that was made of a file; None: there was none."""
    made = select(Archive.sha256).where(Archive.file_id == file_id)
    return session.scalar(made.order_by(Archive.made_at.desc(), Archive.id.desc()).limit(1))


def destroy_file(session: Session, file: File, who: Actor, now: datetime, listed: UUID) -> None:
    """Delete what stands in a file, in the caller's transaction, which has locked it.

    The bytes of its papers are in the store until ``remove_weeded`` has been there.

    Args:
        listed: the list on which its weeding was approved.
    """
    receipts = _rows(session, Receipt, Receipt.file_id == file.id)
    found = _indexed(session, file.id, _ids(receipts))
    papers = _own_papers(session, file.id, _ids(receipts))
    with weeding(session):
        # Each with the act of its own chain; all that follows is of the file's.
        for receipt in receipts:
            _empty_receipt(session, receipt)
            act(session, receipt.id, "receipt", "weeded", who, now, {"weeding": listed})
        _delete_texts(session, papers)
        for model in _OF_FILE:
            _delete(session, _rows(session, model, model.file_id == file.id))
        _empty_letters(session, file.id)
        _drop_zips(session, file.id)
        for moved in _rows(session, Movement, Movement.file_id == file.id):
            moved.remark = None
        for tie in _rows(session, Tie, Tie.thing_id == file.id):
            tie.note = tie.reason = None
        _delete_papers(session, papers, WeededPaper, file_id=file.id)
    act(session, file.id, "file", "weeded", who, now, {"weeding": listed, "papers": len(papers)})
    for kind, things in found.items():
        index(session, kind, *things)


def destroy_receipt(
    session: Session, receipt: Receipt, who: Actor, now: datetime, listed: UUID
) -> None:
    """The same of a receipt that was closed without a file. The arguments are as of
    ``destroy_file``."""
    papers = _own_papers(session, None, [receipt.id])
    with weeding(session):
        _empty_receipt(session, receipt)
        receipt.state = State.WEEDED
        receipt.version += 1
        _delete_texts(session, papers)
        _delete_papers(session, papers, WeededReceiptPaper, receipt_id=receipt.id)
    said = {"weeding": listed, "papers": len(papers)}
    act(session, receipt.id, "receipt", "weeded", who, now, said)
    # It is found no longer, not by its number either.
    index(session, Kind.RECEIPT, receipt.id)


def _rows(session: Session, model: type[_T], condition: Any) -> list[_T]:
    return list(session.scalars(select(model).where(condition).with_for_update()))


def _ids(rows: Sequence[Any]) -> list[UUID]:
    return [each.id for each in rows]


def _delete(session: Session, rows: Sequence[Any]) -> None:
    for each in rows:
        session.delete(each)
    session.flush()


def _delete_texts(session: Session, papers: Sequence[Paper]) -> None:
    _delete(session, _rows(session, PaperText, PaperText.paper_id.in_(_ids(papers))))


def _delete_papers(
    session: Session,
    papers: Sequence[Paper],
    left: type[WeededPaper] | type[WeededReceiptPaper],
    **of: UUID,
) -> None:
    """Their rows; what is to be removed from the store is written down as ``left``."""
    for paper in papers:
        kept = {"key": paper.key, "sha256": paper.sha256, "pages": paper.pages}
        session.add(left(paper_id=paper.id, **of, **kept, removed_at=None))
    _delete(session, papers)


def _own_papers(session: Session, file_id: UUID | None, receipts: list[UUID]) -> list[Paper]:
    """The papers of a file, or of receipts that are in none, that nothing else names."""
    here = select(Correspondence.paper_id).where(
        Correspondence.file_id == file_id, Correspondence.paper_id.is_not(None)
    )
    came = select(ReceiptPaper.paper_id).where(ReceiptPaper.receipt_id.in_(receipts))
    # Of no file all files are others.
    elsewhere = (
        select(Correspondence.id)
        .where(
            Correspondence.paper_id == Paper.id, Correspondence.file_id.is_distinct_from(file_id)
        )
        .exists()
    )
    another = (
        select(ReceiptPaper.paper_id)
        .where(ReceiptPaper.paper_id == Paper.id, ReceiptPaper.receipt_id.not_in(receipts))
        .exists()
    )
    ours = or_(Paper.id.in_(here), Paper.id.in_(came))
    # Locked first: who is putting one of them somewhere else has done it then, or finds it gone.
    session.execute(select(Paper.id).where(ours).order_by(Paper.id).with_for_update())
    return list(
        session.scalars(
            select(Paper).where(ours, ~elsewhere, ~another).order_by(Paper.id).with_for_update()
        )
    )


def _empty_receipt(session: Session, receipt: Receipt) -> None:
    """Only its number, its days and its category stay; the act is the caller's."""
    for model in OF_RECEIPT:
        _delete(session, _rows(session, model, model.receipt_id == receipt.id))
    for moved in _rows(session, ReceiptMovement, ReceiptMovement.receipt_id == receipt.id):
        moved.remark = None
    for name, value in _OF_RECEIPT.items():
        setattr(receipt, name, value)


def _empty_letters(session: Session, file_id: UUID) -> None:
    """Of those that went out the number, the days and the channel stay; drafts go whole."""
    for letter in _rows(session, Letter, Letter.file_id == file_id):
        texts = _rows(session, LetterVersion, LetterVersion.letter_id == letter.id)
        if letter.number is None:
            _delete(session, texts)
            _delete(session, [letter])
            continue
        _delete(session, [each for each in texts if each.version != letter.version])
        for last in texts:
            if last.version == letter.version:
                last.subject = last.body = ""
                last.to_name = last.to_address = last.to_email = last.to_phone = None
        for name, value in _OF_LETTER.items():
            setattr(letter, name, value)
    session.flush()


def _drop_zips(session: Session, file_id: UUID) -> None:
    """The ZIPs of its archives go as papers do; that they were made, and their digests, stay."""
    zips = (Archive.file_id == file_id) & Archive.key.is_not(None)
    for made in _rows(session, Archive, zips):
        drop_zip(session, made)
    session.flush()


def drop_zip(session: Session, made: Archive) -> None:
    """Keep the ZIP of a locked archive no more, which is kept now; an act is to follow."""
    assert made.key is not None
    session.add(
        WeededPaper(
            paper_id=made.id,
            file_id=made.file_id,
            key=made.key,
            sha256=digest_in(made.key),
            pages=0,
            removed_at=None,
        )
    )
    made.key = made.size = None


def _indexed(session: Session, file_id: UUID, receipts: list[UUID]) -> dict[Kind, list[UUID]]:
    """What of the file can be found, by its kind: it is looked at anew when all is gone."""
    found: dict[Kind, list[UUID]] = {}
    of_file = or_(SearchWords.file_id == file_id, SearchWords.receipt_id.in_(receipts))
    rows = select(SearchWords.kind, SearchWords.thing).where(of_file).distinct()
    for kind, thing in session.execute(rows):
        if kind in SOURCES:
            found.setdefault(Kind(kind), []).append(thing)
    return found
