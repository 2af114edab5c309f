"""What every subscriber of the city promises; a new one is held to it without a line here.

Each subscription is fed with the golden samples of the types that it listens to, through its own
process, on the real broker. Its effect is whatever its service has in its tables afterwards. What
has to be there before the samples can take effect is declared in ``tests/support/beforehand.py``.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from uuid6 import uuid7

from palika import catalogue, dead_letters
from palika.dead_letters import DeadLetter
from tests.support.backbone import Backbone
from tests.support.beforehand import BEFOREHAND
from tests.support.part import Part, wait_for
from tests.support.proxy import HoldingProxy
from tests.support.samples import golden

pytestmark = pytest.mark.slow

PROBE = ("probe", "probe.pings", ("probe.pinged.v1",))
# The backbone's own tables, and what a start loads; an effect is what is in the others.
NOT_EFFECT = (
    *("outbox", "inbox", "heartbeat", "definition"),
    *("template_version", "whatsapp_template"),
)
SENDERS = ("state", "reason", "detail", "attempts", "tries", "turn")
"""Of a delivery: what the sender, which works meanwhile, does while nobody gives addresses."""


@dataclass
class Subscriber:
    """One subscription of one running service."""

    service: str
    queue: str
    types: tuple[str, ...]
    backbone: Backbone
    part: Part
    proxy: HoldingProxy

    def samples(self, copies: int = 2) -> list[dict[str, Any]]:
        """Golden events, new each time: ``copies`` of each type, in the order of one subject."""
        events = []
        for copy in range(1, copies + 1):
            for kind in self.types:
                event = json.loads(golden(kind).read_text("utf-8"))
                events.append(event | {"id": str(uuid7()), "sequence": str(copy)})
        return events

    def feed(self, events: list[dict[str, Any]]) -> None:
        """Deliver events, and wait until none is left."""
        self.deliver(*(json.dumps(event) for event in events))
        self.drain()

    def deliver(self, *bodies: str | bytes) -> None:
        self.backbone.publish(self.queue, bodies, headers={"x-sender": "kept"})

    def drain(self) -> None:
        retries = [f"{self.queue}.retry.{ms}" for ms in (100, 300)]
        wait_for(
            lambda: not any(self.backbone.messages(queue) for queue in (self.queue, *retries)),
            20,
            f"{self.queue} is empty",
        )

    def effect(self) -> dict[str, list[str]]:
        """All rows of the service's own tables, without what differs from run to run: surrogate
        keys, and moments of the clock."""
        columns = self.backbone.query(
            self.service,
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name <> 'id' "
            "AND data_type NOT LIKE 'timestamp%%' AND table_name = ANY(%s) "
            "AND NOT (table_name = 'delivery' AND column_name = ANY(%s)) "
            "ORDER BY 1, ordinal_position",
            self.tables(),
            list(SENDERS),
        )
        tables: dict[str, list[str]] = {}
        for table, column in columns:
            tables.setdefault(table, []).append(f'"{column}"::text')
        return {
            table: sorted(
                repr(row)
                for row in self.backbone.query(
                    self.service, f'SELECT {", ".join(names)} FROM "{table}"'
                )
            )
            for table, names in tables.items()
        }

    def tables(self) -> list[str]:
        """The service's own tables; a view shows what is in them anyway."""
        found = self.backbone.query(
            self.service,
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
            "AND table_name <> ALL(%s) AND table_name NOT LIKE 'alembic%%' ORDER BY 1",
            list(NOT_EFFECT),
        )
        return [table for (table,) in found]

    def forget(self) -> None:
        """As if nothing had ever come, and what the samples need was there."""
        names = ", ".join(f'"{table}"' for table in [*self.tables(), "inbox"])
        self.backbone.query(self.service, f"TRUNCATE {names}")
        if self.queue in BEFOREHAND:
            BEFOREHAND[self.queue](self.backbone)
        dead_letters.discard(self.backbone.amqp_uri, self.queue, lambda letter: True)

    def dead(self) -> list[DeadLetter]:
        return dead_letters.browse(self.backbone.amqp_uri, self.queue)

    def seen(self) -> int:
        count: int = self.backbone.value(self.service, "SELECT count(*) FROM inbox")
        return count


def every_subscription() -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.service, one.queue, one.types) for one in catalogue.all_listeners()] + [PROBE]


