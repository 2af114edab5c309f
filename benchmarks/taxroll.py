"""Databases for the bill run: rolls with a past, and empty copies of the schema."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.ground import Ground
from benchmarks.roll import multiply
from palika.config import settings
from palika.database import sessions
from services.tax.billrun.rows import BILLS, ENTRIES, OUTBOX
from services.tax.seed import seed

BASE = 1_000
"""Properties of the demo; the others are their twins."""
PERIOD = "2026-27"
_BEFORE = datetime(2026, 3, 31, 6, tzinfo=UTC)
"""Until then the roll has its past: two years of bills and payments."""
_SEED = 20260401
_SMALL = "bench_tax_base"
_UNSENT = "PALIKA_BILL_RUN_UNSENT"
CHUNKS = (
    "bill_run_chunk (run_id, no, first_serial, property_ids, properties, done_at, bills, "
    "demanded_paise, entries, events, nothing, billed_before, problems)"
)


def roll(ground: Ground, count: int) -> str:
    """Make a database with so many properties, when it is first asked for; its name.

    Args:
        ground: entered.
        count: a multiple of ``BASE``.
    """
    name = f"bench_tax_{count}"
    if ground.has_database(name):
        return name
    if not ground.has_database(_SMALL):
        _base(ground)
    making = f"{name}_making"
    ground.copy_database(making, _SMALL)
    with closing(ground.connect_to(making)) as connection:
        multiply(connection, count // BASE)
    with closing(ground.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {making} RENAME TO {name}")
    return name


def _base(ground: Ground) -> None:
    making = f"{_SMALL}_making"
    ground.use_database("tax", making)
    ground.run("palika.cli", "migrate", "tax")
    sessions.cache_clear()
    maker = sessions("tax")
    seed(maker, BASE, _SEED, _BEFORE)
    maker.kw["bind"].dispose()
    sessions.cache_clear()
    with closing(ground.connect_to(making)) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE outbox")
    with closing(ground.connect("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {making} RENAME TO {_SMALL}")


def emptied(ground: Ground, of: str, name: str) -> str:
    """Make a database as another one is, of a run that is done, without what the run made or
    found in the ledger: the properties are there, for the keys that refer to them."""
    ground.copy_database(name, of)
    with closing(ground.connect_to(name)) as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE bill, payment, ledger_entry, outbox, bill_run_chunk CASCADE")
    return name


def unload(ground: Ground, database: str, directory: Path, parts: int) -> list[list[list[str]]]:
    """The rows that a run made, in files of so many parts: table and file of each."""
    found: list[list[list[str]]] = [[] for _ in range(parts)]
    conditions = {
        BILLS: f"period = '{PERIOD}'",
        ENTRIES: f"half_year IN ({_halves()}) OR kind <> 'demand' AND posted_at = "
        "(SELECT billed_at FROM bill_run)",
        OUTBOX: "true",
        CHUNKS: "true",
    }
    with closing(ground.connect_to(database)) as connection, connection.cursor() as cursor:
        for into, condition in conditions.items():
            table, _, columns = into.partition(" ")
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}")
            each = -(-int(cursor.fetchone()[0]) // parts)
            for part in range(parts):
                file = directory / f"copy-{parts}-{part}-{table}"
                limits = f"LIMIT {each} OFFSET {part * each}"
                rows = f"SELECT {columns.strip('()')} FROM {table} WHERE {condition} {limits}"
                with file.open("wb") as stream:
                    cursor.copy_expert(f"COPY ({rows}) TO STDOUT", stream)
                found[part].append([into, str(file)])
    return found


def _halves() -> str:
    year = PERIOD[:4]
    return f"{year}1, {year}2"


@contextmanager
def unsent(most: int | None) -> Iterator[None]:
    """Let the runs of a while wait at so many unsent events; None is the default."""
    if most is not None:
        os.environ[_UNSENT] = str(most)
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.pop(_UNSENT, None)
        settings.cache_clear()


def totals_of(cursor: Any) -> tuple[int, bool]:
    """How many bills the one run of a database has made, and whether its sums agree."""
    cursor.execute("SELECT (totals->>'bills')::int, (totals->>'agree')::bool FROM bill_run")
    bills, agree = cursor.fetchone()
    return int(bills), bool(agree)
