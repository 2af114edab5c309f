"""API keys: which systems may do more than read. A file of the city's, read anew when it changes.

    keys:
      - name: fixmystreet
        sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
        may: [file]

The key itself is kept by its system alone.
"""

import hashlib
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from palika.auth import ANONYMOUS, Identity
from palika.config import ConfigError
from palika.errors import Forbidden

FILE = "file"
_RIGHTS = {FILE}
_LOOK_EVERY_S = 1.0
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
_HASH = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """A system that is known, and what it may do."""

    name: str
    may: frozenset[str]

    @property
    def identity(self) -> Identity:
        """As whom it calls: what it files is its own, as a citizen's is theirs."""
        return Identity.of(f"open311:{self.name}", "citizen")


PUBLIC = Key("public", frozenset({FILE}))
"""Anybody, where the city lets anybody file."""


class Keys:
    """The keys of the file as it is now."""

    def __init__(self, path: str, *, anybody_files: bool) -> None:
        """Read the file, if there is one.

        Raises:
            ConfigError: it is not as it should be.
        """
        self._path = Path(path) if path else None
        self._anybody_files = anybody_files
        self._known: Mapping[str, Key] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._look_at = 0.0
        if self._path is not None:
            self._stamp = _stamp(self._path)
            self._known = _read(self._path)

    def reader(self, key: str | None) -> Identity:
        """As whom a request with this key reads.

        Raises:
            Forbidden: the key is not known.
        """
        return ANONYMOUS if key is None else self._of(key).identity

    def filer(self, key: str | None) -> Identity:
        """As whom a request with this key files.

        Raises:
            Forbidden: the key is missing, not known, or not for filing.
        """
        if key is None:
            if not self._anybody_files:
                raise Forbidden("api_key is missing")
            return PUBLIC.identity
        found = self._of(key)
        if FILE not in found.may:
            raise Forbidden("this api_key may not file requests")
        return found.identity

    def _of(self, key: str) -> Key:
        self._look()
        found = self._known.get(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest())
        if found is None:
            raise Forbidden("api_key is not known")
        return found

    def _look(self) -> None:
        now = time.monotonic()
        if self._path is None or now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY_S
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = _read(self._path)
        except ConfigError as error:
            _log.error("the last good keys stay in use: %s", error)
        else:
            _log.info("%d keys read anew", len(self._known))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_size, now.st_ino


def _read(path: Path) -> dict[str, Key]:
    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {type(error).__name__}") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("keys"), list):
        raise ConfigError(f"{path}: must have a list `keys`")
    known: dict[str, Key] = {}
    names = {PUBLIC.name}
    for number, entry in enumerate(raw["keys"], 1):
        digest, key = _entry(entry, f"{path}, key {number}")
        if key.name in names:
            raise ConfigError(f"{path}, key {number}: the name {key.name} is taken")
        if digest in known:
            raise ConfigError(f"{path}, key {number}: the same key as {known[digest].name}")
        names.add(key.name)
        known[digest] = key
    return known


def _entry(entry: Any, place: str) -> tuple[str, Key]:
    if not isinstance(entry, dict) or entry.keys() != {"name", "sha256", "may"}:
        raise ConfigError(f"{place}: must have name, sha256 and may")
    name, digest, may = str(entry["name"]), str(entry["sha256"]), entry["may"]
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{place}: name must be small letters, digits and . _ -")
    if not _HASH.fullmatch(digest):
        raise ConfigError(f"{place}: sha256 must be 64 hexadecimal digits")
    if not isinstance(may, list) or not set(map(str, may)) <= _RIGHTS:
        raise ConfigError(f"{place}: may must be a list of: {', '.join(sorted(_RIGHTS))}")
    return digest, Key(name, frozenset(map(str, may)))
