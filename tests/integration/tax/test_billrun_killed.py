"""kill -9 at any moment, two runs at once, and single bills and payments beside them: nothing is
billed twice and nothing is missed."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.roll import multiply
from palika.errors import PalikaError
from palika.local import Postgres
from palika.local.processes import family
from services.tax.commands.raise_bill import raise_bill
from services.tax.models import Bill, BillRun, Property
from tests.support.commands import PALIKA, PYTHONPATH, ROOT
from tests.support.databases import service_database
from tests.support.tax_roll import PERIOD, url_of, varied
from tests.support.taxes import OFFICER, bill, clear, paid

BASE, TIMES = 60, 60
CHUNK = 40
KILLS = 12
"""So often at the most; the run ends by itself at some time after some of them."""

# What must hold, whatever was killed: each a query that finds what is wrong.
WRONG = {
    "billed twice": """
        SELECT property_id FROM bill WHERE period LIKE '2026-27%' GROUP BY property_id
        HAVING count(*) > 1
    """,
    "a bill that is not what was demanded": """
        SELECT bill.number FROM bill WHERE period LIKE '2026-27%' AND amount_paise IS DISTINCT FROM
            (SELECT sum(paise) FROM ledger_line WHERE ledger_line.property_id = bill.property_id
                AND kind = 'demand' AND reference = bill.number AND account = 'receivable')
    """,
    "a demand without a bill": """
        SELECT id FROM ledger_entry AS entry WHERE kind = 'demand' AND half_year IN (20261, 20262)
            AND NOT EXISTS (SELECT FROM bill WHERE bill.property_id = entry.property_id
                AND bill.number = entry.reference)
    """,
    "a bill without its one event, or an event without a bill": """
        SELECT bill.number, told.subject FROM bill
        FULL JOIN (
            SELECT body::jsonb->>'subject' AS subject, count(*) AS times,
                min((body::jsonb->'data'->>'amount_paise')::bigint) AS paise
            FROM outbox WHERE type = 'tax.billed.v1' GROUP BY 1
        ) AS told ON told.subject = bill.id::text
        WHERE (bill.id IS NULL OR bill.period LIKE '2026-27%')
            AND (told.times IS DISTINCT FROM 1 OR told.paise IS DISTINCT FROM bill.amount_paise)
    """,
}


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A roll of thousands."""
    with service_database(postgres, "tax") as found:
        clear(found)
        varied(found, BASE)
        connection = psycopg2.connect(url_of(found))
        connection.autocommit = True
        cursor = connection.cursor()
        # The single bills of the roll are not what this is about.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM ledger_entry WHERE half_year IN (20261, 20262)")
        cursor.execute("DELETE FROM bill WHERE period LIKE '2026-27%'")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("TRUNCATE outbox")
        multiply(connection, TIMES)
        connection.close()
        yield found


