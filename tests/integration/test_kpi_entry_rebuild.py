"""`palika kpi rebuild` with values that were entered by hand: no event tells them."""

import threading
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from services.kpi.commands.decide import approve
from services.kpi.rebuilding import entered as by_hand
from tests.support.kpi_entry import NOW, OWNER, approved, entered, line, measures
from tests.support.kpi_rebuild import Platform
from tests.support.kpi_rebuild import kpi as kpi

pytestmark = pytest.mark.slow

APPROVAL = {"lines": None, "outliers": [], "remark": None}
SUM, BY_WARD, LEVEL = "water.produced_kl", "water.tanker_trips", "water.connections"

MANY_BATCHES = """
    INSERT INTO batch (id, department, state, via, asked, entered_by, entered_at)
    VALUES ('01920000-0000-7000-8000-000000000000', 'water-supply', 'decided', 'form', '', 'x',
        now())
"""
MANY_READINGS = """
    INSERT INTO reading (id, batch_id, line, measure, department, place, period, day, kind, value,
        decimals, by, after_sign_off, state, version, in_force, outlier)
    SELECT gen_random_uuid(), '01920000-0000-7000-8000-000000000000', n, 'water.tanker_trips',
        'water-supply', 'ward-' || n % 500, '2020', date '2020-01-01' + n / 500, 'sum', n,
        0, 'ward', false, 'approved', 1, true, false
    FROM generate_series(1, 50000) AS n
"""
LOCKED = """
    SELECT count(*) FROM pg_locks WHERE relation = 'measure'::regclass
    AND mode = 'AccessExclusiveLock' AND granted
"""
ROWS_READ = """
    SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int
    FROM pg_stat_xact_user_tables
"""


def fill(kpi: Platform) -> None:
    """Sums and levels, some of them corrected, one that waits and one that was sent back."""
    for month in ("2026-09", "2026-10"):
        batch = entered(
            kpi.sessions,
            line(SUM, month, 1_000),
            line(BY_WARD, month, 3, "bibwewadi"),
            line(BY_WARD, month, 4, "bhavani-peth"),
            line(LEVEL, month, 50, "bibwewadi"),
            line(LEVEL, month, 60, "bhavani-peth"),
        )
        approved(kpi.sessions, batch["id"])
    fixed = entered(
        kpi.sessions,
        line(SUM, "2026-10", 900, reason="चूक"),
        line(LEVEL, "2026-10", 55, "bibwewadi", "चूक"),
    )
    approved(kpi.sessions, fixed["id"])
    entered(kpi.sessions, line(SUM, "2026-08", 7))


def test_live_and_rebuilt_agree_to_the_last_unit(kpi):
    kpi.happen(300)
    kpi.consume()
    fill(kpi)
    before = measures(kpi.sessions)
    assert (SUM, "water-supply", "", date(2026, 10, 31), 0, 900) in before["measure"]
    for _ in range(2):
        outcome = kpi.rebuild()
        assert (outcome.rows_changed, outcome.months_changed) == (0, 0)
        assert measures(kpi.sessions) == before


def test_what_was_damaged_is_repaired_from_the_readings(kpi):
    fill(kpi)
    before = measures(kpi.sessions)
    with kpi.sessions.begin() as session:
        session.execute(text("UPDATE measure SET value = 0"))
        session.execute(text("DELETE FROM measure_year"))
    assert kpi.rebuild().rows_changed == len(before["measure"])
    assert measures(kpi.sessions) == before


