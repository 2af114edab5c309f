"""What an organisation of 2,500 posts costs the e-office: to import it, to read it, to keep it.

``python -m benchmarks.eoffice_organisation_costs`` starts a PostgreSQL of its own and prints the
time of an import (checked only; written; the same again), of reading the organisation as each
process does after every change of it, of looking whether it has changed, and of a page of the
directory, each a median of five, with the memory that the organisation takes.
"""

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from benchmarks.eoffice_organisation import POSTS, organisation
from palika.auth import Identity
from palika.local import Postgres
from palika.spreadsheets import csv_text
from services.eoffice import organisation_store
from services.eoffice.commands.import_organisation import import_organisation
from services.eoffice.domain.organisation_lines import COLUMNS
from services.eoffice.queries.directory import directory
from services.eoffice.schemas.organisation import Directory
from tests.support.databases import service_database

ROUNDS = 5
_ADMIN = Identity.of("admin:palika", "admin")


def texts() -> dict[str, str]:
    """The five files."""
    return {
        table: csv_text([COLUMNS[table], *([row[name] for name in COLUMNS[table]] for row in rows)])
        for table, rows in organisation(POSTS, 1).items()
    }


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median."""
    taken = []
    for _ in range(rounds):
        begun = time.monotonic()
        work()
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def costs(database: sessionmaker[Session]) -> None:
    """Print the figures."""
    files, now = texts(), datetime.now(UTC)

    def imported(*, dry_run: bool) -> None:
        with database.begin() as session:
            import_organisation(session, _ADMIN, None, files, None, now, dry_run=dry_run)

    def looked() -> None:
        with database.begin() as session:
            organisation_store.current(session)

    def read() -> None:
        organisation_store.forget()
        looked()

    def paged() -> None:
        with database.begin() as session:
            directory(session, Directory().load({"words": "वाघ"}), now)

    looked()
    print(
        f"import of {POSTS:,} posts, checked only  {seconds(lambda: imported(dry_run=True)):.2f} s"
    )
    print(f"the same, written once  {seconds(lambda: imported(dry_run=False), 1):.2f} s")
    print(f"the same again, nothing changes  {seconds(lambda: imported(dry_run=False)):.2f} s")
    print(f"reading it  {seconds(read) * 1000:.0f} ms")
    print(f"looking whether it has changed  {seconds(looked, 100) * 1000:.2f} ms")
    print(f"a page of the directory by a word  {seconds(paged) * 1000:.0f} ms")
    organisation_store.forget()
    tracemalloc.start()
    looked()
    kept, peak = tracemalloc.get_traced_memory()
    print(f"kept in memory  {kept / 1e6:.1f} MB, while it is read {peak / 1e6:.1f} MB")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder, "postgres"), durable=False)
        server.start()
        try:
            with service_database(server, "eoffice") as database:
                costs(database)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
