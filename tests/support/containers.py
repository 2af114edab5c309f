"""The containers of deploy/compose, each run as a process here: the same command through the same
entrypoint, with the same variables, secrets and writable folders. Only hosts, ports and the places
of folders are others."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from palika.local.processes import free_port, tail, until
from tests.support.commands import ROOT
from tests.support.deploy import (
    COMPOSE,
    DEPLOY,
    containers,
    health_command,
    image_environment,
    secrets_of,
    writable,
)

_GRACE_S = 35
"""As compose has it; a test of the file holds it to that."""
_SHOWN = 30


class Container:
    """One of them. ``start`` starts it, ``run`` runs it to its end."""

    def __init__(self, name: str, folder: Path, secrets: Path, taken: list[int]) -> None:
        """Prepare.

        Args:
            name: what compose calls it.
            folder: for its own folders and its log; made here.
            secrets: where all secrets are; it is given those that compose gives it.
            taken: ports of others; its own are added.
        """
        self.name = name
        self.log = folder / "log"
        self._one = containers()[name]
        self._folder = folder
        for each in ("tmp", "secrets", "bin"):
            (folder / each).mkdir(parents=True)
        for each in secrets_of(self._one):
            shutil.copy(secrets / each, folder / "secrets")
        palika = folder / "bin" / "palika"
        palika.write_text(f'#!/bin/sh\nexec {sys.executable} -W ignore -m palika.cli "$@"\n')
        palika.chmod(0o755)
        self.port = free_port(None, taken)
        self.pages = free_port(None, [*taken, self.port])
        taken += [self.port, self.pages]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the image and compose give it, and no variable of this machine."""
        told = image_environment() | self._one["environment"]
        moved = {
            "PALIKA_HTTP_PORT": str(self.port),
            "PALIKA_PORTAL_HTTP_PORT": str(self.pages),
            "PALIKA_VAR": str(self._of("/var/lib/palika")),
            "SECRETS_FOLDER": str(self._folder / "secrets"),
            "SETTINGS_FOLDER": str(self._folder / "no settings"),
            "TMPDIR": str(self._folder / "tmp"),
            "PATH": f"{self._folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }
        placed = {
            name: value.replace("/run/secrets", str(self._folder / "secrets"))
            for name, value in told.items()
        }
        return placed | moved

    def _of(self, folder: str) -> Path:
        place = {"/tmp": "tmp", "/var/lib/palika": "var"}[folder]
        return self._folder / place

    def _command(self) -> list[str]:
        allowed = []
        for each in writable(self._one):
            self._of(each).mkdir(exist_ok=True)
            allowed.append(str(self._of(each)))
        guard = [sys.executable, str(ROOT / "tests" / "support" / "read_only.py")]
        return [*guard, ":".join(allowed), str(DEPLOY / "entrypoint.sh"), *self._one["command"]]

    def start(self) -> "Container":
        """Start it, and do not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self._command(),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def wait_healthy(self, timeout_s: float = 400) -> None:
        """Ask as Docker does until it is healthy; fails the test when it ends or never is."""
        until(lambda: self._ended() or self.healthy(), timeout_s, 0.5)
        assert not self._ended(), f"{self.name} ended:\n{self.said()}"
        assert self.healthy(), f"{self.name} is not healthy:\n{self.said()}"

    def healthy(self) -> bool:
        """Whether the image's own question is answered well now."""
        asked = subprocess.run(
            health_command(), env=self.environment, capture_output=True, timeout=30, check=False
        )
        return asked.returncode == 0

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a path of its health port."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()

    def stop(self) -> int:
        """SIGTERM, as Docker sends it; its exit status, and the test fails beyond the grace."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_GRACE_S)

    def kill(self) -> None:
        """At the end of a test, whatever it did."""
        if self._process is not None and not self._ended():
            self._process.kill()
            self._process.wait()

    def said(self) -> str:
        """The end of its log."""
        return tail(self.log, _SHOWN)

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None


def make_secrets(folder: Path) -> Path:
    """The secrets of a city, made as an officer makes them; where they are."""
    shutil.copy(COMPOSE / "secrets.sh", folder)
    subprocess.run([folder / "secrets.sh"], check=True, capture_output=True)
    return folder / "secrets"


def point_at(secrets: Path, changes: dict[str, Any]) -> None:
    """Let each secret that has one of these words have another in its place."""
    for file in secrets.iterdir():
        if file.is_file():
            text = file.read_text()
            for old, new in changes.items():
                text = text.replace(old, new)
            file.chmod(0o644)
            file.write_text(text)
