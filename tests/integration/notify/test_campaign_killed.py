"""kill -9 at any moment, and two processes at once: nobody is told twice and nobody is missed."""

import base64
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.config import settings
from services.notify.commands.campaign_life import approve, start
from services.notify.queries.campaigns import named
from services.notify.reference import city_templates
from services.notify.template_store import TemplateStore
from tests.support.commands import PALIKA, PYTHONPATH, ROOT
from tests.support.notify import NOW, Desk
from tests.support.notify_campaigns import SUPERVISOR, Bulk, row, write

ROWS = 3_000
KILLS = 12
pytestmark = pytest.mark.slow

# What must hold, whatever was killed: each a query that finds what is wrong.
WRONG = {
    "a number of recipients that is not counted": """
        SELECT recipients FROM campaign WHERE recipients <> (SELECT count(*) FROM
            (SELECT recipient_ref FROM campaign_recipient
             UNION ALL SELECT recipient_ref FROM delivery) AS everybody)
    """,
    "told twice": """
        SELECT recipient_ref FROM (SELECT recipient_ref FROM campaign_recipient
            UNION ALL SELECT recipient_ref FROM delivery) AS everybody
        GROUP BY 1 HAVING count(*) > 1
    """,
    "deliveries that are not counted": """
        SELECT fed FROM campaign WHERE fed <> (SELECT count(*) FROM delivery)
    """,
    "rejections that are not counted": """
        SELECT rejected FROM campaign
        WHERE rejected <> (SELECT count(DISTINCT row_no) FROM campaign_rejection)
    """,
    "a row behind the mark": """
        SELECT row_no FROM campaign_recipient JOIN campaign ON id = campaign_id
        WHERE row_no > loaded_to OR row_no <= fed_to
    """,
}


@pytest.fixture
def environment(database: sessionmaker[Session], tmp_path) -> Iterator[dict[str, str]]:
    """Of processes on the tests' database."""
    url = database.kw["bind"].url.set(drivername="postgresql")
    keys = tmp_path / "keys"
    keys.write_bytes(base64.b64encode(b"0" * 32) + b"\n")
    keys.chmod(0o600)
    with database.begin() as session:
        TemplateStore(database.begin).load_shipped(NOW)
        session.execute(text("UPDATE whatsapp_template SET state = 'approved'"))
    yield os.environ | {
        "NOTIFY_DATABASE_URL": url.render_as_string(hide_password=False),
        "PALIKA_NOTIFY_KEYS": str(keys),
        "PYTHONPATH": PYTHONPATH,
    }
    settings.cache_clear()


def check(database: sessionmaker[Session]) -> None:
    with database() as session:
        for what, query in WRONG.items():
            assert session.execute(text(query)).all() == [], what


def test_a_load_that_is_killed_again_and_again_puts_each_row_down_once(
    desk: Desk, database, environment, tmp_path
):
    Bulk(desk, tmp_path).clear()
    # Every tenth row is somebody who is there already, every hundredth no number.
    rows = [row(n - 5 if n % 10 == 9 else n, **({"phone": "1"} if n % 100 == 0 else {}))
            for n in range(ROWS)]  # fmt: skip
    file = write(tmp_path / "a.csv", rows)
    command = [*PALIKA, "notify", "campaign", "create", "c", "--template", "tax.reminder_due"]
    command += ["--csv", str(file), "--by", "officer:o-1", "--json"]
    rng = random.Random(5)
    seen = set()
    for kill in range(KILLS + 1):
        two = [
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(1 + kill % 2)
        ]
        if kill == KILLS:
            for each in two:
                _, errors = each.communicate(timeout=120)
                assert each.returncode == 0, errors
            break
        # It is killed when it has come further by some chance amount.
        further = progress(database) + rng.randrange(1, 400)
        deadline = time.monotonic() + 60
        while progress(database) < further and any(each.poll() is None for each in two):
            assert time.monotonic() < deadline
            time.sleep(rng.random() / 50)
        for each in two:
            each.send_signal(signal.SIGKILL)
            each.communicate()
        check(database)
        seen.add(progress(database))
    assert len(seen) > 3
    check(database)
    with database() as session:
        found = named(session, "c")
    assert (found.state, found.rows, found.loaded_to) == ("draft", ROWS, ROWS + 1)
    assert (found.recipients, found.rejected) == (ROWS * 9 // 10 - 30, ROWS // 10 + 30)


def progress(database: sessionmaker[Session], column: str = "loaded_to") -> int:
    with database() as session:
        found = session.execute(text(f"SELECT {column} FROM campaign")).scalar()
    return int(found or 0)


def test_feeding_that_is_killed_again_and_again_tells_everybody_once(
    desk: Desk, database, environment, tmp_path
):
    bulk = Bulk(desk, tmp_path)
    bulk.clear()
    made = bulk.draft(ROWS)
    with desk.begin() as session:
        approve(session, SUPERVISOR, made.id, city_templates(), desk.now)
        start(session, SUPERVISOR, made.id, None, desk.now)
        # Whatever the hour: taxes have no quiet hours.
        session.execute(text("UPDATE campaign SET template = 'tax.paid'"))
    rng = random.Random(7)
    kills = 0
    while (before := progress(database, "fed")) < ROWS:
        further = min(before + rng.randrange(1, 500), ROWS)
        two = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.support.notify_feeder"],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
            for _ in range(2)
        ]  # fmt: skip
        deadline = time.monotonic() + 60
        while progress(database, "fed") < further:
            assert time.monotonic() < deadline
            assert all(each.poll() is None for each in two), two[0].communicate()
            time.sleep(rng.random() / 100)
        for each in two:
            each.send_signal(signal.SIGKILL)
            each.communicate()
        kills += 1
        check(database)
    assert kills > 3
    with database() as session:
        rows = session.execute(text("SELECT count(*) FROM campaign_recipient")).scalar()
    assert rows == 0
    assert len({each.recipient_ref for each in desk.rows()}) == ROWS
