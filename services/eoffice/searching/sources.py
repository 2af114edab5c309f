"""What can be found, read from the tables of things: one source a kind.

To let another kind be found: a source here, and ``index(session, kind, id)`` in the commands that
make or change one. Yellow notes are not found, not even by who writes them: they are on the desk.
"""

import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from services.eoffice.domain.excerpts import beginning
from services.eoffice.domain.letters import State as LetterState
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.receipts import State
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.shown import plain
from services.eoffice.models import (
    Correspondence,
    File,
    Imported,
    Letter,
    LetterVersion,
    Note,
    Paper,
    PaperText,
    Receipt,
    ReceiptPaper,
)
from services.eoffice.searching.entries import Entry, Source, batches, read

_WITH_PAPERS = 100
"""So many things that have papers are read at a time."""
Ids = Sequence[uuid.UUID] | None


def files(session: Session, ids: Ids) -> Iterator[Entry]:
    """Files, by their subject; the subject head is found with it."""
    columns = (
        *(File.id, File.number, File.department, File.head),
        *(File.subject, File.secrecy, File.opened_at),
    )
    for batch in batches(session, File.id, ids):
        chosen = select(*columns).where(File.id.in_(batch)).order_by(File.id)
        for each in read(session, chosen, ids, File):
            yield Entry(
                kind=Kind.FILE,
                thing=each.id,
                file_id=each.id,
                department=each.department,
                file_secrecy=each.secrecy,
                at=each.opened_at,
                title=each.subject,
                text=each.head,
                number=each.number,
                subject=True,
            )


def notes(session: Session, ids: Ids) -> Iterator[Entry]:
    """Green notes, by their text."""
    columns = (
        *(Note.id, Note.file_id, Note.markup, Note.confirmed_at),
        *(File.department, File.secrecy),
    )
    for batch in batches(session, Note.id, ids):
        chosen = select(*columns).join(File, File.id == Note.file_id).where(Note.id.in_(batch))
        for each in read(session, chosen.order_by(Note.id), ids, File, Note):
            text = plain(blocks(each.markup))
            yield Entry(
                kind=Kind.NOTE,
                thing=each.id,
                file_id=each.file_id,
                department=each.department,
                file_secrecy=each.secrecy,
                at=each.confirmed_at,
                title=beginning(text),
                titled=False,
                text=text,
            )


def papers(session: Session, ids: Ids) -> Iterator[Entry]:
    """Papers of the correspondence of files, page by page; one that is in two files is found in
    each. The first page has the title. A letter's office copy is found as the letter."""
    pages = _pages()
    columns = (
        *(Correspondence.id, Correspondence.file_id, Correspondence.receipt_id),
        *(Correspondence.title, Correspondence.added_at, File.department, File.secrecy),
        func.coalesce(Receipt.secrecy, 0).label("grade"),
        *(pages.c.said, pages.c.page),
    )
    for batch in batches(session, Correspondence.id, ids, _WITH_PAPERS):
        if ids is not None:
            _hold_places(session, batch)
        chosen = (
            select(*columns)
            .join(File, File.id == Correspondence.file_id)
            .outerjoin(Receipt, Receipt.id == Correspondence.receipt_id)
            .outerjoin(PaperText, PaperText.paper_id == Correspondence.paper_id)
            .outerjoin(pages, true())
            .where(Correspondence.id.in_(batch), Correspondence.letter_id.is_(None))
            .order_by(Correspondence.id, pages.c.page)
        )
        for each in read(session, chosen, ids):
            page = each.page or 1
            if page > 1 and not each.said:
                continue
            yield Entry(
                kind=Kind.PAPER,
                thing=each.id,
                page=page,
                file_id=each.file_id,
                receipt_id=each.receipt_id,
                department=each.department,
                grade=each.grade,
                file_secrecy=each.secrecy,
                at=each.added_at,
                title=each.title,
                titled=page == 1,
                text=each.said or "",
            )


def receipts(session: Session, ids: Ids) -> Iterator[Entry]:
    """Receipts, by their subject, sender, number and, of an e-mail, its text; and, while they are
    in no file, the pages of their papers, which are numbered on from paper to paper. Those that
    were weeded without a file are not found."""
    columns = (
        *(Receipt.id, Receipt.number, Receipt.department, Receipt.subject, Receipt.body),
        *(Receipt.sender_name, Receipt.ref, Receipt.secrecy, Receipt.diarised_at),
    )
    for batch in batches(session, Receipt.id, ids, _WITH_PAPERS):
        chosen = (
            select(*columns)
            .where(Receipt.id.in_(batch), Receipt.state != State.WEEDED)
            .order_by(Receipt.id)
        )
        found = read(session, chosen, ids, Receipt).all()
        if ids is not None:
            _hold(session, Paper.id, _papers_of(batch).with_only_columns(ReceiptPaper.paper_id))
        said = groupby(_said(session, batch, ids), key=lambda row: row[0])
        paged = next(said, None)
        for each in found:
            entry: dict[str, Any] = {
                "kind": Kind.RECEIPT,
                "thing": each.id,
                "file_id": None,
                "receipt_id": each.id,
                "department": each.department,
                "grade": each.secrecy,
                "at": each.diarised_at,
                "title": each.subject,
            }
            told = " \n".join(filter(None, (each.sender_name, each.ref, each.body)))
            yield Entry(**entry, text=told, number=each.number, subject=True)
            if paged is None or paged[0] != each.id:
                continue
            for _, page, text in paged[1]:
                yield Entry(**entry, page=page, titled=False, text=text)
            paged = next(said, None)


