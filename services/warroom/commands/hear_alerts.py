"""Take note of what the KPI service alerts of: a red KPI comes on the next agenda, until it has
recovered."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.events import Event
from services.warroom.domain.red_kpis import BAND
from services.warroom.models import KpiAlert

RECOVERED: Final = "kpi.recovered.v1"
HEARD: Final = ("kpi.alerted.v1", RECOVERED)
"""What is listened to."""
_NAMES: Final = ("alert_id", "code", "department", "owner", "kind", "period")


def hear_alerts(session: Session, events: Sequence[Event]) -> None:
    """Keep each of ``HEARD``, once. They may come in any order: what they mean together is worked
    out when an agenda is made (``domain/red_kpis.py``).
    """
    rows = [
        {
            "event_id": each.id,
            "at": each.time,
            "ended": each.type == RECOVERED,
            **{name: each.data[name] for name in _NAMES},
            "value": _text(each.data.get("value")),
            "target": _target(each.data),
            "correlation_id": each.data.get("correlation_id"),
        }
        for each in events
    ]
    if rows:
        session.execute(insert(KpiAlert).values(rows).on_conflict_do_nothing())


def _target(data: Mapping[str, Any]) -> str | None:
    """What was to be reached; of a band both its ends."""
    ends = [_text(data.get(name)) for name in ("target", "target_high")]
    return BAND.join(each for each in ends if each is not None) or None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
