"""deploy/compose: every process has a container, and none has more rights than it needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from palika.config import settings
from palika.keys import read_keys
from palika.keystore import Keystore, signers
from palika.local.city import City
from palika.local.parts import lay_out
from tests.support.deploy import (
    COMPOSE,
    compose,
    containers,
    image_environment,
    processes,
    secrets_of,
    writable,
)

KEYS = {"eoffice-keys", "notify-keys", "portal-keys", "tax-document-keys"}
BESIDE = {"migrate", "operator"}


def running() -> dict[str, dict[str, Any]]:
    return {name: one for name, one in containers().items() if name not in BESIDE}


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> City:
    settings.cache_clear()
    found = City(tmp_path)
    found.run.mkdir()
    return found


def test_every_process_of_a_city_has_a_container(city: City) -> None:
    started = {(part.command[3], part.command[4]) for part in lay_out(city)}
    commands = {name: one["command"] for name, one in running().items()}
    assert {(verb, service) for _, verb, service in commands.values()} == started
    assert commands == processes()


def test_docker_s_own_client_reads_it(tmp_path: Path) -> None:
    client = _client()
    if client is None:
        pytest.skip("neither `docker compose` nor docker-compose is here (scripts/setup --dev)")
    folder = tmp_path / "deploy" / "compose"
    shutil.copytree(COMPOSE, folder, ignore=shutil.ignore_patterns("secrets", "settings.env"))
    subprocess.run([folder / "secrets.sh"], check=True, capture_output=True)
    told = subprocess.run(
        [*client, "--profile", "operator", "--profile", "traces", "config"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    read = yaml.safe_load(told.stdout)["services"]
    assert set(read) == set(compose()["services"])
    for name, one in containers().items():
        assert read[name]["command"] == one["command"]
        assert read[name]["environment"] == one["environment"], name
    (folder / "compose.yaml").write_text((folder / "compose.yaml").read_text() + "sevices: {}\n")
    wrong = subprocess.run([*client, "config"], cwd=folder, capture_output=True, check=False)
    assert wrong.returncode != 0


def _client() -> list[str] | None:
    taken_out = Path(sys.executable).parent / "docker-compose"
    for client in (["docker", "compose"], ["docker-compose"], [str(taken_out)]):
        if shutil.which(client[0]):
            asked = subprocess.run([*client, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return client
    return None


@pytest.mark.parametrize("name", sorted(containers()))
def test_a_container_has_no_right_that_it_does_not_need(name: str) -> None:
    one = containers()[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "network_mode", "user"} & set(one)
    assert writable(one) <= {"/tmp", image_environment()["PALIKA_VAR"]}
    assert one["deploy"]["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", sorted(running()))
def test_there_may_be_more_of_each(name: str) -> None:
    one = running()[name]
    assert "container_name" not in one
    assert "ports" not in one or name == "portal"


@pytest.mark.parametrize("name", sorted(running()))
def test_a_process_is_given_its_own_database_and_no_other(name: str) -> None:
    service = name.removesuffix("-relay")
    wanted = KEYS | {"AMQP_URI", f"{service.upper()}_DATABASE_URL"}
    if name == service:
        # And the key that it vouches by, of all such keys no other.
        wanted |= {"identity-public.json", f"identity-{name}.pem"}
    assert set(secrets_of(running()[name])) == wanted


def test_none_is_killed_before_its_grace_is_over() -> None:
    graces = {one["stop_grace_period"] for one in running().values()}
    assert graces == {"35s"}
    assert settings().shutdown_grace_s + 5 <= 35


def test_broker_and_databases_have_no_way_out() -> None:
    assert compose()["networks"]["city"] == {"internal": True}
    inside = {"rabbitmq", "postgres", *(name for name in running() if name.endswith("-relay"))}
    assert all(compose()["services"][name]["networks"] == ["city"] for name in inside)


def test_each_image_of_others_names_its_release() -> None:
    others = [
        one["image"] for name, one in compose()["services"].items() if name not in containers()
    ]
    assert others
    assert all(any(digit.isdigit() for digit in image.partition(":")[2]) for image in others)


def test_prometheus_watches_every_process() -> None:
    told = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in told["scrape_configs"]}
    (found,) = jobs["palika"]["dns_sd_configs"]
    assert set(found["names"]) == set(running())
    assert str(found["port"]) == image_environment()["PALIKA_HTTP_PORT"]


def test_promtool_takes_what_it_is_told(tmp_path: Path) -> None:
    promtool = Path(sys.executable).with_name("promtool")
    assert promtool.exists(), "promtool is missing: scripts/setup --dev fetches it"
    rules = COMPOSE.parent / "prometheus"
    told = (COMPOSE / "prometheus.yml").read_text().replace("/etc/prometheus/palika", str(rules))
    (tmp_path / "prometheus.yml").write_text(told)
    checked = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_grafana_asks_the_prometheus_of_the_dashboards() -> None:
    (ours,) = yaml.safe_load((COMPOSE / "grafana-datasource.yaml").read_text())["datasources"]
    folder = COMPOSE.parent / "grafana" / "provisioning" / "datasources"
    (theirs,) = [
        source
        for file in folder.glob("*.yaml")
        for source in yaml.safe_load(file.read_text())["datasources"]
    ]
    assert ours | {"url": ""} == theirs | {"url": ""}


def test_what_is_mounted_is_there() -> None:
    mounted = {
        volume.partition(":")[0]
        for one in compose()["services"].values()
        for volume in one.get("volumes", [])
        if volume.startswith(".")
    }
    made_by_hand = {"./secrets/settings"}
    assert {"./prometheus.yml", "../grafana/kpi"} <= mounted
    missing = {each for each in mounted - made_by_hand if not (COMPOSE / each).exists()}
    assert not missing


@pytest.fixture
def made(tmp_path: Path) -> Path:
    shutil.copy(COMPOSE / "secrets.sh", tmp_path)
    subprocess.run([tmp_path / "secrets.sh"], check=True, capture_output=True)
    return tmp_path / "secrets"


def test_all_secrets_are_made_and_none_twice(made: Path) -> None:
    wanted = {name: (COMPOSE / one["file"]).name for name, one in compose()["secrets"].items()}
    assert {each.name for each in made.iterdir()} == {*wanted.values(), "settings"}
    before = {each.name: each.read_text() for each in made.iterdir() if each.is_file()}
    subprocess.run([made.parent / "secrets.sh"], check=True, capture_output=True)
    assert {each.name: each.read_text() for each in made.iterdir() if each.is_file()} == before
    passwords = [before[name] for name in ("postgres-password", "grafana-password", *KEYS)]
    assert len(set(passwords)) == len(passwords)


def test_the_folder_of_secrets_is_its_owner_s_alone(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    assert not made.with_name("secrets.new").exists()
    # A container's user reads what it is given, and may change nothing.
    assert {each.stat().st_mode & 0o777 for each in made.iterdir() if each.is_file()} == {0o444}


def test_the_secrets_are_such_as_the_settings_take(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for keys in KEYS:
        assert len(read_keys((made / keys).read_text(), made / keys, keys)) == 1
    for each in (*made.glob("*_URI"), *made.glob("*_DATABASE_URL")):
        monkeypatch.setenv(each.name, each.read_text().strip())
    store = Keystore(made, own=False)
    for signer in signers():
        key = store.private(signer)
        known = store.public(key.thumbprint())
        assert known is not None
        assert (known[0], known[1].thumbprint()) == (signer, key.thumbprint())
    settings.cache_clear()
    kpi = settings("kpi")
    settings.cache_clear()
    assert kpi.amqp_uri.split("@")[1] == "rabbitmq:5672//"
    assert kpi.database_url.split("@")[1] == "postgres:5432/palika_kpi"
    assert (
        f"default_pass = {kpi.amqp_uri.split(':')[2].split('@')[0]}"
        in (made / "rabbitmq.conf").read_text()
    )


def test_the_entrypoint_takes_settings_from_files_and_nothing_else(tmp_path: Path) -> None:
    secrets, own = tmp_path / "secrets", tmp_path / "settings"
    secrets.mkdir()
    own.mkdir()
    (secrets / "KPI_DATABASE_URL").write_text("postgresql://one line/ with 'signs' $HOME\n")
    (secrets / "portal-keys").write_text("not a setting\n")
    (secrets / "LD_PRELOAD").write_text("/evil.so\n")
    (own / "PALIKA_WHATSAPP_TOKEN").write_text("token\n")
    folders = {"SECRETS_FOLDER": str(secrets), "SETTINGS_FOLDER": str(own)}
    entrypoint = COMPOSE.parent / "entrypoint.sh"
    said = subprocess.run(
        [entrypoint, "env"],
        env=folders | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    got = dict(line.split("=", 1) for line in said)
    assert got["KPI_DATABASE_URL"] == "postgresql://one line/ with 'signs' $HOME"
    assert got["PALIKA_WHATSAPP_TOKEN"] == "token"
    assert not {"LD_PRELOAD", "portal-keys"} & set(got)
