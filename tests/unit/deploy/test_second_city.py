"""A second city on a machine with compose: its own project, secrets, databases, ports and cache."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from palika.cities.folder import database_of
from palika.local.city import database_names
from tests.support.deploy import COMPOSE, DEPLOY, containers, image_environment

SLUG = "nashik-road"


def secrets(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    shutil.copy(COMPOSE / "secrets.sh", folder)
    return subprocess.run(
        [folder / "secrets.sh", *arguments], capture_output=True, text=True, check=False
    )


def test_the_secrets_of_a_city_name_its_own_virtual_host_and_databases(tmp_path: Path) -> None:
    assert secrets(tmp_path, SLUG).returncode == 0
    made = tmp_path / "secrets"
    assert urlsplit((made / "AMQP_URI").read_text().strip()).path == f"/{SLUG}"
    assert f"default_vhost = {SLUG}" in (made / "rabbitmq.conf").read_text()
    statements = (made / "databases.sql").read_text()
    for service in database_names():
        name = database_of(SLUG, service)
        url = urlsplit((made / f"{service.upper()}_DATABASE_URL").read_text().strip())
        assert (url.username, url.path) == (name, f"/{name}")
        assert f"CREATE DATABASE {name} OWNER {name};" in statements
        assert f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC" in statements


def test_the_secrets_of_an_only_city_are_as_ever(tmp_path: Path) -> None:
    assert secrets(tmp_path).returncode == 0
    assert (tmp_path / "secrets" / "AMQP_URI").read_text().strip().endswith("@rabbitmq:5672//")
    for service in database_names():
        url = (tmp_path / "secrets" / f"{service.upper()}_DATABASE_URL").read_text().strip()
        assert url.endswith(f"/palika_{service}")


@pytest.mark.parametrize("slug", ["Nashik", "na shik", "1st", "-nashik", "nashik-", "na--shik"])
def test_what_is_no_name_of_a_city_makes_no_secrets(tmp_path: Path, slug: str) -> None:
    done = secrets(tmp_path, slug)
    assert done.returncode == 2
    assert "is no name of a city" in done.stderr
    assert not (tmp_path / "secrets").exists()


def test_the_processes_take_the_settings_of_a_second_city(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from palika.config import settings

    assert secrets(tmp_path, SLUG).returncode == 0
    for name, container in containers().items():
        if name in ("migrate", "operator"):
            continue
        service = name.removesuffix("-relay")
        said = image_environment() | container["environment"] | {"PALIKA_CITY": SLUG}
        given = {key: value for key, value in said.items() if not key.endswith("_KEYS")}
        given["PALIKA_IDENTITY_KEYSTORE"] = str(tmp_path / "secrets")
        monkeypatch.undo()
        for key, value in (given | {"PALIKA_PRODUCTION": "no"}).items():
            monkeypatch.setenv(key, value)
        for secret in ("AMQP_URI", f"{service.upper()}_DATABASE_URL"):
            monkeypatch.setenv(secret, (tmp_path / "secrets" / secret).read_text().strip())
        settings.cache_clear()
        assert settings(service).city == SLUG
    monkeypatch.undo()
    settings.cache_clear()


def test_docker_s_own_client_lays_it_over_the_first(tmp_path: Path) -> None:
    client = Path(sys.executable).parent / "docker-compose"
    if not client.exists():
        pytest.skip("docker-compose is not here (scripts/setup --dev)")
    folder = tmp_path / "nashik"
    folder.mkdir()
    # As docs/deploy.md says: without the first city's secrets and settings.
    for pattern in ("*.yaml", "*.yml", "secrets.sh"):
        for path in COMPOSE.glob(pattern):
            shutil.copy(path, folder)
    subprocess.run([folder / "secrets.sh", "nashik"], check=True, capture_output=True)
    (folder / ".env").write_text("PALIKA_CITY=nashik\nPALIKA_PORTAL_AT=127.0.0.1:8082\n")
    first = read(client, folder, "--env-file", "/dev/null")
    second = read(
        client, folder, "--file", "compose.yaml", "--file", "second-city.yaml",
        "--project-name", "nashik",
    )  # fmt: skip
    assert set(second["services"]) == set(first["services"])
    assert published(first) & published(second) == set()
    assert len(published(second)) == len(published(first))
    for kind in ("volumes", "networks"):
        named = {each["name"] for each in first[kind].values()}
        assert named.isdisjoint(each["name"] for each in second[kind].values())
    assert second["services"]["tax"]["environment"]["PALIKA_CITY"] == "nashik"
    assert second["services"]["tax"]["image"] == first["services"]["tax"]["image"]


def read(client: Path, folder: Path, *options: str) -> dict[str, Any]:
    told = subprocess.run(
        [client, *options, "config"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")
    found: dict[str, Any] = yaml.safe_load(told.stdout)
    return found


def published(project: dict[str, Any]) -> set[str]:
    return {
        port["published"] for one in project["services"].values() for port in one.get("ports", [])
    }


def test_nginx_serves_each_city_by_its_name_from_a_cache_of_its_own() -> None:
    text = re.sub(
        r"^\s*#.*$", "", (DEPLOY / "nginx" / "palika-cities.conf").read_text(), flags=re.M
    )
    servers = re.split(r"^server \{", text, flags=re.M)[1:]
    seen: dict[str, tuple[str, str, str]] = {}
    for server in servers:
        if proxy := re.search(r"proxy_pass http://(\w+);", server):
            name = re.search(r"server_name (\S+);", server)
            cache = re.search(r"proxy_cache (\w+);", server)
            certificate = re.search(r"ssl_certificate +(\S+);", server)
            assert name is not None
            assert cache is not None
            assert certificate is not None
            assert "proxy_cache_key $scheme$host$request_uri;" in server
            seen[name[1]] = (proxy[1], cache[1], certificate[1])
    assert len(seen) == 2
    for each in zip(*seen.values(), strict=True):
        assert len(set(each)) == 2
    assert sum("default_server" in server for server in servers) == 2
