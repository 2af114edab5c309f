"""How a subscription ends: told to, by its own handler, or by a crash."""

import time

import pytest

from palika import dead_letters
from tests.support.backbone import Backbone, ping
from tests.support.part import Part, wait_for

QUEUE = "probe.pings"


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
    # No heartbeat may come between what a test counts in the queue.
    return relayed.part("run", "probe", PALIKA_DELIVERY_LIMIT="3", PALIKA_HEARTBEAT_S="3600")


def _existing(backbone: Backbone) -> list[str]:
    from palika.topology import depths

    found = depths(backbone.amqp_uri, [QUEUE, f"{QUEUE}.dead"])
    return [name for name, depth in found.items() if depth is not None]


def test_sigterm_finishes_the_batch_in_hand_and_leaves_the_rest(
    relayed: Backbone, service: Part
) -> None:
    service.start()
    relayed.record("probe", *[ping(n, "slow") for n in range(1, 6)])
    wait_for(lambda: _sleeping(relayed), what="the handler is at work")
    service.terminate()
    # Comes while the first batch is being finished: for the next process.
    relayed.record("probe", *[ping(n) for n in range(101, 104)])
    wait_for(lambda: service.exit_code is not None, 15)
    assert service.exit_code == 0
    rows = dict(relayed.query("probe", "SELECT number, times FROM ping"))
    finished = set(rows)
    assert finished
    assert finished <= {1, 2, 3, 4, 5}
    left = 8 - len(finished)
    wait_for(lambda: relayed.messages(QUEUE) == left, what="only the others are in the queue")

    service.start()
    wait_for(lambda: relayed.value("probe", "SELECT count(*) FROM ping") == 8)
    assert relayed.query("probe", "SELECT 1 FROM ping WHERE times <> 1") == []
    duplicates = service.metric("palika_events_duplicate_total", subscription=QUEUE)
    assert duplicates == 0, "nothing of the finished batch was delivered again"
    assert service.stop() == 0


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
