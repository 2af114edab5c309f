"""`palika kpi rebuild` with values that were entered by hand: no event tells them."""

import threading
from datetime import date

import pytest
from sqlalchemy import text

from services.kpi.commands import rebuild as rebuilding
from tests.integration.test_kpi_rebuild import Platform
from tests.integration.test_kpi_rebuild import kpi as kpi
from tests.support.kpi_entry import approved, entered, line, measures

pytestmark = pytest.mark.slow

SUM, BY_WARD, LEVEL = "water.produced_kl", "water.tanker_trips", "water.connections"


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


def test_an_approval_at_the_moment_of_the_switch_counts_once(kpi, monkeypatch):
    """It waits for the switch, and adds its difference to the new tables."""
    kpi.happen(50)
    kpi.consume()
    fill(kpi)
    batch = entered(kpi.sessions, line(SUM, "2026-10", 800, reason="चूक"))
    level = entered(kpi.sessions, line(LEVEL, "2026-10", 70, "bhavani-peth", "चूक"))
    threads = [
        threading.Thread(target=approved, args=(kpi.sessions, each["id"]))
        for each in (batch, level)
    ]
    write = rebuilding.NOT_FROM_EVENTS[0]

    def write_while_others_approve(session):
        for each in threads:
            each.start()
        write(session)

    monkeypatch.setattr(rebuilding, "NOT_FROM_EVENTS", [write_while_others_approve])
    kpi.rebuild()
    for each in threads:
        each.join()
    monkeypatch.undo()
    live = measures(kpi.sessions)
    assert (SUM, "water-supply", "", date(2026, 10, 31), 0, 800) in live["measure"]
    assert (LEVEL, "water-supply", "bhavani-peth", date(2026, 10, 31), 0, 70) in live["measure"]
    outcome = kpi.rebuild()
    assert (outcome.rows_changed, outcome.months_changed) == (0, 0)
    assert measures(kpi.sessions) == live
