"""A database that may not write, that is locked, or that refuses a row: whose fault it is, and what
is told of it."""

import contextlib
import dataclasses
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from palika import dead_letters
from palika.config import settings
from palika.database import create_engine
from palika.errors import PalikaError, Unexpected
from palika.relay.claims import connect
from tests.support.backbone import Backbone, ping
from tests.support.fixtures import Probe
from tests.support.part import Part, wait_for

TIMEOUT_S = 1


@pytest.fixture(scope="module")
def impatient(backbone: Backbone) -> Probe:
    """The probe; its callers wait for one second."""
    return Probe(backbone, PALIKA_RPC_TIMEOUT_S=str(TIMEOUT_S))


def dead(backbone: Backbone) -> int:
    return backbone.messages(f"{Probe.QUEUE}.dead")


@contextlib.contextmanager
def read_only(backbone: Backbone) -> Iterator[None]:
    """As after a failover to a server that follows another: connections are gone, new ones read."""
    name = backbone.value("probe", "SELECT current_database()")
    _let_write(backbone, name, "on")
    try:
        yield
    finally:
        _let_write(backbone, name, "off")


def _let_write(backbone: Backbone, name: str, value: str) -> None:
    backbone.query(
        "probe",
        f"BEGIN; SET TRANSACTION READ WRITE; ALTER DATABASE {name} "
        f"SET default_transaction_read_only = {value}; COMMIT",
    )
    if value == "on":
        backbone.query(
            "probe",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )


def check(part: Part) -> tuple[bool, str]:
    found = part.checks()["database"]
    return found["ok"], found.get("detail", "")


def test_a_database_that_may_only_be_read_is_an_outage_and_no_events_fault(
    backbone: Backbone, impatient: Probe
) -> None:
    service, relay = impatient.service, impatient.relay
    numbers = impatient.numbers(5)
    with read_only(backbone):
        backbone.publish(Probe.QUEUE, [ping(number).to_json() for number in numbers])
        wait_for(lambda: check(service) == (False, "read-only"), 30, "it is not ready")
        wait_for(lambda: not relay.is_ready(), 30, "nor is the relay")
        wait_for(lambda: "database away" in service.said, 30, "the batch waits")
        with backbone.client() as city, pytest.raises(PalikaError) as caught:
            city.probe.ping(numbers=[1])
        assert caught.value.code == "unavailable"
        assert dead(backbone) == 0
    impatient.wait_counted(*numbers, timeout_s=40)
    service.wait_ready()
    relay.wait_ready()
    assert service.metric("palika_events_retried_total", subscription=Probe.QUEUE) == 0


def test_what_waits_for_a_lock_is_given_up_and_the_workers_are_free_again(
    backbone: Backbone, impatient: Probe
) -> None:
    numbers = impatient.numbers(3)

    def call(number: int) -> str:
        with backbone.client(timeout_s=30) as city:
            try:
                city.probe.ping(numbers=[number])
            except PalikaError as error:
                return str(error)
        return "recorded"

    with backbone.sessions("probe")() as in_the_way:
        locks = "LOCK TABLE outbox, ping IN ACCESS EXCLUSIVE MODE"
        in_the_way.connection().exec_driver_sql(locks)
        backbone.publish(Probe.QUEUE, [ping(number).to_json() for number in numbers])
        with ThreadPoolExecutor(9) as threads:
            told = set(threads.map(call, range(9)))
        assert told == {"probe.ping: the database is busy; try again"}
        with backbone.client() as city:
            assert city.probe.whoami()["roles"] == ["admin"]
        wait_for(lambda: "database busy" in impatient.service.said, 30, "the batch was tried")

        def subscription() -> tuple[bool, str]:
            found = impatient.service.checks()["subscription pings"]
            return found["ok"], found.get("detail", "")

        wait_for(lambda: not subscription()[0], 30, "that it waits can be seen")
        assert re.fullmatch(
            r"a batch has waited for \d+ s, for the database is busy", subscription()[1]
        )
    impatient.wait_counted(*numbers, timeout_s=40)
    impatient.service.wait_ready()
    assert dead(backbone) == 0
    assert impatient.service.metric("palika_events_retried_total") == 0


