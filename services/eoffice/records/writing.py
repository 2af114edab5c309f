"""Writing an archive: a bag that opens without this software."""

import contextlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from palika.errors import Invalid
from palika.india import day_of
from palika.store import Store
from palika.typesetting import fonts
from services.eoffice.documents import letter_pdf, sheet_pdf
from services.eoffice.records.bag import DATA, Progress, close_bag, sha256_of, silent
from services.eoffice.records.document import LANGUAGES, Content
from services.eoffice.records.page import page

FILE, SCHEMA, README, INDEX = "file.json", "file.schema.json", "README.txt", "index.html"
FONTS = "fonts"
"""What the page is shown with: not every machine has letters of Devanagari."""
SHEETS = {each: f"note-sheet-{each}.pdf" for each in LANGUAGES}
BESIDE = "/"
"""What the path of a kept part begins with that stands beside ``data/``: no path in it does."""
_PART = 8 * 1024 * 1024
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)


def shipped(name: str) -> bytes:
    """A file that every archive has."""
    return (resources.files("services.eoffice") / "data" / "records" / name).read_bytes()


def written(document: Mapping[str, Any]) -> bytes:
    """``file.json``: the same document gives the same bytes."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def write_content(
    content: Content, store: Store, folder: Path, progress: Progress = silent
) -> None:
    """Write what is in a file below ``folder``; papers are checked while they are copied.

    Raises:
        Invalid: a paper in the store is not what was kept: the archive would say otherwise.
        NotFound: a paper is not in the store.
        Unavailable: the store does not answer.
        FontMissing: the fonts cannot be had.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True)
    for path, said in (
        (FILE, written(content.document)),
        (INDEX, page(content.document).encode()),
        (SCHEMA, shipped(SCHEMA)),
        (README, shipped(README)),
        *((f"{FONTS}/{each.name}", each.read_bytes()) for each in sorted(fonts.folder().iterdir())),
        *content.small.items(),
    ):
        _put(folder / path, said)
    for language, sheet in content.sheets.items():
        progress(SHEETS[language])
        _put(folder / SHEETS[language], sheet_pdf(sheet, language, content.closed_on))
    for letter in content.letters:
        progress(letter.path)
        _put(folder / letter.path, letter_pdf(letter.paper, letter.language, letter.day))
    for paper in content.papers:
        progress(paper.path)
        copy(store, paper.key, folder / paper.path)
        if sha256_of(folder / paper.path) != paper.sha256:
            raise Invalid("the archive is not made", {paper.path: ["is not what was kept"]})


def close(
    folder: Path, document: Mapping[str, Any], now: datetime, progress: Progress = silent
) -> str:
    """Make the folder, with ``data/`` in it, a bag; the SHA-256 of its manifest. It is not signed:
    what is made here is (``signature.sign_bag``), what came was signed by who made it."""
    file = document["file"]
    info = {
        "Source-Organization": document["origin"]["en"],
        "External-Identifier": file["number"],
        "External-Description": file["subject"],
        "Internal-Sender-Identifier": file["id"],
        "Bagging-Date": day_of(now).isoformat(),
        "Bag-Software-Agent": "palika eoffice archive",
    }
    return close_bag(folder, info, progress)


@contextlib.contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to write in that takes its name when all is written, and is gone if it fails.

    Raises:
        FileExistsError: something is there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already, and not empty")
    new = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    new.mkdir(parents=True, mode=0o700)
    try:
        yield new
        if folder.exists():
            folder.rmdir()
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def pack(folder: Path, target: Path, name: str) -> None:
    """A ZIP with the folder in it, under a name; the same folder gives the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            inside = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", _ZIP_DAY)
            inside.compress_type = zipfile.ZIP_DEFLATED
            inside.external_attr = 0o644 << 16
            with path.open("rb") as source, made.open(inside, "w", force_zip64=True) as goal:
                shutil.copyfileobj(source, goal, _PART)


def copy(store: Store, key: str, path: Path) -> None:
    """What is kept under a key, as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        while part := store.part(key, file.tell(), _PART):
            file.write(part)


def data_of(folder: Path) -> Path:
    """Where what a bag is about stands."""
    return folder / DATA


def place_of(folder: Path, path: str) -> Path:
    """Where a part that was brought in stands: below ``data/``, or beside it."""
    return folder / path[1:] if path.startswith(BESIDE) else data_of(folder) / path


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
