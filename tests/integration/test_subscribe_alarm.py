"""A broker that takes nothing: what fails is held, and everything else goes on."""

from collections.abc import Iterator

import pytest

from palika import dead_letters
from palika.dead_letters import browse
from palika.local import Broker
from palika.subscribe.failures import NotTaken
from tests.support.backbone import Backbone, memory_alarm, ping
from tests.support.part import Part, wait_for

QUEUE = "probe.pings"
DEAD = f"{QUEUE}.dead"


@pytest.fixture(scope="module")
def service(backbone: Backbone) -> Part:
    """The probe, ready, without a relay and without heartbeats; small batches."""
    backbone.migrate("probe")
    options = {"PALIKA_BATCH_SIZE": "5", "PALIKA_PREFETCH": "50", "PALIKA_HEARTBEAT_S": "3600"}
    return backbone.part("run", "probe", PALIKA_SHUTDOWN_GRACE_S="20", **options).start()


@pytest.fixture
def full_memory(broker: Broker, service: Part) -> Iterator[Broker]:
    """A broker that takes nothing as soon as ``alarm`` has told it so."""
    yield broker
    memory_alarm(broker, on=False)


def alarm(broker: Broker) -> None:
    memory_alarm(broker, on=True)
    wait_for(lambda: broker.evaluate("rabbit_alarm:get_alarms().") != "[]", what="the alarm")


def counted(backbone: Backbone, first: int, last: int) -> int:
    count: int = backbone.value(
        "probe", "SELECT count(*) FROM ping WHERE number BETWEEN %s AND %s", first, last
    )
    return count


def test_failed_events_wait_for_the_broker_and_hold_up_nobody(
    backbone: Backbone, service: Part, full_memory: Broker
) -> None:
    service.stop()
    bad = [ping(number, "refuse") for number in (1, 2)]
    good = [ping(number) for number in range(101, 141)]
    bodies = [event.to_json() for event in (bad[0], *good[:20], bad[1], *good[20:])]
    backbone.publish(QUEUE, bodies)
    alarm(full_memory)
    service.start()
    wait_for(lambda: counted(backbone, 101, 140) == 40, 30, "the neighbours are counted")
    wait_for(lambda: backbone.messages(QUEUE) == 2, 30, "and acknowledged; the failed are held")
    wait_for(lambda: service.said.count("failed events are held") >= 3, 30, "it tries again")
    assert backbone.messages(DEAD) == 0
    assert service.is_ready()

    memory_alarm(full_memory, on=False)
    wait_for(lambda: backbone.messages(QUEUE) == 0, 30, "they are moved")
    letters = browse(backbone.amqp_uri, QUEUE)
    assert sorted(letter.event_id for letter in letters) == sorted(event.id for event in bad)
    assert {letter.attempts for letter in letters} == {1}
    assert service.metric("palika_events_duplicate_total", subscription=QUEUE) == 0


def test_a_process_that_holds_failed_events_stops_and_gives_them_back(
    backbone: Backbone, service: Part, full_memory: Broker
) -> None:
    event = ping(3, "refuse")
    service.stop()
    backbone.publish(QUEUE, [event.to_json()])
    alarm(full_memory)
    service.start()
    wait_for(lambda: "1 failed events are held" in service.said, 30)
    assert service.stop() == 0
    memory_alarm(full_memory, on=False)
    wait_for(lambda: backbone.depth(QUEUE) == 1, 30, "it is back in the queue")
    service.start()
    wait_for(lambda: event.id in {each.event_id for each in browse(backbone.amqp_uri, QUEUE)}, 30)


def test_a_replay_into_a_blocked_broker_ends_and_loses_nothing(
    backbone: Backbone, service: Part, full_memory: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palika.subscribe.failures._CONFIRM_TIMEOUT_S", 1.0)
    number = 201
    backbone.publish(DEAD, [ping(number).to_json()])
    before = backbone.messages(DEAD)
    alarm(full_memory)
    with pytest.raises(NotTaken):
        dead_letters.replay(backbone.amqp_uri, QUEUE, lambda letter: True)
    memory_alarm(full_memory, on=False)

    # A broker may take the first message of a connection before it blocks it: then that letter has
    # been replayed. Each is back, or counted, and none is both.
    def found() -> int:
        return backbone.depth(DEAD) + counted(backbone, number, number)

    wait_for(lambda: found() == before, 30, "all of them are found")
