"""Whether one file or receipt may be relied on, before it is archived or destroyed."""

from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from sqlalchemy import Select, select
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


def check_stands(
    session: Session, keys: Keys, thing: File | Receipt, store: Store | None = None
) -> None:
    """Refuse a file or a receipt that is not as it was written down: its rows and acts, those of
    its papers, of a file's receipts too, and officers' signatures. The bytes are not read here.

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
        of_thing = _of_file if isinstance(thing, File) else _of_receipt
        found = list(islice(of_thing(reading, keys, thing.id, store), _TOLD))
    if found:
        first, is_file = found[0], isinstance(thing, File)
        named, alone = ("file", f" {thing.number}") if is_file else ("receipt", "")
        raise Conflict(
            f"{named} {thing.number} is not as it was written down: {first.row} was {first.how} "
            f"({first.why}); palika eoffice verify{alone} tells the rest",
            {
                "number": thing.number,
                "findings": [
                    {"how": str(each.how), "row": each.row, "why": each.why} for each in found
                ],
            },
        )


def _of_file(session: Session, keys: Keys, file_id: UUID, store: Store | None) -> Iterator[Finding]:
    receipts = list(session.scalars(select(Receipt.id).where(Receipt.file_id == file_id)))
    here = select(Correspondence.paper_id).where(
        Correspondence.file_id == file_id, Correspondence.paper_id.is_not(None)
    )
    papers = sorted({*session.scalars(here), *session.scalars(_papers_of(receipts))})
    yield from verify_chains(session, keys, (), silent, chain_of(file_id))
    yield from _as_written(session, keys, (file_id, *receipts, *papers))
    yield from verify_signatures(session, store, silent, file_id)


def _of_receipt(
    session: Session, keys: Keys, receipt_id: UUID, store: Store | None
) -> Iterator[Finding]:
    """Nothing of a receipt is signed."""
    papers = sorted(session.scalars(_papers_of([receipt_id])))
    yield from _as_written(session, keys, (receipt_id, *papers))


def _papers_of(receipts: Sequence[UUID]) -> Select[tuple[UUID]]:
    return select(ReceiptPaper.paper_id).where(ReceiptPaper.receipt_id.in_(receipts))


def _as_written(session: Session, keys: Keys, chains: Sequence[UUID]) -> Iterator[Finding]:
    for chain in chains:
        yield from verify_chains(session, keys, (), silent, chain)
        yield from verify_one(session, keys, chain)
