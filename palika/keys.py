"""Secret keys of a city: from a file that a setting names, else from ``var/``, where one is made
when it is first needed. Every process of a city must have the same."""

import base64
import binascii
import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from palika.config import ConfigError, var_directory, variable_of

_BYTES: Final = 32


def city_keys(setting: str, named: str) -> tuple[bytes, ...]:
    """The keys of a purpose, the one in use first.

    Args:
        setting: that may name the file, ``tax_document_keys``. Without it the file is
            ``var/tax-document-keys``.
        named: what the setting says.

    Raises:
        ConfigError: the file cannot be read or made, or a line of it is no key.
    """
    path = Path(named or var_directory() / setting.replace("_", "-"))
    try:
        if not named and not path.exists():
            make_key_file(path)
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{variable_of(setting)}: {path} cannot be read ({error})") from error
    return read_keys(text, path, setting)


def read_keys(text: str, path: Path, setting: str) -> tuple[bytes, ...]:
    """The keys of a file, a line each; empty lines and those that begin with # are none.

    Raises:
        ConfigError: a line is no key, or there is none; the line is named and not shown.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        try:
            key = base64.b64decode(word, validate=True)
        except binascii.Error:
            key = b""
        if len(key) < _BYTES:
            raise ConfigError(
                f"{variable_of(setting)}: {path}, line {number}: must be {_BYTES} or more random "
                "bytes in base64 (openssl rand -base64 32 makes one)"
            )
        found.append(key)
    if not found:
        raise ConfigError(f"{variable_of(setting)}: {path} has no key")
    return tuple(found)


def make_key_file(path: Path) -> bool:
    """A file with one new key, for its owner only; one that is there stays. Whether it was made.

    Raises:
        OSError: it cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
        file.write(base64.b64encode(secrets.token_bytes(_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return False
    return True


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Replace a file of keys by another of this mode, at once: there is the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
