"""Write measures: what events and readings add up to, by day, and rolled up by month.

All that writes `measure` or `measure_year` is here. Rows go in sorted by key, the days before the
months, so two writers lock the rows that they share in the same order and never deadlock; each is
to call these functions once a transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import text
from sqlalchemy.orm import Session

from palika.events import Event
from palika.subscribe import Refuse
from services.kpi.domain.projection import Key, Projector
from services.kpi.domain.sketches import weight
from services.kpi.models import MONTHS, PRINT

Level = tuple[str, str, str, str]
"""measure, department, ward, day: of a level, which has no cells."""

# Cancelled-out rows go in too, with 0: see `Projector.aggregate`.
_ADD = """
    INSERT INTO measure AS m (measure, department, ward, day, cell, value)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::int[], %s::bigint[])
    ON CONFLICT (measure, department, ward, day, cell)
    DO UPDATE SET value = m.value + excluded.value;
"""
_SET = """
    INSERT INTO measure (measure, department, ward, day, cell, value)
    SELECT measure, department, ward, day, 0, value
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::bigint[])
    AS said (measure, department, ward, day, value)
    ON CONFLICT (measure, department, ward, day, cell) DO UPDATE SET value = excluded.value
"""
# One at a time works a level out anew: two would not see each other's wards.
_ONE_AT_A_TIME = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:level, :salt))"
)  # fmt: skip
_SALT = 0x6B70695F_6C65766C  # "kpi_levl"
_ROLL_UP = text(f"""
    WITH said AS MATERIALIZED (
        SELECT m.ward, m.day, m.value, by FROM measure AS m
        LEFT JOIN reading ON reading.in_force
        AND reading.department = :department AND reading.measure = :measure
        AND reading.place = m.ward AND reading.day = m.day
        WHERE m.measure = :measure AND m.department = :department AND m.cell = 0
    ), months AS (
        SELECT DISTINCT date_trunc('month', day)::date AS first FROM said
        WHERE day >= make_date(:year, 4, 1)
    ), years AS (
        SELECT extract(year FROM first - interval '3 months')::int AS year FROM months
        UNION SELECT :year
    )
    INSERT INTO measure_year (measure, department, year, cell, {", ".join(MONTHS)})
    SELECT :measure, :department, year, 0, {
    ", ".join(f"sum(value) FILTER (WHERE extract(month FROM first) = {int(m[1:])})" for m in MONTHS)
}
    FROM years LEFT JOIN months
    ON first >= make_date(year, 4, 1) AND first < make_date(year + 1, 4, 1)
    LEFT JOIN LATERAL (
        SELECT sum(value) FILTER (
            WHERE latest AND by IS NOT DISTINCT FROM newest AND day > ended
        ) AS value FROM (
            SELECT *, coalesce(
                max(day) FILTER (WHERE by IS DISTINCT FROM newest) OVER (), '-infinity'
            ) AS ended FROM (
                SELECT ward, day, value, by,
                row_number() OVER (PARTITION BY ward ORDER BY day DESC) = 1 AS latest,
                first_value(by) OVER (ORDER BY day DESC, by) AS newest
                FROM said WHERE day < first + interval '1 month'
            ) AS upto
        ) AS meant
    ) AS state ON true
    GROUP BY year
    ON CONFLICT (measure, department, year, cell)
    DO UPDATE SET {", ".join(f"{month} = excluded.{month}" for month in MONTHS)}
