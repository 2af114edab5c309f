"""What was entered by hand, in a rebuild: no event tells it.

There may be hundreds of thousands of readings, and approvals go on meanwhile. So they are written
beside before anything is locked, and under the lock only those that came into force since. Which
ones that are must not be missed, and no time or number of a reading tells it: an approval that
began earlier may be committed later than one that began after it. Therefore:

1. a trigger notes each value that comes into force (`reading_moved`). Making a trigger waits for
   the transactions that write readings and lets no other begin: those before it have all ended when
   it is there, and those after it are all noted;
2. only then all that is in force is copied (`reading_in_force`), in one statement, and the measures
   are written from that copy. An approval of between is in the copy and noted as well;
3. what is noted is compared with the copy, and the difference is added: twice noted, or noted and
   in the copy, it changes nothing the second time. That is done once before the lock and once
   under it. Whoever approves holds `measure` from the beginning (`commands/readings.hold`), so
   under the lock nobody is in the middle of it, and who waits there finds the new tables.

A note is read and taken away in the statement that reads the value, so it tells no less than what
that statement sees.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Engine,
    MetaData,
    Table,
    Text,
    insert,
    select,
)
from sqlalchemy.orm import Session

from services.kpi.commands.project import Level, add, set_level
from services.kpi.commands.readings import IN_FORCE, check_meaning, write_readings
from services.kpi.domain.projection import Key
from services.kpi.rebuilding import SCHEMA
from services.kpi.rebuilding.tables import home_of, in_a_quiet_moment, see_the_rebuild

_KEY = ("measure", "department", "place", "day")
_metadata = MetaData(schema=SCHEMA)


def _key(*, primary: bool) -> list[Column[Any]]:
    kinds = (Text, Text, Text, Date)
    return [
        Column(n, k, nullable=False, primary_key=primary) for n, k in zip(_KEY, kinds, strict=True)
    ]


_in_force = Table(
    "reading_in_force",
    _metadata,
    *_key(primary=True),
    Column("kind", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
)
_moved = Table("reading_moved", _metadata, *_key(primary=False))
_NOTED = ", ".join(f"NEW.{name}" for name in _KEY)
_NOTE = (
    f"""
    CREATE FUNCTION {SCHEMA}.note_reading() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO {SCHEMA}.reading_moved ({", ".join(_KEY)}) VALUES ({_NOTED});
        RETURN NULL;
    END $$
    """,  # noqa: S608 constants of the code alone, values are bound
    f"""
    CREATE TRIGGER noted_for_rebuild AFTER INSERT OR UPDATE ON {{home}}.reading
    FOR EACH ROW WHEN (NEW.in_force) EXECUTE FUNCTION {SCHEMA}.note_reading()
    """,
)
_SAME = " AND ".join(f"{{0}}.{name} = moved.{name}" for name in _KEY)
_TAKEN = f"""
    WITH noted AS (DELETE FROM {SCHEMA}.reading_moved RETURNING {", ".join(_KEY)}),
    moved AS (SELECT DISTINCT {", ".join(_KEY)} FROM noted)
    SELECT {", ".join(f"moved.{name}" for name in _KEY)}, reading.kind, reading.value, was.value
    FROM moved JOIN {{home}}.reading ON {_SAME.format("reading")} AND reading.in_force
    LEFT JOIN {SCHEMA}.reading_in_force AS was ON {_SAME.format("was")}
"""  # noqa: S608 constants of the code alone, values are bound
_KEEP = f"""
    INSERT INTO {SCHEMA}.reading_in_force ({", ".join(_KEY)}, kind, value)
    VALUES ({", ".join(f"%({name})s" for name in (*_KEY, "kind", "value"))})
    ON CONFLICT ({", ".join(_KEY)}) DO UPDATE SET kind = excluded.kind, value = excluded.value
"""  # noqa: S608 constants of the code alone, values are bound
_AT_ONCE = 20_000


def write_beside(engine: Engine, beside: Engine, patience_s: float) -> None:
    """Note from now on what comes into force, and write what is in force so far.

    In pieces, each in a transaction of its own: nothing is held in memory or locked for long.

    Raises:
        Conflict: the catalogue would read stored values as something else than they are.
        Unavailable: readings were being written all the time.
    """
    with Session(engine) as session:
        check_meaning(session)
    in_a_quiet_moment(engine, patience_s, _begin_to_note)
    with engine.begin() as connection:
        home = home_of(connection)
        names = [*_KEY, "kind", "value"]
        connection.execute(insert(_in_force).from_select(names, IN_FORCE))
        connection.exec_driver_sql(f"ANALYZE {SCHEMA}.reading_in_force")
    columns = [_in_force.c[name] for name in (*_KEY, "kind", "value")]
    query = select(*columns).order_by(*columns[:4])
    with beside.connect() as reading:
        rows = reading.execution_options(yield_per=_AT_ONCE).execute(query)
        for part in rows.partitions(_AT_ONCE):
            with Session(beside) as session, session.begin():
                # What a level comes to in a month depends on how its readings were entered.
                see_the_rebuild(session.connection(), home)
                write_readings(session, rows=part, alone=True)


def _begin_to_note(connection: Connection) -> None:
    _metadata.create_all(connection, checkfirst=False)
    home = home_of(connection)
    for statement in _NOTE:
        connection.exec_driver_sql(statement.format(home=home))


def write_moved(connection: Connection, home: str) -> int:
    """Bring the new measures up to what has come into force since; returns how many values.

    In the caller's transaction, which sees the new tables afterwards.
    """
    found = connection.exec_driver_sql(_TAKEN.format(home=home)).all()
    if not found:
        return 0
    see_the_rebuild(connection, home)
    totals: dict[Key, int] = {}
    levels: dict[Level, int] = {}
    for measure, department, place, day, kind, value, was in found:
        key = measure, department, place, _iso(day)
        if kind == "level":
            levels[key] = value
        else:
            totals[(*key, 0)] = value - (was or 0)
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        add(session, totals)
        if levels:
            set_level(session, levels, alone=True)
        session.commit()
    kept = [dict(zip((*_KEY, "kind", "value"), row[:6], strict=True)) for row in found]
    connection.exec_driver_sql(_KEEP, kept)
    return len(found)


def _iso(day: date) -> str:
    return day.isoformat()
