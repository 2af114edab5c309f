"""Processes, ports and files of this machine: what broker, database and supervisor share."""

import contextlib
import errno
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

_ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 told apart, not bound


class LocalError(RuntimeError):
    """A part of the local city cannot be started or found; the message says what to do."""


@dataclass(frozen=True)
class ProcessId:
    """A process, told apart from a later one that was given the same pid by its start time."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The process that has this pid now; None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.created) < 0.05
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.NoSuchProcess:
            return False

    def send(self, number: int) -> None:
        """Send a signal, unless it has ended meanwhile."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, grace_s: float, number: int = signal.SIGTERM) -> bool:
        """Signal it, wait `grace_s` seconds, kill it. True when it went by itself."""
        self.send(number)
        if until(lambda: not self.alive, grace_s):
            return True
        self.send(signal.SIGKILL)
        until(lambda: not self.alive, 5)
        return False

    def save(self, path: Path) -> None:
        """Write it where `load` finds it."""
        write_whole(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> "ProcessId | None":
        """What `save` wrote; None when there is nothing, or nothing whole."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def write_whole(path: Path, value: dict[str, Any], **form: Any) -> None:
    """Replace a JSON file that only its owner may read.

    Whatever happens meanwhile, a full disk or a loss of power, there is the old one or the new one.

    Args:
        path: the file.
        value: what is in it.
        form: of the text, as `json.dumps` takes it.
    """
    new = path.with_name(f"{path.name}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps(value, **form))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def read_whole(path: Path, remedy: str) -> dict[str, Any] | None:
    """What `write_whole` wrote; None when there is no such file.

    Args:
        path: the file.
        remedy: what to do when it cannot be read, for the error.

    Raises:
        LocalError: it cannot be read, or is not what was written.
    """
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LocalError(f"{path} cannot be read ({error.strerror}): {remedy}") from error
    except ValueError as error:
        raise LocalError(f"{path} is damaged ({error}): {remedy}") from error
    if not isinstance(value, dict):
        raise LocalError(f"{path} is damaged (it holds no object): {remedy}")
    return value


class Identity:
    """`identity.json` of a server's directory: its ports and its password, which is nowhere else.

    Args:
        directory: the server's.
        has_data: whether there are data already that the password belongs to.
    """

    def __init__(self, directory: Path, *, has_data: bool) -> None:
        self.path = directory / "identity.json"
        self._has_data = has_data
        self._known: dict[str, Any] | None = None

    def read(self) -> dict[str, Any] | None:
        """What is known; None of a server that has never run.

        Raises:
            LocalError: it is missing or unreadable, and with it the password of the data.
        """
        remedy = (
            "it has the only copy of the password. Put it back from a backup, or remove "
            f"{self.path.parent} with all data in it to begin anew"
        )
        self._known = read_whole(self.path, remedy)
        if self._known is None and self._has_data:
            raise LocalError(f"{self.path} is missing: {remedy}")
        if self._known is not None and not self._known.get("password"):
            raise LocalError(f"{self.path} is damaged (it holds no password): {remedy}")
        return self._known

    def write(self, value: dict[str, Any]) -> None:
        """Keep it; a file that says the same already is not touched."""
        if value != self._known:
            write_whole(self.path, value)
            self._known = value


def until(condition: Callable[[], bool], timeout_s: float, step_s: float = 0.02) -> bool:
    """Wait until the condition holds; False when it does not within `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)
    return True


def not_started(process: "subprocess.Popen[bytes]", timeout_s: float) -> str:
    """How a server that was waited for `timeout_s` seconds has failed: it ended, or was slow."""
    code = process.poll()
    if code is None:
        return f"did not start within {timeout_s:g} s"
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{how} while it was starting"


def url_of(host: str, port: int) -> str:
    """Where to ask, over HTTP, what listens on `host`, which may stand for all addresses."""
    host = _ALL_ADDRESSES.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def over_tls(plain: socket.socket, certificate: Path) -> ssl.SSLSocket:
    """A connection to a server of this machine, which shows `certificate` by whatever name."""
    return trust_in(certificate).wrap_socket(plain)


def trust_in(certificate: Path | str) -> ssl.SSLContext:
    """To believe who shows just this certificate, or one of an authority in its file."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def free_port(wanted: int | None = None, avoid: Iterable[int] = (), host: str = "127.0.0.1") -> int:
    """A port of `host` that nothing listens on: `wanted` when it is free.

    Below the kernel's range for outgoing connections: a client that looks for a stopped server on
    a port of that range can be given the very same port for its own end, and meet itself.

    Raises:
        LocalError: none is free, or `host` is no address of this machine.
    """
    taken = set(avoid)
    if wanted and wanted not in taken and _is_free(host, wanted):
        return wanted
    for _ in range(200):
        port = random.randint(16_000, 32_000)  # noqa: S311 no secret hangs on it
        if port not in taken and _is_free(host, port):
            return port
    raise LocalError(f"no free TCP port between 16000 and 32000 on {host}")


def why_not_listened_on(host: str) -> str:
    """Why `host` is no address of this machine; empty when it is one."""
    try:
        _is_free(host, 0)
    except LocalError as error:
        return str(error.__cause__.strerror) if isinstance(error.__cause__, OSError) else str(error)
    return ""


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As servers do: a port whose last connections linger in TIME_WAIT can be listened on.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise LocalError(f"{host} cannot be listened on: {error.strerror}") from error
            return False
    return True


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def memory_pss(pids: Iterable[int]) -> int:
    """Bytes of memory of these processes, shared pages divided among those who share them."""
    total = 0
    for pid in pids:
        try:
            full = psutil.Process(pid).memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        total += getattr(full, "pss", full.uss)
    return total


def family(pid: int) -> list[int]:
    """The process and all that descends from it; empty when it has ended."""
    try:
        process = psutil.Process(pid)
        return [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []
