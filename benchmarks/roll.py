"""A roll of any length: properties of the demo with their history, and their twins."""

from typing import Any

_TWINS = """
    CREATE TEMPORARY TABLE twin AS
    SELECT id AS old, uuidv7() AS new, ward, number, copy
    FROM property, generate_series(1, %s) AS copy
"""
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''
    ORDER BY attnum
"""
# What is different of a twin, and in which order a city would have written it.
_TABLES: dict[str, tuple[str, dict[str, str], str]] = {
    "property": ("id", {"id": "twin.new", "number": "property.number || '-' || copy"}, "new"),
    "property_state": ("property_id", {"property_id": "twin.new"}, "new"),
    "bill": (
        "property_id",
        {"id": "uuidv7()", "property_id": "twin.new", "number": "bill.number || '-' || copy"},
        "bill.billed_at, twin.ward, twin.number, copy",
    ),
    "ledger_entry": (
        "property_id",
        {
            "id": "uuidv7()",
            "property_id": "twin.new",
            # As raise_bill has it, the reference of a demand is its bill's number.
            "reference": "CASE kind WHEN 'demand' THEN reference || '-' || copy ELSE reference END",
        },
        "ledger_entry.posted_at, twin.ward, twin.number, copy",
    ),
}


def multiply(connection: Any, times: int) -> int:
    """Give each property ``times - 1`` twins with the same history; how many there are then.

    Owners and payments are not doubled: no bill reads them.

    Args:
        connection: of psycopg2, to a tax service's database, autocommitting.
        times: 1 or more.
    """
    with connection.cursor() as cursor:
        # No look at a foreign key for each row.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET work_mem = '64MB'")
        cursor.execute(_TWINS, (times - 1,))
        for table, (key, changed, order) in _TABLES.items():
            cursor.execute(_COLUMNS, (table,))
            names = [name for (name,) in cursor.fetchall()]
            values = [changed.get(name, f"{table}.{name}") for name in names]
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
                f"FROM {table} JOIN twin ON twin.old = {table}.{key} ORDER BY {order}"
            )
        cursor.execute("DROP TABLE twin")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("RESET work_mem")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM property")
        return int(cursor.fetchone()[0])
