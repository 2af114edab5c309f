"""Telling the other services what became of messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.outbox import record
from services.notify.models import Delivery
from services.notify.schemas.events import DELIVERED, FAILED


def failed(session: Session, deliveries: Sequence[tuple[Delivery, str]], now: datetime) -> None:
    """Record that deliveries have failed for good, each with its reason."""
    record(
        session,
        *(
            FAILED.new(
                subject=str(each.id),
                data=_about(each)
                | {"channel": each.channel, "reason": reason, "failed_at": now.isoformat()},
                time=now,
            )
            for each, reason in deliveries
        ),
    )


def delivered(session: Session, deliveries: Sequence[tuple[Delivery, str, datetime]]) -> None:
    """Record that deliveries have arrived, each with its channel and when that was."""
    record(
        session,
        *(
            DELIVERED.new(
                subject=str(each.id),
                data=_about(each) | {"channel": channel, "delivered_at": at.isoformat()},
                time=at,
            )
            for each, channel, at in deliveries
        ),
    )


def _about(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": str(delivery.id),
        "event_id": str(delivery.event_id),
        "event_type": delivery.event_type,
        "template": delivery.template,
        "purpose": delivery.purpose,
        "lane": delivery.lane,
        "audience": delivery.audience,
        "recipient_ref": delivery.recipient_ref,
    }
