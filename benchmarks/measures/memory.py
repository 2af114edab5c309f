"""Memory: all that ``make run`` starts, idle."""

import os
import subprocess
import time
from collections.abc import Callable
from typing import Any

from benchmarks.ground import PYTHON, Ground
from benchmarks.rows import Result, Row
from palika.local.city import ROOT, City
from palika.local.processes import LocalError, family, memory_pss

SAMPLES = 3
_SETTLED_S = 20.0
_BETWEEN_S = 2.0
_UP_WITHIN_S = 300

HOW = f"""
`palika up --detach --no-seed` in a directory of its own, while nothing else of the benchmarks
runs; {_SETTLED_S:g} seconds after it is up, the proportional set size (shared pages divided among
those who share them) of every process that it has started, the supervisor, the broker and
PostgreSQL included, is added up, {SAMPLES} times; the median counts.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Start the city, let it settle, add up, stop it."""
    ground.rest()
    var = ground.directory / "city"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("AMQP_URI", "DATABASE_URL")
    } | {"PALIKA_VAR": str(var)}
    try:
        _palika(environment, "up", "--detach", "--no-seed")
        say(f"the city is up; settling for {_SETTLED_S:g} s")
        time.sleep(_SETTLED_S)
        samples = []
        for _ in range(SAMPLES):
            samples.append(_measure(City(var)))
            time.sleep(_BETWEEN_S)
    finally:
        _palika(environment, "down")
    parts = sorted(samples, key=lambda each: sum(each.values()))[SAMPLES // 2]
    total = sum(parts.values()) / 1e6
    say(f"{total:,.0f} MB")
    said = ", ".join(f"{name} {size / 1e6:,.0f}" for name, size in parts.items())
    row = Row("memory: the idle city", "–", total, "MB", 900, ceiling=True)
    return Result("memory", [row], HOW + f"\nIn MB: {said}.\n")


def _measure(city: City) -> dict[str, int]:
    """Bytes by kind of part, each process once."""
    state: Any = city.read()
    if state is None:
        raise LocalError("the city has ended by itself")
    counted: set[int] = set()
    sizes: dict[str, int] = {}
    parts = [(part["part"], family(part["pid"])) for part in state["parts"]]
    for name, pids in [*parts, ("supervisor", family(state["supervisor"]["pid"]))]:
        fresh = [pid for pid in pids if pid not in counted]
        counted.update(fresh)
        sizes[name] = sizes.get(name, 0) + memory_pss(fresh)
    return sizes


def _palika(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [*PYTHON, "palika.cli", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_UP_WITHIN_S,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"palika {' '.join(arguments)}: {(done.stderr or done.stdout)[-1_000:]}")
