"""A real Prometheus with the city's configuration and rules, over a city that runs."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from palika import catalogue
from palika.cli.city import targets as targets_command
from palika.local.city import web_names
from palika.local.processes import free_port
from tests.support.backbone import Backbone
from tests.support.certificates import certificate
from tests.support.fixtures import Probe
from tests.support.grafana import expressions
from tests.support.part import Part, wait_for
from tests.support.prometheus import FOLDER, Prometheus, prometheus_running, rules, running
from tests.support.promql import metrics_of

pytestmark = pytest.mark.timeout(900)

ROOT = FOLDER.parents[1]
WAIT_S = 300
PARTS = [("service", name) for name in catalogue.service_names()]
PARTS += [("web", name) for name in web_names()]
PARTS += [("relay", name) for name in catalogue.database_names()]


@pytest.fixture(scope="module")
def parts(backbone: Backbone) -> dict[tuple[str, str], Part]:
    """A process of every kind."""
    backbone.migrate(*catalogue.database_names())
    started = {
        (kind, name): backbone.part(
            "relay" if kind == "relay" else "run", name, PALIKA_PORTAL_HTTP_PORT="0"
        ).start(ready=False)
        for kind, name in PARTS
    }
    for part in started.values():
        part.wait_ready(WAIT_S)
    return started


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A listener that shows a certificate, and says nothing; and the file of that."""
    folder = tmp_path_factory.mktemp("tls")
    file = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listener = socket.create_server(("127.0.0.1", 0))

    def show() -> None:
        while True:
            try:
                taken, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(taken, server_side=True).close()
            except OSError:
                taken.close()

    threading.Thread(target=show, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}", file
    listener.close()


@pytest.fixture(scope="module")
def prometheus(
    parts: dict[tuple[str, str], Part],
    probe: Probe,
    over_tls: tuple[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Prometheus]:
    """The server, once it has seen everything."""
    folder = tmp_path_factory.mktemp("prometheus")
    city = [
        {"targets": [f"127.0.0.1:{part.port}"], "labels": {"service": name, "part": kind}}
        for (kind, name), part in [
            *parts.items(),
            (("service", "probe"), probe.service),
            (("relay", "probe"), probe.relay),
        ]
    ]
    address, file = over_tls
    blackbox = yaml.safe_load((FOLDER / "blackbox.yml").read_text("utf-8"))
    blackbox["modules"]["tls"]["tcp"]["tls_config"] = {"ca_file": str(file)}
    (folder / "blackbox.yml").write_text(yaml.safe_dump(blackbox))
    node, prober = free_port(), free_port()
    with (
        running(
            "prometheus-node-exporter",
            folder,
            f"--web.listen-address=127.0.0.1:{node}",
            port=node,
            answers="/",
        ),
        running(
            "prometheus-blackbox-exporter",
            folder,
            f"--web.listen-address=127.0.0.1:{prober}",
            f"--config.file={folder}/blackbox.yml",
            port=prober,
            answers="/-/healthy",
        ),
        prometheus_running(
            folder,
            {
                "palika-test.json": city,
                "node-test.json": [{"targets": [f"127.0.0.1:{node}"]}],
                "tls-test.json": [{"targets": [address]}],
            },
            f"127.0.0.1:{prober}",
        ) as server,
    ):
        wanted = len(city) + 3
        wait_for(
            lambda: len([each for each in server.value("up") if each["value"][1] == "1"]) == wanted,
            WAIT_S,
            "all targets are up",
        )
        # Of what the rules and the exporters themselves have, too.
        wait_for(lambda: server.value("palika:queue_messages:max"), WAIT_S, "rules are worked out")
        wait_for(
            lambda: server.value("probe_ssl_earliest_cert_expiry"), WAIT_S, "a certificate is seen"
        )
        yield server


def known_names(server: Prometheus) -> set[str]:
    """Every name under which the targets export something, whether it has a series yet or not."""
    endings = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}
    told = server.ask("targets/metadata")
    exported = {
        f"{each['metric']}{ending}" for each in told for ending in endings.get(each["type"], ("",))
    }
    return exported | {rule["record"] for _, rule in rules() if "record" in rule} | {"up"}


def asked() -> Iterator[tuple[str, str]]:
    """Every expression of rules, dashboards and scalers, with where it stands."""
    for file, rule in rules():
        yield f"{file}: {rule.get('alert') or rule['record']}", rule["expr"]
    for folder in ("operations", "kpi"):
        yield from expressions(ROOT / "deploy" / "grafana" / folder)
    for file in sorted((ROOT / "deploy").glob("kubernetes/**/*.y*ml")):
        for document in yaml.safe_load_all(file.read_text("utf-8")):
            for trigger in _triggers(document):
                yield file.name, trigger["metadata"]["query"]


def _triggers(document: Any) -> list[Any]:
    if not isinstance(document, dict) or document.get("kind") != "ScaledObject":
        return []
    return [each for each in document["spec"]["triggers"] if each["type"] == "prometheus"]


