"""Tax documents: bills as PDF, in bulk."""

import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.ground import Ground
from benchmarks.rows import Result, Row
from services.tax.documents import Seal, samples
from services.tax.documents.bulk import LOT, Outcome, a_file_each, one_pdf

ROUNDS = 3
BILLS = 1_000
WARM_UP = 100
FLOOR = 60
_KEY = b"a key for measuring and no other"

HOW = f"""
{BILLS:,} bills of a page each, three of four in Marathi, with 12 heads in two half-years, four
half-years of arrears, two QR codes to pay by and one to verify, every one with other amounts: from
plain values to one PDF on disk (`services/tax/documents/bulk.py`), by as many processes as there
are cores, {LOT} bills at a time. Pages a second a core are pages by the processor time of all the
processes, without their start: a run of {WARM_UP} bills is taken off, time and bills. Then the same
as a file each, tagged for screen readers. {ROUNDS} rounds, after a warm-up; medians.
"""


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Make them, round after round."""
    with tempfile.TemporaryDirectory(dir=ground.directory) as name:
        folder = Path(name)
        os.environ["PALIKA_VAR"] = str(ground.directory)
        try:
            rows = _measured(folder, say)
        finally:
            del os.environ["PALIKA_VAR"]
    return Result("tax_documents", rows, HOW)


def _measured(folder: Path, say: Callable[[str], None]) -> list[Row]:
    seal = Seal([_KEY], "https://city.example")
    path = folder / "bills.pdf"

    def bound(count: int) -> Outcome:
        return one_pdf(samples.bills(count), seal, path)

    def each(count: int) -> Outcome:
        return a_file_each(samples.bills(count), seal, folder)

    bound(WARM_UP)
    a_core, a_second, single = [], [], []
    for _ in range(ROUNDS):
        begun, processor = _timed(bound, WARM_UP)
        wall, spent = _timed(bound, BILLS)
        more = BILLS - WARM_UP
        a_core.append(more / (spent - processor))
        a_second.append(more / (wall - begun))
        size = path.stat().st_size / BILLS / 1_000
        _, processor = _timed(each, WARM_UP)
        _, spent = _timed(each, BILLS)
        single.append(more / (spent - processor))
        say(f"{a_core[-1]:.0f} pages/s a core, {a_second[-1]:.0f} pages/s; {single[-1]:.0f} files")
    files = [file.stat().st_size for file in folder.glob("PT-*.pdf")]
    return [
        Row("tax documents: bills in one PDF", "–", median(a_core), "pages/s a core", FLOOR),
        Row("tax documents: the same, all cores", "–", median(a_second), "pages/s", None),
        Row("tax documents: size in one PDF", "–", size, "kB a bill", None),
        Row("tax documents: a tagged file each", "–", median(single), "files/s a core", None),
        Row("tax documents: size of a file", "–", sum(files) / len(files) / 1_000, "kB", None),
    ]


def _timed(make: Callable[[int], Outcome], count: int) -> tuple[float, float]:
    """Seconds by the clock, and of the processors, for so many bills."""
    began, before = time.monotonic(), _processor_s()
    outcome = make(count)
    if outcome.documents != count or outcome.refused:
        raise AssertionError(
            f"{outcome.documents} of {count} bills; refused: {outcome.refused[:3]}"
        )
    if outcome.pages not in (0, count):
        raise AssertionError(f"{count} bills are {outcome.pages} pages: a page each was wanted")
    return time.monotonic() - began, _processor_s() - before


def _processor_s() -> float:
    """Of this process and of those that it has begun and that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
