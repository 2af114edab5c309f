"""Bytes that lie in the store and not in the database: of papers, of archives that were brought in,
and of the ZIPs of those that were made here."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.store import Store, digest_in
from services.eoffice.models import (
    Archive,
    Correspondence,
    ImportedPart,
    Paper,
    Receipt,
    ReceiptPaper,
)
from services.eoffice.papers.digests import digest_of
from services.eoffice.sealing.verify.finding import Finding, How, Progress

PAPERS = "papers read in the store"
PARTS = "parts of archives read in the store"
ZIPS = "zips of archives read in the store"
_AT_ONCE = 500


def verify_papers(
    session: Session, store: Store, progress: Progress, only: UUID | None = None
) -> Iterator[Finding]:
    """What the store has other bytes of than were kept, or none.

    Args:
        only: what is of this file, and of the receipts in it; or of this file that was brought in.

    Raises:
        Unavailable: the store does not answer.
    """
    papers = select(Paper.id, Paper.key, Paper.size, Paper.sha256)
    parts = select(
        *(ImportedPart.imported_id, ImportedPart.path),
        *(ImportedPart.key, ImportedPart.size, ImportedPart.sha256),
    )
    zips = select(Archive.id, Archive.key, Archive.size).where(Archive.key.is_not(None))
    if only is not None:
        here = select(Correspondence.paper_id).where(Correspondence.file_id == only)
        came = (
            select(ReceiptPaper.paper_id)
            .join(Receipt, Receipt.id == ReceiptPaper.receipt_id)
            .where(Receipt.file_id == only)
        )
        papers = papers.where(Paper.id.in_(here.union(came)))
        parts = parts.where(ImportedPart.imported_id == only)
        zips = zips.where(Archive.file_id == only)
    yield from _read(session, store, papers, (Paper.id,), PAPERS, progress)
    part = (ImportedPart.imported_id, ImportedPart.path)
    yield from _read(session, store, parts, part, PARTS, progress)
    yield from _read(session, store, zips, (Archive.id,), ZIPS, progress)


def _read(
    session: Session,
    store: Store,
    statement: Select[Any],
    key: tuple[Any, ...],
    stage: str,
    progress: Progress,
) -> Iterator[Finding]:
    """Each row of the statement against the store, in the order of its primary key."""
    table = key[0].class_.__tablename__
    page = session.execute(statement.order_by(*key).limit(_AT_ONCE)).all()
    read = 0
    while page:
        for row in page:
            name = f"{table}:{','.join(str(row._mapping[each.key]) for each in key)}"
            try:
                digest = digest_of(store, row.key, row.size)
                # A ZIP's digest stands in its key alone.
                kept = row._mapping.get("sha256") or digest_in(row.key)
            except NotFound:
                yield Finding(How.REMOVED, name, "the store has not its bytes")
                continue
            except ValueError as error:
                yield Finding(How.CHANGED, name, str(error))
                continue
            if digest != kept:
                yield Finding(How.CHANGED, name, "the store has other bytes than were kept")
            read += 1
        progress(stage, read)
        last = tuple_(*(page[-1]._mapping[each.key] for each in key))
        after = statement.where(tuple_(*key) > last)
        page = session.execute(after.order_by(*key).limit(_AT_ONCE)).all()
