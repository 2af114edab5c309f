"""Whether one file may be relied on, before it is archived or destroyed."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Conflict
from palika.store import Store
from services.eoffice.domain.reading import chain_of
from services.eoffice.models import Correspondence, File, Receipt, ReceiptPaper
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.verify.chains import verify_chains
from services.eoffice.sealing.verify.finding import Finding, silent
from services.eoffice.sealing.verify.one import verify_one
from services.eoffice.sealing.verify.signatures import verify_signatures

_TOLD = 20


def check_stands(session: Session, keys: Keys, file: File, store: Store | None = None) -> None:
    """Refuse a file that is not as it was written down: its rows and acts, those of its receipts
    and papers, and officers' signatures. The bytes of papers are not read here.

    Args:
        session: all is read in its transaction, and nothing of it is let go.
        store: of papers, to look at the signatures in letters too; None: these are not looked at.

    Raises:
        Conflict: with the first ``findings``, as ``palika eoffice verify`` tells them.
        Unavailable: the store does not answer.
    """
    session.flush()
    # A session of its own, on the same connection: reading lets go of what it has read.
    with Session(session.connection(), join_transaction_mode="create_savepoint") as reading:
        found = list(islice(_findings(reading, keys, file.id, store), _TOLD))
    if found:
        first = found[0]
        raise Conflict(
            f"file {file.number} is not as it was written down: {first.row} was {first.how} "
            f"({first.why}); palika eoffice verify {file.number} tells the rest",
            {
                "number": file.number,
                "findings": [
                    {"how": str(each.how), "row": each.row, "why": each.why} for each in found
                ],
            },
        )


def _findings(
    session: Session, keys: Keys, file_id: UUID, store: Store | None
) -> Iterator[Finding]:
    receipts = list(session.scalars(select(Receipt.id).where(Receipt.file_id == file_id)))
    here = select(Correspondence.paper_id).where(
        Correspondence.file_id == file_id, Correspondence.paper_id.is_not(None)
    )
    came = select(ReceiptPaper.paper_id).where(ReceiptPaper.receipt_id.in_(receipts))
    papers = sorted({*session.scalars(here), *session.scalars(came)})
    yield from verify_chains(session, keys, (), silent, chain_of(file_id))
    for chain in (file_id, *receipts, *papers):
        yield from verify_chains(session, keys, (), silent, chain)
        yield from verify_one(session, keys, chain)
    yield from verify_signatures(session, store, silent, file_id)