@contextlib.contextmanager
def trigger(backbone: Backbone, body: str) -> Iterator[None]:
    """A trigger on each ping that is counted."""
    backbone.query("probe", "CREATE SEQUENCE tries")
    backbone.query(
        "probe",
        f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} "
        "RETURN NEW; END $$",
    )
    backbone.query(
        "probe",
        "CREATE TRIGGER meddle BEFORE INSERT ON ping FOR EACH ROW EXECUTE FUNCTION meddle()",
    )
    try:
        yield
    finally:
        backbone.query("probe", "DROP FUNCTION meddle CASCADE")
        backbone.query("probe", "DROP SEQUENCE tries")


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_a_conflict_is_tried_again_at_once(backbone: Backbone, impatient: Probe, code: str) -> None:
    service = impatient.service
    said_before = len(service.said)
    (number,) = impatient.numbers()
    fails = f"IF nextval('tries') < 5 THEN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END IF;"
    with trigger(backbone, fails):
        backbone.publish(Probe.QUEUE, [ping(number).to_json()])
        impatient.wait_counted(number)
        assert backbone.value("probe", "SELECT last_value FROM tries") == 5
    assert "database" not in service.said[said_before:]


def test_conflicts_without_end_are_no_events_fault(backbone: Backbone, impatient: Probe) -> None:
    (number,) = impatient.numbers()
    fails = "IF nextval('tries') < 12 THEN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END IF;"
    with trigger(backbone, fails):
        backbone.publish(Probe.QUEUE, [ping(number).to_json()])
        impatient.wait_counted(number)
        assert backbone.value("probe", "SELECT last_value FROM tries") == 12
    assert impatient.service.metric("palika_events_retried_total") == 0


def test_an_event_whose_statement_always_takes_too_long_holds_up_nobody(
    backbone: Backbone, impatient: Probe
) -> None:
    numbers = impatient.numbers(7)
    slow = numbers[3]
    with trigger(backbone, f"IF NEW.number = {slow} THEN PERFORM pg_sleep(60); END IF;"):
        backbone.publish(Probe.QUEUE, [ping(number).to_json() for number in numbers])
        impatient.wait_counted(*(set(numbers) - {slow}), timeout_s=60)
        wait_for(lambda: slow in impatient.dead(), 90, "it is a dead letter")
    letter = impatient.dead()[slow]
    assert letter.exception == "DatabaseBusy"
    assert "statement timeout" in letter.reason
    assert letter.attempts == 3
    assert dead(backbone) == 1
    dead_letters.replay(backbone.amqp_uri, Probe.QUEUE, lambda letter: True)
    impatient.wait_counted(slow)


def test_a_statement_that_takes_too_long_is_given_up(backbone: Backbone, impatient: Probe) -> None:
    with backbone.client(timeout_s=30) as city, pytest.raises(PalikaError) as caught:
        city.probe.nap(seconds=25)
    assert str(caught.value) == "probe.nap: the database is busy; try again"


def test_neither_the_log_nor_a_dead_letter_shows_the_values_of_a_row(
    backbone: Backbone, impatient: Probe
) -> None:
    said_before = len(impatient.service.said)
    call, event = 7_100_000, 7_200_000
    backbone.query("probe", f"ALTER TABLE outbox ADD CHECK (body NOT LIKE '%%{call}%%') NOT VALID")
    backbone.query("probe", f"ALTER TABLE ping ADD CHECK (number <> {event}) NOT VALID")
    with backbone.client() as city, pytest.raises(Unexpected):
        city.probe.ping(numbers=[call])
    backbone.publish(Probe.QUEUE, [ping(event).to_json()])
    wait_for(lambda: event in impatient.dead(), 30)
    reason = impatient.dead()[event].reason
    said = impatient.service.said[said_before:]
    for told in (reason, said):
        assert "violates check constraint" in told
        assert "Failing row" not in told
        assert str(call) not in told
        assert str(event) not in told


@pytest.mark.parametrize("whose", ["a service's", "a relay's"])
def test_a_server_that_is_gone_without_a_word_is_noticed_within_half_a_minute(
    backbone: Backbone, whose: str
) -> None:
    config = dataclasses.replace(settings(), database_url=backbone.database_url("probe"))
    engine = create_engine(config)
    connection = connect(config, "x") if whose == "a relay's" else engine.raw_connection()
    wire = socket.socket(fileno=os.dup(connection.cursor().connection.fileno()))
    with contextlib.closing(connection), wire:
        option = {
            name: wire.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
            for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
        }
    engine.dispose()
    idle = option["TCP_KEEPIDLE"] + option["TCP_KEEPINTVL"] * option["TCP_KEEPCNT"]
    assert 5 <= idle <= 30
    assert 5_000 <= option["TCP_USER_TIMEOUT"] <= 30_000
