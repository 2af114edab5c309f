"""Take note of what the KPI service alerts of: a red KPI comes on the next agenda."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.events import Event
from services.warroom.models import KpiAlert


def hear_alerts(session: Session, events: Sequence[Event]) -> None:
    """Keep each alert, once: ``kpi.alerted.v1`` with ``code``, ``department``, ``owner``, ``kind``,
    ``period``, ``value``, ``target``, ``correlation_id``."""
    rows = [
        {
            "event_id": each.id,
            "at": each.time,
            **{name: each.data[name] for name in ("code", "department", "owner", "kind", "period")},
            "value": _text(each.data.get("value")),
            "target": _text(each.data.get("target")),
            "correlation_id": each.data.get("correlation_id"),
        }
        for each in events
    ]
    if rows:
        session.execute(insert(KpiAlert).values(rows).on_conflict_do_nothing())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
