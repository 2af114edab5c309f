"""``palika tax bill-run`` as a person or a script calls it."""

import json
import os
import subprocess
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from services.tax.domain.property import Floor
from services.tax.domain.register import ACTIVE, State
from services.tax.models import Bill, BillRun, BillRunChunk
from tests.support import commands
from tests.support.commands import PYTHONPATH
from tests.support.tax_roll import BILLED_AT, PERIOD, change, url_of
from tests.support.taxes import bill, clear, count, register

LAST_YEAR = BILLED_AT - timedelta(days=364)


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """Four properties: billed last year, new, without a rate, and one of another ward."""
    clear(database)
    earlier = LAST_YEAR - timedelta(days=30)
    for number in ("P/1/0001", "P/1/0003"):
        bill(database, register(database, earlier, number=number), "2025-26", LAST_YEAR)
    register(database, earlier, number="P/1/0002")
    register(database, earlier, number="P/1/0004", ward="kasba-vishrambagwada")
    floor = Floor("Ground", 5000, "residential", "marble", 1990, "self")
    with database() as session:
        bad = session.scalars(select(Bill).join(Bill.__table__.metadata.tables["property"])).all()
    assert len(bad) == 2
    broken = register(database, earlier, number="P/1/0003")
    state = State(broken.ward, str(broken.zone), broken.address, ACTIVE, (floor,), frozenset())
    change(database, broken, state, date(2026, 4, 1), BILLED_AT - timedelta(days=1))
    return database


def palika(
    sessions: sessionmaker[Session], *arguments: str, unsent: int = 5_000
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "TAX_DATABASE_URL": url_of(sessions),
        "PYTHONPATH": PYTHONPATH,
        "PALIKA_BILL_RUN_UNSENT": str(unsent),
    }
    return commands.run(["tax", "bill-run", *arguments], environment)


def test_a_run_tells_what_it_did_and_what_it_could_not(sessions):
    done = palika(sessions, PERIOD)
    assert done.returncode == 0, done.stderr
    assert "begins" in done.stderr
    assert "Aundh-Baner P/1/0003: no letting value" in done.stdout
    assert "3 bills of ₹" in done.stdout
    assert "≠" not in done.stdout
    assert "= 3 events" in done.stdout.replace("\n", " ")
    shown = palika(sessions, "--show", "last", "--json")
    document = json.loads(shown.stdout)
    assert document["state"] == "finished"
    assert document["totals"]["agree"] is True
    assert document["totals"]["bills"] == document["totals"]["events"] == 3
    assert document["problems"][0]["number"] == "P/1/0003"
    assert document["problems"][0]["billed_since"] is False
    again = palika(sessions, PERIOD, "--json")
    assert json.loads(again.stdout)["totals"]["bills"] == 0
    assert json.loads(again.stdout)["billed_before_it"] == 3


def test_a_dry_run_writes_nothing_and_compares(sessions):
    bills = count(sessions, Bill)
    done = palika(sessions, PERIOD, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["total"]["count_before"], document["total"]["count"]) == (2, 3)
    assert document["only_before"]["some"][0]["number"] == "P/1/0003"
    assert [each["number"] for each in document["only_now"]["some"]] == ["P/1/0002", "P/1/0004"]
    table = palika(sessions, PERIOD, "--dry-run")
    assert "nothing was written" in table.stdout
    # By their names, as everywhere else.
    assert "Aundh-Baner" in table.stdout
    assert "aundh-baner" not in table.stdout
    assert count(sessions, Bill) == bills
    assert count(sessions, BillRun) == 0


def test_a_run_can_be_limited_to_a_ward(sessions):
    done = palika(sessions, PERIOD, "--ward", "kasba-vishrambagwada", "--json")
    assert json.loads(done.stdout)["totals"]["bills"] == 1


def test_what_does_not_agree_is_an_error(sessions):
    # As if an event of one chunk had been lost: the marks are all that is left of it.
    done = palika(sessions, PERIOD, "--json")
    assert done.returncode == 0
    run_id = json.loads(done.stdout)["id"]
    with sessions.begin() as session:
        session.execute(update(BillRunChunk).values(events=BillRunChunk.events - 1))
        session.execute(update(BillRun).values(state="open"))
    again = palika(sessions, PERIOD)
    assert again.returncode == 1
    assert "≠" in again.stderr
    assert run_id in palika(sessions, "--show", run_id).stdout.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give either a PERIOD"),
        (("2026-28",), "must be a year like 2026-27"),
        (("2040-41",), "the rate sheet covers"),
        (("2027-28",), "2027-28 begins on 2027-04-01 only"),
        ((PERIOD, "--ward", "atlantis"), "no such ward"),
        (("--show", "yesterday"), "must be an id, or last"),
        (("--abandon", "last"), "needs the run's id"),
        ((PERIOD, "--chunk", "5001"), "5001"),
        ((PERIOD, "--show", "last"), "give either a PERIOD"),
        (("--show", "last", "--ward", "aundh-baner"), "--ward: only with a PERIOD"),
        (("--abandon", "last", "--dry-run", "--chunk", "500"), "--dry-run, --chunk: only with"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_done(sessions, arguments, said):
    done = palika(sessions, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert count(sessions, BillRun) == 0


def test_a_run_waits_for_the_relay(sessions):
    """Two events wait, of last year's bills, and no relay is there to send them."""
    environment = os.environ | {
        "TAX_DATABASE_URL": url_of(sessions),
        "PYTHONPATH": PYTHONPATH,
        "PALIKA_BILL_RUN_UNSENT": "2",
    }
    waiting = subprocess.Popen(
        [*commands.PALIKA, "tax", "bill-run", PERIOD],
        cwd=commands.ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert waiting.stderr is not None
        lines = iter(waiting.stderr.readline, "")
        assert any("waits for the relay, 2 events are unsent" in line for line in lines)
        assert count(sessions, Bill) == 2
        with sessions.begin() as session:
            session.connection().exec_driver_sql("UPDATE outbox SET sent_at = now()")
        waiting.communicate(timeout=60)
        assert waiting.returncode == 0
        assert count(sessions, Bill) == 5
    finally:
        waiting.kill()
        waiting.wait()