def test_approvals_at_every_moment_of_a_rebuild_count_once(kpi, monkeypatch):
    """Begun before the readings are written and ended while they are; while they are written; just
    before the lock; and under it, where it waits, and adds its difference to the new tables."""
    kpi.happen(50)
    kpi.consume()
    fill(kpi)
    write_beside, write_moved = by_hand.write_beside, by_hand.write_moved
    write_readings = by_hand.write_readings
    values = iter(range(1, 100))
    threads: list[threading.Thread] = []
    calls: list[str] = []

    def change() -> str:
        """A correction of each kind, submitted."""
        value = next(values)
        batch = entered(
            kpi.sessions,
            line(SUM, "2026-10", 800 + value, reason="चूक"),
            line(BY_WARD, "2026-10", 10 + value, "bibwewadi", "चूक"),
            line(LEVEL, "2026-10", 70 + value, "bhavani-peth", "चूक"),
        )
        return batch["id"]

    def while_writing(engine, beside, patience_s):
        """One approval has its effect and ends only while others wait for it."""
        key = change()
        session = kpi.sessions()
        approve(session, OWNER, APPROVAL | {"id": UUID(key)}, NOW)
        session.flush()
        threads.append(threading.Timer(0.5, lambda: (session.commit(), session.close())))
        threads[-1].start()
        write_beside(engine, beside, patience_s)

    def in_the_middle(*args, **options):
        if "middle" not in calls:
            calls.append("middle")
            approved(kpi.sessions, change())
        write_readings(*args, **options)

    def before_and_under_the_lock(connection, home):
        calls.append("moved")
        if connection.execute(text(LOCKED)).scalar_one():
            calls.append("locked")
            threads.append(threading.Thread(target=approved, args=(kpi.sessions, waiting)))
            threads[-1].start()
        else:
            approved(kpi.sessions, change())
        return write_moved(connection, home)

    waiting = entered(kpi.sessions, line(SUM, "2026-09", 5, reason="चूक"))["id"]
    monkeypatch.setattr(by_hand, "write_beside", while_writing)
    monkeypatch.setattr(by_hand, "write_readings", in_the_middle)
    monkeypatch.setattr(by_hand, "write_moved", before_and_under_the_lock)
    kpi.rebuild()
    for each in threads:
        each.join()
    monkeypatch.undo()
    assert calls == ["middle", "moved", "moved", "moved", "locked"]
    live = measures(kpi.sessions)
    for measure, place, month, value in [
        (SUM, "", 10, 804),
        (BY_WARD, "bibwewadi", 10, 14),
        (LEVEL, "bhavani-peth", 10, 74),
        (SUM, "", 9, 5),
    ]:
        day = date(2026, month, 31 if month == 10 else 30)
        assert (measure, "water-supply", place, day, 0, value) in live["measure"]
    outcome = kpi.rebuild()
    assert (outcome.rows_changed, outcome.months_changed) == (0, 0)
    assert measures(kpi.sessions) == live


def test_under_the_lock_nothing_is_read_that_grows_with_the_past(kpi, monkeypatch):
    """Of 50,000 readings two are new, and of 603 events three: little more is looked at."""
    kpi.happen(600)
    kpi.consume()
    with kpi.sessions.begin() as session:
        session.execute(text(MANY_BATCHES))
        session.execute(text(MANY_READINGS))
    kpi.rebuild()
    write_moved = by_hand.write_moved
    new = line(SUM, "2026-10", 900), line(LEVEL, "2026-10", 7, "bibwewadi")
    late = entered(kpi.sessions, *new)
    moved: list[int] = []
    under: list[tuple[str, int]] = []
    read: list[int] = []

    def go_on_just_before(connection, home):
        """After the last look before the lock somebody approves, and events become live."""
        locked = connection.execute(text(LOCKED)).scalar_one()
        found = write_moved(connection, home)
        moved.append(found)
        if len(moved) == 2:
            assert not locked
            approved(kpi.sessions, late["id"])
            kpi.happen(3)
            kpi.consume()
        return found

    def rows_read(connection):
        """By this session, but for what is in the statistics of all already."""
        with connection.connection.cursor() as cursor:
            cursor.execute(ROWS_READ)
            return cursor.fetchone()[0]

    def executed(connection, cursor, statement, parameters, context, many):
        if statement.startswith("LOCK TABLE inbox"):
            connection.info["locked"] = rows_read(connection)
        if "locked" in connection.info:
            under.append((statement, cursor.rowcount))

    def committing(connection):
        if "locked" in connection.info:
            read.append(rows_read(connection) - connection.info.pop("locked"))

    monkeypatch.setattr(by_hand, "write_moved", go_on_just_before)
    event.listen(Engine, "after_cursor_execute", executed)
    event.listen(Engine, "commit", committing)
    try:
        kpi.rebuild()
    finally:
        event.remove(Engine, "after_cursor_execute", executed)
        event.remove(Engine, "commit", committing)
    assert moved == [0, 0, 2]
    assert kpi.seen() == 603
    assert len(under) < 30
    assert sum(max(rows, 0) for _, rows in under) < 30
    assert len(read) == 1
    assert 0 < read[0] < 5_000, read
    with kpi.sessions() as session:
        stored = session.execute(text("SELECT count(*) FROM measure")).scalar_one()
    assert stored > 50_000
