"""The content in use: read again soon after a file has changed, and never one with mistakes."""

import logging
import threading
import time
from pathlib import Path
from typing import Final

from palika.config import ConfigError
from palika.yaml_files import WrongData
from services.portal.content.documents import Content
from services.portal.content.loading import SHIPPED, load, version_of

_log = logging.getLogger(__name__)
_LOOK_EVERY_S: Final = 2.0
_AGAIN: Final = 15
"""What could not be used is read again, if nothing changes, at every fifteenth look."""


class Shelf:
    """The content of a folder, and what the editor has published beside it."""

    def __init__(
        self,
        folder: str = "",
        look_every_s: float = _LOOK_EVERY_S,
        edited: Path | None = None,
    ) -> None:
        """Read it.

        Args:
            folder: the city's own; the shipped one, if empty.
            edited: the folder of what the editor has published (``content/layers.py``). If there
                are mistakes with it that are not there without it, the site begins without it.

        Raises:
            ConfigError: there are mistakes in it.
        """
        self._folder = Path(folder) if folder else SHIPPED
        self.edited = edited
        self._look_every_s = look_every_s
        self._look_at = time.monotonic() + look_every_s
        self._looking = threading.Lock()
        self._failed: tuple[str, float] | None = None
        try:
            self._seen = ""
            self._content = self._first()
        except WrongData as error:
            raise ConfigError(f"{self._folder}: {error}") from error

    @property
    def content(self) -> Content:
        """As it is now."""
        if time.monotonic() >= self._look_at and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._content

    @property
    def folder(self) -> Path:
        """Where the content lies that nobody has edited here."""
        return self._folder

    def look_now(self) -> None:
        """Look at the files at once: something was published."""
        with self._looking:
            self._look()

    @property
    def stale(self) -> bool:
        """Whether the files say something else than the content, which cannot be used."""
        return self._failed is not None

    def _first(self) -> Content:
        version = ""
        try:
            version = version_of(self._folder, self.edited)
            content = load(self._folder, self.edited)
        except WrongData as error:
            if self.edited is None:
                raise
            without = load(self._folder)
            # Nothing was seen yet: it is read again, also if no file changes.
            self._fail(version)
            _log.error("the site begins without what was edited here: %s", error)
            return without
        self._seen = version
        return content

    def _fail(self, version: str) -> None:
        self._failed = version, time.monotonic() + _AGAIN * self._look_every_s

    def _look(self) -> None:
        self._look_at = time.monotonic() + self._look_every_s
        version = ""
        try:
            version = version_of(self._folder, self.edited)
            if version == self._seen:
                # What could not be used is as it was again.
                self._failed = None
                return
            if self._is_failed(version):
                return
            self._content = load(self._folder, self.edited)
        except WrongData as error:
            self._fail(version)
            _log.error("the last good content stays in use: %s", error)
        else:
            self._seen, self._failed = version, None
            _log.info("the content was read anew")

    def _is_failed(self, version: str) -> bool:
        """Whether this one could not be used a moment ago: what was wrong may have been the disk,
        but reading all of it takes its time."""
        return (
            self._failed is not None
            and self._failed[0] == version
            and time.monotonic() < self._failed[1]
        )
