"""Project a batch of events onto the measures: one statement, whatever the batch."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from palika.events import Event
from palika.subscribe import Refuse
from services.kpi.domain.projection import Key, aggregate

# Rows go in sorted by key, so two consumers lock the rows they share in the same order and never
# deadlock. Cancelled-out rows go in too, with 0: see `aggregate`.
_UPSERT = """
    INSERT INTO measure AS m (measure, department, ward, day, value)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::bigint[])
    ON CONFLICT (measure, department, ward, day) DO UPDATE SET value = m.value + excluded.value
"""


def project(session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
    """Add what the events say to the measures, in the caller's transaction.

    Args:
        session: on the service's database.
        events: a batch, already known to be fresh.

    Returns:
        The refusals, by event id: those events added nothing, all the others all of theirs.
    """
    totals, refused = aggregate((event.id, event.type, event.data) for event in events)
    add(session, totals)
    return {event_id: Refuse(reason) for event_id, reason in refused.items()}


def add(session: Session, totals: Mapping[Key, int]) -> None:
    """Add totals to the measures, in one statement."""
    if not totals:
        return
    keys = sorted(totals)
    columns = [_array(column) for column in zip(*keys, strict=True)]
    amounts = "{" + ",".join([str(totals[key]) for key in keys]) + "}"
    session.connection().exec_driver_sql(_UPSERT, (*columns, amounts))


def _array(values: Sequence[str]) -> str:
    """A PostgreSQL array literal: six times as quick as psycopg2's adaptation of a list."""
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(v.replace("\\", r"\\").replace('"', r"\"") for v in values)
    return f'{{"{joined}"}}'
