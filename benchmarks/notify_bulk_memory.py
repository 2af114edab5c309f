"""How much memory a campaign takes while it is loaded and fed, by the length of its file.

``python -m benchmarks.notify_bulk_memory 20000 200000`` loads a made-up file of each length with
``palika notify campaign create`` and feeds it, each in a process of its own, and prints the peak of
resident memory (``ru_maxrss``), the time, and the size of what lies in the table. The database is a
private one, which goes when it ends.
"""

import base64
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from palika.local import Postgres

FIELDS = {
    "topic": "Camp",
    "day": "2026-08-09",
    "place": "Aundh",
    "more": "https://city.example/n/1",
}
ROOT = Path(__file__).resolve().parents[1]
_FEED = """
import resource
from datetime import UTC, datetime
from palika.database import sessions
from services.notify.commands.campaign_feed import Feeder
from services.notify.reference import city_policy, city_templates
from sqlalchemy import text
begin = sessions("notify").begin
feeder = Feeder(begin, city_templates(), city_policy(48),
                lambda: datetime(2026, 4, 1, 6, tzinfo=UTC))
while feeder.run():
    # In place of a sender: the queue is empty again.
    with begin() as session:
        session.execute(text("TRUNCATE delivery CASCADE"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_CREATE = """
import resource, sys
from palika.cli import main
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def write(path: Path, rows: int) -> None:
    """A file of so many recipients with a name and a number each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["phone", "name", "language"])
        table.writerows([f"98{n:08}", f"Citizen {n}", ("mr", "en")[n % 2]] for n in range(rows))


def measure(rows: int, folder: Path, environment: dict[str, str], url: str) -> dict[str, Any]:
    """Load and feed a campaign of so many."""
    file = folder / f"{rows}.csv"
    write(file, rows)
    begun = time.monotonic()
    arguments = ["notify", "campaign", "create", str(rows), "--template", "campaign.news"]
    arguments += ["--csv", str(file), "--by", "officer:b", "--json"]
    loaded = _run([_CREATE, *arguments, "--fields", json.dumps(FIELDS)], environment)
    load_s = time.monotonic() - begun
    campaign = json.loads(loaded.stdout)
    assert campaign["recipients"] == rows, campaign
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('campaign_recipient')")
        (size,) = cursor.fetchone() or (0,)
        cursor.execute("UPDATE campaign SET state = 'running' WHERE state = 'draft'")
    begun = time.monotonic()
    fed = _run([_FEED], environment)
    feed_s = time.monotonic() - begun
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT fed FROM campaign WHERE name = %s", [str(rows)])
        assert cursor.fetchone() == (rows,)
    return {
        "rows": rows,
        "load_peak_mb": round(int(loaded.stderr.split()[-1]) / 1024),
        "load_s": round(load_s, 1),
        "feed_peak_mb": round(int(fed.stdout.split()[-1]) / 1024),
        "feed_s": round(feed_s, 1),
        "table_mb": round(size / 2**20),
    }


def _run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )


def main() -> None:
    """Measure each length that is given."""
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        keys = folder / "keys"
        keys.write_bytes(base64.b64encode(os.urandom(32)))
        server = Postgres(folder / "postgres", durable=False)
        server.start()
        try:
            with closing(psycopg2.connect(server.url("postgres"))) as connection:
                connection.autocommit = True
                connection.cursor().execute("CREATE DATABASE bulk")
            url = server.url("bulk")
            environment = os.environ | {
                "DATABASE_URL": url,
                "NOTIFY_DATABASE_URL": url,
                "PALIKA_NOTIFY_KEYS": str(keys),
                # No credentials are needed for it, and a message is written over all channels.
                "PALIKA_NOTIFY_CHANNELS": "log",
                "PYTHONPATH": str(ROOT),
            }
            palika = [*(sys.executable, "-W", "ignore", "-m", "palika.cli")]
            for command in (["migrate", "notify"], ["notify", "templates", "load"]):
                subprocess.run(
                    [*palika, *command], cwd=ROOT, env=environment, check=True, capture_output=True
                )
            for rows in map(int, sys.argv[1:] or ("20000", "200000")):
                print(json.dumps(measure(rows, folder, environment, url)), flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
