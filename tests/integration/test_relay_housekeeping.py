"""What the relay does beside carrying: it wakes, prunes and measures, and notices its own death."""

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from palika import relay as relays
from palika.config import settings
from palika.health import Readiness
from palika.local import Broker
from palika.relay.claims import Wake, connect
from palika.relay.housekeeping import Housekeeper, prune
from palika.relay.publisher import Batch, Publisher
from palika.relay.run import RelayBroken
from tests.support.backbone import Backbone, ping
from tests.support.mailbox import Mailbox
from tests.support.part import wait_for

COUNT = "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM inbox)"


@pytest.fixture
def mailbox(migrated: Backbone) -> Iterator[Mailbox]:
    """What the probe pings, from now on; its outbox and inbox are empty."""
    migrated.query("probe", "TRUNCATE outbox, inbox")
    box = Mailbox(migrated, "kept")
    yield box
    box.delete()


def fill_inbox(backbone: Backbone, count: int, days_ago: int) -> None:
    backbone.query(
        "probe",
        "INSERT INTO inbox SELECT 'probe.pings', gen_random_uuid(), now() - interval '1 day' * %s "
        "FROM generate_series(1, %s)",
        days_ago,
        count,
    )


def fill_outbox(backbone: Backbone, count: int, hours_ago: int | None) -> None:
    """Rows that were sent so many hours ago; None: that no relay takes up before tomorrow."""
    backbone.query(
        "probe",
        "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body, sent_at, "
        "not_before) SELECT gen_random_uuid(), 'probe.pinged.v1', 'probe.events', 'old', true, "
        "'{}', now() - interval '1 hour' * %s, now() + interval '1 day' "
        "FROM generate_series(1, %s)",
        hours_ago,
        count,
    )


def test_old_rows_go_and_young_and_unsent_ones_stay(migrated: Backbone, mailbox: Mailbox) -> None:
    fill_outbox(migrated, 12_000, hours_ago=3)
    fill_outbox(migrated, 7, hours_ago=1)
    fill_outbox(migrated, 11, hours_ago=None)
    fill_inbox(migrated, 12_000, days_ago=6)
    fill_inbox(migrated, 13, days_ago=4)
    relay = migrated.part("relay", "probe", PALIKA_OUTBOX_KEEP_H="2", PALIKA_INBOX_KEEP_DAYS="5")
    relay.start()
    wait_for(lambda: migrated.query("probe", COUNT) == [(18, 13)], what="only the old ones go")
    wait_for(lambda: relay.metric("palika_outbox_depth") == 11)
    relay.kill()


def test_a_long_outbox_does_not_keep_the_inbox_from_being_pruned(
    migrated: Backbone, mailbox: Mailbox
) -> None:
    fill_outbox(migrated, 12_000, hours_ago=30)
    fill_inbox(migrated, 7, days_ago=500)
    config = dataclasses.replace(settings(), database_url=migrated.database_url("probe"))
    connection = connect(dataclasses.replace(config, service="probe"), "test")
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        # Time for no more than one chunk of each.
        assert prune(cursor, config, for_s=0) == ({"outbox": 5_000, "inbox": 7}, False)
        assert prune(cursor, config) == ({"outbox": 7_000, "inbox": 0}, True)


def test_what_hinders_pruning_does_not_hinder_sending(migrated: Backbone, mailbox: Mailbox) -> None:
    fill_inbox(migrated, 1, days_ago=500)
    with migrated.sessions("probe").begin() as session:
        session.connection().exec_driver_sql("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        relay = migrated.part("relay", "probe").start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_for(lambda: migrated.value("probe", waiting) > 0, what="the pruning waits")
        migrated.record("probe", *map(ping, range(100)))
        wait_for(lambda: mailbox.depth == 100, what="events arrive meanwhile")
    wait_for(lambda: migrated.query("probe", COUNT)[0][1] == 0, what="it goes on")
    relay.kill()


def test_a_long_outbox_is_measured_and_does_not_hold_up_what_is_new(
    migrated: Backbone, mailbox: Mailbox
) -> None:
    fill_outbox(migrated, 100_000, hours_ago=None)
    relay = migrated.part("relay", "probe").start()
    wait_for(lambda: relay.metric("palika_outbox_depth") == 100_000, what="it is measured")
    migrated.record("probe", *map(ping, range(100)))
    wait_for(lambda: mailbox.depth == 100, what="new events pass the waiting ones")
    relay.kill()


def test_an_idle_relay_stops_at_once_however_rarely_it_looks(
    migrated: Backbone, mailbox: Mailbox
) -> None:
    relay = migrated.part("relay", "probe", PALIKA_RELAY_POLL_S="60").start()
    idle = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
        "'palika-probe-relay-slot%%' AND state = 'idle' AND query = 'COMMIT' "
        "AND state_change < clock_timestamp() - interval '1 s'"
    )
    wait_for(lambda: migrated.value("probe", idle) == 3, what="all its slots wait")
    started = time.monotonic()
    assert relay.stop() == 0
    assert time.monotonic() - started < 15, "it has not waited for its grace to be over"