def test_whatever_rules_dashboards_and_scalers_name_is_exported(prometheus: Prometheus) -> None:
    known = known_names(prometheus)
    missing = {
        (where, name) for where, expression in asked() for name in metrics_of(expression) - known
    }
    assert missing == set()
    assert "palika_of_nothing" not in known


def test_every_rule_is_worked_out_without_an_error(prometheus: Prometheus) -> None:
    def health() -> dict[str, str]:
        groups = prometheus.ask("rules")["groups"]
        return {
            rule["name"]: f"{rule['health']} {rule.get('lastError', '')}".strip()
            for group in groups
            for rule in group["rules"]
        }

    wait_for(lambda: "unknown" not in health().values(), WAIT_S, "every rule was worked out")
    assert set(health().values()) == {"ok"}
    assert len(health()) == len({rule.get("alert") or rule["record"] for _, rule in rules()})


def test_every_panel_of_operations_can_be_asked(prometheus: Prometheus) -> None:
    for where, expression in expressions(ROOT / "deploy" / "grafana" / "operations"):
        answer = prometheus.ask(
            "query", query=expression.replace("$__rate_interval", "1m").replace("$city", ".*")
        )
        assert answer["resultType"] == "vector", where


def test_a_city_at_rest_wakes_nobody(prometheus: Prometheus) -> None:
    """But for this certificate, which was made for an hour; and what is the machine's own."""

    def of_the_city() -> set[str]:
        """What fires, and what would wake somebody if it went on."""
        return {
            each["labels"]["alertname"]
            for each in prometheus.ask("alerts")["alerts"]
            if each["labels"].get("job") not in ("node", "tls")
            and (each["state"] == "firing" or each["labels"]["severity"] == "page")
        }

    # A process that was slow to answer once may wait to be told.
    wait_for(lambda: of_the_city() == set(), WAIT_S, "no alert", 1)
    (expiry,) = prometheus.value("probe_ssl_earliest_cert_expiry - time()")
    assert 0 < float(expiry["value"][1]) < 3_600
    (seen,) = prometheus.value('probe_success{job="tls"}')
    assert seen["value"][1] == "1"
    labels = [each["labels"] for each in prometheus.ask("alerts")["alerts"]]
    expiring = {each["alertname"] for each in labels if each.get("job") == "tls"}
    assert expiring == {"CertificateExpires", "CertificateExpiresNow"}


def test_what_a_process_does_by_itself_is_measured(prometheus: Prometheus) -> None:
    done = prometheus.value("palika_timer_ran_timestamp_seconds")
    by_service = {(each["metric"]["service"], each["metric"]["work"]) for each in done}
    services = {service for service, _ in by_service}
    assert services == {*catalogue.service_names(), *web_names()} - {"probe"}
    assert {("portal", "tending"), ("portal", "watching")} <= by_service
    wait_for(
        lambda: prometheus.value('palika_timer_runs_total{service="grievance",outcome="ok"} > 0'),
        WAIT_S,
        "the clock of grievances has run",
    )


def test_an_event_that_was_refused_becomes_an_alert_and_ends_as_one(
    prometheus: Prometheus, probe: Probe
) -> None:
    def alerted() -> set[str]:
        alerts = prometheus.ask("alerts")["alerts"]
        return {
            each["labels"]["alertname"]
            for each in alerts
            if each["labels"].get("subscription") == Probe.QUEUE
        }

    probe.ping("refuse", "count", "later")
    waiting = f'palika:queue_messages:max{{subscription="{Probe.QUEUE}",state="dead"}} > 0'
    wait_for(lambda: prometheus.value(waiting), WAIT_S, "the dead letter is counted")
    wait_for(lambda: "DeadLetters" in alerted(), WAIT_S, "the alert waits to fire")
    done = probe.backbone.palika("dead-letters", "discard", Probe.QUEUE, "--all", "--yes")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: "DeadLetters" not in alerted(), WAIT_S, "the alert has ended")


def test_a_process_that_is_gone_becomes_an_alert(
    prometheus: Prometheus, parts: dict[tuple[str, str], Part]
) -> None:
    parts["relay", "warroom"].kill()

    def down() -> set[tuple[str, str]]:
        return {
            (each["labels"]["alertname"], each["labels"].get("service", ""))
            for each in prometheus.ask("alerts")["alerts"]
        }

    wait_for(
        lambda: {("ServiceDown", "warroom"), ("ProcessDown", "warroom")} <= down(),
        WAIT_S,
        "it is told",
    )


def test_the_targets_of_a_city_on_this_machine_are_in_the_form_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from palika.local.city import City
    from palika.local.processes import LocalError
    from tests.unit.test_cli_commands import running_state

    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    assert isinstance(CliRunner().invoke(targets_command).exception, LocalError)
    city = City()
    city.run.mkdir()
    state = running_state()
    state["parts"] = [
        {"service": "tax", "part": "relay", "host": "0.0.0.0", "port": 17_000},
        {"service": "rabbitmq", "part": "broker", "host": "127.0.0.1", "port": 17_001},
    ]
    city.write(state)
    shown = CliRunner().invoke(targets_command)
    assert json.loads(shown.output) == [
        {"targets": ["127.0.0.1:17000"], "labels": {"service": "tax", "part": "relay"}}
    ]
