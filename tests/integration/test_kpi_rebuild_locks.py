"""Who reads the measures while a rebuild switches over: neither waits for the other in a circle."""

import threading
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from services.kpi.rebuilding.tables import lock_measures, wait_at_most
from tests.support.part import wait_for

WAITS = text("""
    SELECT count(*) FROM pg_locks
    WHERE NOT granted AND relation IN ('measure'::regclass, 'measure_year'::regclass)
""")
HELD = text("""
    SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'
    AND relation IN ('measure'::regclass, 'measure_year'::regclass)
""")


class Switch:
    """A rebuild that wants the tables for itself, in another thread."""

    def __init__(self, engine: Any, patience_s: float = 60) -> None:
        self.held: int | None = None
        self.failed: OperationalError | None = None
        self._of = engine, patience_s
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        engine, patience_s = self._of
        try:
            with engine.begin() as connection:
                wait_at_most(connection, patience_s)
                lock_measures(connection, patience_s)
                self.held = connection.execute(HELD).scalar_one()
        except OperationalError as error:
            self.failed = error


@pytest.mark.parametrize(
    ("first", "then"), [("measure_year", "measure"), ("measure", "measure_year")]
)
def test_a_reader_may_take_the_tables_in_either_order(kpi_sessions, first, then):
    """A page reads the months and then the days; a drill of one department the other way round."""
    engine = kpi_sessions.kw["bind"]
    with engine.begin() as reader, engine.connect() as watching:
        reader.execute(text(f"SELECT count(*) FROM {first}"))
        switch = Switch(engine)
        wait_for(lambda: watching.execute(WAITS).scalar_one() == 1, 30, "it waits")
        # It holds nothing that others want while it waits.
        assert watching.execute(HELD).scalar_one() == 0
        reader.execute(text("SET LOCAL lock_timeout = '30s'"))
        reader.execute(text(f"SELECT count(*) FROM {then}"))
    switch.thread.join(60)
    assert (switch.failed, switch.held) == (None, 2)


def test_two_readers_who_each_hold_one_of_them_are_waited_for(kpi_sessions):
    engine = kpi_sessions.kw["bind"]
    with engine.connect() as watching:
        with engine.begin() as days, engine.begin() as months:
            days.execute(text("SELECT count(*) FROM measure"))
            months.execute(text("SELECT count(*) FROM measure_year"))
            switch = Switch(engine)
            wait_for(lambda: watching.execute(WAITS).scalar_one() == 1, 30, "it waits")
            for reader in (days, months):
                reader.execute(text("SET LOCAL lock_timeout = '30s'"))
            months.execute(text("SELECT count(*) FROM measure_year"))
        switch.thread.join(60)
        assert (switch.failed, switch.held) == (None, 2)
        assert watching.execute(HELD).scalar_one() == 0


def test_it_gives_up_when_its_time_is_over_and_holds_nothing_then(kpi_sessions):
    engine = kpi_sessions.kw["bind"]
    with engine.begin() as reader, engine.connect() as watching:
        reader.execute(text("SELECT count(*) FROM measure_year"))
        switch = Switch(engine, patience_s=0.2)
        switch.thread.join(60)
        assert switch.failed is not None
        assert "LockNotAvailable" in repr(switch.failed.orig)
        assert watching.execute(HELD).scalar_one() == 0
