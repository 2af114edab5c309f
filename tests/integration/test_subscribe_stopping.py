"""How a subscription ends: told to, by its own handler, or by a crash."""

import time

import pytest

from palika import dead_letters
from palika.local import Postgres
from tests.support.backbone import Backbone, ping
from tests.support.part import Part, wait_for

QUEUE = "probe.pings"
# No heartbeat may come between what a test counts in the queue.
LIMITED = {"PALIKA_DELIVERY_LIMIT": "3", "PALIKA_HEARTBEAT_S": "3600"}


@pytest.fixture(scope="module")
def relayed(backbone: Backbone) -> Backbone:
    """The probe's database, migrated, with a relay; each test starts the service itself."""
    backbone.migrate("probe")
    backbone.relay("probe").wait_ready()
    return backbone


@pytest.fixture
def service(relayed: Backbone) -> Part:
    """A process of the probe, not started; its queue is empty."""
    with relayed.channel() as channel:
        for queue in (QUEUE, f"{QUEUE}.dead"):
            channel.queue_purge(queue) if queue in _existing(relayed) else None
    return relayed.part("run", "probe", **LIMITED)


def _existing(backbone: Backbone) -> list[str]:
    from palika.topology import depths

    found = depths(backbone.amqp_uri, [QUEUE, f"{QUEUE}.dead"])
    return [name for name, depth in found.items() if depth is not None]


def test_sigterm_finishes_what_is_in_hand_and_leaves_the_rest(
    relayed: Backbone, service: Part
) -> None:
    service.start()
    relayed.record("probe", *[ping(n, "slow") for n in range(1, 6)])
    wait_for(lambda: _sleeping(relayed), what="the handler is at work")
    service.terminate()
    wait_for(lambda: "stopping: finishing what is in hand" in service.said)
    # Comes while the first batch is being finished: for the next process.
    relayed.record("probe", *[ping(n) for n in range(101, 104)])
    wait_for(lambda: service.exit_code is not None, 15)
    assert service.exit_code == 0
    rows = dict(relayed.query("probe", "SELECT number, times FROM ping"))
    assert set(rows) == {1, 2, 3, 4, 5}
    wait_for(lambda: relayed.messages(QUEUE) == 3, what="only the others are in the queue")

    service.start()
    wait_for(lambda: relayed.value("probe", "SELECT count(*) FROM ping") == 8)
    assert relayed.query("probe", "SELECT 1 FROM ping WHERE times <> 1") == []
    duplicates = service.metric("palika_events_duplicate_total", subscription=QUEUE)
    assert duplicates == 0, "nothing of the finished batch was delivered again"
    assert service.stop() == 0


def test_what_a_stop_has_no_time_for_goes_back(relayed: Backbone) -> None:
    options = {"PALIKA_SHUTDOWN_GRACE_S": "6", "PALIKA_BATCH_SIZE": "1"}
    service = relayed.part("run", "probe", **LIMITED, **options).start()
    before = relayed.value("probe", "SELECT count(*) FROM ping")
    relayed.record("probe", *[ping(n, "slow") for n in range(701, 711)])
    wait_for(lambda: _sleeping(relayed), what="the handler is at work")
    assert service.stop() == 0
    done = relayed.value("probe", "SELECT count(*) FROM ping") - before
    assert 1 < done < 10
    wait_for(lambda: relayed.messages(QUEUE) == 10 - done, what="the others are in the queue")
    with relayed.channel() as channel:
        channel.queue_purge(QUEUE)


def _sleeping(backbone: Backbone) -> bool:
    return bool(
        backbone.query(
            "probe",
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
            "AND wait_event = 'PgSleep'",
        )
    )


def test_a_process_without_work_stops_at_once(relayed: Backbone, service: Part) -> None:
    service.start()
    started = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - started < 6


