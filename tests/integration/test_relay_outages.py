"""The broker is full, frozen or gone, the database is gone: nothing is lost, nothing sticks."""

import dataclasses
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from palika import relay as relays
from palika.config import settings
from palika.health import Readiness
from palika.local import Broker, Postgres
from palika.relay import claims
from palika.relay.frames import Outgoing
from palika.relay.publisher import Batch, Publisher
from tests.support.backbone import Backbone, memory_alarm, ping
from tests.support.mailbox import Mailbox, put
from tests.support.part import Part, wait_for

UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND mandatory"
BEATS = "SELECT count(*) FROM outbox WHERE type = 'probe.heartbeat.v1' AND sent_at IS NULL"
# Whatever arrives within 20 s was not found by looking.
RARELY = {"PALIKA_RELAY_POLL_S": "60"}


@pytest.fixture
def mailbox(migrated: Backbone) -> Iterator[Mailbox]:
    """What the probe pings, from now on; its outbox is empty."""
    migrated.query("probe", "TRUNCATE outbox")
    box = Mailbox(migrated, "kept", x_queue_type="quorum")
    yield box
    box.delete()


@pytest.fixture
def relay(mailbox: Mailbox, migrated: Backbone) -> Iterator[Part]:
    """One relay, ready; it gives up on a confirm after a second."""
    part = migrated.part("relay", "probe", PALIKA_RELAY_CONFIRM_TIMEOUT_S="1", **RARELY).start()
    yield part
    part.kill()


@pytest.fixture
def full_memory(broker: Broker) -> Iterator[Broker]:
    """A broker that takes nothing from now on."""
    memory_alarm(broker, on=True)
    wait_for(lambda: broker.evaluate("rabbit_alarm:get_alarms().") != "[]", what="the alarm")
    yield broker
    memory_alarm(broker, on=False)


def block(backbone: Backbone, relay: Part) -> list[int]:
    """Record pings until the relay has some in flight that a full broker does not take; all."""
    numbers: list[int] = []

    def blocked() -> bool:
        # A connection hears of the alarm a little later, and a relay that is idle does not care.
        new = list(range(len(numbers), len(numbers) + 100))
        backbone.record("probe", *map(ping, new))
        numbers.extend(new)
        return relay.metric("palika_relay_blocked") == 1

    wait_for(blocked, what="it is blocked", step_s=0.5)
    wait_for(lambda: not relay.is_ready(), what="it is not ready")
    return numbers


def a_row() -> Outgoing:
    """A row of the outbox, as a slot has claimed it."""
    name = str(uuid.uuid4())
    return Outgoing(1, name, "probe.pinged.v1", "probe.events", "pinged", True, "{}")


def failures(relay: Part, reason: str) -> float:
    return relay.metric("palika_relay_failures_total", reason=reason)


def test_while_the_broker_is_full_services_go_on_and_afterwards_everything_arrives_once(
    migrated: Backbone, mailbox: Mailbox, relay: Part, full_memory: Broker
) -> None:
    service = migrated.service("probe")
    sent = block(migrated, relay)
    assert relay.checks()["broker"]["detail"] == "blocked by the broker's alarm"
    assert relay.get("/healthz")[0] == 200
    # Longer than the relay waits for a confirm: the service's heartbeats are a second apart.
    wait_for(lambda: migrated.value("probe", BEATS) >= 3, 30, "the service goes on committing")
    assert relay.metric("palika_relay_blocked") == 1
    unsent = migrated.value("probe", UNSENT)
    migrated.record("probe", ping(-1))
    assert migrated.value("probe", UNSENT) == unsent + 1

    memory_alarm(full_memory, on=False)
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, what="the outbox drains")
    relay.wait_ready()
    assert relay.metric("palika_relay_blocked") == 0
    assert sorted(mailbox.numbers()) == [-1, *sent]
    assert failures(relay, "confirm_timeout") == 0, "what is blocked is not late"
    service.kill()


def test_a_relay_that_is_blocked_for_long_gives_its_rows_back(
    migrated: Backbone, mailbox: Mailbox, full_memory: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay's own transactions would keep PostgreSQL from cleaning up behind everybody else."""
    monkeypatch.setattr(claims, "_BLOCKED_PATIENCE_S", 2.0)
    config = dataclasses.replace(
        settings(),
        service="tax",
        amqp_uri=migrated.amqp_uri,
        database_url=migrated.database_url("probe"),
    )
    stop = threading.Event()
    relaying = threading.Thread(target=relays.run, args=(config, stop, Readiness()))
    relaying.start()
    claimed = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
        "'palika-tax-relay-slot%%' AND state = 'idle in transaction'"
    )

    def holds() -> bool:
        migrated.record("probe", *map(ping, range(10)))
        return bool(migrated.value("probe", claimed))

    try:
        wait_for(holds, what="it holds rows that nobody takes", step_s=0.2)
        wait_for(lambda: migrated.value("probe", claimed) == 0, what="it gives them back")
        migrated.record("probe", ping(10))
        assert migrated.value("probe", claimed) == 0, "and claims no others while it is blocked"
        memory_alarm(full_memory, on=False)
        wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30, "the outbox drains")
    finally:
        stop.set()
        relaying.join(30)
    assert set(mailbox.numbers()) == set(range(11))


