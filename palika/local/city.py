"""What is known of the city on this machine: its directory, its services, and what runs now.

Only the standard library and psutil: the command line reads this at every start.
"""

import fcntl
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from palika.local.processes import LocalError, ProcessId, read_whole, write_whole

_GRACE_S = 30.0
ROOT = Path(__file__).resolve().parents[2]


def service_names() -> list[str]:
    """The services, sorted: every folder with a `service.py` in a `services` on the Python path."""
    return _with("service.py")


def web_names() -> list[str]:
    """The web services, sorted: every folder with an `app.py`."""
    return _with("app.py")


def database_names() -> list[str]:
    """What has a database, and with it an outbox and a relay, sorted: each service, and each web
    service with `migrations`."""
    return sorted({*service_names(), *(set(web_names()) & set(_with("migrations")))})


def _with(file: str) -> list[str]:
    places = importlib.import_module("services").__path__
    return sorted({each.parent.name for one in places for each in Path(one).glob(f"*/{file}")})


class City:
    """The directory `var/` (PALIKA_VAR names another) and the state file in it.

    The state (`var/run/city.json`, readable by its owner only) is one JSON object: `phase`
    (starting, up, stopping), `supervisor` (pid, created), `started_at`, `grace_s` (how many seconds
    a process is given to stop before it is killed), `amqp_uri`, `database_url`, `broker_ca`,
    `http_certificate` (as the settings have them), `own_servers`
    (whether it has started broker and database), `parts`: for each process its service, part,
    pid, created, host, port, restarts, log and the signal that stops it; and `var`: path, device
    and inode of the directory itself. A state that was copied with its directory names processes
    of the original: nothing here takes them for its own.
    """

    def __init__(self, var: Path | str | None = None) -> None:
        self.var = Path(var or os.environ.get("PALIKA_VAR") or ROOT / "var").resolve()
        self.run = self.var / "run"
        self.logs = self.var / "log"
        self.state_file = self.run / "city.json"
        self.seeded = self.run / "seeded"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock that only one supervisor can have.

        Raises:
            LocalError: another one holds it, the directory cannot be made, or it was copied from a
                city that ran.
        """
        try:
            self.run.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(f"{error.filename} cannot be made: {error.strerror}") from error
        with (self.run / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                supervisor = self.supervisor
                pid = f" (pid {supervisor.pid})" if supervisor else ""
                raise LocalError(
                    f"the city is up already{pid}: `palika status` shows it, `palika down` stops it"
                ) from None
            self._refuse_copy()
            yield

    def read(self) -> dict[str, Any] | None:
        """The state as last written; None when the city never ran or was stopped in order.

        Raises:
            LocalError: it cannot be read.
        """
        return read_whole(
            self.state_file,
            "it says which processes the city has started; whoever started them can read it. If it "
            "is damaged, stop them (their commands name postgres, rabbitmq and palika.cli) and "
            "remove it",
        )

    def write(self, state: dict[str, Any]) -> None:
        """Replace the state; a reader sees the old one or the new one, never a half."""
        write_whole(self.state_file, state | {"var": self._place()}, indent=1)

    def forget(self) -> None:
        """Remove the state: nothing of the city runs any more. A copied one stays, as a warning."""
        if self._own() is not None:
            self.state_file.unlink(missing_ok=True)

    def _place(self) -> dict[str, Any]:
        """What tells this directory from a copy of it; the inode stays when it is moved."""
        found = self.var.stat()
        return {"path": str(self.var), "device": found.st_dev, "inode": found.st_ino}

    def _own(self) -> dict[str, Any] | None:
        """The state, unless it was copied here with its directory."""
        state = self.read()
        if state is None:
            return None
        here, written = self._place(), state.get("var", {})
        same = all(here[each] == written.get(each) for each in ("device", "inode"))
        return state if same else None

    def _refuse_copy(self) -> None:
        written = (self.read() or {}).get("var", {})
        here = self._place()
        # One of the two may change without a copy: the path when it is moved, the device and even
        # the inode when its disk is mounted elsewhere.
        if not written or here["path"] == written["path"] or here["inode"] == written["inode"]:
            return
        raise LocalError(
            f"{self.var} was copied from {written['path']} while the city there ran, or after it "
            "was killed; databases copied so may be broken: `make clean` removes the copy. To have "
            "its data, stop that city (`palika down` there) and copy it again; to use the copy "
            f"as it is, remove {self.state_file}"
        )

    @property
    def supervisor(self) -> ProcessId | None:
        """The supervisor that runs now; None when there is none."""
        state = self._own()
        if state is None:
            return None
        process = ProcessId(**state["supervisor"])
        return process if process.alive else None

    @property
    def grace_s(self) -> float:
        """How many seconds a process of the city is given to stop, before it is killed."""
        return float((self.read() or {}).get("grace_s", _GRACE_S))

    def stop_leftovers(self) -> int:
        """Stop what a supervisor that was killed has left running; how many processes."""
        state = self._own()
        grace_s = self.grace_s
        stopped = 0
        left = [
            (ProcessId(part["pid"], part["created"]), part["signal"])
            for part in (state or {}).get("parts", [])
            if part["pid"]
        ]
        for process, number in left:
            if process.alive:
                stopped += 1
                process.stop(grace_s, number)
        return stopped

    def addresses(self) -> dict[str, str]:
        """AMQP_URI and DATABASE_URL of the city that runs, and whom to believe where its broker is
        reached over TLS; empty when none does."""
        state = self.read()
        if state is None or self.supervisor is None:
            return {}
        known = {
            "AMQP_URI": state["amqp_uri"],
            "DATABASE_URL": state["database_url"],
            "PALIKA_BROKER_CA": state.get("broker_ca", ""),
        }
        return {name: value for name, value in known.items() if value}

    def has_started(self, database_url: str) -> bool:
        """Whether the city that runs has started this database's server, and its broker, itself.

        Only then is nothing of a real city's behind them.
        """
        state = self.read()
        if state is None or self.supervisor is None or not state.get("own_servers"):
            return False
        return urlsplit(database_url).netloc == urlsplit(state["database_url"]).netloc


def use_running_city() -> None:
    """Let this process use the broker and database of the city that runs, unless the environment
    names others."""
    from palika.cities.entering import enter

    enter()
    for name, value in City().addresses().items():
        os.environ.setdefault(name, value)
