"""The folder of a backup: its manifest, its checksums, and how it comes to be whole or not at all.

It is made beside its place under another name, and gets its own when all is written and synced:
what has the name is whole. The manifest is the last file, and has the size and SHA-256 of every
other one; ``verified`` takes nothing on trust.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from palika.local.processes import write_whole

FORMAT: Final = 1
"""Of the folder; a release that writes another one reads this one too, or says so."""
MANIFEST: Final = "manifest.json"
KINDS: Final = ("dumps", "base")
"""What a backup can be: dumps of the databases, or the files of the whole server."""

Say = Callable[[str], None]
"""Is given a line for each step."""


class BackupError(RuntimeError):
    """A backup cannot be made, or is not what it should be; the message says what is wrong."""


@contextmanager
def coming(target: Path) -> Iterator[Path]:
    """Make a backup: gives a folder to write into; it becomes ``target`` when the block ends well.

    Raises:
        BackupError: ``target`` is there already, or cannot be written (a full disk). Whatever goes
            wrong, nothing of that name is left.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} is there already and not empty: name a new folder")
    making = target.with_name(f".{target.name}.unfinished-{secrets.token_hex(4)}")
    try:
        making.mkdir(mode=0o700, parents=True)
        yield making
        if target.exists():
            target.rmdir()
        making.rename(target)
        sync(target.parent)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def seal(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Write the manifest with the checksum of every file that is there; gives it whole."""
    files = {name: _described(folder / name) for name in _names(folder)}
    whole = {"format": FORMAT, **manifest, "files": files}
    whole["digest"] = _digest(whole)
    write_whole(folder / MANIFEST, whole, indent=1, ensure_ascii=False)
    sync(folder)
    return whole


def manifest_of(folder: Path) -> dict[str, Any]:
    """What a backup says of itself; nothing else of it is looked at.

    Raises:
        BackupError: it is no backup, or one of a release that this one does not read.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BackupError(f"{folder} is no backup, or was never finished: no {MANIFEST}") from None
    except (OSError, ValueError) as error:
        raise BackupError(f"{path} is damaged: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise BackupError(f"{path} is damaged: it lists no files")
    if found.get("format") != FORMAT:
        raise BackupError(
            f"{path}: its format is {found.get('format')!r}; this release reads {FORMAT}. Restore "
            f"with the release that made it ({found.get('version', 'not named')})"
        )
    if found.get("kind") not in KINDS:
        raise BackupError(f"{path}: kind is {found.get('kind')!r}; must be one of {KINDS}")
    return found


def verified(folder: Path) -> dict[str, Any]:
    """The manifest of a backup of which every file is as it was written.

    Raises:
        BackupError: a file is missing, is another one, or was added; each is named.
    """
    manifest = manifest_of(folder)
    wanted: dict[str, Any] = manifest["files"]
    there = set(_names(folder))
    wrong = [f"{name} is missing" for name in sorted(wanted.keys() - there)]
    wrong += [f"{name} does not belong to it" for name in sorted(there - wanted.keys())]
    for name in sorted(there & wanted.keys()):
        if _described(folder / name) != wanted[name]:
            wrong.append(f"{name} is damaged")
    if _digest(manifest) != manifest.get("digest"):
        wrong.append(f"{MANIFEST} is damaged")
    if wrong:
        more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise BackupError(f"{folder} cannot be trusted: {'; '.join(wrong[:10])}{more}")
    return manifest


def sync(folder: Path) -> None:
    """Let the disk remember which names are in a folder."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name != MANIFEST:
            yield name


def _described(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _digest(manifest: dict[str, Any]) -> str:
    said = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
