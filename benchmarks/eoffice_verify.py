"""How long ``palika eoffice verify`` takes, and how much memory, by how many acts there are.

``python -m benchmarks.eoffice_verify 10000 100000`` fills a database for each number with the
demo's files (``services.eoffice.seed``), whose acts are chained and coded as the service's own are,
signs a root after each tenth of them, and verifies it all with ``palika eoffice verify --json`` in
a process of its own. It prints rows read a second, by the clock and by the processor time of that
process (which says more where others are at work, and has the start of Python in it), and the peak
of its resident memory (``ru_maxrss``), which has to stay the same however many acts there are. The
databases are private ones, which go when it ends.
"""

import base64
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

ROOT = Path(__file__).resolve().parents[1]
ROOTS = 10
_FILL = """
import sys
from datetime import UTC, datetime, timedelta
from sqlalchemy import func, select
from palika.database import sessions
from services.eoffice.commands.root import begin_record, sign_root
from services.eoffice.models import Act
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.seed import seed
wanted, roots = map(int, sys.argv[1:])
made, now = sessions("eoffice"), datetime(2026, 7, 1, tzinfo=UTC)
with made.begin() as session:
    begin_record(session, now)
def acts():
    with made() as session:
        return session.scalar(select(func.count()).select_from(Act))
for number in range(1, roots + 1):
    batch = 0
    while acts() < wanted * number / roots:
        batch += 1
        seed(made, max(20, wanted // 100), number * 1_000 + batch, now)
    with made.begin() as session:
        sign_root(session, city_keys_of_record(), now + timedelta(days=number))
print(acts())
"""
_VERIFY = """
import resource, sys
from palika.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
"""


def measure(wanted: int, environment: dict[str, str]) -> dict[str, Any]:
    """Fill with so many acts, at least, and verify them.

    Raises:
        RuntimeError: something is found where nothing was changed.
    """
    begun = time.monotonic()
    filled = _run([_FILL, str(wanted), str(ROOTS)], environment)
    fill_s = time.monotonic() - begun
    begun = time.monotonic()
    done = _run([_VERIFY, "eoffice", "verify", "--json"], environment)
    verify_s = time.monotonic() - begun
    told = json.loads(done.stdout)
    if told["found"] or told["root"] != ROOTS:
        raise RuntimeError(
            f"{told['found']} findings, {told['root']} roots: {told['findings'][:3]}"
        )
    rows = sum(told["rows"].values())
    cpu_s, peak_kib = map(float, done.stderr.split()[-2:])
    return {
        "acts": int(filled.stdout.split()[-1]),
        "rows": rows,
        "fill_s": round(fill_s, 1),
        "verify_s": round(verify_s, 1),
        "rows_a_second": round(rows / verify_s),
        "cpu_s": round(cpu_s, 1),
        "rows_a_cpu_second": round(rows / cpu_s),
        "peak_mb": round(peak_kib / 1024, 1),
    }


def _run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{done.stdout[-2_000:]}{done.stderr[-2_000:]}")
    return done


def main() -> None:
    """Measure each number of acts that is given."""
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        keys = folder / "keys"
        keys.write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
        server = Postgres(folder / "postgres", durable=False)
        server.start()
        try:
            for acts in map(int, sys.argv[1:] or ("10000", "100000")):
                name = f"eoffice_{acts}"
                with closing(psycopg2.connect(server.url("postgres"))) as connection:
                    connection.autocommit = True
                    connection.cursor().execute(f"CREATE DATABASE {name}")
                environment = os.environ | {
                    "EOFFICE_DATABASE_URL": server.url(name),
                    "PALIKA_EOFFICE_KEYS": str(keys),
                    "PYTHONPATH": str(ROOT),
                }
                migrate = "from palika.cli import main; main()"
                _run([migrate, "migrate", "eoffice"], environment)
                print(json.dumps(measure(acts, environment)), flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
