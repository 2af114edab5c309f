"""How long `palika up` and `down` wait for processes that stop."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from palika import cli
from palika.cli import city as commands
from palika.config import settings
from palika.local.city import City
from palika.local.parts import Part
from palika.local.processes import LocalError, ProcessId
from palika.local.supervisor import Failed, Supervisor


class Slow(Part):
    """A process that is asked to stop, and remembers how long it was waited for."""

    waited = 0.0
    runs = True

    def ask_to_stop(self) -> None:
        """Nothing ends."""

    def wait(self, seconds: float) -> bool:
        self.waited = seconds
        return False


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    monkeypatch.setenv("PALIKA_SHUTDOWN_GRACE_S", "100")
    settings.cache_clear()
    found = City()
    found.run.mkdir()
    yield found
    settings.cache_clear()


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that sleeps until it is told to end."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_killed_only_after_its_grace(city: City, tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(city, said.append, lambda _: None)
    part = Slow("kpi", "service", 1, tmp_path / "log")
    supervisor._parts = [part]
    supervisor.stop()
    assert 100 < part.waited <= 105
    assert said == ["kpi did not stop within 105 s and was killed"]


def recorded(waited: list[float]) -> Callable[..., bool]:
    def until(condition: Callable[[], bool], timeout_s: float, step_s: float = 0) -> bool:
        waited.append(timeout_s)
        return True

    return until


def test_down_waits_as_long_as_the_city_may_take(
    city: City, other: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    Supervisor(city, print, print).mark_up()
    state = city.read()
    me = ProcessId.of(other.pid)
    assert state is not None
    assert me is not None
    city.write(state | {"supervisor": {"pid": me.pid, "created": me.created}})
    waited: list[float] = []
    monkeypatch.setattr(commands, "until", recorded(waited))
    # Asked in another terminal, whose environment says nothing of it.
    monkeypatch.delenv("PALIKA_SHUTDOWN_GRACE_S")
    assert cli.main(["down"]) == 0
    (within_s,) = waited
    assert within_s >= 105 + 60


def test_what_an_earlier_run_left_is_given_its_grace_too(
    city: City, other: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    Supervisor(city, print, print).mark_up()
    state = city.read()
    left = ProcessId.of(other.pid)
    assert state is not None
    assert left is not None
    city.write(state | {"parts": [{"pid": left.pid, "created": left.created, "signal": 15}]})
    waited: list[float] = []
    monkeypatch.setattr(ProcessId, "stop", lambda self, grace_s, number: waited.append(grace_s))
    assert city.stop_leftovers() == 1
    assert waited == [105]


def left_behind(city: City, process: subprocess.Popen[bytes]) -> ProcessId:
    """A state after kill -9 of the supervisor: `process` is what it has left."""
    known = ProcessId.of(process.pid)
    assert known is not None
    named = {"pid": known.pid, "created": known.created}
    city.write({"phase": "up", "supervisor": named, "parts": [named | {"signal": 15}]})
    return known


def test_a_copied_state_is_not_taken_for_its_own(
    city: City, other: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = left_behind(city, other)
    copied = tmp_path / "copied"
    shutil.copytree(city.run, copied / "run")
    monkeypatch.setenv("PALIKA_VAR", str(copied))
    copy = City()
    assert copy.supervisor is None
    assert copy.addresses() == {}
    assert copy.stop_leftovers() == 0
    assert cli.main(["down"]) == 0
    assert running.alive
    with (
        pytest.raises(LocalError, match=f"{copied} was copied from {city.var} while"),
        copy.alone(),
    ):
        pass
    copy.state_file.unlink()
    with copy.alone():
        assert running.alive


def test_a_moved_state_is_still_its_own(
    city: City, other: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    running = left_behind(city, other)
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    try:
        assert City(moved).supervisor == running
        with City(moved).alone():
            pass
    finally:
        moved.rename(tmp_path)


def test_all_is_stopped_though_the_data_are_gone(city: City, tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(city, said.append, lambda _: None)
    supervisor.mark_up()
    part = Slow("kpi", "service", 1, tmp_path / "log")
    supervisor._parts = [part]
    shutil.rmtree(city.var)
    with pytest.raises(Failed, match=f"{city.state_file} was removed while the city ran"):
        supervisor.watch()
    supervisor.stop()
    assert part.waited > 0
    assert said[0].startswith("what runs could not be written down: ")
    assert not city.var.exists()
