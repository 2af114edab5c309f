"""Bags: folders with the digests of all that is in them (BagIt 1.0, RFC 8493).

``data/`` is what they are about, ``manifest-sha256.txt`` names the SHA-256 of each file in it, and
``tagmanifest-sha256.txt`` those of the files that describe the bag.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

DATA, INFO = "data", "bag-info.txt"
MANIFEST, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+(?:\./)?(.+)")
_LABEL = re.compile(r"([^:\s][^:]*):[ \t]*(.*)")
MOST_FILES = 20_000
_MOST_TAGS = 16 * 1024 * 1024
_CHUNK = 1024 * 1024

Progress = Callable[[str], None]
"""Told which file is being looked at."""


class BadBag(ValueError):
    """What is no bag, or not as it was closed; ``wrong`` says what differs, a line each."""

    def __init__(self, wrong: list[str]) -> None:
        self.wrong = wrong
        super().__init__("; ".join(wrong[:20]) + (" …" if len(wrong) > 20 else ""))


def silent(name: str) -> None:
    """Progress for nobody."""


def close_bag(folder: Path, info: Mapping[str, str], progress: Progress = silent) -> str:
    """Write beside ``data/`` what makes the folder a bag; the SHA-256 of its manifest.

    Args:
        folder: with ``data/`` in it, complete.
        info: of ``bag-info.txt``, by label; ``Payload-Oxum`` is added.
    """
    manifest, size = [], 0
    paths = sorted(_files(folder / DATA), key=lambda each: _name(folder, each))
    for path in paths:
        name = _name(folder, path)
        progress(name)
        manifest.append(f"{sha256_of(path)}  {name}\n")
        size += path.stat().st_size
    told = {**info, "Payload-Oxum": f"{size}.{len(paths)}"}
    lines = [f"{label}: {' '.join(value.split())}\n" for label, value in told.items()]
    for name, text in (
        ("bagit.txt", _DECLARATION),
        (INFO, "".join(lines)),
        (MANIFEST, "".join(manifest)),
    ):
        _write(folder / name, text)
    tags = ("bag-info.txt", "bagit.txt", MANIFEST)
    _write(folder / TAGS, "".join(f"{sha256_of(folder / name)}  {name}\n" for name in tags))
    return sha256_of(folder / MANIFEST)


def check_bag(folder: Path, progress: Progress = silent) -> dict[str, str]:
    """The SHA-256 of each file of a bag's ``data/``, by its path there; all is checked.

    Raises:
        BadBag: it is no bag, or something was changed, removed or added since it was closed.
    """
    if not (folder / DATA).is_dir() or not (folder / "bagit.txt").is_file():
        raise BadBag([f"{folder.name} is no bag: it has no data/ or no bagit.txt"])
    wrong: list[str] = []
    if (folder / "bagit.txt").read_bytes()[:200].decode("utf-8", "replace") != _DECLARATION:
        wrong.append("bagit.txt: is not of BagIt 1.0 in UTF-8")
    tags = _listed(folder, TAGS, wrong)
    for name, digest in tags.items():
        _compare(folder, name, digest, wrong)
    if missing := {"bagit.txt", INFO, MANIFEST} - tags.keys():
        wrong.append(f"{TAGS}: does not name {', '.join(sorted(missing))}")
    listed = _listed(folder, MANIFEST, wrong)
    there = {_name(folder, each) for each in _files(folder / DATA)}
    wrong += [f"{name}: is in no manifest" for name in sorted(there - listed.keys())]
    for name, digest in listed.items():
        progress(name)
        _compare(folder, name, digest, wrong)
    if wrong:
        raise BadBag(wrong)
    return {name.removeprefix(f"{DATA}/"): digest for name, digest in listed.items()}


def beside(folder: Path) -> list[str]:
    """The files that describe a bag that was checked, in their order: all but ``data/``."""
    return [*sorted(_listed(folder, TAGS, [])), TAGS]


def read_info(folder: Path) -> dict[str, str]:
    """What ``bag-info.txt`` says, by label; of a label that is there twice the first."""
    found: dict[str, str] = {}
    for line in (folder / INFO).read_text(encoding="utf-8").splitlines():
        if match := _LABEL.fullmatch(line):
            found.setdefault(match[1], match[2])
    return found


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compare(folder: Path, name: str, digest: str, wrong: list[str]) -> None:
    path = folder / name
    if not path.is_file():
        wrong.append(f"{name}: is not there")
    elif sha256_of(path) != digest.lower():
        wrong.append(f"{name}: is not what it was")


def _listed(folder: Path, name: str, wrong: list[str]) -> dict[str, str]:
    """The digests that a manifest names, by path; none leads out of the bag."""
    path = folder / name
    if not path.is_file() or path.stat().st_size > _MOST_TAGS:
        wrong.append(f"{name}: is not there, or too large")
        return {}
    found: dict[str, str] = {}
    prefix = f"{DATA}/" if name == MANIFEST else ""
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        safe = match is not None and is_safe(match[2]) and match[2].startswith(prefix)
        if match is None or not safe or match[2] in found:
            wrong.append(f"{name}, line {number}: is no digest of a file of this bag")
            continue
        found[match[2]] = match[1]
        if len(found) > MOST_FILES:
            raise BadBag([f"{name}: names more than {MOST_FILES} files"])
    return found


def is_safe(name: str) -> bool:
    """Whether a path stays in the folder that it is of, on every system."""
    parts = name.split("/")
    return (
        not any(each in ("", ".", "..") for each in parts)
        and not any(ord(each) < 32 or each in '\\:*?"<>|%' for each in name)
        and len(name) <= 300
    )


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        for each in (*folders, *names):
            if Path(where, each).is_symlink():
                raise BadBag([f"{_name(folder.parent, Path(where, each))}: is a link"])
        for each in names:
            yield Path(where, each)


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
