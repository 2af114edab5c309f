"""Documents by the hundred thousand: into one PDF for the printer, or into a file each.

Documents go in small lots to a process for each core and come back in their order, a few lots
ahead at the most: memory does not grow with their number. A document that cannot be made (a name
with a character that has no glyph, a warrant without a signatory) is told at the end and holds up
no other.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from palika.errors import Invalid
from palika.typesetting import fonts
from palika.typesetting.fonts import Unprintable
from services.tax.documents import content_of, data, file_name
from services.tax.documents.binding import Binder
from services.tax.documents.model import Document
from services.tax.documents.vouching import Seal

LOT: Final = 20
"""Documents set at once. More are no faster and take more memory: typst remembers what it set."""

_AHEAD: Final = 3
_Lot = list[tuple[Document, str]]


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that was not made, and why."""

    number: str
    reason: str


@dataclass(slots=True)
class Outcome:
    """What was made.

    Attributes:
        documents: how many.
        pages: of all of them.
        refused: those that could not be made.
    """

    documents: int = 0
    pages: int = 0
    refused: list[Refused] = field(default_factory=list)


def one_pdf(
    documents: Iterable[tuple[Document, str]], seal: Seal, path: Path, processes: int | None = None
) -> Outcome:
    """All documents in one PDF, in their order, each on a page of its own; for print, not tagged.

    The file is there once it is whole.

    Args:
        documents: with their languages; taken as they are needed.
        seal: what their codes are made with.
        path: of the PDF; what is there is replaced.
        processes: how many to use; the machine's cores when None.

    Raises:
        FontMissing: the fonts cannot be had.
        WrongData: the city's wording, particulars or ladder have mistakes.
        OSError: the file cannot be written.
    """
    outcome = Outcome()
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            binder = Binder(file)
            for made, refused in _made(documents, seal, processes, bound=True):
                outcome.refused += refused
                for _, pdf, count in made:
                    outcome.documents += count
                    binder.add(pdf)
            outcome.pages = binder.pages
            binder.close()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return outcome


def a_file_each(
    documents: Iterable[tuple[Document, str]],
    seal: Seal,
    folder: Path,
    processes: int | None = None,
) -> Outcome:
    """A file for each document, named by its number: ``PT-2026-27-000001.pdf``; tagged.

    Arguments and errors are those of ``one_pdf``; the folder is there. ``pages`` is not counted.
    """
    outcome = Outcome()
    for made, refused in _made(documents, seal, processes, bound=False):
        outcome.refused += refused
        for number, pdf, count in made:
            outcome.documents += count
            path = folder / file_name(number)
            part = path.with_suffix(".part")
            part.write_bytes(pdf)
            part.replace(path)
    return outcome


_Made = tuple[list[tuple[str, bytes, int]], list[Refused]]


def _made(
    documents: Iterable[tuple[Document, str]], seal: Seal, processes: int | None, *, bound: bool
) -> Iterator[_Made]:
    """What each lot has become, in order."""
    # What is wrong with the city's data or the fonts is told here, and not by a process.
    fonts.folder(), data.city(), data.wording(), data.ladder()
    given = iter(documents)
    lots = iter(lambda: list(islice(given, LOT)), [])
    count = processes or os.cpu_count() or 1
    waiting: deque[Future[_Made]] = deque()
    with _pool(count) as pool:
        for lot in lots:
            waiting.append(pool.submit(_make, lot, seal, bound))
            if len(waiting) >= count + _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Processes of one thread each: typst's own threads would fight with those of the others. They
    are begun anew, since a fork of a process with threads may hang."""
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_one_thread_only
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _one_thread_only() -> None:
    os.environ["RAYON_NUM_THREADS"] = "1"


def _make(lot: _Lot, seal: Seal, bound: bool) -> _Made:
    """In a process of the pool: a lot as one PDF, or as one each."""
    from services.tax.documents import engine

    good, refused = [], []
    for document, language in lot:
        try:
            good.append((document, content_of(document, language, seal)))
        except (Unprintable, Invalid) as error:
            refused.append(Refused(document.number, _reason(error)))
    if bound:
        contents = [content for _, content in good]
        made = (
            [("", engine.pdf(contents, good[0][0].issued_on, tagged=False), len(good))]
            if good
            else []
        )
        return made, refused
    return [
        (document.number, engine.pdf([content], document.issued_on, tagged=True), 1)
        for document, content in good
    ], refused


def _reason(error: Unprintable | Invalid) -> str:
    if isinstance(error, Invalid):
        return "; ".join([str(error), *(rule for rules in error.fields.values() for rule in rules)])
    return str(error)