def test_a_handler_can_stop_its_consumer(relayed: Backbone, service: Part) -> None:
    service.start()
    relayed.record("probe", ping(201, "stop"))
    wait_for(lambda: not service.is_ready(), what="not ready any more")
    check = service.checks()["subscription pings"]
    assert check["ok"] is False
    assert check["detail"] == "asked to stop by ping 201"
    assert service.metric("palika_consumer_stopped", subscription=QUEUE) == 1
    assert service.get("/healthz")[0] == 200, "an operator has to look: a restart would not help"
    wait_for(lambda: relayed.depth(QUEUE) >= 1, what="the event is back in the queue")
    assert service.exit_code is None
    with relayed.client() as city:
        assert city.probe.ping(numbers=[]) == {"recorded": 0}, "its RPC methods still answer"
    assert service.stop() == 0
    assert relayed.depth(QUEUE) >= 1
    assert dead_letters.browse(relayed.amqp_uri, QUEUE) == []


def test_what_crashes_its_process_is_a_dead_letter_after_the_delivery_limit(
    relayed: Backbone, service: Part
) -> None:
    relayed.record("probe", ping(301, "crash"))
    crashes = 0
    service.start(ready=False)
    deadline = time.monotonic() + 60
    while not dead_letters.browse(relayed.amqp_uri, QUEUE) and time.monotonic() < deadline:
        if service.exit_code is not None:
            assert service.exit_code == -9
            crashes += 1
            service.start(ready=False)
        time.sleep(0.05)
    if service.exit_code is not None:
        # Its last crash is what made a dead letter of the event.
        crashes += 1
        service.start(ready=False)
    (letter,) = dead_letters.browse(relayed.amqp_uri, QUEUE)
    assert letter.event is not None
    assert letter.event.data["number"] == 301
    assert letter.reason == "delivery_limit"
    assert letter.exception == "dead-lettered by the broker"
    # The first delivery, and the limit's three further ones; brokers differ by one.
    assert 3 <= crashes <= 5
    service.wait_ready()
    relayed.record("probe", ping(302))
    wait_for(lambda: relayed.value("probe", "SELECT count(*) FROM ping WHERE number = 302") == 1)


@pytest.mark.parametrize("processes", [1, 2])
def test_what_crashes_its_process_takes_no_neighbour_with_it(
    relayed: Backbone, service: Part, processes: int
) -> None:
    parts = [service, relayed.part("run", "probe", **LIMITED)][:processes]
    for part in parts:
        part.start()
    relayed.query("probe", "TRUNCATE ping")
    numbers = range(401, 501)
    events = [ping(n, "crash" if n == 450 else "count") for n in numbers]
    # Two processes are in full flow when one of them meets it; one finds it at its start.
    if processes == 1:
        assert service.stop() == 0
    relayed.publish(QUEUE, [event.to_json() for event in events])
    deadline = time.monotonic() + 90
    while not (
        relayed.value("probe", "SELECT count(*) FROM ping") == 99
        and relayed.messages(f"{QUEUE}.dead") == 1
    ):
        assert time.monotonic() < deadline
        assert relayed.messages(f"{QUEUE}.dead") <= 1
        for part in parts:
            if part.exit_code is not None:
                part.start(ready=False)
        time.sleep(0.05)
    for part in parts:
        if part.exit_code is not None:
            part.start(ready=False)
        part.wait_ready()
    wait_for(lambda: relayed.messages(QUEUE) == 0)
    (letter,) = dead_letters.browse(relayed.amqp_uri, QUEUE)
    assert letter.event is not None
    assert letter.event.data["number"] == 450
    assert relayed.query("probe", "SELECT 1 FROM ping WHERE times <> 1") == []
    for part in parts:
        assert part.stop() == 0


def test_restarts_while_the_database_is_away_spend_no_events_limit(
    relayed: Backbone, postgres: Postgres, service: Part
) -> None:
    service.start()
    relayed.query("probe", "TRUNCATE ping")
    postgres.kill()
    try:
        relayed.publish(QUEUE, [ping(n).to_json() for n in range(601, 621)])
        for _ in range(5):
            wait_for(lambda: f"{QUEUE}: database " in service.said, what="it waits")
            service.kill()
            wait_for(lambda: relayed.depth(QUEUE) == 20, what="the broker has them all")
            service.start(ready=False)
    finally:
        postgres.start()
    wait_for(lambda: relayed.value("probe", "SELECT count(*) FROM ping") == 20)
    assert relayed.messages(f"{QUEUE}.dead") == 0
    assert service.stop() == 0
