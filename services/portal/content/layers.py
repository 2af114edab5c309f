"""Two folders as one: the site's own, and above it what the editor has published.

A document of the upper folder stands in the place of that below, with all its files: one without a
text there has none. ``<slug>.gone`` says that a document is not there any more. The upper folder is
written while others read, so both hold its lock.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from palika.config import Settings, var_directory
from services.portal.content import files

GONE: Final = ".gone"
"""The end of the name of a file that says that a document is not there any more."""
_LOCK: Final = ".lock"
_DEFAULT: Final = "portal-site"


def edited_folder(config: Settings) -> Path:
    """Where this portal writes what its editor has published: what the settings name, or
    ``var/portal-site``."""
    return Path(config.portal_edited) if config.portal_edited else var_directory() / _DEFAULT


class Layers:
    """The folder of a site as it is with what was edited; paths are those of the site's folder."""

    def __init__(self, folder: Path, edited: Path | None) -> None:
        """Look what is in the upper folder; there may be none."""
        self._folder = folder
        self._edited = edited if edited is not None and edited.is_dir() else None
        self._above: set[Path] = set()
        self._instead: set[tuple[Path, str]] = set()
        if self._edited is not None:
            for name in _walk(self._edited, Path()):
                self._above.add(name)
                if name.suffix in (".yaml", GONE):
                    self._instead.add((name.parent, name.stem))

    def real(self, path: Path) -> Path:
        """Where a file lies; a text of a document that was edited lies above, or nowhere."""
        if self._edited is None:
            return path
        name = path.relative_to(self._folder)
        return self._edited / name if name in self._above or self._hidden(name) else path

    def is_dir(self, path: Path) -> bool:
        """Whether one of the two has such a folder."""
        return (path.is_dir() and not path.is_symlink()) or self._has_above(path)

    def entries(self, folder: Path) -> list[Path]:
        """What counts in a folder, in order. Raises OSError: it is in neither, or unreadable."""
        if self._edited is None:
            return files.entries(folder)
        name = folder.relative_to(self._folder)
        below = files.entries(folder) if folder.is_dir() or not self._has_above(folder) else []
        found = {each for each in below if not self._hidden(name / each.name)}
        if self._has_above(folder):
            above = files.entries(self._edited / name)
            found |= {folder / each.name for each in above if each.suffix != GONE}
        return sorted(found)

    def _hidden(self, name: Path) -> bool:
        return (name.parent, name.name.partition(".")[0]) in self._instead

    def _has_above(self, path: Path) -> bool:
        return self._edited is not None and (self._edited / path.relative_to(self._folder)).is_dir()


def _walk(folder: Path, name: Path) -> Iterator[Path]:
    for each in files.entries(folder):
        if each.is_dir() and not each.is_symlink():
            yield from _walk(each, name / each.name)
        else:
            yield name / each.name


@contextmanager
def held(edited: Path | None, *, to_write: bool = False) -> Iterator[None]:
    """Nobody writes the folder meanwhile; with ``to_write`` nobody reads it either."""
    if edited is None or not edited.is_dir():
        yield
        return
    try:
        lock = os.open(edited / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        # Of another user, or on a disk that is read only: nobody writes there from here.
        if to_write:
            raise
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if to_write else fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)
