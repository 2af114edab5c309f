"""What `palika status` says of the queues, on a broker that has other names for the same place."""

import os
from pathlib import Path
from typing import Any

import pytest

from palika import topology
from palika.config import settings
from palika.local import Broker, Postgres
from palika.local.city import City
from palika.local.processes import ProcessId
from palika.local.status import gather
from tests.support.backbone import Backbone
from tests.support.part import wait_for

KPI = {
    "service": "kpi",
    "part": "service",
    "pid": 0,
    "created": 0.0,
    "host": "127.0.0.1",
    "port": 0,
    "restarts": 0,
    "log": "",
}


def state_of(amqp_uri: str) -> dict[str, Any]:
    """A city's state file: this process is its supervisor, and a KPI service has been stopped."""
    me = ProcessId.of(os.getpid())
    assert me is not None
    return {
        "phase": "up",
        "supervisor": {"pid": me.pid, "created": me.created},
        "started_at": "2026-07-01T00:00:00+00:00",
        "amqp_uri": amqp_uri,
        "database_url": "postgresql://palika:secret@127.0.0.1:2/postgres",
        "parts": [KPI],
    }


def queue_of_kpi(city: City) -> tuple[Any, Any]:
    """What waits for the KPI service, and its dead letters."""
    state = gather(city)
    assert state is not None
    (part,) = state["parts"]
    return part["queue"], part["dead_letters"]


@pytest.mark.parametrize("spelt", ["/", "%2F"])
def test_what_waits_is_counted_however_the_virtual_host_is_spelt(
    broker: Broker, postgres: Postgres, tmp_path: Path, spelt: str
) -> None:
    uri = broker.uri("/").replace("%2F", spelt)
    main = Backbone(broker, uri, postgres.url, tmp_path)
    declared = topology.subscription("kpi", "measures", ["tax.paid.v1"], settings("kpi"))
    topology.declare(uri, declared)
    try:
        main.publish("kpi.measures", ["1", "2"])
        main.publish("kpi.measures.dead", ["3"])
        city = City(tmp_path)
        city.run.mkdir()
        city.write(state_of(uri))
        wait_for(lambda: queue_of_kpi(city) == (2, 1), what="the messages are counted")
    finally:
        with main.channel() as channel:
            for queue in declared.queues:
                channel.queue_delete(queue.name)


def test_a_queue_that_was_never_declared_holds_nothing(amqp_uri: str, tmp_path: Path) -> None:
    city = City(tmp_path)
    city.run.mkdir()
    city.write(state_of(amqp_uri))
    assert queue_of_kpi(city) == (0, 0)


def test_a_broker_that_is_away_leaves_the_depths_unknown(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.run.mkdir()
    city.write(state_of("amqp://guest:guest@127.0.0.1:1/"))
    assert queue_of_kpi(city) == (None, None)
