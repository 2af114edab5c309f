"""The private broker and the embedded database: they start, stop, die and come back."""

import time
from pathlib import Path

import pika
import psycopg2
import pytest

from palika.local import Broker, LocalError, Postgres
from palika.local.processes import ProcessId, free_port, until
from tests.support.backbone import memory_alarm

QUORUM = {"x-queue-type": "quorum"}


def publish(uri: str, queue: str, body: bytes) -> None:
    with pika.BlockingConnection(pika.URLParameters(uri)) as connection:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True, arguments=QUORUM)
        channel.confirm_delivery()
        channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2))


def depth(uri: str, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(uri)) as connection:
        return connection.channel().queue_declare(queue, passive=True).method.message_count


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_messages_outlast_a_killed_and_a_stopped_broker(tmp_path: Path) -> None:
    # RabbitMQ itself takes neither the letters nor the quotation marks.
    broker = Broker(tmp_path / ('पुण्याचा "city\'s" $HOME' + "x" * 100))
    broker.start()
    try:
        uri = broker.add_vhost("kept")
        publish(uri, "letters", b"dear clerk")
        # RabbitMQ before 3.13 writes the name of a new quorum queue to disk half a second late.
        time.sleep(1)
        node = ProcessId.of(broker.pid or 0)
        broker.kill()
        assert node is not None
        assert not node.alive
        broker.start()
        assert until(lambda: depth(uri, "letters") == 1, 60)
        epmd = [each for pid in broker.processes.values() if (each := ProcessId.of(pid))]
        broker.stop()
        assert not any(each.alive for each in epmd)
        assert broker.processes == {}
        again = Broker(broker.directory)
        assert again.uri("kept") == uri, "the port and the password are kept"
    finally:
        broker.stop()


def test_one_directory_has_one_broker(broker: Broker) -> None:
    with pytest.raises(LocalError, match="already runs"):
        Broker(broker.directory).start()


def test_a_node_that_ends_is_not_said_to_be_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "rabbitmq-server"
    server.write_text("#!/bin/sh\necho no Erlang here\nexit 3\n")
    server.chmod(0o755)
    monkeypatch.setattr("palika.local.broker.find_scripts", lambda: str(tmp_path))
    with pytest.raises(LocalError) as failed:
        Broker(tmp_path / "rabbitmq").start()
    report = str(failed.value)
    assert report.startswith("the RabbitMQ node ended with exit code 3 while it was starting:\n")
    assert "no Erlang here" in report


def test_a_folder_that_rabbitmq_cannot_use_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where there is no /proc.
    monkeypatch.setattr("palika.local.broker._HERE", tmp_path / "nothing")
    with pytest.raises(LocalError, match=r"RabbitMQ cannot keep its data in .*पुणे: let the path"):
        Broker(tmp_path / "पुणे").start()


def test_a_memory_alarm_is_raised_and_cleared(broker: Broker) -> None:
    memory_alarm(broker, on=True)
    try:
        assert "memory" in broker.evaluate("rabbit_alarm:get_alarms().")
    finally:
        memory_alarm(broker, on=False)
    assert until(lambda: broker.evaluate("rabbit_alarm:get_alarms().") == "[]", 5)


def test_vhosts_come_and_go_quickly(broker: Broker) -> None:
    begun = time.monotonic()
    uri = broker.add_vhost("brief")
    assert broker.add_vhost("brief") == uri
    publish(uri, "q", b"1")
    assert depth(uri, "q") == 1
    broker.delete_vhost("brief")
    assert time.monotonic() - begun < 3
    with pytest.raises(pika.exceptions.AMQPError):
        depth(uri, "q")


def test_a_port_in_use_is_refused_in_words(broker: Broker, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"port {broker.port} is in use"):
        Broker(tmp_path, port=broker.port).start()


def test_rows_outlast_a_killed_and_a_stopped_database(tmp_path: Path) -> None:
    folder = tmp_path / 'पुण्याचा "city\'s" $HOME'
    postgres = Postgres(folder, durable=False)
    postgres.start()
    try:
        query(postgres.url(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        postgres.kill()
        postgres.start()
        assert query(postgres.url(), "SELECT count(*) FROM kept") == [(1000,)]
        postgres.stop()
        postgres = Postgres(folder)
        postgres.start()
        assert query(postgres.url(), "SELECT count(*) FROM kept") == [(1000,)]
        with pytest.raises(LocalError, match="already runs"):
            Postgres(folder).start()
    finally:
        postgres.stop()


def test_a_stranger_without_the_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        query(postgres.url().replace("palika:", "palika:wrong"), "SELECT 1")


def test_a_free_port_is_outside_the_range_of_outgoing_connections() -> None:
    assert 16_000 <= free_port() <= 32_000
