"""Import: a year of a city's grievances with what became of them, from a file."""

import csv
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from benchmarks.ground import Ground, Process
from benchmarks.load import A_YEAR
from benchmarks.pipeline import Pipeline, empty_database
from benchmarks.rows import Result, Row
from palika.india import INDIA
from palika.local.processes import family, memory_pss
from services.grievance.reference import city
from services.grievance.seed import filing

COUNT = A_YEAR
GROWS_AT_MOST = 1.1
_LOOK_EVERY_S = 0.5
_SEED = 20260103
_DATABASE = "bench_import"
# How they ended, and how many of a hundred.
_STATUSES = {"closed": 85, "resolved": 5, "rejected": 4, "withdrawn": 1, "filed": 5}
_COLUMNS = (
    "source_id", "filed_at", "closed_at", "status", "category", "department", "ward",
    "description", "address", "citizen_name", "citizen_phone", "citizen_email",
)  # fmt: skip

HOW = f"""
A CSV file of {COUNT:,} grievances of the last year, of the demo's categories, wards and words; of a
hundred {_STATUSES["closed"]} are closed, {_STATUSES["filed"]} open and the others resolved,
rejected or withdrawn, with their times. `palika import grievances` reads it into a database without
any, once, while the relay and the kpi service carry and count the events: filing, resolution,
closing. The clock runs from the start of the process until the KPI totals have arrived. Its memory
(proportional set size) is looked at every {_LOOK_EVERY_S:g} seconds; the most in the last half of
the time is held against the most in the first fifth.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Import, once."""
    ground.enter("grievance_import", "kpi")
    ground.copy_database(_DATABASE, empty_database(ground))
    file = ground.directory / "import.csv"
    wanted = write(file, COUNT, datetime.now(UTC))
    rules = ground.directory / "import.map.yaml"
    rules.write_text(yaml.safe_dump(city_map()), "utf-8")
    say(f"{COUNT:,} rows, {file.stat().st_size / 1e6:.0f} MB")
    with Pipeline(ground, _DATABASE, processes=0) as pipeline:
        started = time.monotonic()
        importing = ground.start(
            "palika.cli", "import", "grievances", str(file), "--map", str(rules), "--json"
        )
        memory = _memory_of(importing)
        read = time.monotonic() - started
        say(f"read in {read:.0f} s")
        took = pipeline.arrival(wanted) - started
    early = max(memory[: max(1, len(memory) // 5)])
    late = max(memory[len(memory) // 2 :])
    name = f"grievance: import of {COUNT:,} lives"
    return Result(
        "grievance_import",
        [
            Row(name, "–", took, "s", None),
            Row(
                f"{name}, memory in the last half",
                "its own in the first fifth",
                late,
                "MB",
                GROWS_AT_MOST,
                peer=early,
                ratio=late / early,
                ceiling=True,
            ),
        ],
        HOW,
        [f"read in {read:.0f} s, counted after {took:.0f} s: {COUNT / took:,.0f} a second"],
    )


def write(file: Path, count: int, now: datetime) -> Counter[str]:
    """Write the file; what the KPI service is to count of it.

    Args:
        file: made.
        count: rows.
        now: aware; nothing in the file is later.
    """
    rng = random.Random(_SEED)
    wanted: Counter[str] = Counter()
    step = timedelta(days=365) / count
    statuses = rng.choices(list(_STATUSES), list(_STATUSES.values()), k=count)
    with file.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(_COLUMNS)
        for number, status in enumerate(statuses):
            filed_at = now - (count - number) * step
            closed_at = filed_at + (now - filed_at) * rng.random() * 0.1
            told = filing(rng, filed_at.astimezone(INDIA))
            ended = status != "filed"
            rows.writerow(
                [
                    number,
                    filed_at.isoformat(),
                    closed_at.isoformat() if ended else "",
                    status,
                    told["category"],
                    city().subcategories[told["category"]].department,
                    *(told[column] for column in _COLUMNS[6:]),
                ]
            )
            wanted["grievance.filed"] += 1
            wanted["grievance.resolved"] += status in ("resolved", "closed")
    return wanted


def city_map() -> dict[str, object]:
    """The map of the file: its codes are the city's own."""
    return {
        "source": "bench",
        "timezone": "Asia/Kolkata",
        "language": "mr",
        "columns": {column: column for column in _COLUMNS},
        "statuses": {status: status for status in _STATUSES},
    }


def _memory_of(process: Process) -> list[float]:
    """Its memory now and then until its end, in MB."""
    sizes: list[float] = []
    while not process.done():
        size = memory_pss(family(process.pid)) / 1e6
        if size:
            sizes.append(size)
        time.sleep(_LOOK_EVERY_S)
    return sizes
