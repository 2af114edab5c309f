"""Writing the words of things, in the transaction that makes or changes these."""

import uuid

from sqlalchemy import Select, Uuid, all_, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from services.eoffice.domain.searching import Kind
from services.eoffice.models import (
    Correspondence,
    File,
    Paper,
    Receipt,
    ReceiptPaper,
    SearchWords,
)
from services.eoffice.searching.entries import FETCHED
from services.eoffice.searching.sources import SOURCES

_TABLE = SearchWords.__table__


def index(session: Session, kind: Kind, *things: uuid.UUID) -> int:
    """Let these be found as their rows say now, in the caller's transaction.

    What has no row any more, or fewer pages, is found no longer. Commands call it after they have
    changed a thing, with its id; asked twice it does nothing more.

    Returns:
        How many entries these have: one each, or one a page.
    """
    if not things:
        return 0
    session.flush()
    stored: set[uuid.UUID] = set()
    batch = []
    for entry in SOURCES[kind](session, things):
        batch.append(entry.row)
        stored.add(batch[-1]["id"])
        if len(batch) == FETCHED:
            _store(session, batch)
            batch = []
    _store(session, batch)
    gone = delete(SearchWords).where(SearchWords.kind == kind, SearchWords.thing.in_(things))
    kept = cast(list(stored), ARRAY(Uuid))
    session.execute(
        gone.where(SearchWords.id != all_(kept)), execution_options={"synchronize_session": False}
    )
    return len(stored)


def index_paper(session: Session, paper: uuid.UUID) -> None:
    """Let the text of a paper be found wherever it is, in the caller's transaction.

    The caller has locked it and the things it is in; see ``lock_places``.
    """
    session.flush()
    index(session, Kind.RECEIPT, *session.scalars(_receipts(paper)))
    index(session, Kind.PAPER, *session.scalars(_correspondence(paper)))


def lock_places(session: Session, paper: uuid.UUID) -> bool:
    """Lock a paper, and what it is in, in the order in which commands lock these.

    Returns:
        False: it was put somewhere meanwhile, or was weeded. Whatever is locked by then, the caller
        begins anew.
    """
    places = session.scalars(_receipts(paper)).all(), session.scalars(_correspondence(paper)).all()
    for key, ids in (
        (Receipt.id, select(ReceiptPaper.receipt_id).where(ReceiptPaper.paper_id == paper)),
        (Receipt.id, select(Correspondence.receipt_id).where(Correspondence.paper_id == paper)),
        (File.id, select(Correspondence.file_id).where(Correspondence.paper_id == paper)),
    ):
        session.execute(select(key).where(key.in_(ids)).order_by(key).with_for_update(read=True))
    there = session.scalar(select(Paper.id).where(Paper.id == paper).with_for_update())
    now = session.scalars(_receipts(paper)).all(), session.scalars(_correspondence(paper)).all()
    return there is not None and now == places


def _receipts(paper: uuid.UUID) -> Select[tuple[uuid.UUID]]:
    return select(ReceiptPaper.receipt_id).where(ReceiptPaper.paper_id == paper)


def _correspondence(paper: uuid.UUID) -> Select[tuple[uuid.UUID]]:
    """Where it is in files, in a certain order."""
    found = select(Correspondence.id).where(Correspondence.paper_id == paper)
    return found.order_by(Correspondence.id)


def secrecy_changed(session: Session, file: File) -> None:
    """What is in a file is from now on as secret as the file, or as itself if that is more."""
    session.flush()
    session.execute(
        update(SearchWords)
        .where(SearchWords.file_id == file.id)
        .values(secrecy=func.greatest(SearchWords.grade, file.secrecy)),
        execution_options={"synchronize_session": False},
    )


def _store(session: Session, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    statement = insert(_TABLE)
    place = ["kind", "thing", "page"]
    changed = {each.name: statement.excluded[each.name] for each in _TABLE.c}
    session.execute(statement.on_conflict_do_update(index_elements=place, set_=changed), rows)
