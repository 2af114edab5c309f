"""One process of the city under test, and waiting for what it does."""

import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from palika.local.processes import tail, until
from tests.support.commands import PALIKA, ROOT

_SERVING = re.compile(r"serving on (http://127\.0\.0\.1:\d+)")
_LISTENING = re.compile(r"health and metrics on https?://127\.0\.0\.1:(\d+)")


def wait_for(
    condition: Callable[[], Any], timeout_s: float = 20, what: str = "", step_s: float = 0.02
) -> None:
    """Wait until the condition holds; fails the test when it does not in time."""
    assert until(lambda: bool(condition()), timeout_s, step_s), (
        f"not within {timeout_s:g} s: {what or condition}"
    )


class Part:
    """One process of the city: a service's, or a relay's. It may be started again and again."""

    def __init__(
        self,
        verb: str,
        service: str,
        env: dict[str, str],
        log: Path,
        arguments: Sequence[str] = (),
    ) -> None:
        """Prepare; ``start`` starts it. Its log of all lives is kept in ``log``."""
        self.name = f"{verb} {service}"
        self.log = log
        self._command = [*PALIKA, verb, service, *arguments]
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self._from = 0

    def start(self, *, ready: bool = True, timeout_s: float = 30) -> "Part":
        """Start the process; by default wait until it is ready."""
        assert self.pid is None, f"{self.name} runs already"
        self._from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdin=subprocess.DEVNULL, stderr=log
            )
        if ready:
            self.wait_ready(timeout_s)
        return self

    def wait_ready(self, timeout_s: float = 30) -> None:
        """Wait until /readyz says yes."""
        until(lambda: self.exit_code is not None or self.is_ready(), timeout_s, 0.05)
        assert self.is_ready(), f"{self.name} is not ready ({self.exit_code=}):\n{tail(self.log)}"

    def is_ready(self) -> bool:
        """Whether /readyz says yes now."""
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    @property
    def pid(self) -> int | None:
        """The process's id; None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    @property
    def exit_code(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def said(self) -> str:
        """What it has logged in this life."""
        with self.log.open("rb") as log:
            log.seek(self._from)
            return log.read().decode("utf-8", "replace")

    @property
    def port(self) -> int:
        """The port of its /metrics, /healthz and /readyz, from its own log.

        Raises:
            ConnectionRefusedError: it listens not yet.
        """
        found = _LISTENING.search(self.said)
        if found is None:
            raise ConnectionRefusedError(f"{self.name} does not listen yet")
        return int(found[1])

    @property
    def pages(self) -> str:
        """The address of what a web service serves to people, from its own log."""
        found = _SERVING.search(self.said)
        assert found is not None, f"{self.name} serves nothing"
        return found[1]

    def get(self, path: str, timeout_s: float = 5) -> tuple[int, str]:
        """Status and body of a path of its health server."""
        url = f"http://127.0.0.1:{self.port}{path}"
        trusted = None
        if shown := self._env.get("PALIKA_HTTP_CERTIFICATE"):
            url = url.replace("http:", "https:", 1)
            trusted = ssl.create_default_context(cafile=shown)
        try:
            with urllib.request.urlopen(url, timeout=timeout_s, context=trusted) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def checks(self) -> dict[str, Any]:
        """The checks behind /readyz, by name."""
        checks: dict[str, Any] = json.loads(self.get("/readyz")[1])["checks"]
        return checks

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels; 0 when there is none."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self) -> None:
        """Send SIGTERM, and do not wait."""
        assert self._process is not None
        self._process.terminate()

    def stop(self, grace_s: float = 30) -> int:
        """SIGTERM; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(grace_s)
