"""What it costs to look into a paper of the e-office, by its pages, and to keep a very large one.

``python -m benchmarks.paper_costs`` prints, for PDFs of 1, 20, 500 and 2,000 pages, how long the
check and the reading of the text take, each a median of three, and of one of 198 MiB that comes in
25 pieces the time and the peaks of resident memory, here and in the process that looks into it.
"""

import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from palika.store import Folder
from services.eoffice import papers
from tests.support.papers import large, pdf

MIB = 1024 * 1024
PAGES = (1, 20, 500, 2_000)
LARGE = 198 * MIB
PIECE = 8 * MIB
_SAID = "Estimate for the repair of roads in ward {0} of Pune. " * 20


def seconds(work: Callable[[], object]) -> float:
    """The median of three."""
    taken = []
    for _ in range(3):
        begun = time.monotonic()
        work()
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def by_pages(store: Folder, path: Path, now: datetime) -> None:
    """Print what each number of pages costs."""
    for pages in PAGES:
        content = pdf(pages, lambda page: _SAID.format(page))
        path.write_bytes(content)
        check = seconds(lambda: papers.keep(store, content, now))  # noqa: B023
        text = seconds(lambda: papers.read_text(path))
        print(f"{pages:>6,} pages  {len(content):>10,} bytes  {check:.2f} s  text {text:.2f} s")


def a_large_one(store: Folder, path: Path, now: datetime) -> None:
    """Print what a very large one costs; it is made in pieces, so that it is never whole here."""
    path.write_bytes(large(LARGE, random.Random(1)))
    with path.open("rb") as file:
        keys = [
            papers.keep_piece(store, piece, now) for piece in iter(lambda: file.read(PIECE), b"")
        ]
    before = _resident()
    begun = time.monotonic()
    papers.keep_pieces(store, keys, now)
    apart = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(
        f"{path.stat().st_size:,} bytes in {len(keys)} pieces: {time.monotonic() - begun:.1f} s, "
        f"{_resident() - before:+} MiB here, {apart} MiB apart"
    )


def _resident() -> int:
    """MiB of this process."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith("VmRSS")) // 1024


def main() -> None:
    """Measure and print."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        store, path = Folder(Path(folder, "papers")), Path(folder, "paper.pdf")
        by_pages(store, path, now)
        a_large_one(store, path, now)


if __name__ == "__main__":
    main()
