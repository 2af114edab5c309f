"""`palika up --city … --city …` for real: two whole cities on one broker and one PostgreSQL."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from palika.cities import CityFolder
from palika.local.city import City, database_names, service_names, web_names
from palika.local.processes import ProcessId, free_port, until
from tests.support.two_cities import NAMES, without_keys

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
WAIT_S = 120


def test_two_cities_are_up_at_once_and_one_may_go_without_the_other(tmp_path: Path) -> None:
    environment = without_keys() | {"PALIKA_CITIES": str(tmp_path)}

    def palika(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "palika.cli", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def listed() -> dict[str, Any]:
        return {
            each["city"]: each for each in json.loads(palika("cities", "list", "--json").stdout)
        }

    def parts(slug: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(palika("--city", slug, "status", "--json").stdout)[
            "parts"
        ]
        return found

    ports: list[int] = []
    for slug, (mr, en) in NAMES.items():
        done = palika("cities", "add", slug, "--name-mr", mr, "--name-en", en)
        assert done.returncode == 0, done.stderr
        city = CityFolder(tmp_path, slug)
        path = city.path / "palika.yaml"
        given = f"portal_http_port: {city.variables['PALIKA_PORTAL_HTTP_PORT']}"
        ports.append(free_port(None, ports))
        path.write_text(path.read_text().replace(given, f"portal_http_port: {ports[-1]}"))
    leftover: list[ProcessId] = []
    try:
        up = palika("up", "--all", "--detach")
        assert up.returncode == 0, up.stderr + up.stdout
        assert {each["phase"] for each in listed().values()} == {"up"}
        wanted = len(service_names()) + len(web_names()) + len(database_names())
        pids: dict[str, set[int]] = {}
        for slug in NAMES:
            found = parts(slug)
            assert len(found) == wanted
            assert {each["health"] for each in found} == {"ready"}
            pids[slug] = {each["pid"] for each in found}
            targets = json.loads(palika("--city", slug, "targets").stdout)
            assert {each["labels"]["city"] for each in targets} == {slug}
            assert len(targets) == wanted
        assert pids["pune"].isdisjoint(pids["nashik"])
        installation = City(tmp_path / ".servers").read()
        assert installation is not None
        kinds = sorted((each["service"], each["part"]) for each in installation["parts"])
        assert [name for name, kind in kinds if kind == "city"] == ["nashik", "pune"]
        assert [name for name, kind in kinds if kind == "database"] == ["postgresql"]
        leftover = [each for pid in set.union(*pids.values()) if (each := ProcessId.of(pid))]
        leftover += [ProcessId(each["pid"], each["created"]) for each in installation["parts"]]

        # A city's supervisor that dies is started again; the other's processes notice nothing.
        killed = ProcessId.of(listed()["nashik"]["pid"])
        assert killed is not None
        os.kill(killed.pid, 9)
        assert until(lambda: listed()["nashik"]["phase"] == "up", WAIT_S, 1)
        assert listed()["nashik"]["pid"] != killed.pid
        assert {each["pid"] for each in parts("pune")} == pids["pune"]

        # One alone is stopped, and stays so.
        stopped = palika("--city", "nashik", "down")
        assert stopped.returncode == 0, stopped.stderr
        assert listed()["nashik"]["phase"] == "down"
        for name, language in zip(NAMES["pune"], ("mr", "en"), strict=True):
            address = f"{listed()['pune']['pages']}{language}/"
            with urllib.request.urlopen(address, timeout=30) as answer:
                assert name in answer.read().decode()
        refused = palika("cities", "remove", "pune", "--yes")
        assert refused.returncode == 1
        assert "pune is up" in refused.stderr
    finally:
        down = palika("down", "--all")
    assert down.returncode == 0, down.stderr
    assert not [each for each in leftover if each.alive]
