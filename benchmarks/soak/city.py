"""A city of the soak's own: up, and down whatever happens."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from benchmarks.ground import PYTHON
from palika.local.city import ROOT, City
from palika.local.processes import LocalError, tail, until

_UP_WITHIN_S = 300
_DOWN_WITHIN_S = 120
OPTIONS = {
    # Whoever reports here has no key.
    "PALIKA_OPEN311_POST_WITHOUT_KEY": "yes",
}


class SoakedCity:
    """``palika up`` in a directory of its own, while it is entered.

    Attributes:
        amqp_uri, database_url: of its servers.
        pages: the address of its portal.
    """

    def __init__(self, directory: Path) -> None:
        """Prepare; nothing is started."""
        self._city = City(directory / "city")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PALIKA_") and not name.endswith("DATABASE_URL")
        }
        kept.pop("AMQP_URI", None)
        self._environment = kept | OPTIONS | {"PALIKA_VAR": str(self._city.var)}
        self.amqp_uri = self.database_url = self.pages = ""

    def __enter__(self) -> Self:
        self._city.logs.mkdir(parents=True, exist_ok=True)
        log = self._city.logs / "soak-city.log"
        with log.open("wb") as output:
            # A session of its own: Ctrl-C is told to the soak, which then ends the city in order.
            self._supervisor = subprocess.Popen(
                [*PYTHON, "palika.cli", "up", "--no-seed"],
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            if not until(self._is_up, _UP_WITHIN_S, 0.2):
                raise LocalError(f"the city is not up in {_UP_WITHIN_S} s:\n{tail(log)}")
            if self._supervisor.poll() is not None:
                raise LocalError(f"the city did not come up:\n{tail(log)}")
            state = self.state()
            self.amqp_uri, self.database_url = state["amqp_uri"], state["database_url"]
            self.pages = next(part["pages"] for part in state["parts"] if part.get("pages"))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def state(self) -> dict[str, Any]:
        """What runs.

        Raises:
            LocalError: nothing does any more.
        """
        state = self._city.read()
        if state is None or self._supervisor.poll() is not None:
            raise LocalError("the city has ended by itself")
        return state

    def _is_up(self) -> bool:
        """Whether it is up, or will never be."""
        if self._supervisor.poll() is not None:
            return True
        state = self._city.read()
        return state is not None and state["phase"] == "up"

    def _stop(self) -> None:
        """Stop all of it, however often that is interrupted: else half of it would be left."""
        self._supervisor.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _DOWN_WITHIN_S
        interrupted: BaseException | None = None
        while self._supervisor.poll() is None and time.monotonic() < deadline:
            try:
                time.sleep(0.1)
            except (KeyboardInterrupt, SystemExit) as again:
                interrupted = again
        if self._supervisor.poll() is None:
            self._supervisor.kill()
            self._supervisor.wait()
            self._city.stop_leftovers()
            raise LocalError(f"the city did not stop in {_DOWN_WITHIN_S} s, and was killed")
        if interrupted is not None:
            raise interrupted
