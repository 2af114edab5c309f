"""What is shown of each thing that a search has found: what it is, where, and a piece of it."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Integer, Uuid, cast, column, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from services.eoffice.domain.excerpts import excerpt, html, plain
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.shown import plain as said
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
    SearchWords,
)
from services.eoffice.queries.archived import unproved
from services.eoffice.queries.readable import readable
from services.eoffice.schemas.search import FoundView

_many = FoundView(many=True)
_Key = tuple[uuid.UUID, int]


@dataclass(slots=True)
class _About:
    """What the tables say of a thing, or of a page of it.

    Attributes:
        text: of which a piece is shown.
        paper: the paper's id, and which page of it this is.
        file: of a file that was brought in, itself.
    """

    text: str = ""
    number: str | None = None
    ref: str | None = None
    file_id: uuid.UUID | None = None
    paper: dict[str, Any] | None = field(default=None)
    file: dict[str, Any] | None = field(default=None)


def shown(
    session: Session, post: Post, found: Sequence[SearchWords], asked: Sequence[str]
) -> list[dict[str, Any]]:
    """The items of a page; see ``schemas.search.FoundView``.

    Args:
        session: in the transaction in which they were found.
        post: that searched; the file of a receipt is named only if it may read that.
        found: what the post may read.
        asked: the tokens whose words are marked.
    """
    about: dict[tuple[str, _Key], _About] = {}
    for kind, tell in _TOLD.items():
        if keys := [(each.thing, each.page) for each in found if each.kind == kind]:
            about |= {(str(kind), key): told for key, told in tell(session, keys)}
    # A row that somebody put in has nothing behind it; `palika eoffice verify` names it.
    told = [
        about.get((each.kind, (each.thing, each.page)), _About(file_id=each.file_id))
        for each in found
    ]
    wanted = {each.file_id for each in told}
    chosen = select(File.id, File.number, File.subject, File.state, File.held_by).where(
        File.id.in_(wanted - {None}), readable(File.secrecy, File.id, post)
    )
    files = {row.id: row for row in session.execute(chosen)}
    items: list[dict[str, Any]] = _many.dump(
        [
            {
                "row": row,
                "file": each.file or files.get(each.file_id),
                "number": each.number,
                "ref": each.ref,
                "paper": each.paper,
                "excerpt": _piece(each.text or row.title, asked),
            }
            for row, each in zip(found, told, strict=True)
        ]
    )
    return items


def _piece(text: str, asked: Sequence[str]) -> dict[str, str]:
    pieces = excerpt(text, asked)
    return {"html": html(pieces), "plain": plain(pieces)}


_Told = Iterable[tuple[_Key, _About]]


def _files(session: Session, keys: Sequence[_Key]) -> _Told:
    chosen = select(File.id, File.number, File.subject).where(File.id.in_(_things(keys)))
    for each in session.execute(chosen):
        yield (
            (each.id, 0),
            _About(each.subject, each.number, f"f:{each.number}", file_id=each.id),
        )


def _notes(session: Session, keys: Sequence[_Key]) -> _Told:
    chosen = select(Note.id, Note.file_id, Note.number, Note.markup)
    for each in session.execute(chosen.where(Note.id.in_(_things(keys)))):
        text = said(blocks(each.markup))
        yield (each.id, 0), _About(text, str(each.number), f"n:{each.number}", each.file_id)


def _papers(session: Session, keys: Sequence[_Key]) -> _Told:
    columns = (
        *(Correspondence.id, Correspondence.file_id, Correspondence.title),
        *(Correspondence.first_page, Correspondence.paper_id),
    )
    places = {
        each.id: each
        for each in session.execute(select(*columns).where(Correspondence.id.in_(_things(keys))))
    }
    known = [(thing, page) for thing, page in keys if thing in places]
    texts = _texts(session, {(places[thing].paper_id, page) for thing, page in known})
    for thing, page in known:
        place = places[thing]
        text = texts.get((place.paper_id, page), "")
        yield (
            (thing, page),
            _About(
                f"{place.title} — {text}" if page == 1 and text else text or place.title,
                ref=f"c:{place.first_page + page - 1}",
                file_id=place.file_id,
                paper=_page(place.paper_id, page),
            ),
        )


def _receipts(session: Session, keys: Sequence[_Key]) -> _Told:
    columns = (
        *(Receipt.id, Receipt.number, Receipt.subject, Receipt.sender_name, Receipt.ref),
        *(Receipt.body, Receipt.file_id),
    )
    rows = {
        each.id: each
        for each in session.execute(select(*columns).where(Receipt.id.in_(_things(keys))))
    }
    pages = _pages_of_receipts(session, [key for key in keys if key[1]])
    texts = _texts(session, set(pages.values()))
    for key in keys:
        if (row := rows.get(key[0])) is None:
            continue
        about = _About(number=row.number, file_id=row.file_id)
        if place := pages.get(key):
            about.text, about.paper = texts.get(place, ""), _page(*place)
        else:
            about.text = " — ".join(filter(None, (row.subject, row.sender_name, row.ref, row.body)))
        yield key, about


def _letters(session: Session, keys: Sequence[_Key]) -> _Told:
    newest = (LetterVersion.letter_id == Letter.id) & (LetterVersion.version == Letter.version)
    columns = (
        *(Letter.id, Letter.number, Letter.file_id, Letter.to_name),
        *(LetterVersion.subject, LetterVersion.body),
    )
    rows = session.execute(
        select(*columns).join(LetterVersion, newest).where(Letter.id.in_(_things(keys)))
    ).all()
    copies = select(Correspondence.letter_id, Correspondence.first_page).where(
        tuple_(Correspondence.file_id, Correspondence.letter_id).in_(
            [(each.file_id, each.id) for each in rows if each.number is not None]
        )
    )
    pages = dict(session.execute(copies).all())
    for each in rows:
        page = pages.get(each.id)
        yield (
            (each.id, 0),
            _About(
                f"{each.subject} — {each.to_name} — {said(blocks(each.body))}",
                each.number,
                None if page is None else f"c:{page}",
                each.file_id,
            ),
        )


def _archived(session: Session, keys: Sequence[_Key]) -> _Told:
    rows = session.scalars(select(Imported).where(Imported.id.in_(_things(keys)))).all()
    bare = unproved(session, rows)
    for each in rows:
        text = f"{each.subject} — {said(blocks(each.text))}" if each.text else each.subject
        # It is on no desk.
        file = {"id": each.id, "number": each.number, "subject": each.subject}
        file |= {"state": "archived", "held_by": None, "unproved": bare.get(each.id)}
        yield (each.id, 0), _About(text, each.number, f"f:{each.number}", file=file)


def _pages_of_receipts(session: Session, keys: Sequence[_Key]) -> dict[_Key, tuple[uuid.UUID, int]]:
    """Which page of which paper the pages of receipts are, which are numbered on."""
    if not keys:
        return {}
    papers = (
        select(ReceiptPaper.receipt_id, ReceiptPaper.paper_id, Paper.pages)
        .join(Paper, Paper.id == ReceiptPaper.paper_id)
        .where(ReceiptPaper.receipt_id.in_(_things(keys)))
        .order_by(ReceiptPaper.receipt_id, ReceiptPaper.position)
    )
    wanted, found = set(keys), {}
    before: dict[uuid.UUID, int] = {}
    for receipt, paper, count in session.execute(papers):
        first = before.get(receipt, 0)
        before[receipt] = first + count
        for page in range(1, count + 1):
            if (receipt, first + page) in wanted:
                found[receipt, first + page] = paper, page
    return found


def _texts(
    session: Session, wanted: set[tuple[uuid.UUID | None, int]]
) -> dict[tuple[uuid.UUID | None, int], str]:
    """What stands on these pages of these papers, from 1; what was not read is not there."""
    known = [each for each in wanted if each[0] is not None]
    if not known:
        return {}
    ids, numbers = zip(*known, strict=True)
    asked = (
        func.unnest(cast(list(ids), ARRAY(Uuid)), cast(list(numbers), ARRAY(Integer)))
        .table_valued(column("paper", Uuid), column("page", Integer))
        .render_derived("asked")
    )
    chosen = select(asked.c.paper, asked.c.page, PaperText.pages[asked.c.page]).join(
        asked, asked.c.paper == PaperText.paper_id
    )
    rows = session.execute(chosen)
    return {(paper, page): text for paper, page, text in rows if text is not None}


def _page(paper: uuid.UUID | None, page: int) -> dict[str, Any] | None:
    return None if paper is None else {"id": paper, "page": page}


def _things(keys: Sequence[_Key]) -> set[uuid.UUID]:
    return {thing for thing, _ in keys}


_TOLD: dict[Kind, Callable[[Session, Sequence[_Key]], _Told]] = {
    Kind.FILE: _files,
    Kind.NOTE: _notes,
    Kind.PAPER: _papers,
    Kind.RECEIPT: _receipts,
    Kind.LETTER: _letters,
    Kind.ARCHIVED: _archived,
}