@pytest.fixture(scope="module", params=every_subscription(), ids=lambda each: each[1])
def running(request: pytest.FixtureRequest, backbone: Backbone) -> Iterator[Subscriber]:
    """The subscriber's service, running behind a proxy."""
    service, queue, types = request.param
    backbone.migrate(service)
    proxy = HoldingProxy(backbone.amqp_uri)
    part = backbone.part("run", service, AMQP_URI=proxy.amqp_uri).start()
    yield Subscriber(service, queue, types, backbone, part, proxy)
    part.kill()
    proxy.close()


@pytest.fixture
def subscriber(running: Subscriber) -> Subscriber:
    """The subscriber, as if nothing had ever come."""
    running.forget()
    return running


def test_what_is_declared_beforehand_is_of_subscriptions_that_there_are() -> None:
    assert BEFOREHAND.keys() <= {queue for _, queue, _ in every_subscription()}


def test_an_event_delivered_three_times_takes_effect_once(subscriber: Subscriber) -> None:
    events = subscriber.samples()
    before = subscriber.effect()
    subscriber.feed(events)
    once = subscriber.effect()
    assert once != before, "the samples have no effect: they prove nothing"
    subscriber.feed(events + events)
    assert subscriber.effect() == once
    assert subscriber.seen() == len(events)
    subscriber.forget()
    subscriber.feed([event for event in events for _ in range(3)])
    assert subscriber.effect() == once


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_end_is_the_same_in_whatever_order_events_come(
    subscriber: Subscriber, seed: int
) -> None:
    events = subscriber.samples(copies=3)
    subscriber.feed(events)
    in_order = subscriber.effect()
    subscriber.forget()
    random.Random(seed).shuffle(events)
    subscriber.feed(events)
    assert subscriber.effect() == in_order


def test_a_poison_message_does_not_touch_its_neighbours(subscriber: Subscriber) -> None:
    events = subscriber.samples()
    subscriber.feed(events)
    without = subscriber.effect()
    subscriber.forget()
    empty = events[0] | {"id": str(uuid7()), "data": {}}
    garbled = b"\xff\xfe this was never JSON"
    bodies = [json.dumps(event) for event in events]
    middle = len(bodies) // 2
    subscriber.deliver(*bodies[:middle], json.dumps(empty), garbled, *bodies[middle:])
    subscriber.drain()
    assert subscriber.effect() == without

    wait_for(lambda: len(subscriber.dead()) >= 2, what="two dead letters")
    letters = {letter.body: letter for letter in subscriber.dead()}
    assert letters.keys() == {json.dumps(empty).encode(), garbled}, "bodies as they came"
    for letter in letters.values():
        assert letter.reason
        assert letter.exception not in ("", "dead-lettered by the broker")
        assert letter.failed_at is not None
        assert letter.headers["x-sender"] == "kept"
        # Refused at once, or tried anew after each of the two delays.
        assert letter.attempts in (1, 3)
    assert letters[garbled].exception == "MalformedEvent"
    assert letters[garbled].attempts == 1


def test_a_crash_between_commit_and_acknowledgement_changes_nothing(
    subscriber: Subscriber,
) -> None:
    events = subscriber.samples()
    subscriber.feed(events)
    once = subscriber.effect()
    subscriber.forget()

    subscriber.proxy.hold()
    subscriber.deliver(*(json.dumps(event) for event in events))
    wait_for(lambda: subscriber.seen() == len(events), what="the effect is committed")
    subscriber.part.kill()
    subscriber.proxy.release()
    wait_for(
        lambda: subscriber.backbone.depth(subscriber.queue) == len(events),
        what="the broker has everything back, since nothing was acknowledged",
    )
    subscriber.part.start()
    subscriber.drain()
    assert subscriber.effect() == once
    duplicates = subscriber.part.metric(
        "palika_events_duplicate_total", subscription=subscriber.queue
    )
    assert duplicates == len(events)
    assert subscriber.dead() == []


def test_a_replayed_dead_letter_takes_effect_once(subscriber: Subscriber) -> None:
    """What is replayed may have had its effect already: a copy can be left by a crash."""
    events = subscriber.samples()
    subscriber.feed(events)
    once = subscriber.effect()
    subscriber.backbone.publish(f"{subscriber.queue}.dead", [json.dumps(event) for event in events])
    for _ in range(2):
        dead_letters.replay(subscriber.backbone.amqp_uri, subscriber.queue, lambda letter: True)
        subscriber.drain()
    assert subscriber.effect() == once
    assert subscriber.dead() == []
