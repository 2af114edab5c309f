"""A rebuild from a day on: what lies before is carried over from the live measures as it is.

For logs that have lost their beginning. Of the days from `day` on all events are in the logs, and
their measures are made of those; the rows of the days before are copied, whatever they are: sums,
cells of sketches, levels. What is added up over all time (what is open, `stock()`) stays right, for
its rows of before are there.

An event gives to more than one day: a reopening takes back what the resolution gave, on the day of
the resolution. What it gives to a day that is carried over is in the copy already if it was
delivered before the copy was made, and is not if it was not. So the ids that were delivered are
copied in the same snapshot as the rows. Of a delivered event only that counts which it gives to
days that are not carried over; of another one everything. Where the inbox has forgotten whether it
was delivered (`memory.py`), it was.

Some events are of a later day than they are sent on (a hearing is counted on its own day). The logs
may have lost those, so of their measures (`EARLY`) all days are carried over.

Values that were entered are not carried over: all of them are in `reading`, and are written anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, sessionmaker

from palika.events import Event
from palika.subscribe import Refuse
from services.kpi.commands.project import Level, add, set_level
from services.kpi.domain.projection import EARLY, MEASURES, Key, Projector
from services.kpi.rebuilding import SCHEMA
from services.kpi.rebuilding.memory import RECORDED, Memory, memory_of
from services.kpi.rebuilding.tables import home_of, see_the_rebuild
from services.kpi.reference import city_catalogue

_AT_ONCE = 20_000
_ROWS = text("""
    SELECT measure, department, ward, day::text, cell, value FROM measure
    WHERE (day < :day OR measure = ANY (:early)) AND NOT EXISTS (
        SELECT FROM reading AS r WHERE r.in_force AND r.measure = measure.measure
        AND r.department = measure.department AND r.place = measure.ward AND r.day = measure.day
    )
""")
_DELIVERED = (
    f"CREATE TABLE {SCHEMA}.delivered (event_id uuid PRIMARY KEY)",
    f"INSERT INTO {SCHEMA}.delivered SELECT event_id FROM inbox WHERE subscription = :subscription",  # noqa: S608 constants of the code alone, values are bound
)
# What the logs have lost is remembered still: it may come again, out of the dead letters.
_LOST = f"""
    INSERT INTO {SCHEMA}.inbox SELECT * FROM inbox
    WHERE subscription = :subscription AND {RECORDED.format(id="event_id")} < :begins
"""  # noqa: S608 constants of the code alone, values are bound
_CAME = text("SELECT event_id::text FROM delivered WHERE event_id = ANY (CAST(:ids AS uuid[]))")


class Carried:
    """The days before one, and how events count beside them."""

    def __init__(self, day: date, memory: Memory, early: frozenset[str]) -> None:
        """Prepare; use `carry`."""
        self.day = day
        self._first = day.isoformat()
        self._memory = memory
        self._early = early

    def has(self, key: Key) -> bool:
        """Whether a row is carried over."""
        return key[3] < self._first or key[0] in self._early

    def project(
        self, session: Session, events: Sequence[Event], projector: Projector
    ) -> dict[str, Refuse]:
        """As `commands.project.project`, but what the copy of the live measures has of the events
        is not added again."""
        ids = {"ids": [each.id for each in events]}
        delivered = set(session.scalars(_CAME, ids))
        in_copy = [e for e in events if e.id in delivered or self._memory.forgets(e)]
        held = {each.id for each in in_copy}
        old = projector.aggregate(_told(in_copy))
        new = projector.aggregate(_told(e for e in events if e.id not in held))
        totals = new.totals
        for key, amount in old.totals.items():
            if not self.has(key):
                totals[key] = totals.get(key, 0) + amount
        add(session, totals)
        refused = old.refused | new.refused
        return {event_id: Refuse(reason) for event_id, reason in refused.items()}


def _told(events: Iterable[Event]) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    return ((each.id, each.type, each.data) for each in events)


def early_measures(parts: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The measures that may be given before their day, parts included."""
    return frozenset(EARLY) | {name for name, part in parts.items() if part["of"] in EARLY}


def carry(
    engine: Engine,
    beside: sessionmaker[Session],
    subscription: str,
    day: date,
    begins: datetime | None,
    keep_days: int,
) -> Carried:
    """Copy what lies before a day, and which events are in that copy; all of one snapshot.

    Args:
        engine: on the live tables.
        beside: on the new ones.
        subscription: of the measures.
        day: the first that is made anew.
        begins: what was recorded before it may be missing in the logs; None: they are whole.
        keep_days: PALIKA_INBOX_KEEP_DAYS.
    """
    early = early_measures(city_catalogue().parts())
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        memory = memory_of(connection, subscription, sorted(MEASURES), keep_days)
        known = {"subscription": subscription, "begins": begins}
        for statement in _DELIVERED:
            connection.execute(text(statement), known)
        if begins is not None:
            connection.execute(text(_LOST), known)
        _copy(connection, beside, {"day": day, "early": sorted(early)})
        connection.commit()
    return Carried(day, memory, early)


def _copy(connection: Connection, beside: sessionmaker[Session], which: dict[str, Any]) -> None:
    """In pieces, each in a transaction of its own; the roll-up is made of the same rows."""
    measures, home = city_catalogue().measures, home_of(connection)
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(_ROWS, which)
    found = iter(rows)
    while part := list(islice(found, _AT_ONCE)):
        totals: dict[Key, int] = {}
        levels: dict[Level, int] = {}
        for measure, department, ward, day, cell, value in part:
            info = measures.get(measure)
            if info is not None and info.kind == "level":
                levels[measure, department, ward, day] = value
            else:
                totals[measure, department, ward, day, cell] = value
        with beside.begin() as session:
            see_the_rebuild(session.connection(), home)
            add(session, totals)
            if levels:
                set_level(session, levels, alone=True)
