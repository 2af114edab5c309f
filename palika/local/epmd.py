"""Erlang's port mapper: a private one, on 127.0.0.1 only; nodes find each other by it."""

import glob
import shutil
import socket
import subprocess
from pathlib import Path

from palika.local.processes import LocalError, ProcessId, until


class Epmd:
    """A port mapper, which one node has for itself or the nodes of a cluster share.

    Args:
        directory: where its pid is noted.
        port: where it listens.
    """

    def __init__(self, directory: Path, port: int) -> None:
        self.port = port
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            LocalError: Erlang is not installed, or it did not come up.
        """
        if self.pid is not None:
            return
        epmd = shutil.which("epmd") or next(iter(glob.glob("/usr/lib/erlang/erts-*/bin/epmd")), "")
        if not epmd:
            raise LocalError("epmd, a part of Erlang, was not found: install rabbitmq-server")
        self._process = subprocess.Popen(
            [epmd, "-address", "127.0.0.1", "-port", str(self.port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._directory,
            start_new_session=True,
        )
        if process := ProcessId.of(self._process.pid):
            process.save(self._directory / "epmd.process")
        if not until(self._listens, 10):
            raise LocalError(f"epmd did not start on port {self.port}")

    def stop(self) -> None:
        """Stop it; harmless when it does not run."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False
