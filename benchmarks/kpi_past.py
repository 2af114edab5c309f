"""The measures of the KPI service after so many events, put there without waiting for them.

The events (`kpi_events.py`) are spread evenly over a year and a half, all types in the numbers that
a city has, and counted by the service's own `Projector`. Only what it makes of them is not added
up in the database, batch by batch: the totals of a day are added up here and go to `measure` by
COPY, once. What is entered by hand is there for every period, whatever the number of events.
`measure_year` is then the sum of `measure` by month, with the fingerprints of the sketches. A test
(`tests/integration/test_kpi_past.py`) compares both tables with those that `project` and
`set_level` leave of the same 20,000 events and the same readings: they have the same rows.

How many rows they come to: `measure` has one for each measure, department, ward, day and cell in
which there is something. Those without cells are bounded by the city and its days, those with cells
grow with the events. `measure_year` has one for each measure, department, year and cell: without
cells some 5,500 to 5,900, however many events there were, and with cells up to the number of cells.

| events | `measure` | of these, of sketches | `measure_year` |
|---|---|---|---|
| 100,000 | 270 thousand | 81 thousand | 39 thousand |
| 1,000,000 | 1.3 million | 768 thousand | 118 thousand |
| 10,000,000 | 7.7 million | 5.6 million | 270 thousand |
"""

import io
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

from benchmarks.kpi_events import Events, Said
from palika.local.processes import LocalError
from services.kpi.domain.indicators import Catalogue, MeasureInfo
from services.kpi.domain.period import containing
from services.kpi.domain.sketches import weight
from services.kpi.models import MONTHS, PRINT
from services.kpi.parts import city_projector

DAYS = 548
_SEED = 20261129
_ZONES = 5
_WARDS = 15
_PROCESSES = 2
_TABLES = ("measure", "measure_year")

_COPY = "COPY measure (measure, department, ward, day, cell, value) FROM STDIN"
_WEIGHTS = "CREATE TEMPORARY TABLE weight (cell int PRIMARY KEY, weight bigint)"
_YEARS = f"""
    INSERT INTO measure_year (measure, department, year, cell, {", ".join(MONTHS)})
    SELECT measure, department, extract(year FROM day - interval '3 months')::int, cell, {
    ", ".join(f"sum(value) FILTER (WHERE extract(month FROM day) = {int(m[1:])})" for m in MONTHS)
}
    FROM measure GROUP BY 1, 2, 3, 4
"""
_PRINTS = f"""
    INSERT INTO measure_year (measure, department, year, cell, {", ".join(MONTHS)})
    SELECT measure, department, year, {PRINT}, {
    ", ".join(f"sum({m} * weight)::bigint" for m in MONTHS)
}
    FROM measure_year JOIN weight USING (cell) GROUP BY 1, 2, 3
"""


def fill(url: str, known: Catalogue, events: int, last: date) -> dict[str, int]:
    """Put the measures of so many events, up to a day, in place of all that are there.

    Args:
        url: of the service's database.
        last: in India.

    Returns:
        The rows of each table.
    """
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("TRUNCATE measure, measure_year, inbox")
        # Filled first and indexed then.
        cursor.execute("ALTER TABLE measure DROP CONSTRAINT pk_measure")
        cursor.execute("DROP INDEX ix_measure_day")
        first = last - timedelta(days=DAYS - 1)
        context = get_context("spawn")
        with ProcessPoolExecutor(_PROCESSES, mp_context=context) as pool:
            halves = [days(events, last)[n::_PROCESSES] for n in range(_PROCESSES)]
            list(pool.map(partial(_copy_days, url), halves))
        _copy(cursor, ((*place, 0, value) for place, value in entered(known, first, last)))
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET work_mem = '256MB'")
        cursor.execute(
            "ALTER TABLE measure ADD CONSTRAINT pk_measure"
            " PRIMARY KEY (measure, department, ward, day, cell)"
        )
        cursor.execute("CREATE INDEX ix_measure_day ON measure (day)")
        _roll_up(cursor)
        cursor.execute("VACUUM ANALYZE measure, measure_year")
        cursor.execute("CHECKPOINT")
        rows = {}
        for table in _TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            rows[table] = int(cursor.fetchone()[0])
        return rows


def days(events: int, last: date) -> list[tuple[date, int]]:
    """How many events are of which day: as many of each, so far as that goes."""
    first = last - timedelta(days=DAYS - 1)
    upto = [events * n // DAYS for n in range(DAYS + 1)]
    return [(first + timedelta(days=n), upto[n + 1] - upto[n]) for n in range(DAYS)]


def of_day(day: date, count: int) -> Iterator[Said]:
    """The events of a day."""
    return _events().of(day, count)


def entered(known: Catalogue, first: date, last: date) -> Iterator[tuple[tuple[str, ...], int]]:
    """What was entered by hand: measure, department, ward and day (as text); and the value."""
    rng = random.Random(_SEED)
    for each in known.measures.values():
        if not each.manual:
            continue
        places = {(): [""], ("zone",): [f"zone-{n}" for n in range(1, _ZONES + 1)]}.get(
            each.by, [f"ward-{n}" for n in range(1, _WARDS + 1)]
        )
        for day in _ends(each, first, last):
            for place in places:
                where = (each.code, str(each.department), place, day.isoformat())
                yield where, rng.randint(50, 5_000)


_made: dict[int, Events] = {}


def _events() -> Events:
    if not _made:
        _made[0] = Events(_SEED)
    return _made[0]


def _copy_days(url: str, of: Iterable[tuple[date, int]]) -> None:
    """In a process of its own: what the events of these days come to."""
    projector = city_projector()
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for day, count in of:
            said = of_day(day, count)
            totals, refused = projector.aggregate(("", kind, data) for kind, data in said)
            if refused:
                raise LocalError(f"not counted: {refused}")
            if any(key[3] != day.isoformat() for key in totals):
                raise LocalError(f"an event of {day} has counted on another day")
            _copy(cursor, ((*key, value) for key, value in totals.items()))
        connection.commit()


def _copy(cursor: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    lines = ["\t".join(map(str, row)) for row in rows]
    cursor.copy_expert(_COPY, io.StringIO("\n".join(lines)))


def _roll_up(cursor: Any) -> None:
    """Write `measure_year`. Of a level that is entered for all wards at once, the last values of a
    month are those of the month's one day, so a sum does for it too."""
    cursor.execute(_YEARS)
    cursor.execute(_WEIGHTS)
    cursor.execute("SELECT DISTINCT cell FROM measure_year WHERE cell > 0")
    weights = [(cell, weight(cell)) for (cell,) in cursor.fetchall()]
    execute_values(cursor, "INSERT INTO weight VALUES %s", weights, page_size=5_000)
    cursor.execute(_PRINTS)


def _ends(each: MeasureInfo, first: date, last: date) -> Iterator[date]:
    """The last days of the periods for which it was entered."""
    period = containing(first, each.every or "month")
    while period.last < last:
        yield period.last
        period = period.next()
