"""Over TLS alone: who answers without, or with another's certificate, is not spoken to."""

import os
import socket
import ssl
import struct
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import kombu
import psycopg2
import pytest
import yaml

from palika import amqps, topology
from palika.certificates import is_signed, make_authority, make_certificate
from palika.config import settings
from palika.errors import Unavailable
from palika.local import Broker, Postgres
from palika.local.processes import free_port, until
from palika.rpc import Client
from tests.support.backbone import ADMIN, Backbone, ping
from tests.support.commands import PALIKA
from tests.support.fixtures import QUICK
from tests.support.part import Part, wait_for
from tests.support.prometheus import Prometheus, running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of a city, and in ``other`` those of another authority."""
    folder = tmp_path_factory.mktemp("certificates")
    now = datetime.now(UTC)
    for each in (folder, folder / "other"):
        each.mkdir(exist_ok=True)
        make_authority(each, now)
    # By its name, so that its address is another's.
    make_certificate(folder, "broker", ["localhost"], 1, now)
    make_certificate(folder, "metrics", ["localhost", "127.0.0.1"], 1, now)
    return folder


@pytest.fixture(scope="module")
def node(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker over TLS alone."""
    broker = Broker(tmp_path_factory.mktemp("tls-broker"), certificate=files / "broker.pem")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, files: Path) -> Iterator[Any]:
    """Whom this process believes: by default the city's authority."""

    def trust(authority: Path | None) -> None:
        monkeypatch.setenv("PALIKA_BROKER_CA", str(authority or ""))
        settings.cache_clear()
        amqps.context.cache_clear()

    trust(files / "ca.pem")
    yield trust
    monkeypatch.undo()
    settings.cache_clear()
    amqps.context.cache_clear()


def named(node: Broker) -> str:
    return node.uri().replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def city(
    node: Broker,
    files: Path,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Backbone]:
    """Parts that speak over TLS with their broker and with who asks how they are."""
    options = QUICK | {
        "PALIKA_BROKER_CA": str(files / "ca.pem"),
        "PALIKA_HTTP_CERTIFICATE": str(files / "metrics.pem"),
    }
    made = Backbone(node, named(node), postgres.url, tmp_path_factory.mktemp("parts"), options)
    yield made.migrate("probe")
    made.close()


@pytest.fixture(scope="module")
def parts(city: Backbone) -> tuple[Part, Part]:
    """The probe and its relay, ready."""
    started = city.service("probe"), city.relay("probe")
    for part in started:
        part.wait_ready(60)
    return started


# ---- broker


def test_a_call_and_an_event_go_over_tls(
    city: Backbone, parts: tuple[Part, Part], trusting: Any, node: Broker
) -> None:
    with city.client() as client:
        assert client.probe.whoami()["roles"] == ["admin"]
    city.record("probe", ping(1))
    # By the relay, which is of another library, and by the subscription.
    wait_for(lambda: city.query("probe", "SELECT 1 FROM ping WHERE number = 1"))
    secured = "[proplists:get_value(ssl, I) || I <- rabbit_networking:connection_info_all([ssl])]."
    told = node.evaluate(secured).strip("[]").split(",")
    assert {each.strip() for each in told} == {"true"}


def test_a_broker_over_tls_does_not_answer_without(node: Broker, trusting: Any) -> None:
    plain = named(node).replace("amqps:", "amqp:")
    with (
        pytest.raises(OSError, match=r"."),
        kombu.Connection(plain, connect_timeout=3, heartbeat=0) as connection,
    ):
        connection.connect()
    listening = node.evaluate("[element(3, L) || L <- rabbit_networking:node_listeners(node())].")
    assert "amqp/ssl" in listening
    assert "amqp," not in listening.replace("amqp/ssl", "")


@pytest.mark.parametrize("wrong", ["authority", "name", "nobody"])
def test_a_broker_with_anothers_certificate_is_not_spoken_to(
    node: Broker, files: Path, trusting: Any, wrong: str
) -> None:
    uri = node.uri() if wrong == "name" else named(node)
    if wrong == "authority":
        trusting(files / "other" / "ca.pem")
    if wrong == "nobody":
        trusting(None)
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        kombu.Connection(uri, connect_timeout=5) as connection,
    ):
        connection.connect()
    # What is built of it: calls, and the declaring of queues.
    with Client(ADMIN, 5, uri) as client, pytest.raises(Unavailable, match="does not answer"):
        client.probe.whoami()
    with pytest.raises(ssl.SSLCertVerificationError):
        topology.depths(uri, ["probe.pings"])


