"""More processes on one queue, and more cities on one broker and one database server."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest

from benchmarks import waiting
from palika.local import Broker, Postgres
from tests.support.backbone import Backbone, ping
from tests.support.fixtures import QUICK, Probe
from tests.support.part import wait_for

pytestmark = pytest.mark.slow

SLEEPING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'
"""
COUNTED = "SELECT count(*), coalesce(sum(times), 0) FROM ping WHERE number BETWEEN %s AND %s"
FEW_AT_ONCE = {"PALIKA_BATCH_SIZE": "20", "PALIKA_PREFETCH": "40"}


@contextmanager
def cursor_of(city: Backbone) -> Iterator[Any]:
    """A cursor on the probe's database, autocommitting."""
    with closing(psycopg2.connect(city.database_url("probe"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


@pytest.fixture
def waits(probe: Probe) -> Iterator[Any]:
    """A database whose batches wait; and not any more afterwards."""
    with cursor_of(probe.backbone) as cursor:
        yield cursor
        waiting.wait_no_more(cursor)


def test_processes_wait_for_the_database_side_by_side_and_count_each_event_once(
    probe: Probe, waits: Any
) -> None:
    city = probe.backbone
    probe.service.stop()
    processes = [city.service("probe", **FEW_AT_ONCE) for _ in range(3)]
    for process in processes:
        process.wait_ready()
    waiting.wait_for(waits, 1_000)
    numbers = probe.numbers(400)
    city.record("probe", *(ping(number) for number in numbers))
    wait_for(lambda: city.value("probe", SLEEPING) == 3, 60, "all three wait at the same time")
    waiting.wait_for(waits, 0)
    wait_for(lambda: all(probe.counted(*numbers)), 60, "all are counted")
    assert city.query("probe", COUNTED, numbers[0], numbers[-1]) == [(400, 400)]
    shares = [process.metric("palika_events_consumed_total") for process in processes]
    assert sum(shares) == 400
    assert all(shares), f"one of them has done nothing: {shares}"
    for process in processes:
        assert process.stop() == 0
    probe.service.start()


def test_batches_stand_before_the_gate_until_it_is_open(probe: Probe, waits: Any) -> None:
    waiting.wait_for(waits, 0)
    with cursor_of(probe.backbone) as measuring:
        waiting.close_gate(measuring)
        (number,) = probe.ping("count")
        stands = """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted AND objid = %s
        """
        city = probe.backbone
        wait_for(lambda: city.value("probe", stands, waiting.GATE) == 1, 30, "it stands there")
        assert probe.counted(number) == [0]
        waiting.open_gate(measuring)
        probe.wait_counted(number)


@pytest.mark.parametrize("ms", [-1, 5_001, float("nan")])
def test_no_batch_is_made_to_wait_longer_than_a_statement_may(waits: Any, ms: float) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 5000"):
        waiting.wait_for(waits, ms)


def test_a_city_sees_nothing_of_another_on_the_same_servers(
    probe: Probe, broker: Broker, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A partition: a virtual host and databases of its own are all that it takes."""
    folder = tmp_path_factory.mktemp("other")
    city = Backbone(broker, broker.add_vhost("another-city"), postgres.url, folder, QUICK)
    try:
        other = Probe(city)
        here, there = probe.ping("count"), [number + 5_000 for number in other.numbers(2)]
        city.record("probe", *(ping(number) for number in there))
        probe.wait_counted(*here)
        other.wait_counted(*there)
        assert probe.counted(*there) == [0, 0]
        assert other.counted(*here) == [0]
        # Nothing of it is under way either.
        assert probe.backbone.depth(Probe.QUEUE) == city.depth(Probe.QUEUE) == 0
        known = "SELECT count(*) FROM inbox WHERE event_id::text = ANY(%s)"
        ids = [row[0] for row in city.query("probe", "SELECT event_id::text FROM outbox")]
        assert len(ids) >= 2
        assert probe.backbone.value("probe", known, ids) == 0
    finally:
        city.close()
