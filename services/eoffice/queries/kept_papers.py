"""Papers, for the posts that may see them."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.config import settings
from palika.errors import NotFound
from palika.store import Store, open_store
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import MAIL
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence, File, Paper, Receipt, ReceiptPaper
from services.eoffice.papers.digests import digest_of
from services.eoffice.queries.readable import readable as file_readable
from services.eoffice.queries.receipts import readable
from services.eoffice.schemas.receipts import PaperView

_view = PaperView()
HEADERS = {
    "Content-Type": "application/pdf",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""With which a browser is given a paper, so that it never runs as a page."""
_AS_FILE = {
    **HEADERS,
    "Content-Type": MAIL,
    "Content-Disposition": 'attachment; filename="original.eml"',
}
"""The same of an e-mail as it came: whatever it carries, it is saved and not shown."""


@cache
def store() -> Store:
    """The store of the papers; one a process."""
    return open_store(settings("eoffice"), "papers_url")


def view(paper: Paper) -> dict[str, Any]:
    """A paper without its bytes."""
    shown: dict[str, Any] = _view.dump(paper)
    return shown


def find(session: Session, post: Post, key: UUID) -> Paper:
    """A paper that the post has kept, or that is of a receipt or a file which it may read.

    Raises:
        NotFound: there is none such: the two are not told apart.
    """
    of_receipt = (
        select(ReceiptPaper.paper_id)
        .join(Receipt, Receipt.id == ReceiptPaper.receipt_id)
        .where(ReceiptPaper.paper_id == Paper.id, readable(post))
    )
    of_file = (
        select(Correspondence.paper_id)
        .join(File, File.id == Correspondence.file_id)
        .where(Correspondence.paper_id == Paper.id, file_readable(File.secrecy, File.id, post))
    )
    own = Paper.added_by == post.code
    if post.limit < Secrecy.TOP_SECRET:
        # What was done with it since may be above what a linked officer reads.
        placed = select(Correspondence.paper_id).where(Correspondence.paper_id == Paper.id)
        came = select(ReceiptPaper.paper_id).where(ReceiptPaper.paper_id == Paper.id)
        own = and_(own, ~placed.exists(), ~came.exists())
    found = session.scalar(
        select(Paper).where(Paper.id == key, or_(own, of_receipt.exists(), of_file.exists()))
    )
    if found is None:
        raise NotFound(f"there is no paper {key}", {"id": str(key)})
    return found


def grade_of(session: Session, key: UUID) -> Secrecy:
    """How secret a paper is: as the most secret of the receipt and the files that it is in."""
    of_receipt = (
        select(func.max(Receipt.secrecy))
        .join(ReceiptPaper, ReceiptPaper.receipt_id == Receipt.id)
        .where(ReceiptPaper.paper_id == key)
    )
    of_files = (
        select(func.max(File.secrecy))
        .join(Correspondence, Correspondence.file_id == File.id)
        .where(Correspondence.paper_id == key)
    )
    found = session.scalar(of_receipt), session.scalar(of_files)
    return Secrecy(max(each or 0 for each in found))


def whole(kept: Store, paper: Paper) -> bytes:
    """All bytes of a paper that is small, as its row says they are. Not in a transaction.

    Raises:
        NotFound: the store has lost it, or has something else under its name.
        Unavailable: the store does not answer.
    """
    found = off_hub(kept.get, paper.key)
    if hashlib.sha256(found).hexdigest() != paper.sha256:
        raise _forged(paper)
    return found


def part(kept: Store, paper: Paper, args: Mapping[str, Any]) -> dict[str, Any]:
    """Some of its bytes, in base64, and with which headers it goes out. Not in a transaction: a
    store may take its time. ``next``: where it goes on, or None.

    Raises:
        NotFound: the store has lost it, or (looked at when the first bytes are read) has something
            else under its name.
        Unavailable: the store does not answer.
    """
    start, length = args["start"], args["length"]

    def read() -> str:
        if start == 0 and digest_of(kept, paper.key, paper.size) != paper.sha256:
            raise _forged(paper)
        return base64.b64encode(kept.part(paper.key, start, length)).decode()

    after = start + length
    return {
        "content_base64": off_hub(read),
        "next": after if after < paper.size else None,
        "size": paper.size,
        "headers": HEADERS if paper.source != MAIL else _AS_FILE,
    }


def _forged(paper: Paper) -> NotFound:
    return NotFound(f"paper {paper.id} is not what was kept", {"id": str(paper.id)})
