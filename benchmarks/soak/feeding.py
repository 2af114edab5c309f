"""So many events a second, into the grievance service's outbox, as its own commands record them."""

import random
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from benchmarks import load
from palika import outbox
from palika.config import settings
from palika.database import create_engine
from palika.events import Event

_KINDS = 5_000
_TICK_S = 0.1
_SEED = 20_260_049


class Feeder:
    """Records events at an even pace, in a thread, while it is entered.

    They are filings of the last year that nobody waits for a message about: old news to notify,
    counted by kpi, kept in the log. Each has an id of its own.

    Attributes:
        recorded: how many have been committed.
        wrong: what ended it too early, if anything did.
    """

    def __init__(self, a_second: float) -> None:
        """Prepare; the settings of this process name the city's database."""
        self._a_second = a_second
        self._events = [Event.from_json(each.body) for each in load.filings(_KINDS)]
        self._rng = random.Random(_SEED)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeder")
        self.recorded = 0
        self.wrong: Exception | None = None

    def __enter__(self) -> "Feeder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        engine = create_engine(settings("grievance"))
        sessions = sessionmaker(engine)
        begun = time.monotonic()
        try:
            while not self._stop.wait(_TICK_S):
                due = int((time.monotonic() - begun) * self._a_second) - self.recorded
                # What could not be recorded in its time is not made up for in one go.
                self._record(sessions, min(due, int(self._a_second)))
        except Exception as error:  # noqa: BLE001 - told by whoever reads ``wrong``
            self.wrong = error
        finally:
            engine.dispose()

    def _record(self, sessions: sessionmaker[Session], count: int) -> None:
        if count <= 0:
            return
        events = [self._fresh() for _ in range(count)]
        with sessions.begin() as session:
            outbox.record(session, *events)
        self.recorded += count

    def _fresh(self) -> Any:
        known = self._rng.choice(self._events)
        return replace(known, id=str(uuid7()), time=datetime.now(UTC))
