"""What was said wrongly of a receipt, and is put right."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.models import ReceiptCorrection
from services.eoffice.schemas.correcting import CorrectionView

_views = CorrectionView(many=True)


def corrections(session: Session, key: UUID) -> list[dict[str, Any]]:
    """The corrections of a receipt, the first first; of one that was weeded none."""
    found = select(ReceiptCorrection).where(ReceiptCorrection.receipt_id == key)
    rows = session.scalars(found.order_by(ReceiptCorrection.position)).all()
    shown: list[dict[str, Any]] = _views.dump(rows)
    return shown


def first_said(session: Session, key: UUID | None) -> dict[str, Any]:
    """What of a receipt was corrected, by column and as it was diarised: who asks for that again
    has not been told that it was corrected. None: of no receipt."""
    found = select(ReceiptCorrection).where(ReceiptCorrection.receipt_id == key)
    rows = session.scalars(found.order_by(ReceiptCorrection.position.desc()))
    said: dict[str, Any] = {each.name: each.was for each in rows}
    if said.get("due_on") is not None:
        said["due_on"] = date.fromisoformat(said["due_on"])
    return said
