"""Kills parts at random moments, and starts them again after a short pause."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Victim:
    """Something that can be killed and started again."""

    name: str
    kill: Callable[[], None]
    start: Callable[[], None]
    up: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.up.set()


class Chaos:
    """Kills each kind of victim ``times`` times, at moments that the seed gives.

    The restarting is what an operating system's supervisor would do; nothing else helps.
    """

    def __init__(
        self, kinds: dict[str, list[Victim]], times: int, span_s: float, seed: int
    ) -> None:
        """Plan the kills.

        Args:
            kinds: the victims of each kind; one of them is picked each time.
            times: how often each kind is hit.
            span_s: within so many seconds, as far as what was killed comes back in time.
            seed: of the moments, the victims and the pauses.
        """
        rng = random.Random(seed)
        planned = []
        for victims in kinds.values():
            for turn in range(times):
                # One kill in each part of the span: random moments, and time to come back.
                moment = span_s * (turn + rng.random()) / times
                planned.append((moment, rng.choice(victims), rng.uniform(0.1, 1.5)))
        self.plan = sorted(planned, key=lambda each: each[0])
        self.span_s = span_s
        self.report: list[str] = []
        self.done = 0
        self._failures: list[BaseException] = []
        self._restarts: list[threading.Thread] = []

    def run(self) -> None:
        """Carry the plan out, until all is up again."""
        started = time.monotonic()
        for moment, victim, pause in self.plan:
            time.sleep(max(0.0, started + moment - time.monotonic()))
            assert victim.up.wait(60), f"{victim.name} did not come back"
            victim.up.clear()
            at = time.monotonic() - started
            victim.kill()
            self.done += 1
            self.report.append(f"{at:5.1f} s  kill -9 {victim.name}, for {pause:.1f} s")
            restart = threading.Thread(target=self._bring_back, args=(victim, pause), daemon=True)
            restart.start()
            self._restarts.append(restart)
        for restart in self._restarts:
            restart.join()
        if self._failures:
            raise self._failures[0]

    def _bring_back(self, victim: Victim, pause: float) -> None:
        try:
            time.sleep(pause)
            victim.start()
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self._failures.append(error)
        finally:
            victim.up.set()
