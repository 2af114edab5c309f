"""The bytes of papers, which lie in the store and not in the database."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.store import Store
from services.eoffice.models import Correspondence, Paper, Receipt, ReceiptPaper
from services.eoffice.papers.digests import digest_of
from services.eoffice.sealing.verify.finding import Finding, How, Progress

_AT_ONCE = 500


def verify_papers(
    session: Session, store: Store, progress: Progress, only: UUID | None = None
) -> Iterator[Finding]:
    """Papers of which the store has other bytes than were kept, or none.

    Args:
        only: those of this file, and of the receipts in it.

    Raises:
        Unavailable: the store does not answer.
    """
    statement = select(Paper.id, Paper.key, Paper.size, Paper.sha256).order_by(Paper.id)
    if only is not None:
        here = select(Correspondence.paper_id).where(Correspondence.file_id == only)
        came = (
            select(ReceiptPaper.paper_id)
            .join(Receipt, Receipt.id == ReceiptPaper.receipt_id)
            .where(Receipt.file_id == only)
        )
        statement = statement.where(Paper.id.in_(here.union(came)))
    read = 0
    page = session.execute(statement.limit(_AT_ONCE)).all()
    while page:
        for paper in page:
            try:
                digest = digest_of(store, paper.key, paper.size)
            except NotFound:
                yield Finding(How.REMOVED, f"paper:{paper.id}", "the store has not its bytes")
                continue
            except ValueError as error:
                yield Finding(How.CHANGED, f"paper:{paper.id}", str(error))
                continue
            if digest != paper.sha256:
                why = "the store has other bytes than were kept"
                yield Finding(How.CHANGED, f"paper:{paper.id}", why)
            read += 1
        progress("papers read in the store", read)
        page = session.execute(statement.where(Paper.id > page[-1].id).limit(_AT_ONCE)).all()
