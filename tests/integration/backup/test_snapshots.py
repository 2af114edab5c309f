"""The moment of a backup: the same for all databases, and nobody waits long for it."""

import threading
import time
import uuid
from collections.abc import Iterator

import psycopg2
import pytest

from palika.backup import databases
from palika.config import settings
from palika.local import Postgres
from tests.support.databases import provide
from tests.support.part import wait_for

# The publisher's first: without one moment the subscriber's snapshot would be the later one.
SERVICES = ("tax", "kpi")
PUBLISH = (
    "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body) "
    "VALUES (%s, 'tax.paid.v1', 'tax.events', 'paid', true, '{}')"
)
SEE = "INSERT INTO inbox (subscription, event_id) VALUES ('kpi.measures', %s)"


@pytest.fixture
def two(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The databases of a publisher and a subscriber, empty; their addresses."""
    urls = {}
    for service in SERVICES:
        name = f"test_moment_{service}_{uuid.uuid4().hex[:8]}"
        provide(postgres.url, service, name)
        urls[service] = postgres.url(name)
        monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", urls[service])
    settings.cache_clear()
    yield urls
    settings.cache_clear()


def test_no_subscriber_has_seen_what_its_publisher_does_not_know(two: dict[str, str]) -> None:
    count = 0
    end = threading.Event()

    def happen() -> None:
        nonlocal count
        publisher, subscriber = (psycopg2.connect(two[each]) for each in SERVICES)
        while not end.is_set():
            event = str(uuid.uuid4())
            for connection, statement in ((publisher, PUBLISH), (subscriber, SEE)):
                with connection, connection.cursor() as cursor:
                    cursor.execute(statement, [event])
            count += 1
        publisher.close()
        subscriber.close()

    thread = threading.Thread(target=happen)
    thread.start()
    try:
        for _ in range(20):
            before = count
            wait_for(lambda before=before: count > before, what="events flow on")
            with databases.snapshots(SERVICES) as found:
                assert found.one_moment
                publisher, subscriber = (each.connection for each in found.each)
                published = set(databases.ask(publisher, "SELECT event_id::text FROM outbox"))
                seen = set(databases.ask(subscriber, "SELECT event_id::text FROM inbox"))
            assert seen <= published
            assert len(published) - len(seen) <= 1
    finally:
        end.set()
        thread.join()


def test_who_holds_a_table_is_not_waited_for_and_nobody_waits_behind(two: dict[str, str]) -> None:
    holder, other = (psycopg2.connect(two["kpi"]) for _ in range(2))
    longest = 0.0
    end = threading.Event()

    def go_on() -> None:
        nonlocal longest
        while not end.is_set():
            begun = time.monotonic()
            with other, other.cursor() as cursor:
                cursor.execute(SEE, [str(uuid.uuid4())])
            longest = max(longest, time.monotonic() - begun)

    holder.cursor().execute(SEE, [str(uuid.uuid4())])
    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        with databases.snapshots(SERVICES) as found:
            assert not found.one_moment
            assert [each.service for each in found.each] == list(SERVICES)
    finally:
        end.set()
        thread.join()
        holder.close()
        other.close()
    # It waited behind the backup, for as long as the backup waits, and not for the holder.
    assert 0 < longest < 10 * databases.LOCK_WITHIN_S
