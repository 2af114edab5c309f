"""`palika up`, `status` and `down` for real: every service, its relay, broker and database."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from palika.local import Broker
from palika.local.city import database_names, service_names, web_names
from palika.local.processes import ProcessId, until

WAIT_S = 60


class CityCommand:
    """Runs `palika` on a city of its own."""

    def __init__(self, var: Path) -> None:
        self.environment = os.environ | {"PALIKA_VAR": str(var)}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "palika.cli", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "palika.cli", "up", *arguments],
            env=self.environment | variables,
        )

    def status(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return state

    def part(self, service: str, kind: str) -> dict[str, Any]:
        parts = self.status()["parts"]
        return next(p for p in parts if (p["service"], p["part"]) == (service, kind))


def processes_of(state: dict[str, Any], *kinds: str) -> list[ProcessId]:
    pids = [part["pid"] for part in state["parts"] if not kinds or part["part"] in kinds]
    return [each for pid in pids if (each := ProcessId.of(pid))]


def test_a_city_starts_recovers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    palika = CityCommand(tmp_path / "var")
    try:
        up = palika("up", "--detach", "--no-seed", "--json")
        assert up.returncode == 0, up.stderr
        first = json.loads(up.stdout)
        assert {p["health"] for p in first["parts"]} == {"ready"}
        assert [each["node"] for each in first["broker_nodes"]] == ["palika@localhost"]
        kinds = {(p["service"], p["part"]) for p in first["parts"]}
        assert kinds >= {(s, "service") for s in service_names()}
        assert kinds >= {("rabbitmq", "broker"), ("postgresql", "database")}
        webs = {part["service"]: part["pages"] for part in first["parts"] if part["part"] == "web"}
        assert set(webs) == set(web_names())
        assert {service for service, kind in kinds if kind == "relay"} == set(database_names())
        for address in webs.values():
            with urllib.request.urlopen(f"{address}openapi.json", timeout=20) as answer:
                assert answer.status == 200
            assert address in palika("status").stdout
        # 900 MB with five services and the portal; a service and its relay more are 100, and the
        # portal's own relay, with the connections of both to the database, 60; what signs and
        # checks callers (cryptography) is 6 in each process that calls or is called.
        calling = len(service_names()) + len(webs)
        bound = 900e6 + 100e6 * (len(service_names()) - 5) + 60e6 + 6e6 * calling
        assert first["memory_bytes"] < bound

        second = palika("up", "--no-seed")
        assert second.returncode == 1
        assert "the city is up already" in second.stderr

        victim = palika.part("tax", "service")
        os.kill(victim["pid"], signal.SIGKILL)

        def is_back() -> bool:
            part = palika.part("tax", "service")
            return part["restarts"] == 1 and part["health"] == "ready"

        assert until(is_back, WAIT_S)
        assert palika.part("tax", "service")["port"] == victim["port"]

        # A supervisor that is killed takes its services along; the next start clears up the rest.
        state = palika.status()
        services = processes_of(state, "service", "relay", "web")
        engines = processes_of(state, "broker", "epmd", "database")
        os.kill(state["supervisor"], signal.SIGKILL)
        assert until(lambda: not any(each.alive for each in services), WAIT_S)
        assert all(each.alive for each in engines)
        assert palika("status").returncode == 1
        again = palika("up", "--detach", "--no-seed")
        assert again.returncode == 0, again.stderr
        assert "that an earlier run had left" in again.stdout
        assert not any(each.alive for each in engines)

        running = processes_of(palika.status())
        assert palika("down").stdout == "the city is stopped\n"
        assert not any(each.alive for each in running)
    finally:
        palika("down", "--quiet")


def test_named_servers_are_used_and_left_alone(
    tmp_path: Path, city: dict[str, str], broker: Broker
) -> None:
    palika = CityCommand(tmp_path / "var")
    # Only the city is told where its processes listen; who asks for its status need not know.
    supervisor = palika.start("--json", PALIKA_HTTP_HOST="127.0.0.2")
    try:
        assert until(lambda: palika.status().get("phase") == "up", WAIT_S, 0.2)
        state = palika.status()
        assert {p["part"] for p in state["parts"]} == {"service", "relay", "web"}
        assert {(p["host"], p["health"]) for p in state["parts"]} == {("127.0.0.2", "ready")}
        assert "secret" not in state["broker"]
        assert city["AMQP_URI"].split("@")[0] not in json.dumps(state), "no password is shown"
        assert not (tmp_path / "var" / "run" / "seeded").exists(), "they may be a real city's"
        seed = palika("seed", "--properties", "1")
        assert seed.returncode == 1
        assert f"sample work would go into {state['database']}" in seed.stderr
        assert "say --yes" in seed.stderr
        running = processes_of(state)
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(WAIT_S) == 0
        assert not any(each.alive for each in running)
        assert broker.pid is not None
    finally:
        supervisor.terminate()
        supervisor.wait(WAIT_S)


def test_a_wrong_setting_stops_the_start_with_its_name(
    tmp_path: Path, city: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIKA_BATCH_SIZE", "many")
    up = CityCommand(tmp_path / "var")("up", "--no-seed")
    assert up.returncode == 2
    assert "PALIKA_BATCH_SIZE" in up.stderr
    assert "many" in up.stderr
