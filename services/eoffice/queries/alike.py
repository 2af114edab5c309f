"""Receipts that may be the same letter, diarised before."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.eoffice.domain.diary import Letter, told_by
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import State
from services.eoffice.models import Receipt
from services.eoffice.queries.readable import receipt_readable
from services.eoffice.schemas.receipts import AlikeView

_MOST = 5
_alike = AlikeView(many=True)


def alike(session: Session, post: Post, receipt: Receipt) -> list[dict[str, Any]]:
    """Those of the same sender that are told by the same things (``domain.diary.told_by``), the
    newest first, five at the most; only what the post may read, and none that was weeded: of that
    nothing is left to compare."""
    wanted = told_by(
        Letter(receipt.sender_name, receipt.ref, receipt.dated, receipt.subject, receipt.medium)
    )
    if wanted is None:
        return []
    found = (
        select(Receipt)
        .where(
            func.lower(Receipt.sender_name) == func.lower(receipt.sender_name),
            *(getattr(Receipt, name).is_not_distinct_from(each) for name, each in wanted.items()),
            Receipt.id != receipt.id,
            Receipt.state != State.WEEDED,
            receipt_readable(Receipt.secrecy, Receipt.id, post),
        )
        .order_by(Receipt.diarised_at.desc(), Receipt.id.desc())
        .limit(_MOST)
    )
    shown: list[dict[str, Any]] = _alike.dump(session.scalars(found).all())
    return shown
