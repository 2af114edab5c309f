"""Events as measures take them, and what they come to."""

from typing import Any

from services.kpi.domain.projection import RULES, Projector
from tests.support.samples import golden_data

SAMPLES = {kind: golden_data(kind) for kind in RULES}
"""An event of each type, as it is published."""
PLAIN = Projector({})
PLACE = {"department": "water", "ward": "W1", "category": "leak"}
RESOLUTION = {"resolved_at": "2026-04-03T04:00:00Z", "on_time": True, "minutes_taken": 90}
FILED = {**PLACE, "filed_at": "2026-04-01T04:00:00Z"}
DUE = {"due_at": "2026-04-08T04:00:00Z"}
RESOLVED = {**PLACE, **RESOLUTION, **DUE, "officer": "je-1", "breached_at": None}


def deltas(kind: str, data: object) -> dict[Any, int]:
    """What an event adds, of what is no sketch: amount by (measure, department, ward, day)."""
    return {key[:4]: amount for key, amount in PLAIN.deltas(kind, data) if not key[4]}


def aggregate(events: Any, projector: Projector = PLAIN) -> Any:
    """What a batch of events comes to: by event its id, type and data."""
    return projector.aggregate(events)


def left(*events: tuple[str, dict[str, Any]]) -> dict[Any, int]:
    """What events come to, but what cancels out."""
    batch = aggregate((str(n), kind, data) for n, (kind, data) in enumerate(events))
    assert batch.refused == {}
    return {key[:4]: value for key, value in batch.totals.items() if value}