""")  # noqa: S608 constants of the code alone, values are bound


def project(session: Session, events: Sequence[Event], projector: Projector) -> dict[str, Refuse]:
    """Add what the events say to the measures, in the caller's transaction.

    Args:
        session: on the service's database.
        events: a batch, already known to be fresh.
        projector: the rules, with the parts of the city's catalogue.

    Returns:
        The refusals, by event id: those events added nothing, all the others all of theirs.
    """
    totals, refused = projector.aggregate((event.id, event.type, event.data) for event in events)
    add(session, totals)
    return {event_id: Refuse(reason) for event_id, reason in refused.items()}


def add(session: Session, totals: Mapping[Key, int]) -> None:
    """Add totals to the measures and to their months, in one go; not to be used of a level."""
    if not totals:
        return
    keys = sorted(totals)
    columns = list(zip(*keys, strict=True))
    days, rows = _ADD, [*map(_texts, columns[:4]), _numbers(columns[4])]
    rows.append(_numbers([totals[key] for key in keys]))
    months, rolled = _rolled_up(totals)
    session.connection().exec_driver_sql(days + months, (*rows, *rolled))


def set_level(session: Session, values: Mapping[Level, int], *, alone: bool = False) -> None:
    """Say what levels are on days.

    `alone`: nobody else writes these tables (of a rebuild), and nobody has to wait.

    The months of the roll-up are worked out anew, from the first that changes on: in each that has
    an entry, the last value of each ward up to its end, added up. Where a measure was entered by
    ward and then for the whole city, or the other way round, what counts is of the kind of places
    of which the newest is: the others' values end where its begin, and stay ended when that kind
    comes back.
    """
    years: dict[tuple[str, str], int] = {}
    for measure, department, _, day in values:
        of = measure, department
        years[of] = min(_year_of(day), years.get(of, 9999))
    for of in () if alone else sorted(years):
        session.execute(_ONE_AT_A_TIME, {"level": "\t".join(of), "salt": _SALT})
    known = sorted(values)
    columns = [*map(_texts, zip(*known, strict=True)), _numbers([values[k] for k in known])]
    session.connection().exec_driver_sql(_SET, tuple(columns))
    for (measure, department), year in sorted(years.items()):
        session.execute(_ROLL_UP, {"measure": measure, "department": department, "year": year})


def _year_of(day: str) -> int:
    """The year in which the day's financial year begins."""
    return int(day[:4]) - (day[5:7] < "04")


def _rolled_up(totals: Mapping[Key, int]) -> tuple[str, list[str]]:
    """The statement that adds totals to their months, and its arrays."""
    years: dict[tuple[str, str, int, int], dict[str, int]] = {}
    year_and_month = {day: (_year_of(day), f"m{day[5:7]}") for day in {key[3] for key in totals}}
    for (measure, department, _, day, cell), amount in totals.items():
        year, month = year_and_month[day]
        key = measure, department, year, cell
        row = years.get(key)
        if row is None:
            years[key] = {month: amount}
        else:
            row[month] = row.get(month, 0) + amount
        if cell:
            row = years.setdefault((measure, department, year, PRINT), {})
            row[month] = row.get(month, 0) + amount * weight(cell)
    seen = {month for _, month in year_and_month.values()}
    keys = sorted(years)
    measures, departments, which, cells = zip(*keys, strict=True)
    arrays = [_texts(measures), _texts(departments), _numbers(which), _numbers(cells)]
    months = tuple(month for month in MONTHS if month in seen)
    arrays += [_numbers([years[key].get(month) for key in keys]) for month in months]
    return _add_months(months), arrays


@lru_cache(maxsize=4096)
def _add_months(months: tuple[str, ...]) -> str:
    """Adds to those months alone; a month that gets nothing stays null, if it is."""
    names = ", ".join(months)
    arrays = "%s::text[], %s::text[], %s::int[], %s::int[]" + ", %s::bigint[]" * len(months)
    added = ", ".join(
        f"{m} = CASE WHEN excluded.{m} IS NULL THEN y.{m} "
        f"ELSE coalesce(y.{m}, 0) + excluded.{m} END"
        for m in months
    )
    return f"""
        INSERT INTO measure_year AS y (measure, department, year, cell, {names})
        SELECT * FROM unnest({arrays})
        ON CONFLICT (measure, department, year, cell) DO UPDATE SET {added}
    """  # noqa: S608 constants of the code alone, values are bound


def _texts(values: Sequence[str]) -> str:
    """A PostgreSQL array literal: six times as quick as psycopg2's adaptation of a list."""
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(v.replace("\\", r"\\").replace('"', r"\"") for v in values)
    return f'{{"{joined}"}}'


def _numbers(values: Iterable[int | None]) -> str:
    """The same of whole numbers; None is null."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
