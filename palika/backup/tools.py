"""PostgreSQL's own programs: where they are, and how they are called."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from palika.backup.folder import BackupError
from palika.local.postgres import binaries
from palika.local.processes import LocalError


def program(name: str) -> str:
    """The path of ``pg_dump``, ``pg_restore``, …: those of ``palika up``, else the machine's.

    Raises:
        BackupError: there is none.
    """
    try:
        own = binaries() / name
        if own.exists():
            return str(own)
    except LocalError:
        pass  # No embedded server here: the machine has one of its own, or the next line says so.
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not here: install PostgreSQL's client programs")
    return found


def connection_of(url: str) -> tuple[str, dict[str, str]]:
    """An address as a command line may show it, and the environment that has its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, {}
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    shown = url.replace(parts.netloc, f"{name}@{host}", 1)
    return shown, {"PGPASSWORD": unquote(parts.password)}


def run(
    command: Sequence[str | Path], what: str, environment: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end; what it printed.

    Raises:
        BackupError: it failed; with what it said.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [str(each) for each in command],
        env=kept | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(f"{what}: {done.stderr.strip() or f'exit status {done.returncode}'}")
    return done.stdout
