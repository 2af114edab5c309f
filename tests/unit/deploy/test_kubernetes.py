"""deploy/kubernetes: what the API takes, and that nothing of a city was forgotten."""

import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from palika.catalogue import all_listeners, database_names, service_names
from palika.config import settings
from tests.support.deploy import (
    OVERLAYS,
    STEPS,
    built,
    compose,
    containers,
    faults,
    image_environment,
    of_kind,
    pod_of,
    processes,
)

RULES = Path(__file__).parents[3] / "deploy" / "prometheus" / "rules"
# What the operators make, of each server's name.
OF_OPERATORS = {"palika-rabbitmq-default-user", "palika-postgres-ca"}
# Of a process: workers and four beside, and four more at a time (palika/database.py); of a relay:
# its slots, and one that listens.
CONNECTIONS = {"service": 18, "web": 18, "relay": 5}
OF_THE_SERVER_S_OWN = 20
_NAMED = re.compile(r"\$\((\w+)\)")
_METRIC = re.compile(r"\bpalika_\w+")


def workloads(overlay: str = "production") -> dict[str, dict[str, Any]]:
    jobs = of_kind(overlay, "migrate", "Job")
    return of_kind(overlay, "city", "Deployment") | jobs


def labels_of(workload: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_takes_every_object(overlay: str, step: str) -> None:
    found = {one["metadata"]["name"]: said for one in built(overlay, step) if (said := faults(one))}
    assert not found


@pytest.mark.parametrize(
    ("step", "kind", "field"),
    [
        ("city", "Deployment", "replica"),
        ("city", "ScaledObject", "minReplicas"),
        ("servers", "RabbitmqCluster", "replica"),
        ("servers", "Cluster", "instance"),
        ("servers", "ExternalSecret", "secretStore"),
        ("city", "PodMonitor", "podMetricsEndpoint"),
        ("city", "PrometheusRule", "group"),
    ],
)
def test_a_field_that_there_is_not_is_found(step: str, kind: str, field: str) -> None:
    one = deepcopy(next(iter(of_kind("production", step, kind).values())))
    assert not faults(one)
    one["spec"][field] = 3
    assert any(field in said for said in faults(one))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_process_of_a_city_has_a_deployment(overlay: str) -> None:
    commands = {
        name: pod_of(one)[1]["args"] for name, one in of_kind(overlay, "city", "Deployment").items()
    }
    assert commands == processes()
    jobs = {
        name: pod_of(one)[1]["args"] for name, one in of_kind(overlay, "migrate", "Job").items()
    }
    assert jobs == {f"migrate-{each}": ["palika", "migrate", each] for each in database_names()}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_process_says_how_it_is_and_what_it_needs(overlay: str) -> None:
    for name, one in of_kind(overlay, "city", "Deployment").items():
        pod, container = pod_of(one)
        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        assert ports["health"] == image_environment()["PALIKA_HTTP_PORT"], name
        paths = {
            probe: container[f"{probe}Probe"]["httpGet"]
            for probe in ("startup", "liveness", "readiness")
        }
        assert {probe["port"] for probe in paths.values()} == {"health"}
        assert [probe["path"] for probe in paths.values()] == ["/healthz", "/healthz", "/readyz"]
        # Nothing is taken for dead before the process itself would say so (palika/health.py).
        assert pod["terminationGracePeriodSeconds"] >= settings().shutdown_grace_s + 5
        assert "replicas" not in one["spec"], "its ScaledObject says how many"
    assert ports_of("portal", overlay)["pages"] == image_environment()["PALIKA_PORTAL_HTTP_PORT"]


def ports_of(name: str, overlay: str) -> dict[str, str]:
    container = pod_of(of_kind(overlay, "city", "Deployment")[name])[1]
    return {port["name"]: str(port["containerPort"]) for port in container["ports"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_process_has_a_right_that_it_does_not_need(overlay: str) -> None:
    for name, one in workloads(overlay).items():
        pod, container = pod_of(one)
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        resources = container["resources"]
        assert {"cpu", "memory"} <= set(resources["requests"])
        assert "memory" in resources["limits"]
        written = {
            each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")
        }
        assert written == {"/tmp", image_environment()["PALIKA_VAR"]}


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "NetworkPolicy", "ScaledObject"])
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_process_has_each_of_what_looks_after_it(overlay: str, kind: str) -> None:
    deployments = of_kind(overlay, "city", "Deployment")
    found = of_kind(overlay, "city", kind)
    assert set(found) == set(deployments)
    for name, one in found.items():
        spec = one["spec"]
        if kind == "ScaledObject":
            assert spec["scaleTargetRef"] == {"name": name}
            continue
        selector = spec["selector"] if kind == "PodDisruptionBudget" else spec["podSelector"]
        wanted = selector["matchLabels"].items()
        chosen = {other for other, each in deployments.items() if wanted <= labels_of(each).items()}
        assert chosen == {name}


def test_what_goes_out_and_in_is_named() -> None:
    policies = of_kind("production", "city", "NetworkPolicy")
    for name, one in policies.items():
        assert set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"}, name
        anywhere = [rule for rule in one["spec"]["egress"] if "to" not in rule]
        assert bool(anywhere) is not name.endswith("-relay")
    everybody = of_kind("production", "servers", "NetworkPolicy")["nobody"]["spec"]
    assert everybody == {"podSelector": {}, "policyTypes": ["Ingress"]}


@pytest.mark.parametrize("server", ["palika-rabbitmq", "palika-postgres"])
def test_every_process_reaches_its_servers(server: str) -> None:
    rules = of_kind("production", "servers", "NetworkPolicy")[server]["spec"]["ingress"]
    port = {"palika-rabbitmq": 5672, "palika-postgres": 5432}[server]
    let_in = [
        peer["podSelector"]["matchLabels"].items()
        for rule in rules
        if {"port": port} in rule["ports"]
        for peer in rule["from"]
    ]
    who = of_kind("production", "city", "Deployment") if port == 5672 else workloads()
    for name, one in who.items():
        assert any(wanted <= labels_of(one).items() for wanted in let_in), name


def test_length_and_age_of_every_queue_count() -> None:
    scaled = of_kind("production", "city", "ScaledObject")
    for service in service_names():
        triggers = scaled[service]["spec"]["triggers"]
        lengths = {one["metadata"]["queueName"] for one in triggers if one["type"] == "rabbitmq"}
        mine = [each.queue for each in all_listeners() if each.service == service]
        assert lengths == {f"rpc-{service}", *mine}
        ages = " ".join(one["metadata"]["query"] for one in triggers if one["type"] == "prometheus")
        assert all(
            f'palika_heartbeat_lag_seconds{{subscription="{queue}"}}' in ages for queue in mine
        )
    for service in database_names():
        asked = " ".join(
            one["metadata"]["query"] for one in scaled[f"{service}-relay"]["spec"]["triggers"]
        )
        assert f'palika_outbox_depth{{service="{service}"}}' in asked
        assert f'palika_outbox_oldest_seconds{{service="{service}"}}' in asked


def test_messages_in_hand_are_counted() -> None:
    for one in of_kind("production", "city", "ScaledObject").values():
        for trigger in one["spec"]["triggers"]:
            if trigger["type"] == "rabbitmq":
                # Over AMQP only those count that nobody has in hand.
                assert trigger["metadata"]["protocol"] == "http"
                assert "excludeUnacknowledged" not in trigger["metadata"]
                assert trigger["authenticationRef"]["name"] in of_kind(
                    "production", "city", "TriggerAuthentication"
                )


def test_each_metric_that_keda_asks_for_is_there() -> None:
    import palika.metrics  # noqa: F401 - registers them
    import services.notify.counts  # noqa: F401

    known = {
        sample
        for family in REGISTRY.collect()
        for sample in (family.name, f"{family.name}_total", f"{family.name}_sum")
    }
    asked = {
        metric
        for one in of_kind("production", "city", "ScaledObject").values()
        for trigger in one["spec"]["triggers"]
        for metric in _METRIC.findall(trigger["metadata"].get("query", ""))
    }
    assert len(asked) >= 8
    assert asked <= known


def test_prometheus_understands_what_keda_asks(tmp_path: Path) -> None:
    promtool = Path(sys.executable).with_name("promtool")
    assert promtool.exists(), "promtool is missing: scripts/setup --dev fetches it"
    queries = [
        trigger["metadata"]["query"]
        for one in of_kind("production", "city", "ScaledObject").values()
        for trigger in one["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    ]
    group = {"name": "keda", "rules": [{"record": "asked", "expr": each} for each in queries]}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [group]}))
    checked = subprocess.run(
        [promtool, "check", "rules", tmp_path / "rules.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_database_has_a_connection_for_each_at_its_most(overlay: str) -> None:
    deployments = of_kind(overlay, "city", "Deployment")
    most = sum(
        one["spec"]["maxReplicaCount"] * CONNECTIONS[labels_of(deployments[name])["palika/part"]]
        for name, one in of_kind(overlay, "city", "ScaledObject").items()
    )
    server = of_kind(overlay, "servers", "Cluster")["palika-postgres"]["spec"]
    assert most + OF_THE_SERVER_S_OWN <= int(server["postgresql"]["parameters"]["max_connections"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_service_has_a_database_of_its_own(overlay: str) -> None:
    server = of_kind(overlay, "servers", "Cluster")["palika-postgres"]["spec"]
    roles = {role["name"]: role["passwordSecret"]["name"] for role in server["managed"]["roles"]}
    databases = of_kind(overlay, "servers", "Database").values()
    assert {one["spec"]["name"]: one["spec"]["owner"] for one in databases} == {
        f"palika_{each}": f"palika_{each}" for each in database_names()
    }
    for name, one in workloads(overlay).items():
        service = labels_of(one)["palika/service"]
        variables = {each["name"]: each for each in pod_of(one)[1]["env"]}
        assert {each for each in variables if each.endswith("DATABASE_URL")} == {
            f"{service.upper()}_DATABASE_URL"
        }, name
        secret = variables["DATABASE_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"]
        assert roles[f"palika_{service}"] == secret


def test_every_secret_comes_from_outside() -> None:
    assert not [
        one for step in STEPS for one in built("production", step) if one["kind"] == "Secret"
    ]
    made = {
        one["spec"]["target"]["name"]
        for one in of_kind("production", "servers", "ExternalSecret").values()
    }
    used = set()
    for one in workloads().values():
        pod, container = pod_of(one)
        for variable in container["env"]:
            used |= (
                {variable["valueFrom"]["secretKeyRef"]["name"]}
                if "valueFrom" in variable
                else set()
            )
        used |= {
            each["secretRef"]["name"]
            for each in container.get("envFrom", [])
            if "secretRef" in each
        }
        used |= {each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
        together = [each["projected"]["sources"] for each in pod["volumes"] if "projected" in each]
        used |= {source["secret"]["name"] for each in together for source in each}
    assert used == made | OF_OPERATORS


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_variable_is_known_before_it_is_used(overlay: str) -> None:
    for one in workloads(overlay).values():
        known: set[str] = set()
        for variable in pod_of(one)[1]["env"]:
            assert set(_NAMED.findall(variable.get("value", ""))) <= known
            known.add(variable["name"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_cluster_has_the_alerts_that_are_tested(overlay: str) -> None:
    found = of_kind(overlay, "city", "PrometheusRule").values()
    in_cluster = {group["name"]: group for one in found for group in one["spec"]["groups"]}
    tested = {
        group["name"]: group
        for path in sorted(RULES.glob("*.yml"))
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
    }
    assert tested.items() >= in_cluster.items()
    left = {
        rule["alert"]
        for name in tested.keys() - in_cluster.keys()
        for rule in tested[name]["rules"]
    }
    # What is left to the cluster's own monitoring asks nothing that a process of the city says.
    assert left
    assert not [
        rule["alert"]
        for name in tested.keys() - in_cluster.keys()
        for rule in tested[name]["rules"]
        if _METRIC.search(rule["expr"]) or 'job="palika"' in rule["expr"]
    ]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_settings_are_such_as_the_processes_take(
    overlay: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for name in ("eoffice-keys", "notify-keys", "portal-keys", "tax-document-keys"):
        (keys / name).write_text("of no use\n")
    (config,) = of_kind(overlay, "city", "ConfigMap").values()
    for name, one in of_kind(overlay, "city", "Deployment").items():
        service = labels_of(one)["palika/service"]
        found = image_environment() | config["data"]
        for variable in pod_of(one)[1]["env"]:
            # Each secret is this word; a value names those before it as $(NAME).
            found[variable["name"]] = _NAMED.sub("5ec4e7", variable.get("value", "5ec4e7"))
        with monkeypatch.context() as patch:
            for variable, value in found.items():
                value = value.replace("/etc/palika/identity", str(keys))
                patch.setenv(variable, value.replace("/etc/palika/keys", str(keys)))
            settings.cache_clear()
            loaded = settings(service)
        settings.cache_clear()
        assert loaded.database_url.startswith(f"postgresql://palika_{service}:5ec4e7@"), name
        assert loaded.amqp_uri == "amqp://5ec4e7:5ec4e7@palika-rabbitmq:5672//"
        assert loaded.http_host == "0.0.0.0"
        assert (loaded.production == "yes") is (overlay == "production")


def test_compose_and_kubernetes_run_the_same() -> None:
    deployments = of_kind("production", "city", "Deployment")
    for name, one in deployments.items():
        assert pod_of(one)[1]["args"] == containers()[name]["command"]
    broker = of_kind("production", "servers", "RabbitmqCluster")["palika-rabbitmq"]
    assert broker["spec"]["image"] == compose()["services"]["rabbitmq"]["image"]


def test_the_portal_is_reached_by_its_service_and_its_ingress() -> None:
    service = of_kind("production", "city", "Service")["portal"]["spec"]
    wanted = service["selector"].items()
    (portal,) = (
        name
        for name, one in of_kind("production", "city", "Deployment").items()
        if wanted <= labels_of(one).items()
    )
    assert {port["targetPort"] for port in service["ports"]} <= set(ports_of(portal, "production"))
    (rule,) = of_kind("production", "city", "Ingress")["portal"]["spec"]["rules"]
    (config,) = of_kind("production", "city", "ConfigMap").values()
    assert config["data"]["PALIKA_PORTAL_URL"] == f"https://{rule['host']}"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_process_has_the_key_that_it_vouches_by_and_no_other(overlay: str) -> None:
    for name, one in of_kind(overlay, "city", "Deployment").items():
        pod = pod_of(one)[0]
        (volume,) = [each for each in pod["volumes"] if each["name"] == "identity"]
        if name.endswith("-relay"):
            assert volume["secret"]["secretName"] == "palika-identity-public"
            continue
        sources = [each["secret"]["name"] for each in volume["projected"]["sources"]]
        assert sources == ["palika-identity-public", f"palika-identity-{name}"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_database_is_reached_over_tls_with_its_name(overlay: str) -> None:
    found = 0
    for one in workloads(overlay).values():
        for variable in pod_of(one)[1]["env"]:
            if variable["name"].endswith("_DATABASE_URL"):
                found += 1
                assert "sslmode=verify-full&sslrootcert=/etc/palika/postgres/" in variable["value"]
    assert found >= len(of_kind(overlay, "city", "Deployment"))
