"""The e-office with 2,500 officers at work, and how many this machine carries."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks import eoffice_organisation as organisation
from benchmarks.ground import Ground, Process
from benchmarks.measures.eoffice_search import fill
from benchmarks.officers import MIX, SAVES, posts_of
from benchmarks.rows import Result, Row
from palika.auth import Identity
from palika.database import sessions
from palika.local.processes import LocalError
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.root import begin_record
from services.eoffice.schemas import Opening

OFFICERS = 2_500
ARCHIVE = 100_000
FILES = 4
"""Open ones on each desk at the beginning."""
PROCESSES = 2
"""Of the service: as many as the machine has cores."""
THINK_S = 30.0
SECONDS = 60.0
STEPS = (15.0, 10.0, 7.5)
"""Shorter thinking stands for more officers: at 15 s the 2,500 call as often as 5,000 would."""
CEILING_MS = 1_000
_SEED = 20261128
_AT_ONCE = 50

_MIX = ", ".join(f"{share} {what}" for what, share in MIX.items())

HOW = f"""
{OFFICERS:,} officers of a generated organisation of as many posts, each with {FILES} open files,
beside {ARCHIVE:,} closed ones. Each thinks ({THINK_S:g} s on average, exponentially distributed)
and does one thing: of a hundred, {_MIX}; a note is saved {SAVES} times while it is typed, 5 s
apart, and then made green. The mix and the time are illustrative: nobody has published them. The
calls come over RPC to {PROCESSES} processes of the service (`palika run eoffice`), with its relay
at work; broker and PostgreSQL (every commit synced) are on the same machine, and so is the process
of the officers. The clock runs for {SECONDS:g} s, after everybody has thought once. An act is slow
when its p95 is above {CEILING_MS:,} ms (illustrative too). Then the time of thinking is shortened,
step by step, which makes the same calls as more officers: the last step without an error at which
no act is slow says how many the machine carries.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """2,500 officers; then more, until an act is slow or fails."""
    ground.enter("eoffice_officers")
    ground.use_database("eoffice", "eoffice_officers")
    folder = ground.directory / "organisation"
    organisation.write(folder, organisation.organisation(OFFICERS, _SEED))
    say(f"filling: {ARCHIVE:,} closed files, {OFFICERS * FILES:,} open ones")
    ground.run("palika.cli", "migrate", "eoffice")
    _fill(ground, folder)
    parts = [ground.part("run", "eoffice") for _ in range(PROCESSES)]
    for number, part in enumerate(parts, 1):
        ground.wait_for_consumer("rpc-eoffice", part, number)
    parts.append(ground.part("relay", "eoffice"))
    try:
        return _measured(ground, folder, parts, say)
    finally:
        for part in parts:
            part.stop()


def _measured(
    ground: Ground, folder: Path, parts: list[Process], say: Callable[[str], None]
) -> Result:
    tried: list[str] = []
    rows = []
    carried = 0.0
    for think_s in (THINK_S, *STEPS):
        told = _work(ground, folder, think_s)
        for part in parts:
            part.check()
        p95 = {act: quantiles(took, n=20)[18] * 1_000 for act, took in told["took"].items()}
        calls = sum(len(took) for took in told["took"].values())
        officers = OFFICERS * THINK_S / think_s
        said = ", ".join(f"{act} {value:,.0f} ms" for act, value in sorted(p95.items()))
        tried.append(
            f"{officers:,.0f} officers ({think_s:g} s): {calls / SECONDS:,.0f} calls/s; "
            f"p95 {said}; errors {sum(told['errors'].values())}"
        )
        say(tried[-1])
        failed = sum(told["errors"].values())
        if think_s == THINK_S:
            if failed:
                raise LocalError(f"calls failed: {told['errors']}")
            rows = [
                Row(
                    f"e-office: {act}, p95, {OFFICERS:,} officers",
                    "–",
                    value,
                    "ms",
                    CEILING_MS,
                    ceiling=True,
                )
                for act, value in sorted(p95.items())
            ]
        if failed or max(p95.values()) > CEILING_MS:
            break
        carried = officers
    rows.append(Row("e-office: officers that this machine carries", "–", carried, "", OFFICERS))
    return Result("eoffice_officers", rows, HOW, tried)


def _work(ground: Ground, folder: Path, think_s: float) -> dict[str, Any]:
    asked = {
        "uri": ground.amqp_uri,
        "folder": str(folder),
        "officers": OFFICERS,
        "think_s": think_s,
        "seconds": SECONDS,
        "seed": _SEED,
    }
    told: dict[str, Any] = json.loads(ground.run("benchmarks.officers", json.dumps(asked)))
    return told


def _fill(ground: Ground, folder: Path) -> None:
    now = datetime.now(UTC)
    begin = sessions("eoffice").begin
    with begin() as session:
        begin_record(session, now)
    connection = ground.connect_to("eoffice_officers")
    fill(connection, ARCHIVE, now)
    with connection.cursor() as cursor:
        # The archive: what the generator leaves open is closed.
        cursor.execute(
            "UPDATE file SET state = 'closed', closed_at = opened_at WHERE state = 'open'"
        )
        cursor.execute("VACUUM ANALYZE file")
    connection.close()
    ground.run("palika.cli", "eoffice", "org", "import", str(folder))
    subject = "रस्त्याचे पुनर्डांबरीकरण: अंदाजपत्रक / Resurfacing of a road: estimate"
    opening = Opening().load({"subject": subject})
    posts = list(posts_of(folder, OFFICERS))
    for start in range(0, len(posts), _AT_ONCE):
        with begin() as session:
            for post in posts[start : start + _AT_ONCE]:
                who = Identity.of(f"officer:{post}", "officer")
                for _ in range(FILES):
                    open_file(session, who, opening, now)
    ground.checkpoint()
