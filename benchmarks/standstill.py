"""How long each migration of the grievance service holds its tables: ``python -m
benchmarks.standstill 100000``, on a past of so many.

What the migrations have added is taken away, and they run again, each in a transaction of its own
as ``palika migrate`` has it.
"""

import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, text

from benchmarks.ground import Ground
from benchmarks.past import database_with
from palika.config import settings
from palika.database import create_engine

_UNDO: dict[str, tuple[str, ...]] = {
    "0003_clock": (
        "ALTER TABLE grievance DROP COLUMN spoken_at, DROP COLUMN paused_otherwise",
        "DROP INDEX IF EXISTS ix_grievance_resolved_at",
    ),
    "0004_months": (
        "DROP TRIGGER search_words_filed ON search_words",
        "DROP FUNCTION search_words_filed",
        "UPDATE search_words SET tokens = tokens[2:]",
        "ALTER TABLE search_words DROP COLUMN filed_at",
    ),
    "0005_changed": ("ALTER TABLE grievance DROP COLUMN changed_at",),
    "0006_appeal_overdue": ("ALTER TABLE grievance DROP COLUMN appeal_decide_by",),
    "0007_asked": ("ALTER TABLE grievance DROP COLUMN asked_at",),
    "0008_closes": ("ALTER TABLE grievance DROP COLUMN closes_at",),
    "0009_wait_until": ("ALTER TABLE grievance DROP COLUMN wait_until",),
    "0010_phone": ("DROP INDEX ix_grievance_citizen_phone",),
    "0011_unused": ("DROP INDEX ix_attachment_key", "DROP INDEX ix_attachment_thumbnail_key"),
    "0012_followers": (
        "ALTER TABLE follower DROP CONSTRAINT ck_follower_somebody",
        "ALTER TABLE follower ADD CONSTRAINT ck_follower_reachable CHECK (true)",
        "DROP INDEX ix_follower_subject",
    ),
    "0013_waits_ended": (),
}
"""Each migration that found rows when it came, and what takes back what it has done."""


def measure(engine: Engine) -> dict[str, float]:
    """The seconds that each takes, by its name.

    Args:
        engine: on a database with all of them, and with a past.
    """
    with engine.begin() as connection:
        for name in reversed(_UNDO):
            for statement in _UNDO[name]:
                connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (FULL, ANALYZE)"))
    taken = {}
    for name in _UNDO:
        migration = import_module(f"services.grievance.migrations.{name}")
        began = time.monotonic()
        with (
            engine.begin() as connection,
            Operations.context(MigrationContext.configure(connection)),
        ):
            migration.upgrade()
        taken[name] = time.monotonic() - began
    return taken


def main(count: int) -> None:
    """Print them, for a past of ``count`` grievances."""
    with TemporaryDirectory() as folder, Ground(Path(folder)) as ground:
        Path(folder).chmod(0o755)
        ground.enter("standstill")
        ground.use_database("grievance", database_with(ground, count, datetime.now(UTC)))
        engine = create_engine(settings("grievance"))
        try:
            for name, seconds in measure(engine).items():
                print(f"{name}: {seconds:.1f} s")
        finally:
            engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]))