def test_a_relay_that_is_blocked_can_be_stopped(
    migrated: Backbone, mailbox: Mailbox, full_memory: Broker
) -> None:
    relay = migrated.part("relay", "probe", PALIKA_SHUTDOWN_GRACE_S="1").start()
    sent = block(migrated, relay)
    assert relay.stop(grace_s=10) == 0, "one grace for all that is in hand, then it leaves"
    memory_alarm(full_memory, on=False)
    relay.start()
    wait_for(lambda: migrated.value("probe", UNSENT) == 0)
    assert set(mailbox.numbers()) == set(sent)
    relay.kill()


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        ("[exit(Channel, broken) || Channel <- rabbit_channel:list_local()].", "INTERNAL_ERROR"),
        ('rabbit_networking:close_all_connections("cut").', ""),
    ],
    ids=["over an error", "by an operator"],
)
def test_a_closed_connection_is_a_rows_fault_only_when_the_broker_met_an_error(
    migrated: Backbone, mailbox: Mailbox, full_memory: Broker, end: str, fault: str
) -> None:
    publisher = Publisher(migrated.amqp_uri, lambda: None)
    publisher.thread.start()
    assert publisher.wait_available(10)
    batch = Batch([a_row()])
    publisher.publish(batch)
    wait_for(lambda: publisher.blocked, what="it hears of the alarm")
    asked = time.monotonic()
    assert not publisher.wait_available(0.3)
    assert time.monotonic() - asked >= 0.3, "whoever waits for it would spin"
    full_memory.evaluate(end)
    assert batch.wait(10)
    assert batch.lost
    assert fault in batch.fault
    assert bool(batch.fault) == bool(fault)
    publisher.stop()


def test_rows_are_given_back_when_the_broker_stays_away_while_they_go_one_by_one(
    migrated: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "_BLOCKED_PATIENCE_S", 0.2)
    away = Publisher("amqp://nobody:none@127.0.0.1:1/none", lambda: None)
    slot = claims.Slot(1, settings(), away, claims.Wake(), threading.Event())
    with closing(psycopg2.connect(migrated.database_url("probe"))) as connection:
        carrying = threading.Thread(target=slot._one_by_one, args=(connection.cursor(), [a_row()]))
        carrying.start()
        carrying.join(10)
        assert not carrying.is_alive()


def test_what_was_in_flight_when_the_connection_went_is_sent_again_at_once(
    migrated: Backbone, mailbox: Mailbox, relay: Part, full_memory: Broker
) -> None:
    sent = block(migrated, relay)
    full_memory.evaluate('rabbit_networking:close_all_connections("a test").')
    wait_for(lambda: failures(relay, "connection_lost") > 0, what="the connection is gone")
    memory_alarm(full_memory, on=False)
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, what="long before it looks again")
    assert set(mailbox.numbers()) == set(sent)


def test_a_broker_that_stops_answering_is_given_up_and_found_again(
    migrated: Backbone, mailbox: Mailbox, relay: Part, broker: Broker
) -> None:
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        migrated.record("probe", *map(ping, range(100)))
        wait_for(lambda: failures(relay, "confirm_timeout") > 0, what="no confirm comes")
        wait_for(lambda: not relay.is_ready(), what="the connection is dropped")
        assert relay.checks()["broker"]["detail"] == "not connected to the broker"
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30)
    relay.wait_ready()
    assert set(mailbox.numbers()) == set(range(100))


def test_a_killed_broker_is_waited_for(
    migrated: Backbone, mailbox: Mailbox, relay: Part, broker: Broker
) -> None:
    # A node that is killed before it has written down the mailbox's name forgets what is in it.
    time.sleep(1)
    migrated.record("probe", *map(ping, range(1_000)))
    broker.kill()
    wait_for(lambda: not relay.is_ready(), what="it is noticed")
    migrated.record("probe", *map(ping, range(1_000, 2_000)))
    broker.start()
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30)
    assert set(mailbox.numbers()) == set(range(2_000))
    relay.wait_ready()


def test_what_was_refused_is_tried_again_when_it_is_due_however_rarely_the_relay_looks(
    migrated: Backbone, mailbox: Mailbox, relay: Part
) -> None:
    put(migrated, key="unwanted")
    # Nobody calls the relay for a row that no service has recorded.
    migrated.record("probe", ping(1))
    refused = "SELECT count(*) FROM outbox WHERE error LIKE 'no queue is bound%%'"
    wait_for(lambda: migrated.value("probe", refused) == 1, what="it is refused")
    late = Mailbox(migrated, "late", key="unwanted")
    wait_for(lambda: late.depth == 1, what="it is sent to the queue that wants it")
    late.delete()


def test_a_killed_database_is_waited_for_and_wakes_the_relay_afterwards(
    migrated: Backbone, mailbox: Mailbox, relay: Part, postgres: Postgres
) -> None:
    migrated.record("probe", *map(ping, range(1_000)))
    postgres.kill()
    wait_for(lambda: not relay.is_ready(), what="it is noticed")
    assert relay.checks()["database"]["ok"] is False
    assert relay.checks()["broker"]["ok"] is True
    assert relay.get("/healthz")[0] == 200, "a restart would not help"
    postgres.start()
    relay.wait_ready()
    migrated.record("probe", *map(ping, range(1_000, 2_000)))
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, what="long before it looks again")
    assert set(mailbox.numbers()) == set(range(2_000))


def test_a_database_that_dies_under_a_claim_gives_the_rows_back(
    migrated: Backbone, mailbox: Mailbox, relay: Part, full_memory: Broker, postgres: Postgres
) -> None:
    sent = block(migrated, relay)
    postgres.kill()
    postgres.start()
    memory_alarm(full_memory, on=False)
    wait_for(lambda: migrated.value("probe", UNSENT) == 0, 30)
    assert set(mailbox.numbers()) == set(sent)
    relay.wait_ready()
