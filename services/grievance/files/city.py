"""Reading a city's YAML and JSON files: with the place of each mistake, and anew when they change.

A file of the city's own folder (``PALIKA_GRIEVANCE_DATA``) is used instead of the one of that name
in ``data/``.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from palika.config import settings
from palika.metrics import DATA_VALID
from palika.yaml_files import Lines, Unusable, loaded, text_of

LOOK_EVERY_S = 0.25
"""So often, at the most, a process looks whether a file has changed."""
_SETTLED_S = 0.2
"""What was written just now may not be written to its end: half a list is a list, too."""

SHIPPED = Path(str(resources.files("services.grievance"))) / "data"
"""The files that come with the service; a city's own stand before them."""
_KINDS = ("*.y*ml", "*.*json")
_WORDS = re.compile(r"[, ]+")

_log = logging.getLogger(__name__)
T = TypeVar("T")
Stamp = tuple[str, int, int, int, int] | None
"""Which file it is, and in which state: None when there is none."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a file: ``line`` counts from 1; ``rule`` begins with the place."""

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.rule}"


class WrongData(ValueError):
    """What a city wrote cannot be used; ``mistakes`` says why, ``str`` in one line."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(map(str, mistakes)))


class Folder:
    """The files as they are now: the city's folder over the shipped one.

    Attributes:
        stamps: of each file that was asked for, the state it was in before it was read.
    """

    def __init__(self, own: Path | None) -> None:
        self._own = own
        self.stamps: dict[str, Stamp] = {}
        self._texts: dict[str, str] = {}

    @classmethod
    def of_the_city(cls) -> "Folder":
        """The folder that the settings name, if they name one, over the shipped one."""
        own = settings().grievance_data
        return cls(Path(own) if own else None)

    def stamp(self, name: str) -> Stamp:
        """The state of a file."""
        if self._own is not None and not self._own.is_dir():
            return None
        path = self._path(name)
        try:
            now = path.stat()
        except OSError:
            return None
        return str(path), now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino

    def yaml(self, name: str) -> Any:
        """The content of a YAML file.

        Raises:
            WrongData: it cannot be read, or is not YAML.
        """
        text = self._text(name)
        try:
            return loaded(text)
        except Unusable as error:
            raise WrongData([Mistake(name, error.line, error.rule)]) from error

    def json(self, name: str) -> Any:
        """The content of a JSON file: of the size of a map, which YAML would take seconds for.

        Raises:
            WrongData: it cannot be read, or is not JSON.
        """
        text = self._text(name)
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise WrongData([Mistake(name, error.lineno, f"not JSON: {error.msg}")]) from error

    def _text(self, name: str) -> str:
        self.stamps[name] = self.stamp(name)
        if self._own is not None and not self._own.is_dir():
            raise WrongData([Mistake(name, 1, f"the folder {self._own} is not there")])
        try:
            text = text_of(self._path(name))
        except Unusable as error:
            raise WrongData([Mistake(name, error.line, error.rule)]) from error
        self._texts[name] = text
        return text

    def parsed(self, name: str, parse: Callable[[Any], T]) -> T:
        """What ``parse`` makes of a file of YAML or (a map) of GeoJSON.

        It raises ``ValueError`` with ``place: rule``.

        Raises:
            WrongData: it cannot be read, or breaks a rule.
        """
        raw = self.json(name) if name.endswith(".geojson") else self.yaml(name)
        try:
            return parse(raw)
        except ValueError as error:
            raise self.wrong([(name, str(error))]) from error

    def wrong(self, found: Sequence[tuple[str, str]]) -> WrongData:
        """Mistakes with the lines where they are."""
        return WrongData([Mistake(file, self._line(file, rule), rule) for file, rule in found])

    def own_files(self) -> set[str]:
        """The names of the city's own files."""
        if self._own is None:
            return set()
        found = (path for kind in _KINDS for path in self._own.rglob(kind))
        return {path.relative_to(self._own).as_posix() for path in found}

    def _path(self, name: str) -> Path:
        if self._own is not None and (self._own / name).is_file():
            return self._own / name
        return SHIPPED / name

    def _line(self, file: str, rule: str) -> int:
        """The line of the place that a rule begins with, as near as it is known."""
        return Lines(self._texts.get(file, "")).of(_WORDS.split(rule.partition(":")[0]))


class Kept(Generic[T]):
    """Something made of files: made anew when one has changed, kept when that does not work.

    The first time it must work. Later, what is wrong is logged once and shown by
    ``palika_data_valid``, and the last good one stays in use.
    """

    _told: ClassVar[set[tuple[Any, ...]]] = set()

    def __init__(self, read: Callable[[Folder], T]) -> None:
        """``read`` raises ``WrongData``."""
        self._read = read
        self._value: T | None = None
        self._in_use: dict[str, Stamp] = {}
        self._stamps: dict[str, Stamp] = {}
        self._look_at = 0.0

    def __call__(self) -> T:
        """The newest that can be used. Raises WrongData if there has been none yet."""
        now = time.monotonic()
        if now < self._look_at and self._value is not None:
            return self._value
        # Before anything else, so that nobody looks at the same time.
        self._look_at = now + LOOK_EVERY_S
        folder = Folder.of_the_city()
        if self._value is None:
            self._value = self._made(folder)
        elif self._has_changed(folder):
            try:
                self._value = self._made(folder)
            except WrongData as error:
                self._tell(error, folder)
            else:
                _log.info("read anew: %s", ", ".join(self._stamps))
        return self._value

    def _tell(self, error: WrongData, folder: Folder) -> None:
        """Log it, unless what is made of the same files beside this has told it already."""
        files = sorted({mistake.file for mistake in error.mistakes})
        what = str(error), *((name, folder.stamp(name)) for name in files)
        if what not in self._told:
            self._told.add(what)
            _log.error("the last good data stay in use: %s", error)

    def written_at(self) -> datetime:
        """When the newest of the files in use was written. Raises as a call."""
        self()
        newest = max(stamp[1] for stamp in self._in_use.values() if stamp)
        return datetime.fromtimestamp(newest // 10**9, UTC)

    def _has_changed(self, folder: Folder) -> bool:
        stamps = {name: folder.stamp(name) for name in self._stamps}
        if stamps == self._stamps:
            return False
        written = max((stamp[1] for stamp in stamps.values() if stamp), default=0) / 1e9
        return not 0 <= time.time() - written < _SETTLED_S

    def _made(self, folder: Folder) -> T:
        try:
            made = self._read(folder)
            self._check_none_is_gone(folder)
        except WrongData as error:
            self._stamps |= folder.stamps
            for mistake in error.mistakes:
                DATA_VALID.labels(mistake.file).set(0)
            raise
        for name in self._stamps.keys() - folder.stamps.keys():
            DATA_VALID.remove(name)
        for name in folder.stamps:
            DATA_VALID.labels(name).set(1)
        self._stamps = self._in_use = folder.stamps
        return made

    def _check_none_is_gone(self, folder: Folder) -> None:
        """A file of the city's that vanishes must not bring the shipped one back unseen."""
        for name, stamp in folder.stamps.items():
            before = self._in_use.get(name)
            if before and stamp and before[0] != stamp[0] and not Path(before[0]).exists():
                rule = "is gone from the city's folder; start again to use the shipped one"
                raise WrongData([Mistake(name, 1, rule)])
