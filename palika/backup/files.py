"""What is kept beside the databases: the stores of attachments and papers, and the secret keys."""

import os
import shutil
from pathlib import Path
from typing import Any, Final

from palika.backup.folder import BackupError, sha256_of, sync
from palika.config import KEY_FILES, STORES, settings, var_directory
from palika.errors import NotFound
from palika.store import open_store

KEYSTORE: Final = "eoffice_keystore"
_PART: Final = 8 * 1024 * 1024


def copy_stores(folder: Path) -> dict[str, dict[str, int]]:
    """Copy what each store has into ``folder``; how many contents and bytes, by setting.

    After the databases, never before: what a row names then has its bytes here.

    Raises:
        Unavailable: a store does not answer.
    """
    found = {}
    for setting in STORES:
        store = open_store(settings(), setting)
        count = size = 0
        for page in store.pages():
            for kept in page:
                path = folder / setting / kept.key
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    with path.open("wb") as file:
                        while part := store.part(kept.key, file.tell(), _PART):
                            file.write(part)
                        file.flush()
                        os.fsync(file.fileno())
                        size += file.tell()
                except NotFound:
                    # Swept away since it was listed: no row has named it for a day.
                    path.unlink()
                    continue
                count += 1
        found[setting] = {"contents": count, "bytes": size}
    return found


def put_stores_back(folder: Path) -> dict[str, int]:
    """Put what ``copy_stores`` copied into the stores that the settings name; how many contents.

    What is there already stays: a key is made of its content.

    Raises:
        Unavailable: a store does not answer.
        ValueError: a file's name is no key of a store.
    """
    found = {}
    for setting in STORES:
        store = open_store(settings(), setting)
        paths = [path for path in sorted((folder / setting).rglob("*")) if path.is_file()]
        for path in paths:
            key = str(path.relative_to(folder / setting))
            store.put_file(key, path, "application/octet-stream")
        found[setting] = len(paths)
    return found


def key_files() -> dict[str, Path]:
    """The files of secret keys that there are, by setting; those of the officers' keystore too."""
    config = settings()
    found = {}
    for setting in KEY_FILES:
        path = Path(getattr(config, setting) or var_directory() / setting.replace("_", "-"))
        if path.exists():
            found[setting] = path
    for path in sorted(_keystore().glob("*")):
        if path.is_file():
            found[f"{KEYSTORE}/{path.name}"] = path
    return found


def marks_of_keys() -> dict[str, str]:
    """The SHA-256 of each file of keys: says which keys a backup needs, and nothing of them."""
    return {name: sha256_of(path) for name, path in key_files().items()}


def copy_keys(target: Path) -> list[str]:
    """Copy the secret keys into a folder of their own, for its owner alone; their names.

    Raises:
        BackupError: the folder is there already, or cannot be written.
    """
    try:
        target.mkdir(mode=0o700, parents=True)
        for name, path in key_files().items():
            _copy_key(path, target / name)
    except FileExistsError:
        raise BackupError(f"{target} is there already: name a new folder for the keys") from None
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error}") from error
    return sorted(key_files())


def put_keys_back(source: Path, wanted: dict[str, str]) -> list[str]:
    """Put the keys of ``copy_keys`` where the settings name them; which were put.

    A file that is there already and is the same stays.

    Raises:
        BackupError: a key is not the one that the backup was made with, or another one is in its
            place, which would be lost.
    """
    places = {name: _place_of(name) for name in wanted}
    for name, mark in wanted.items():
        path = source / name
        if not path.is_file() or sha256_of(path) != mark:
            raise BackupError(f"{path} is not the key file that the backup was made with")
        if places[name].exists() and sha256_of(places[name]) != mark:
            raise BackupError(f"{places[name]} has other keys: move it away, or leave out --keys")
    put = []
    for name, place in places.items():
        if not place.exists():
            _copy_key(source / name, place)
            put.append(name)
    return put


def missing_keys(wanted: dict[str, str]) -> list[str]:
    """Which keys of a backup are not here: what they have sealed cannot be read without them."""
    here = marks_of_keys()
    return sorted(name for name, mark in wanted.items() if here.get(name) != mark)


def _place_of(name: str) -> Path:
    if name.startswith(f"{KEYSTORE}/"):
        return _keystore() / Path(name).name
    return Path(getattr(settings(), name) or var_directory() / name.replace("_", "-"))


def _keystore() -> Path:
    config: Any = settings()
    return Path(getattr(config, KEYSTORE) or var_directory() / KEYSTORE.replace("_", "-"))


def _copy_key(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as before, open(number, "wb") as copy:
        shutil.copyfileobj(before, copy)
        copy.flush()
        os.fsync(copy.fileno())
    sync(target.parent)