def letters(session: Session, ids: Ids) -> Iterator[Entry]:
    """Letters, by what their newest version says, whom they are to, and their number; not those
    that were given up."""
    columns = (
        *(Letter.id, Letter.file_id, Letter.number, Letter.to_name),
        *(LetterVersion.subject, LetterVersion.body, File.department, File.secrecy),
        func.coalesce(Letter.dispatched_at, Letter.begun_at).label("at"),
    )
    newest = (LetterVersion.letter_id == Letter.id) & (LetterVersion.version == Letter.version)
    for batch in batches(session, Letter.id, ids):
        chosen = (
            select(*columns)
            .join(File, File.id == Letter.file_id)
            .join(LetterVersion, newest)
            .where(Letter.id.in_(batch), Letter.state != LetterState.DISCARDED)
            .order_by(Letter.id)
        )
        for each in read(session, chosen, ids, File, Letter):
            yield Entry(
                kind=Kind.LETTER,
                thing=each.id,
                file_id=each.file_id,
                department=each.department,
                file_secrecy=each.secrecy,
                at=each.at,
                title=each.subject,
                text=f"{plain(blocks(each.body))}\n{each.to_name}",
                number=each.number,
                subject=True,
            )


def archived(session: Session, ids: Ids) -> Iterator[Entry]:
    """Files that were brought in, by their subject and what their notes say."""
    columns = (
        *(Imported.id, Imported.number, Imported.department, Imported.head),
        *(Imported.subject, Imported.secrecy, Imported.opened_at, Imported.text),
    )
    for batch in batches(session, Imported.id, ids):
        chosen = select(*columns).where(Imported.id.in_(batch)).order_by(Imported.id)
        for each in read(session, chosen, ids, Imported):
            yield Entry(
                kind=Kind.ARCHIVED,
                thing=each.id,
                file_id=None,
                department=each.department,
                grade=each.secrecy,
                at=each.opened_at,
                title=each.subject,
                text=f"{each.head}\n{plain(blocks(each.text))}",
                number=each.number,
                subject=True,
            )


def _pages() -> Any:
    """The pages of ``paper_text``, from 1."""
    return (
        func.unnest(PaperText.pages)
        .table_valued("said", with_ordinality="page", joins_implicitly=True)
        .render_derived("pages")
    )


def _papers_of(receipts: list[uuid.UUID]) -> Any:
    return (
        select(ReceiptPaper)
        .join(Receipt, Receipt.id == ReceiptPaper.receipt_id)
        .where(Receipt.id.in_(receipts), Receipt.state != State.FILED)
    )


def _said(
    session: Session, receipts: list[uuid.UUID], ids: Ids
) -> Iterator[tuple[uuid.UUID, int, str]]:
    """Receipt, page and text of the pages that say something, in that order."""
    before: dict[tuple[uuid.UUID, int], int] = {}
    counted = _papers_of(receipts).with_only_columns(
        ReceiptPaper.receipt_id, ReceiptPaper.position, Paper.pages
    )
    counted = counted.join(Paper, Paper.id == ReceiptPaper.paper_id)
    last, total = None, 0
    for receipt, position, count in session.execute(
        counted.order_by(ReceiptPaper.receipt_id, ReceiptPaper.position)
    ):
        total = total if receipt == last else 0
        before[receipt, position], last = total, receipt
        total += count
    pages = _pages()
    columns = ReceiptPaper.receipt_id, ReceiptPaper.position, pages.c.page, pages.c.said
    texts = (
        _papers_of(receipts)
        .with_only_columns(*columns)
        .join(PaperText, PaperText.paper_id == ReceiptPaper.paper_id)
        .join(pages, true())
        .where(pages.c.said != "")
        .order_by(ReceiptPaper.receipt_id, ReceiptPaper.position, pages.c.page)
    )
    for receipt, position, page, text in read(session, texts, ids):
        yield receipt, before[receipt, position] + page, text


def _hold_places(session: Session, ids: list[uuid.UUID]) -> None:
    """Papers of files, what they came in with, these files and their bytes stay as they are.

    In this order, which is that of all who change them; what is read then was not so before.
    """
    for key, column in (
        (Receipt.id, Correspondence.receipt_id),
        (File.id, Correspondence.file_id),
        (Paper.id, Correspondence.paper_id),
    ):
        _hold(session, key, select(column).where(Correspondence.id.in_(ids)))


def _hold(session: Session, key: Any, wanted: Any) -> None:
    held = select(key).where(key.in_(wanted)).order_by(key).with_for_update(read=True)
    session.execute(held)


SOURCES: dict[Kind, Source] = {
    Kind.FILE: files,
    Kind.NOTE: notes,
    Kind.PAPER: papers,
    Kind.RECEIPT: receipts,
    Kind.LETTER: letters,
    Kind.ARCHIVED: archived,
}
