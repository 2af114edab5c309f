"""The writer of the fault test: it records events and knows exactly what it has committed.

A connection that dies during COMMIT leaves open whether the transaction is in the database. Each
transaction therefore also writes a row of the writer's own; the writer looks for it afterwards.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import exc, insert, text
from uuid6 import uuid7

from palika import outbox
from palika.events import Event
from palika.tables import outbox as outbox_table
from services.grievance.schemas import ASSIGNED, FILED, REOPENED, RESOLVED
from tests.support.backbone import Backbone

POISON_EVERY = 500
Key = tuple[str, str, str, str]

_INDIA = timezone(timedelta(hours=5, minutes=30))
_START = datetime(2026, 4, 1, tzinfo=UTC)
_DEPARTMENTS = ("roads", "water", "garden", "lights", "drains")
_WARDS = ("aundh", "kothrud", "hadapsar", "yerawada", None)
_GARBLED = "{this was never JSON"
_FORBIDDEN = "forbidden"
_FORBID = f"""
    CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'this department is forbidden'; END $$;
    CREATE TRIGGER forbid BEFORE INSERT ON measure FOR EACH ROW
    WHEN (NEW.department = '{_FORBIDDEN}') EXECUTE FUNCTION forbid()
"""


class Writer(threading.Thread):
    """Records ``total`` events in transactions of random size, every 500th of them poisoned.

    ``measures`` and ``poison`` are the ground truth: what was committed adds up to the one, and
    the other are the ids that must end in the dead letters. Both grow only when a commit is known.
    """

    def __init__(self, backbone: Backbone, total: int, seed: int) -> None:
        super().__init__(name="writer", daemon=True)
        self.total = total
        self.committed = 0
        self.transactions = 0
        self.allowed = 0.0
        """How much of the total may be written by now, 0 to 1; the test sets the pace."""
        self.measures: Counter[Key] = Counter()
        self.poison: set[str] = set()
        self.raising: set[str] = set()
        """Those of the poison that raise; the others are refused."""
        self.garbled = 0
        self.ids: set[str] = set()
        self.in_doubt = 0
        """How many commits had to be looked for."""
        self.failure: BaseException | None = None
        self._sessions = backbone.sessions("grievance")
        self._rng = random.Random(seed)
        # So that the handler raises for certain, whatever it comes to refuse.
        backbone.query("kpi", _FORBID)
        backbone.query("grievance", "CREATE TABLE written (batch int PRIMARY KEY)")

    def finish(self) -> None:
        """Write no more than is written, and wait for the commit in hand."""
        self.total = 0
        self.join()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        """Write until the total is reached."""
        try:
            while self.committed < self.total:
                if self.committed >= self.allowed * self.total:
                    time.sleep(0.005)
                    continue
                left = max(1, self.total - self.committed)
                size = min(self._rng.choice((1, 2, 5, 20, 60, 150)), left)
                self._write(list(self._items(size)))
        except BaseException as error:
            self.failure = error
            raise

    def _items(self, size: int) -> Iterator[Event | None]:
        """Events; None for a body that is no event at all."""
        for number in range(self.committed + 1, self.committed + size + 1):
            if number % POISON_EVERY:
                yield some_event(self._rng)
            else:
                # Three kinds of bad message by turns: refused, raising, and not even JSON.
                kind = number // POISON_EVERY % 3
                yield None if kind == 2 else poisoned(self._rng, raising=kind == 1)

    def _write(self, items: list[Event | None]) -> None:
        batch = self.transactions
        while True:
            try:
                with self._sessions.begin() as session:
                    outbox.record(session, *(item for item in items if item is not None))
                    for _ in range(items.count(None)):
                        session.execute(insert(outbox_table), _garbled_row())
                    session.execute(text("INSERT INTO written VALUES (:batch)"), {"batch": batch})
                break
            except exc.DBAPIError:
                if self._is_written(batch):
                    break
        self._count(items)

    def _is_written(self, batch: int) -> bool:
        self.in_doubt += 1
        while True:
            try:
                with self._sessions.begin() as session:
                    found = session.execute(
                        text("SELECT 1 FROM written WHERE batch = :batch"), {"batch": batch}
                    )
                    return found.scalar() is not None
            except exc.DBAPIError:
                time.sleep(0.05)

    def _count(self, items: list[Event | None]) -> None:
        for item in items:
            if item is None:
                self.garbled += 1
            elif is_poison(item):
                self.poison.add(item.id)
                if item.data["department"] == _FORBIDDEN:
                    self.raising.add(item.id)
            else:
                self.ids.add(item.id)
                self.measures.update(truth_of(item))
        self.transactions += 1
        self.committed += len(items)


def some_event(rng: random.Random) -> Event:
    """A good event of the grievance service."""
    filed = _START + timedelta(minutes=rng.randrange(60 * 24 * 60))
    minutes = rng.randrange(1, 20_000)
    resolved = filed + timedelta(minutes=minutes)
    place = {
        "grievance_id": str(uuid7()),
        "department": rng.choice(_DEPARTMENTS),
        "category": "any",
        "ward": rng.choice(_WARDS),
    }
    resolution = {
        "resolved_at": resolved.isoformat(),
        "on_time": rng.random() < 0.7,
        "minutes_taken": minutes,
    }
    times = {"filed_at": filed.isoformat(), "due_at": (filed + timedelta(days=7)).isoformat()}
    kind = rng.choice((FILED, FILED, ASSIGNED, RESOLVED, RESOLVED, REOPENED))
    data: dict[str, Any] = dict(place)
    if kind is FILED:
        data |= times | {"number": "G-1", "channel": "web"}
    elif kind is ASSIGNED:
        data |= {"officer": "je-1", "assigned_at": filed.isoformat()}
    elif kind is RESOLVED:
        data |= times | resolution
    else:
        data |= resolution | {"reopened_at": resolved.isoformat(), "reason": "still there"}
    return kind.new(subject=place["grievance_id"], sequence=1, data=data)


def poisoned(rng: random.Random, *, raising: bool) -> Event:
    """An event that fits its schema and that the KPI service cannot count."""
    event = some_event(rng)
    while event.type != "grievance.filed.v1":
        event = some_event(rng)
    event.data["department"] = _FORBIDDEN if raising else ""
    return event


def is_poison(event: Event) -> bool:
    """Whether ``poisoned`` made it."""
    return event.data["department"] in ("", _FORBIDDEN)


def truth_of(event: Event) -> dict[Key, int]:
    """What one event adds to the measures; written here anew, not taken from the KPI service."""
    data = event.data
    department, ward = data["department"], data["ward"] or ""

    def key(measure: str, moment: str) -> Key:
        day = datetime.fromisoformat(data[moment]).astimezone(_INDIA).date().isoformat()
        return f"grievance.{measure}", department, ward, day

    if event.type == "grievance.filed.v1":
        return {key("filed", "filed_at"): 1}
    if event.type == "grievance.assigned.v1":
        return {key("assigned", "assigned_at"): 1}
    sign = 1 if event.type == "grievance.resolved.v1" else -1
    found = {
        key("resolved", "resolved_at"): sign,
        key("resolved_on_time", "resolved_at"): sign if data["on_time"] else 0,
        key("resolution_minutes", "resolved_at"): sign * data["minutes_taken"],
    }
    moment = "resolved_at" if sign > 0 else "reopened_at"
    found[key("ended", moment)] = sign
    if sign < 0:
        found[key("reopened", "reopened_at")] = 1
    return found


def _garbled_row() -> dict[str, Any]:
    return {
        "event_id": str(uuid7()),
        "type": str(FILED.name),
        "exchange": FILED.name.exchange,
        "routing_key": FILED.name.routing_key,
        "mandatory": True,
        "body": _GARBLED,
    }
