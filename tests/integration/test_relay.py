"""The relay carries each event once, whoever runs beside it and whatever cannot be carried."""

import json
from collections.abc import Iterator

import pytest

from tests.support.backbone import Backbone, ping
from tests.support.mailbox import Mailbox, put
from tests.support.part import Part, wait_for

UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"


@pytest.fixture
def relay(mailbox: Mailbox, migrated: Backbone) -> Iterator[Part]:
    """One relay, ready."""
    part = migrated.part("relay", "probe").start()
    yield part
    part.kill()


def error_of(backbone: Backbone, position: int) -> str:
    """What the outbox says of a row that was not taken."""
    said = backbone.value("probe", "SELECT error FROM outbox WHERE position = %s", position)
    return str(said or "")


def test_several_relays_side_by_side_publish_each_event_once(
    migrated: Backbone, mailbox: Mailbox
) -> None:
    relays = [migrated.relay("probe", PALIKA_RELAY_BATCH="50") for _ in range(3)]
    for relay in relays:
        relay.wait_ready()
    for start in range(0, 6_000, 500):
        migrated.record("probe", *map(ping, range(start, start + 500)))
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30, "all are sent")
    shares = [relay.metric("palika_relay_published_total") for relay in relays]
    assert sum(shares) == 6_000
    assert all(shares), f"one of them has done nothing: {shares}"
    assert sorted(mailbox.numbers()) == list(range(6_000))
    assert [relay.stop() for relay in relays] == [0, 0, 0]


def test_a_killed_relay_loses_nothing(migrated: Backbone, mailbox: Mailbox) -> None:
    relays = [migrated.relay("probe", PALIKA_RELAY_BATCH="50") for _ in range(2)]
    relays[0].wait_ready()
    relays[1].wait_ready()
    for start in range(0, 4_000, 1_000):
        migrated.record("probe", *map(ping, range(start, start + 1_000)))
        relays[start // 1_000 % 2].kill()
        relays[start // 1_000 % 2].start(ready=False)
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30, "all are sent")
    # What was published and not yet marked comes again: the inbox is there for that.
    assert set(mailbox.numbers()) == set(range(4_000))
    for relay in relays:
        assert relay.stop() == 0


def test_sigterm_finishes_what_is_in_hand(migrated: Backbone, mailbox: Mailbox) -> None:
    migrated.record("probe", *map(ping, range(6_000)))
    relay = migrated.part("relay", "probe", PALIKA_RELAY_BATCH="50").start(ready=False)
    wait_for(lambda: migrated.value("probe", UNSENT) < 6_000, 30, "it has begun", step_s=0)
    assert relay.stop() == 0
    left = migrated.value("probe", UNSENT)
    assert mailbox.depth == 6_000 - left, "what was published is marked, and nothing else"
    relay.start(ready=False)
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30)
    assert relay.stop() == 0
    assert sorted(mailbox.numbers()) == list(range(6_000))


def test_messages_are_persistent_and_say_what_they_are(
    migrated: Backbone, mailbox: Mailbox, relay: Part
) -> None:
    event = ping(7)
    migrated.record("probe", event)
    wait_for(lambda: mailbox.depth == 1)
    (message,) = mailbox.take()
    assert message.properties["delivery_mode"] == 2
    assert message.properties["message_id"] == event.id
    assert message.properties["type"] == "probe.pinged.v1"
    assert message.properties["content_type"] == "application/json"
    assert message.body == event.to_json()


def test_bodies_and_batches_beyond_the_frame_limit_arrive_whole(
    migrated: Backbone, mailbox: Mailbox, relay: Part
) -> None:
    sizes = [10, 131_064, 131_072, 400_000, 0]
    bodies = [json.dumps({"text": "क" * (size // 3), "number": n}) for n, size in enumerate(sizes)]
    for body in bodies:
        put(migrated, body)
    migrated.record("probe", *map(ping, range(2_000)))
    wait_for(lambda: mailbox.depth == len(bodies) + 2_000)
    arrived = [message.body for message in mailbox.take()]
    assert [body for body in arrived if '"text"' in body] == bodies


def test_an_event_that_no_queue_wants_waits_until_one_does_and_holds_up_nobody(
    migrated: Backbone, mailbox: Mailbox, relay: Part
) -> None:
    unwanted = put(migrated, key="unwanted")
    migrated.record("probe", *map(ping, range(10)))
    wait_for(lambda: mailbox.depth == 10, what="the others are sent")
    wait_for(lambda: error_of(migrated, unwanted), what="it is told")
    assert error_of(migrated, unwanted) == ("no queue is bound to probe.events with key unwanted")
    assert relay.metric("palika_relay_returned_total") >= 1
    assert f"from outbox row {unwanted} on: no queue is bound" in relay.said
    wait_for(lambda: relay.metric("palika_outbox_depth") == 1, what="it is measured")
    wait_for(lambda: relay.metric("palika_outbox_oldest_seconds") > 1, what="and grows old")

    late = Mailbox(migrated, "late", key="unwanted")
    wait_for(lambda: late.depth == 1, 30, "it is sent to the queue that wants it")
    wait_for(lambda: migrated.value("probe", UNSENT) == 0)
    assert error_of(migrated, unwanted) == ""
    wait_for(lambda: relay.metric("palika_outbox_depth") == 0)
    assert relay.metric("palika_outbox_oldest_seconds") == 0
    late.delete()


def test_a_message_that_a_full_queue_refuses_is_sent_when_there_is_room(
    migrated: Backbone, mailbox: Mailbox, relay: Part
) -> None:
    full = Mailbox(migrated, "full", x_max_length=3, x_overflow="reject-publish")
    # One transaction after the other: a burst may be over the limit before the queue tells.
    for number in range(8):
        migrated.record("probe", ping(number))
        wait_for(lambda n=number: mailbox.depth > n, what="it is published")  # type: ignore[misc]
    refused = "SELECT count(*) FROM outbox WHERE error LIKE '%%(nack)' AND sent_at IS NULL"
    wait_for(lambda: migrated.value("probe", refused) > 0, what="some are refused")
    assert relay.metric("palika_relay_failures_total", reason="nack") > 0
    arrived: set[int] = set()

    def empty() -> bool:
        arrived.update(full.numbers())
        return bool(migrated.value("probe", UNSENT) == 0)

    wait_for(empty, 30, "all are taken")
    arrived.update(full.numbers())
    assert arrived == set(range(8))
    full.delete()


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ({"key": "k" * 300}, "longer than AMQP's 255 bytes"),
        ({"exchange": "nowhere.events"}, "no exchange 'nowhere.events'"),
    ],
    ids=["a routing key beyond the limit", "an exchange that is not there"],
)
def test_a_row_that_cannot_be_published_harms_neither_its_neighbours_nor_the_relay(
    migrated: Backbone, mailbox: Mailbox, poison: dict[str, str], reason: str
) -> None:
    migrated.record("probe", *map(ping, range(20)))
    poisoned = put(migrated, **poison)
    migrated.record("probe", *map(ping, range(20, 40)))
    relay = migrated.part("relay", "probe").start()
    wait_for(lambda: mailbox.depth >= 40, what="the neighbours are sent")
    wait_for(lambda: error_of(migrated, poisoned), what="the poison is told")
    assert reason in error_of(migrated, poisoned)
    assert set(mailbox.numbers()) == set(range(40))
    wait_for(lambda: migrated.value("probe", UNSENT) == 1, what="only the poison is left")
    assert relay.stop() == 0
