"""The soak, for two minutes: a real city under load stays flat, and is gone afterwards."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from palika.local.processes import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MINUTES = 2
STARTS_WITHIN_S = 300
STOPS_WITHIN_S = 300


def soak(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.soak", "--directory"]
    return subprocess.Popen(
        [*command, str(directory), *arguments],
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_of(directory: Path) -> list[psutil.Process]:
    """Who has to do with a city in that directory: by command, environment or working directory."""
    found = []
    for process in psutil.process_iter():
        try:
            about = [*process.cmdline(), *process.environ().values(), process.cwd()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(directory) in each for each in about):
            found.append(process)
    return found


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """PostgreSQL, which does not run as root, has to come to it."""
    for each in (tmp_path, *tmp_path.parents[:2]):
        each.chmod(0o755)
    return tmp_path


def test_a_city_stays_flat_for_two_minutes(directory: Path) -> None:
    process = soak(directory, "--minutes", str(MINUTES), "--every", "2", "--json")
    said, errors = process.communicate()
    assert process.returncode == 0, f"{errors}\n{said}"
    told: dict[str, Any] = json.loads(said)
    assert told["flat"] is True
    assert told["events"] >= 0.95 * MINUTES * 60 * 200
    assert told["counted"] == told["events"] + told["filed"]
    assert told["filed"] > 0
    names = {each["name"] for each in told["series"]}
    assert names >= {
        *("memory: grievance", "memory: kpi relay", "memory: rabbitmq", "memory: postgresql"),
        *("files: portal", "connections: broker", "connections: PostgreSQL"),
        *("queue: all that waits", "outbox: age of the oldest"),
        *("dead rows: of all", "bytes a row: of all tables"),
    }
    # What is looked at is there: a series of nothing would be flat for ever.
    firsts = {each["name"]: each["first"] for each in told["series"]}
    assert firsts["memory: all"] > 300
    assert min(firsts["connections: broker"], firsts["connections: PostgreSQL"]) > 10
    assert firsts["bytes a row: of all tables"] > 50
    assert processes_of(directory) == []
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize(
    ("when", "number"),
    [("starting the city", signal.SIGTERM), ("soaking for", signal.SIGINT)],
)
def test_an_interrupted_soak_leaves_nothing_behind(
    directory: Path, when: str, number: signal.Signals
) -> None:
    process = soak(directory, "--minutes", "10")
    assert process.stderr is not None
    while when not in (line := process.stderr.readline()):
        assert line, "it has ended before"
    # The city's own processes are there, or on their way.
    assert until(lambda: len(processes_of(directory)) > 1, STARTS_WITHIN_S, 0.1)
    process.send_signal(number)
    process.communicate(timeout=STOPS_WITHIN_S)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    assert processes_of(directory) == []
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--minutes", "0"), "0 is less than 0.2"),
        (("--events", "many"), "'many' is no number"),
        (("--every", "nan"), "nan is less than 0.5"),
    ],
)
def test_a_wrong_option_is_refused(directory: Path, arguments: tuple[str, ...], said: str) -> None:
    process = soak(directory, *arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"argument {arguments[0]}: {said}" in errors
