"""The new tables and the live ones, compared in one snapshot, while nobody waits."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from palika.errors import Conflict
from services.kpi.domain.projection import MEASURES
from services.kpi.models import MONTHS
from services.kpi.rebuilding import SCHEMA
from services.kpi.rebuilding.memory import RECORDED, memory_of

_ROWS_CHANGED = f"""
    SELECT count(*) FROM measure AS live
    FULL JOIN {SCHEMA}.measure AS next USING (measure, department, ward, day, cell)
    WHERE live.value IS DISTINCT FROM next.value
"""  # noqa: S608 constants of the code alone, values are bound
_MONTHS_CHANGED = f"""
    SELECT count(*) FROM measure_year AS live
    FULL JOIN {SCHEMA}.measure_year AS next USING (measure, department, year, cell)
    WHERE live IS NULL OR next IS NULL OR ({", ".join(f"live.{m}" for m in MONTHS)})
        IS DISTINCT FROM ({", ".join(f"next.{m}" for m in MONTHS)})
"""  # noqa: S608 constants of the code alone, values are bound
_NOT_LIVE = f"""
    SELECT count(*) FILTER (WHERE told), count(*) FILTER (WHERE NOT told) FROM (
        SELECT coalesce({RECORDED.format(id="next.event_id")} >= :oldest, false)
            OR coalesce(next.event_id > CAST(:newest AS uuid), false) AS told
        FROM {SCHEMA}.inbox AS next WHERE next.subscription = :subscription
        AND NOT EXISTS (SELECT FROM inbox AS live WHERE live.subscription = :subscription
                        AND live.event_id = next.event_id)
    ) AS read
"""  # noqa: S608 constants of the code alone, values are bound
_BEGINNINGS = """
    SELECT split_part(measure, '.', 1), min(day) FROM {table}
    WHERE measure = ANY (:fed) AND day >= :since GROUP BY 1
"""
_LONG_AGO = date(1, 1, 1)


class Compared(NamedTuple):
    """As `commands.rebuild.Rebuilt`, but `counted`: the different events that were read so far."""

    counted: int
    ahead: int
    forgotten: int
    rows: int
    rows_changed: int
    months_changed: int


def compare(engine: Engine, subscription: str, keep_days: int) -> Compared:
    """Count what differs; nothing is locked, and all numbers are of the same moment."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        memory = memory_of(connection, subscription, sorted(MEASURES), keep_days)
        known: dict[str, Any] = {
            "subscription": subscription,
            "oldest": memory.oldest,
            "newest": memory.newest,
        }
        ahead, forgotten = connection.execute(text(_NOT_LIVE), known).one()

        def number(query: str) -> int:
            return int(connection.exec_driver_sql(query).scalar_one())

        return Compared(
            number(f"SELECT count(*) FROM {SCHEMA}.inbox"),  # noqa: S608 constants of the code alone, values are bound
            ahead,
            forgotten,
            number(f"SELECT count(*) FROM {SCHEMA}.measure"),  # noqa: S608 constants of the code alone, values are bound
            number(_ROWS_CHANGED),
            number(_MONTHS_CHANGED),
        )


def must_reach_back(engine: Engine, since: date | None) -> None:
    """Raise Conflict when the first days of a service's measures would be lost.

    The inbox forgets after PALIKA_INBOX_KEEP_DAYS: of what is older, this is how a loss shows. All
    that is live then is in the new tables, too, so it holds until the switch.

    Args:
        engine: on the live tables.
        since: days before it are not looked at.
    """
    known = {"fed": sorted(MEASURES), "since": since or _LONG_AGO}
    with engine.connect() as connection:
        live, rebuilt = (
            _firsts(connection, each, known) for each in ("measure", f"{SCHEMA}.measure")
        )
    for source, first in sorted(live.items()):
        there = rebuilt.get(source)
        if there is None or there > first:
            raise Conflict(
                f"The live measures of {source} begin on {first}, those of its event log "
                f"{f'on {there}' if there else 'nowhere: the log is empty'}. The live measures "
                "are untouched. If the earlier days may go, say --force; if they are to stay as "
                "they are, say --from with the first day that the log has whole.",
                {"source": source, "live": str(first), "rebuilt": there and str(there)},
            )


def _firsts(connection: Connection, table: str, known: dict[str, Any]) -> dict[str, date]:
    rows = connection.execute(text(_BEGINNINGS.format(table=table)), known)
    return {row[0]: row[1] for row in rows}