def start(sessions: sessionmaker[Session], log: Path, *options: str) -> subprocess.Popen[bytes]:
    """``palika tax bill-run`` in a process group of its own."""
    environment = os.environ | {
        "TAX_DATABASE_URL": url_of(sessions),
        "PYTHONPATH": PYTHONPATH,
        "PALIKA_BILL_RUN_UNSENT": "1000000",
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [*PALIKA, "tax", "bill-run", PERIOD, "--chunk", str(CHUNK), "--json", *options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def query(sessions: sessionmaker[Session], *statements: str) -> list[tuple[Any, ...]]:
    """Run statements in one transaction; the rows of the last."""
    connection = psycopg2.connect(url_of(sessions))
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def done(sessions: sessionmaker[Session]) -> int:
    """How many chunks are done."""
    count: int = query(sessions, "SELECT count(*) FROM bill_run_chunk WHERE done_at IS NOT NULL")[
        0
    ][0]
    return count


class Counter(threading.Thread):
    """Bills and takes payments of random properties while the run is at work."""

    def __init__(self, sessions: sessionmaker[Session], ids: list[object]) -> None:
        super().__init__(daemon=True)
        self._sessions = sessions
        self._ids = ids
        self._end = threading.Event()
        self.raised: set[str] = set()
        """The numbers of its bills."""
        self.paid = 0

    def run(self) -> None:
        """Work until told to end."""
        rng = random.Random(3)
        while not self._end.wait(0.01):
            owed = Property(id=rng.choice(self._ids))
            now = datetime.now(UTC)
            try:
                made = bill(self._sessions, owed, PERIOD, now)
                if made.billed_at == now:
                    self.raised.add(made.number)
                paid(self._sessions, owed, 100_00, f"C-{self.paid}", now=now)
                self.paid += 1
            except (PalikaError, AttributeError, KeyError, TypeError):
                # Billed already and paid, gone, or malformed.
                continue

    def end(self) -> None:
        """End and wait for it."""
        self._end.set()
        self.join()


def test_what_is_killed_at_any_moment_is_taken_up_and_nothing_is_billed_twice(sessions, tmp_path):
    rng = random.Random(11)
    log = tmp_path / "run.log"
    with sessions() as session:
        ids = rng.sample(list(session.scalars(select(Property.id))), 400)
    counter = Counter(sessions, ids)
    counter.start()
    killed = 0
    try:
        while killed < KILLS:
            runs = [start(sessions, log, "--workers", "2") for _ in range(1 + killed % 2)]
            begun = done(sessions)
            deadline = time.monotonic() + 30
            while done(sessions) == begun and all(each.poll() is None for each in runs):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.002)
            time.sleep(rng.random() * 0.2)
            # The process itself, or one of its workers.
            for each in runs:
                victims = family(each.pid) if each.poll() is None else []
                if victims:
                    os.kill(rng.choice(victims), signal.SIGKILL)
                    killed += 1
            codes = [each.wait(60) for each in runs]
            assert set(codes) <= {0, 1, -signal.SIGKILL}, log.read_text()
            if 0 in codes:
                break
        assert killed >= 3
        last = start(sessions, log, "--workers", "2")
        assert last.wait(120) == 0, log.read_text()
    finally:
        counter.end()
    assert counter.raised
    assert counter.paid > 0
    of_another_moment = """SELECT number FROM bill WHERE period LIKE '2026-27%'
        AND billed_at NOT IN (SELECT billed_at FROM bill_run)"""
    assert {number for (number,) in query(sessions, of_another_moment)} == counter.raised
    for what, statement in WRONG.items():
        assert query(sessions, statement) == [], what
    assert missed(sessions) == []
    unfinished = "SELECT id FROM bill_run WHERE state <> 'finished' OR totals->>'agree' <> 'true'"
    assert query(sessions, unfinished) == []


def missed(sessions: sessionmaker[Session]) -> list[str]:
    """The properties without a bill that can be billed: what the run did not see."""
    with sessions() as session:
        (moment,) = session.scalars(select(BillRun.billed_at)).all()
        billed = select(Bill.property_id).where(Bill.period == PERIOD)
        left = session.execute(
            select(Property.id, Property.number).where(Property.id.not_in(billed))
        ).all()
        found = []
        for property_id, number in left:
            args = {"property_id": property_id, "period": PERIOD}
            try:
                with session.begin_nested():
                    raise_bill(session, OFFICER, args, moment)
                    found.append(number)
            except (PalikaError, AttributeError, KeyError, TypeError):
                continue
        session.rollback()
    assert left
    return found


def test_ctrl_c_ends_between_two_chunks(sessions, tmp_path):
    query(
        sessions,
        "TRUNCATE bill_run, bill_run_chunk, bill_run_problem, outbox, payment, bill CASCADE",
        "SET LOCAL session_replication_role = replica",
        f"DELETE FROM ledger_entry WHERE posted_at > '{datetime(2026, 3, 31, tzinfo=UTC)}'",
    )
    log = tmp_path / "run.log"
    stopped = start(sessions, log, "--workers", "1")
    until = time.monotonic() + 30
    while not done(sessions):
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.002)
    stopped.send_signal(signal.SIGINT)
    assert stopped.wait(30) == 130, log.read_text()
    assert "run it again" in log.read_text()
    bills = query(sessions, "SELECT count(*) FROM bill")
    assert bills == query(sessions, "SELECT sum(bills) FROM bill_run_chunk")
    again = start(sessions, log, "--workers", "2")
    assert again.wait(60) == 0, log.read_text()
    assert "goes on" in log.read_text()
    assert query(sessions, "SELECT count(*), count(DISTINCT billed_at) FROM bill_run") == [(1, 1)]
