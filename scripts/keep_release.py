"""Keep the databases of a release, with sample data, for the test that upgrades them.

    python scripts/keep_release.py NAME [--tree FOLDER]

FOLDER is a working copy of the release (`git worktree add FOLDER v0.1.0`); this one by default, as
it is to be called once for each release. Its own code makes and fills the databases: a server is
started, `palika migrate` and `palika seed` run, and each database is written to
tests/support/releases/NAME/SERVICE.sql.xz, with the rows of each table in rows.json. All of it is
made up; nobody and nothing in it is real.
"""

import argparse
import json
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg2

from palika.local import Postgres
from palika.local.postgres import binaries

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ROOT / "tests" / "support" / "releases"
SEED = {"grievances": 25, "properties": 12, "files": 8, "projects": 4}
"""So much of each: it comes to less than 300 kB."""
_TABLES = "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname"


def keep(name: str, tree: Path) -> dict[str, int]:
    """Make and write them; how many bytes each has."""
    target = RELEASES / name
    target.mkdir(parents=True)
    sizes, rows = {}, {}
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)  # noqa: S103 the server's own account has to come to its data
        server = Postgres(Path(place) / "postgres", durable=False)
        server.start()
        try:
            environment = os.environ | {
                "DATABASE_URL": server.url(),
                "AMQP_URI": "amqp://127.0.0.1:1//",
                "PALIKA_VAR": place,
                "PYTHONPATH": str(tree),
            }
            palika = [sys.executable, "-m", "palika.cli"]
            seeds = [f"--{what}={count}" for what, count in SEED.items()]
            for command in (["migrate"], ["seed", "--yes", *seeds]):
                subprocess.run([*palika, *command], cwd=tree, env=environment, check=True)
            for database in _ask(server.url(), "SELECT datname FROM pg_database"):
                if database.startswith("palika_"):
                    service = database.removeprefix("palika_")
                    text = _dumped(server.url(database))
                    path = target / f"{service}.sql.xz"
                    path.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
                    sizes[service] = path.stat().st_size
                    rows[service] = _rows(server.url(database))
        finally:
            server.stop()
    (target / "rows.json").write_text(json.dumps(rows, indent=1) + "\n")
    return sizes


def _dumped(url: str) -> bytes:
    command = [binaries() / "pg_dump", "--no-owner", "--no-privileges", f"--dbname={url}"]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    # What only this server's psql understands, and says nothing of the data.
    lines = text.splitlines(keepends=True)
    return b"".join(x for x in lines if not x.startswith((b"\\restrict", b"\\unrestrict")))


def _rows(url: str) -> dict[str, int]:
    counts = "SELECT count(*) FROM "
    return {table: int(_ask(url, f'{counts}"{table}"')[0]) for table in _ask(url, _TABLES)}


def _ask(url: str, question: str) -> list[str]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return [str(value) for (value,) in cursor.fetchall()]
    finally:
        connection.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the release, for example 0.1.0")
    parser.add_argument("--tree", type=Path, default=ROOT, help="its working copy")
    given = parser.parse_args()
    sizes = keep(given.name, given.tree.resolve())
    for service, size in sizes.items():
        print(f"{service}: {size / 1000:.1f} kB")
    print(f"{sum(sizes.values()) / 1000:.1f} kB in all, in {RELEASES / given.name}")


if __name__ == "__main__":
    main()
