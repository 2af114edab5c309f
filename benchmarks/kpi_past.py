"""A year and a half of measures, as the projection would have left them after so many events.

Each measure that events feed has, for each department, a share of the events; a row of `measure`
comes of a ward and a day, with as many as are expected there, rounded up or down at random, and
none where that is 0. Of sketches each value falls into a cell at random: times over some 200
buckets, as lognormal times do, and things over registers and ranks as hashes do. What is entered by
hand is entered for every period, whatever the number of events. `measure_year` is the sum of
`measure`, with the fingerprints of the sketches.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from psycopg2.extras import execute_values

from services.kpi.domain.indicators import Catalogue, MeasureInfo
from services.kpi.domain.period import containing
from services.kpi.domain.sketches import weight
from services.kpi.models import MONTHS, PRINT

DAYS = 548
WARDS = 15
_SEED = 20261129
_PART = 1 / 12
"""A part has so much of what its whole has."""

_SHARES = """
    CREATE TEMPORARY TABLE share (
        measure text, department text, kind text, amount float8
    )
"""
# The random number must be one of each row, so it is not a subquery of its own.
_SUMS = """
    INSERT INTO measure (measure, department, ward, day, cell, value)
    SELECT measure, department, 'ward-' || ward, %(first)s::date + day, 0, value
    FROM (
        SELECT measure, department, ward, day, floor(amount + random())::bigint AS value
        FROM share, generate_series(1, %(wards)s) AS ward, generate_series(0, %(days)s - 1) AS day
        WHERE kind = 'sum' OFFSET 0
    ) AS made
    WHERE value > 0
"""
_SKETCHES = """
    INSERT INTO measure (measure, department, ward, day, cell, value)
    SELECT measure, department, 'ward-' || ward, %(first)s::date + day, cell, count(*)
    FROM (
        SELECT measure, department, 1 + floor(random() * %(wards)s)::int AS ward,
            floor(random() * %(days)s)::int AS day,
            CASE kind WHEN 'distribution'
                THEN 110 + floor(200 * (random() + random() + random()) / 3)::int
                ELSE floor(random() * 1024)::int * 64 + 1 + floor(-ln(1 - random()) / ln(2))::int
            END AS cell
        FROM share, generate_series(1, ceil(amount * %(wards)s * %(days)s)::int)
        WHERE kind <> 'sum' OFFSET 0
    ) AS made
    GROUP BY 1, 2, 3, 4, 5
"""
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


def fill(connection: Any, known: Catalogue, events: int, last: date) -> dict[str, int]:
    """Put the measures of so many events, up to a day, in place of all that are there.

    Returns:
        The rows of each table.
    """
    first = last - timedelta(days=DAYS - 1)
    values = {"first": first, "wards": WARDS, "days": DAYS}
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_SHARES)
        shares = list(_shares(known, events))
        execute_values(cursor, "INSERT INTO share VALUES %s", shares, page_size=1_000)
        cursor.execute("BEGIN")
        cursor.execute("TRUNCATE measure, measure_year, inbox")
        # Filled first and indexed then.
        cursor.execute("ALTER TABLE measure DROP CONSTRAINT pk_measure")
        cursor.execute("DROP INDEX ix_measure_day")
        cursor.execute(_SUMS, values)
        cursor.execute(_SKETCHES, values)
        execute_values(
            cursor,
            "INSERT INTO measure (measure, department, ward, day, cell, value) VALUES %s",
            list(_entered(known, first, last)),
            page_size=5_000,
        )
        cursor.execute(_YEARS)
        cursor.execute(_WEIGHTS)
        cursor.execute("SELECT DISTINCT cell FROM measure_year WHERE cell > 0")
        weights = [(cell, weight(cell)) for (cell,) in cursor.fetchall()]
        execute_values(cursor, "INSERT INTO weight VALUES %s", weights, page_size=5_000)
        cursor.execute(_PRINTS)
        cursor.execute(
            "ALTER TABLE measure ADD CONSTRAINT pk_measure"
            " PRIMARY KEY (measure, department, ward, day, cell)"
        )
        cursor.execute("CREATE INDEX ix_measure_day ON measure (day)")
        cursor.execute("COMMIT")
        cursor.execute("VACUUM ANALYZE measure, measure_year")
        cursor.execute("CHECKPOINT")
        rows = {}
        for table in ("measure", "measure_year"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            rows[table] = int(cursor.fetchone()[0])
        return rows


def _shares(known: Catalogue, events: int) -> Iterator[tuple[str, str, str, float]]:
    """Of each measure and department: how many are expected in a ward on a day.

    An event feeds some three measures; departments have unequal shares, as 1, 1/2, 1/3 and so on.
    """
    rng = random.Random(_SEED)
    whole = [each for each in known.measures.values() if not each.manual and each.of is None]
    shares: dict[tuple[str, str], float] = {}
    for each in whole:
        departments = list(known.departments)
        rng.shuffle(departments)
        if each.code.startswith("tax."):
            departments = ["property-tax"]
        size = rng.uniform(0.2, 1)
        for rank, department in enumerate(departments, 1):
            shares[each.code, department] = size / rank
    total = sum(shares.values())
    for code in known.parts():
        base = known.measures[code]
        owner = base.department
        part = 1.0
        while base.of is not None:
            base, part = known.measures[base.of], part * _PART
        for department in [owner] if owner else known.departments:
            whole_share = shares.get((base.code, department))
            if whole_share:
                shares[code, department] = whole_share * part
    for (code, department), share in shares.items():
        kind = known.measures[code].kind
        amount = 3 * events * share / total / WARDS / DAYS
        yield code, department, kind, amount


def _entered(
    known: Catalogue, first: date, last: date
) -> Iterator[tuple[str, str, str, date, int, int]]:
    rng = random.Random(_SEED)
    for each in known.measures.values():
        if not each.manual:
            continue
        places = {(): [""], ("zone",): [f"zone-{n}" for n in range(1, 6)]}.get(
            each.by, [f"ward-{n}" for n in range(1, WARDS + 1)]
        )
        for day in _ends(each, first, last):
            for place in places:
                yield each.code, str(each.department), place, day, 0, rng.randint(50, 5_000)


def _ends(each: MeasureInfo, first: date, last: date) -> Iterator[date]:
    """The last days of the periods for which it was entered."""
    period = containing(first, each.every or "month")
    while period.last < last:
        yield period.last
        period = period.next()
