"""The effect that all subscribers have: the measure of one ``grievance.filed``, one more."""

from typing import Any

from services.kpi.domain.projection import india_day

NAMEKO_QUEUE = "evt-grievance-filed--bench.count"
"""The queue that Nameko declares for the handler of its peer."""

UPSERT = """
    INSERT INTO measure AS m (measure, department, ward, day, cell, value)
    VALUES ('grievance.filed', {}, {}, {}::date, 0, 1)
    ON CONFLICT (measure, department, ward, day, cell)
    DO UPDATE SET value = m.value + excluded.value
"""


def key(event: dict[str, Any]) -> tuple[str, str, str]:
    """Department, ward and day (in Asia/Kolkata) of the envelope of a ``grievance.filed.v1``."""
    data = event["data"]
    return data["department"], data["ward"], india_day(data, "filed_at")