def test_a_call_that_finds_nobody_waiting_is_kept_and_calls_are_not_counted() -> None:
    wake = Wake()
    wake.call()
    wake.call()
    started = time.monotonic()
    wake.wait(20)
    assert time.monotonic() - started < 10, "the kept call"
    started = time.monotonic()
    wake.wait(0.2)
    assert time.monotonic() - started >= 0.2, "there was only one"


def test_a_call_wakes_one_of_those_that_wait() -> None:
    wake, awake = Wake(), threading.Semaphore(0)

    def sleep() -> None:
        wake.wait(20)
        awake.release()

    sleepers = [threading.Thread(target=sleep, daemon=True) for _ in range(3)]
    for sleeper in sleepers:
        sleeper.start()
    for _ in sleepers:
        wake.call()
        assert awake.acquire(timeout=10)
    for sleeper in sleepers:
        sleeper.join(10)
        assert not sleeper.is_alive()


def test_who_waits_leaves_a_call_to_who_is_at_work_unless_there_is_much() -> None:
    wake = Wake()

    def waited(timeout_s: float) -> float:
        started = time.monotonic()
        wake.wait(timeout_s)
        return time.monotonic() - started

    with wake.at_work():
        wake.call()
        assert waited(0.2) >= 0.2
        wake.call(for_many=True)
        assert waited(20) < 10
        wake.call()
        waiting = threading.Thread(target=waited, args=(20,), daemon=True)
        waiting.start()
    waiting.join(10)
    assert not waiting.is_alive(), "who was at work has gone, and the call is still there"


@pytest.mark.parametrize(
    ("owner", "method", "thread"),
    [
        (Housekeeper, "_keep", "housekeeper"),
        (Publisher, "_send", "publisher"),
        (Publisher, "wait_available", "slot-0"),
    ],
)
def test_a_relay_ends_when_one_of_its_threads_has_died(
    migrated: Backbone,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    owner: type,
    method: str,
    thread: str,
) -> None:
    """Started anew by whoever supervises it, rather than alive, well and idle for ever."""

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise LookupError("nobody expected this")

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(owner, method, fail)
    config = dataclasses.replace(
        settings(),
        service="tax",
        amqp_uri=migrated.amqp_uri,
        database_url=migrated.database_url("probe"),
    )
    migrated.record("probe", ping(1))
    with pytest.raises(RelayBroken, match=thread):
        relays.run(config, threading.Event(), Readiness())
    assert f"{thread} has ended: nobody expected this" in caplog.text


def test_every_batch_is_settled_however_often_the_connection_goes(
    migrated: Backbone, mailbox: Mailbox, broker: Broker
) -> None:
    publisher = Publisher(migrated.amqp_uri, lambda: None)
    publisher.thread.start()
    lost = 0
    deadline = time.monotonic() + 60
    while lost < 5 and time.monotonic() < deadline:
        assert publisher.wait_available(10)
        cut = threading.Thread(
            target=broker.evaluate, args=('rabbit_networking:close_all_connections("cut").',)
        )
        cut.start()
        while cut.is_alive() or publisher.available:
            batch = Batch([])
            publisher.publish(batch)
            assert batch.wait(5), "nobody will ever settle it"
            lost += batch.lost
            if not cut.is_alive() and batch.lost:
                break
    publisher.stop()
    assert lost >= 5
    assert not publisher.thread.is_alive()
    after = Batch([])
    publisher.publish(after)
    assert after.wait(0)
    assert after.lost


def test_reconnecting_leaves_no_files_open(migrated: Backbone) -> None:
    tries = threading.Semaphore(0)
    gone = Publisher("amqp://nobody:none@127.0.0.1:1/none", tries.release)
    before = open_files()
    gone.thread.start()
    for _ in range(4):
        assert tries.acquire(timeout=20)
    # The fifth attempt may be under way: it has a socket, a poller and two ends of a pipe.
    assert open_files() - before <= 5
    gone.stop()
    wait_for(lambda: open_files() <= before)


def open_files() -> int:
    """How many file descriptors this process has open."""
    return len(os.listdir("/proc/self/fd"))
