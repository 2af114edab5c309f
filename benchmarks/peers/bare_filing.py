"""psycopg2: the rows of filings, written to the same tables in one transaction each, by nobody.

The rows are read from a database in which the real service has filed them, and inserted into an
equal one: the same columns, one statement a table, one commit a filing. Where they do not suffice
for a measurement they are written again, with ids of their own.
"""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor
from uuid6 import uuid7

from benchmarks.peers import Stopwatch, options

TABLES = ("grievance", "timeline", "search_words", "outbox")
_GIVEN = {
    "timeline": "grievance_id, at, step, actor, actor_role, public, from_state, to_state, note, "
    "data::text AS data",
    "search_words": "grievance_id, filed_at, tokens",
    "outbox": "event_id, type, exchange, routing_key, mandatory, body, call",
}
"""The columns that the service gives values for; of a grievance all."""
_OF = {
    "grievance": "id",
    "timeline": "grievance_id",
    "search_words": "grievance_id",
    "outbox": "(body::json ->> 'subject')::uuid",
}
"""How a row tells whose it is."""
_ONLY = {"outbox": " WHERE call IS NOT NULL"}
"""Without the heartbeats."""

Rows = dict[str, list[dict[str, Any]]]
"""What was written for one grievance, by table."""
Filing = list[tuple[str, tuple[Any, ...]]]
"""A statement for each table, with its values."""


def written(source: Any) -> list[Rows]:
    """What was written for each grievance of a database, in the order of filing."""
    found: dict[str, Rows] = defaultdict(dict)
    with source.cursor(cursor_factory=RealDictCursor) as cursor:
        for table in TABLES:
            columns = _GIVEN.get(table) or _columns(cursor, table)
            cursor.execute(
                f"SELECT {_OF[table]}::text AS whose, {columns} FROM {table}{_ONLY.get(table, '')}"
            )
            for row in cursor:
                found[row.pop("whose")].setdefault(table, []).append(dict(row))
    # The ids are made in the order of time.
    return [found[key] for key in sorted(found)]


def _columns(cursor: Any, table: str) -> str:
    cursor.execute(f"SELECT * FROM {table} LIMIT 0")
    # As text, so that it goes back as it came.
    return ", ".join(
        "attributes::text AS attributes" if each.name == "attributes" else each.name
        for each in cursor.description
    )


def renewed(rows: Rows, turn: int) -> Rows:
    """The same as of another grievance: with ids, number, token and call of its own."""
    old = rows["grievance"][0]["id"]
    key = str(uuid7())

    def value(name: str, given: Any) -> Any:
        if name == "event_id":
            return str(uuid7())
        if name in ("number", "call"):
            return f"{given}-{turn}"
        if name == "token_hash":
            return hashlib.sha256(key.encode()).digest()
        return given.replace(old, key) if isinstance(given, str) else given

    return {
        table: [{name: value(name, each[name]) for name in each} for each in written_rows]
        for table, written_rows in rows.items()
    }


def statements(rows: Rows) -> Filing:
    """What writes them."""
    return [
        (
            _insert(table, list(each[0]), len(each)),
            tuple(value for row in each for value in row.values()),
        )
        for table, each in rows.items()
    ]


def _insert(table: str, columns: Sequence[str], rows: int) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


class Writing:
    """Connections that write filings, each as soon as it has written one."""

    def __init__(self, url: str, work: list[Filing], connections: int) -> None:
        """Connect."""
        self._work: Iterator[Filing] = iter(work)
        self._next = threading.Lock()
        self._done = 0
        self._watch = Stopwatch(len(work))
        self._connections = [psycopg2.connect(url) for _ in range(connections)]

    def run(self) -> None:
        """Write all; the rate is printed when the last is committed."""
        with ThreadPoolExecutor(len(self._connections)) as pool:
            for _ in pool.map(self._write, self._connections):
                pass

    def _write(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            while True:
                with self._next:
                    filing = next(self._work, None)
                if filing is None:
                    return
                for statement, values in filing:
                    cursor.execute(statement, values)
                connection.commit()
                with self._next:
                    self._done += 1
                    self._watch.done(self._done)


def main() -> None:
    """Read what was filed, then write it, again and again until it is ``count`` filings."""
    told = options()
    source = psycopg2.connect(told["source"])
    filed = written(source)
    source.close()
    work = [
        statements(renewed(filed[number % len(filed)], number // len(filed)))
        for number in range(told["count"])
    ]
    Writing(told["target"], work, told["connections"]).run()


if __name__ == "__main__":
    main()
