"""What the desks read at the command line: counters, the bank, what waits in suspense."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.tax.cli import bank, counter, suspense
from services.tax.commands import counter as desk
from services.tax.models import CounterSession
from services.tax.schemas.counter import Counting, TakingAtCounter
from tests.support.collecting import BOSS, CASHIER
from tests.support.databases import service_database
from tests.support.statements import Row, Sheet
from tests.support.taxes import APRIL, bill, register

NARROW = {"COLUMNS": "80"}
NARRATION = "NEFT CR-SBIN0000454-THE SAHYADRI COOPERATIVE HOUSING SOCIETY LIMITED KOTHRUD"


@pytest.fixture(scope="module")
def city(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A counter that took ₹1,000 in cash, of which the count is 100 short."""
    with service_database(postgres, "tax") as found:
        owed = register(found)
        bill(found, owed)
        with found.begin() as session:
            work = desk.open_session(session, CASHIER, {"place": "BANER", "counter": "1"}, APRIL)
        given = {
            "session_id": str(work.id),
            "property_id": str(owed.id),
            "amount_paise": 1_000_00,
            "mode": "cash",
            "reference": "c1",
            "cheque": None,
        }
        with found.begin() as session:
            desk.take_at_counter(session, CASHIER, TakingAtCounter().load(given), APRIL)
        count_and_close(found, work)
        yield found


def count_and_close(sessions: sessionmaker[Session], work: CounterSession) -> None:
    pieces = {"50000": 1, "20000": 2}
    given = {"session_id": str(work.id), "pieces": pieces, "cheque_paise": 0}
    given["explanations"] = {"cash": "a note of a hundred is missing"}
    with sessions.begin() as session:
        desk.count_session(session, CASHIER, Counting().load(given), APRIL)
    with sessions.begin() as session:
        desk.close_session(session, BOSS, {"session_id": work.id}, APRIL)


def run(city: Any, monkeypatch: pytest.MonkeyPatch, module: Any, *args: str) -> Result:
    """A command of a module, into a pipe of a narrow terminal."""
    monkeypatch.setattr(module, "sessions", lambda _service: city)
    return CliRunner().invoke(module.group, args, env=NARROW)


def test_the_day_of_a_counter_is_shown_in_rupees(city, monkeypatch):
    day = APRIL.date()
    shown = run(city, monkeypatch, counter, "day", f"{day:%d-%m-%Y}")
    assert run(city, monkeypatch, counter, "day", day.isoformat()).output == shown.output
    assert shown.exit_code == 0, shown.output
    assert f"{APRIL:%d-%m-%Y}" in shown.output
    for cell in ("BANER", "₹1,000.00", "-₹100.00"):
        assert cell in shown.output
    # Of cash and of cheques, each by itself.
    (line,) = (line for line in shown.output.splitlines() if "₹1,000.00" in line)
    assert line.replace("│", " ").split()[-2:] == ["-₹100.00", "₹0.00"]
    assert "BANER 1: रोख: -₹100.00 फरक: a note of a hundred is missing" in shown.output
    told = run(city, monkeypatch, counter, "day", day.isoformat(), "--language", "en")
    assert "BANER 1: cash off by -₹100.00: a note of a hundred is missing" in told.output
    assert "cheques off" in told.output


@pytest.mark.parametrize(
    ("year", "place", "status", "told"),
    [
        ("2026-27", "BANER", 0, "1 to 1, 1 receipts"),
        ("2025-26", "BANER", 0, "BANER has given no receipts in 2025-26."),
        ("2026-28", "BANER", 2, "must be a year like 2026-27"),
        ("26", "BANER", 2, "must be a year like 2026-27"),
        ("2026-27", "NOWHERE", 2, "'NOWHERE' is not known; must be one of: "),
    ],
)
def test_a_series_there_is_not_is_no_series_without_gaps(
    city, monkeypatch, year, place, status, told
):
    done = run(city, monkeypatch, counter, "receipts", year, place)
    assert (done.exit_code, told in done.output) == (status, True), done.output


def test_a_statement_and_what_waits_of_it_are_told_whole(city, monkeypatch, tmp_path):
    sheet = Sheet((Row(5_79_063_50, NARRATION, "SBIN226100000001"),))
    file = tmp_path / "statement.csv"
    file.write_bytes(sheet.content())
    told = run(city, monkeypatch, bank, "import", str(file), "--layout", sheet.style)
    assert told.exit_code == 0, told.output
    assert "₹5,79,063.50" in told.output
    waits = json.loads(run(city, monkeypatch, suspense, "list", "--json").output)["items"]
    year, month, day = waits[0]["received_on"].split("-")
    told_days = f"{day}-{month}-{year}"
    shown = run(city, monkeypatch, suspense, "list").output
    (line,) = (line for line in shown.splitlines() if waits[0]["payment_id"] in line)
    for cell in (told_days, "₹5,79,063.50", waits[0]["narration"]):
        assert cell in line
    assert (
        "1 wait, ₹5,79,063.50"
        in run(city, monkeypatch, suspense, "list", "--language", "en").output
    )
    # Nobody's name or number is in its note: that is said.
    one = run(city, monkeypatch, suspense, "show", waits[0]["payment_id"], "--language", "en")
    assert "No suggestion whose it may be" in one.output