@pytest.mark.parametrize("verb", ["run", "relay"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_nor_by_a_service_or_a_relay(
    city: Backbone, node: Broker, files: Path, verb: str, wrong: str
) -> None:
    options = {"PALIKA_HTTP_CERTIFICATE": ""}
    if wrong == "authority":
        options["PALIKA_BROKER_CA"] = str(files / "other" / "ca.pem")
    else:
        options["AMQP_URI"] = node.uri()
    part = city.part(verb, "probe", **options).start(ready=False)
    try:
        wait_for(lambda: "CERTIFICATE_VERIFY_FAILED" in part.said, 60)
        assert not part.is_ready()
    finally:
        part.kill()


def test_the_relay_s_own_library_checks_the_name_too(
    node: Broker, files: Path, trusting: Any
) -> None:
    from palika.relay.publisher import Publisher

    for uri, host in ((named(node), "localhost"), (node.uri(), "127.0.0.1")):
        found = next(Publisher(uri, lambda: None)._nodes)
        assert found.ssl_options.server_hostname == host
        assert found.ssl_options.context.check_hostname
        assert found.ssl_options.context.verify_mode == ssl.CERT_REQUIRED


def test_whatever_imports_kombu_checks_the_name(root: Path) -> None:
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in sorted((root / "palika").rglob("*.py"))
        if "import kombu" in path.read_text("utf-8") and path.parent.name != "cli"
    ]
    assert "palika.topology" in modules
    code = (
        "import importlib, sys\n"
        "importlib.import_module(sys.argv[1])\n"
        "from kombu.transport import TRANSPORT_ALIASES\n"
        "assert TRANSPORT_ALIASES['amqps'] == 'palika.amqps:Transport', sys.argv[1]\n"
    )
    # These are read by what is in the list itself, before anything is connected.
    late = {"palika.runner", "palika.subscribe.reader", "palika.subscribe.delivery"}
    for module in set(modules) - late:
        done = subprocess.run(
            [PALIKA[0], "-c", code, module], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


# ---- health and metrics


def test_health_and_metrics_are_told_over_tls_and_not_without(
    parts: tuple[Part, Part], files: Path
) -> None:
    for part in parts:
        status, text = part.get("/metrics")
        assert status == 200
        assert "palika_certificate_expires_timestamp_seconds" in text
        with pytest.raises(OSError, match=r"."):
            urllib.request.urlopen(f"http://127.0.0.1:{part.port}/metrics", timeout=5)
        other = ssl.create_default_context(cafile=files / "other" / "ca.pem")
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen(
                f"https://127.0.0.1:{part.port}/metrics", timeout=5, context=other
            )
        # Who says nothing, or nonsense, holds up nobody.
        with socket.create_connection(("127.0.0.1", part.port)) as silent:
            silent.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert part.get("/healthz")[0] == 200


def test_a_renewed_certificate_is_shown_without_a_restart(
    parts: tuple[Part, Part], files: Path
) -> None:
    def shown() -> bytes:
        address = ("127.0.0.1", parts[0].port)
        trusted = ssl.create_default_context(cafile=files / "ca.pem")
        with (
            socket.create_connection(address, 5) as plain,
            trusted.wrap_socket(plain, server_hostname="localhost") as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""

    before = shown()
    later = datetime.now(UTC) + timedelta(minutes=10)
    path = make_certificate(files, "metrics", ["localhost", "127.0.0.1"], 3, later)
    assert is_signed(path, files / "ca.pem")
    assert shown() != before
    expires = (later + timedelta(days=3)).timestamp()
    _, text = parts[0].get("/metrics")
    (line,) = [each for each in text.splitlines() if each.startswith("palika_certificate_exp")]
    assert float(line.split()[-1]) == pytest.approx(expires, abs=2)
    path.write_text("no certificate\n")
    assert shown() != before
    wait_for(lambda: "certificate of before stays in use" in parts[0].said)
    make_certificate(files, "metrics", ["localhost", "127.0.0.1"], 3, datetime.now(UTC))


def test_a_process_whose_certificate_is_none_does_not_start(
    city: Backbone, files: Path, tmp_path: Path
) -> None:
    for content in (b"nothing", (files / "ca.pem").read_bytes()):
        (tmp_path / "wrong.pem").write_bytes(content)
        done = city.palika("run", "probe", PALIKA_HTTP_CERTIFICATE=str(tmp_path / "wrong.pem"))
        assert done.returncode == 2
        assert "PALIKA_HTTP_CERTIFICATE" in done.stderr


def test_prometheus_reads_it_over_tls(
    parts: tuple[Part, Part], files: Path, tmp_path: Path
) -> None:
    port = free_port()
    job = {"job_name": "palika", "scheme": "https", "scrape_interval": "1s"}
    job["tls_config"] = {"ca_file": str(files / "ca.pem")}
    job["static_configs"] = [{"targets": [f"127.0.0.1:{part.port}" for part in parts]}]
    plain = {"job_name": "plain", "scrape_interval": "1s"}
    plain["static_configs"] = [{"targets": [f"127.0.0.1:{parts[0].port}"]}]
    config = tmp_path / "prometheus.yml"
    config.write_text(yaml.safe_dump({"scrape_configs": [job, plain]}))
    told = [f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data"]
    told.append(f"--web.listen-address=127.0.0.1:{port}")
    with running("prometheus", tmp_path, *told, port=port, answers="/-/ready") as url:
        server = Prometheus(url)
        wait_for(lambda: len(server.value('up{job="palika"} == 1')) == 2, 60)
        wait_for(lambda: server.value('up{job="plain"} == 0'), 60)
        # The first samples of both parts; the alert's expression finds them.
        expiry = "palika_certificate_expires_timestamp_seconds - time() < 21 * 86400"
        wait_for(lambda: len(server.value(expiry)) == 2, 60)


# ---- database


@pytest.mark.parametrize(
    ("authority", "host", "told"),
    [
        ("ca.pem", "localhost", "EOF detected|closed the connection"),
        ("ca.pem", "127.0.0.1", "does not match host name"),
        ("other/ca.pem", "localhost", "certificate verify failed"),
    ],
)
def test_a_database_s_certificate_is_checked_with_its_name(
    files: Path, authority: str, host: str, told: str
) -> None:
    """As docs/operations.md has its address: ``sslmode=verify-full``. The server shows its
    certificate as PostgreSQL does, and hangs up when it is believed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "broker.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                length, code = struct.unpack("!II", connection.recv(8))
                assert (length, code) == (8, 80877103)
                connection.sendall(b"S")
                try:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        secured.recv(1)
                except OSError:
                    return

        answering = threading.Thread(target=serve)
        answering.start()
        port = listener.getsockname()[1]
        url = f"postgresql://u:p@{host}:{port}/d?sslmode=verify-full"
        url += f"&sslrootcert={files / authority}"
        with pytest.raises(psycopg2.OperationalError, match=told):
            psycopg2.connect(url, connect_timeout=5)
        answering.join(10)


# ---- the city on one machine


def test_a_city_on_one_machine_speaks_over_tls(tmp_path: Path) -> None:
    environment = os.environ | {"PALIKA_VAR": str(tmp_path / "var")}
    options = {"env": environment, "capture_output": True, "text": True, "check": False}
    up = subprocess.run([*PALIKA, "up", "--tls", "--detach", "--no-seed"], **options)
    try:
        assert up.returncode == 0, up.stderr + up.stdout
        shown = yaml.safe_load(subprocess.run([*PALIKA, "status", "--json"], **options).stdout)
        assert {part["health"] for part in shown["parts"]} == {"ready"}
        assert shown["broker"].startswith("amqps://")
        targets = yaml.safe_load(subprocess.run([*PALIKA, "targets"], **options).stdout)
        assert {each["labels"]["__scheme__"] for each in targets} == {"https"}
        listed = subprocess.run([*PALIKA, "queues", "list", "--json"], **options)
        assert listed.returncode == 0, listed.stderr
        called = subprocess.run([*PALIKA, "kpi", "show", "--json"], **options)
        assert called.returncode == 0, called.stderr
        relay = next(part for part in shown["parts"] if part["part"] == "relay")
        with pytest.raises(OSError, match=r"."):
            urllib.request.urlopen(f"http://127.0.0.1:{relay['port']}/metrics", timeout=5)
    finally:
        subprocess.run([*PALIKA, "down", "--quiet"], **options)
    assert until(lambda: not (tmp_path / "var" / "run" / "city.json").exists(), 60)
