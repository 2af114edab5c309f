"""The frozen packs whose pages are not set yet."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.warroom.models import ReviewRow, UnsetPack
from services.warroom.queries.views import moment


def unset_packs(session: Session, review_id: UUID | None = None) -> list[dict[str, Any]]:
    """Each with its review, how often it was tried, when it is next, and why it has failed (None:
    it has not); the one that is tried next first.

    Args:
        review_id: of this review only.
    """
    asked = select(UnsetPack, ReviewRow).join(ReviewRow, ReviewRow.id == UnsetPack.review_id)
    if review_id is not None:
        asked = asked.where(UnsetPack.review_id == review_id)
    asked = asked.order_by(UnsetPack.next_at, ReviewRow.occurs_on)
    return [
        {
            "review_id": str(each.review_id),
            "series": review.series,
            "occurs_on": review.occurs_on.isoformat(),
            "frozen_at": moment(each.frozen_at),
            "attempts": each.attempts,
            "next_at": moment(each.next_at),
            "reason": each.reason,
            "failed_at": None if each.failed_at is None else moment(each.failed_at),
        }
        for each, review in session.execute(asked)
    ]
