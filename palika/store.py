"""Where the bytes of attachments and papers are kept: a folder, or any S3-compatible store.

A key is made of the day and the content's hash: the same bytes of one day are kept once, and
writing them again, after a time-out say, does no harm. Once the day is over nothing is written
under its keys: what no row names then, none ever will, and the service sweeps it away. So each
service has a store of its own. Keys of earlier releases are the hash alone. A service calls all of
it through ``palika.blocking.off_hub``.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol
from urllib.parse import unquote, urlsplit

from palika.config import Settings, var_directory
from palika.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from obstore import ObjectMeta

_KEY: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})/([0-9a-f]{64}(\.[a-z0-9]{1,5})?|\.new-[0-9a-f]{16})"
    r"|[0-9a-f]{2}/[0-9a-f]{62}(\.[a-z0-9]{1,5})?"
)
_CHUNK: Final = 8 * 1024 * 1024
_HEX: Final = 64
"""So many digits a SHA-256 has."""
_AT_ONCE: Final = 1_000
"""So many names are listed at once."""


def key_of(content: bytes, now: datetime, suffix: str = "") -> str:
    """The key under which this content is kept, for example ``2026-07-01/abc…9.jpg``; the day is
    that of UTC."""
    return key_of_digest(hashlib.sha256(content).hexdigest(), now, suffix)


def key_of_digest(sha256: str, now: datetime, suffix: str = "") -> str:
    """The same of a content whose SHA-256, in hexadecimal, is known."""
    return f"{now.astimezone(UTC):%Y-%m-%d}/{sha256}{suffix}"


def digest_in(key: str) -> str:
    """The SHA-256, in hexadecimal, that a key was made of.

    Raises:
        ValueError: it is no key of a store.
    """
    before, _, name = _checked(key).partition(".")[0].partition("/")
    return name if len(name) == _HEX else before + name


@dataclass(frozen=True, slots=True)
class Kept:
    """One content in a store.

    Attributes:
        key: under which it is kept.
        size: in bytes.
        written_at: when it was last written, by the store's clock.
    """

    key: str
    size: int
    written_at: datetime

    @property
    def day(self) -> date | None:
        """The day in its key; None: it is of the time before there were days in them."""
        found = _KEY.fullmatch(self.key)
        return None if found is None or found["day"] is None else date.fromisoformat(found["day"])


class Store(Protocol):
    """Bytes by key. Only the sweep deletes any: what is detached is kept as a record.

    All raise ``Unavailable`` when the store does not answer in time or refuses us, and
    ``ValueError`` for what is no key of ours.
    """

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Keep it; after the return it survives a power cut."""

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        """The same of what is in a file, which may be larger than memory has room for."""

    def get(self, key: str) -> bytes:
        """The bytes; ``NotFound`` when there are none."""

    def part(self, key: str, start: int, length: int) -> bytes:
        """``length`` bytes from ``start``, counted from 0: fewer at the end, none behind it;
        ``NotFound`` when the key has none."""

    def pages(self, day: date | None = None) -> Iterator[list[Kept]]:
        """All that is kept under the keys of a day, or at all, some at a time; what is no key of
        ours is left out."""

    def delete(self, keys: Sequence[str]) -> None:
        """Keep these no more; one that is not there does no harm."""


def open_store(config: Settings, setting: str = "attachments_url") -> Store:
    """The store that a setting names (``attachments_url``, ``papers_url``); nothing is asked of it
    yet."""
    parts = urlsplit(getattr(config, setting))
    if parts.scheme == "s3":
        # One more attempt is made, and the caller of the RPC must still hear of the end of both.
        return ObjectStore(
            parts.netloc,
            parts.path.strip("/"),
            endpoint=config.attachments_endpoint,
            timeout_s=config.rpc_timeout_s * 0.4,
        )
    return Folder(var_directory() / unquote(parts.path))


def _checked(key: str) -> str:
    # A key comes from our own rows; were one ever to come from outside, it could not leave here.
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of a store")
    return key


class Folder:
    """A folder on a disk; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        """Name it; it is made with the first content."""
        self._folder = folder

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self._put(key, lambda file: file.write(content))

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        with path.open("rb") as source:
            self._put(key, lambda file: shutil.copyfileobj(source, file, _CHUNK))

    def _put(self, key: str, write: Callable[[BinaryIO], object]) -> None:
        path = self._path(key)
        with self._told():
            if path.exists():
                return
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = path.with_name(f".new-{secrets.token_hex(8)}")
            try:
                with new.open("xb") as file:
                    write(file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(new, path)
            finally:
                new.unlink(missing_ok=True)
            for folder in (path.parent, self._folder, self._folder.parent):
                _sync(folder)

    def get(self, key: str) -> bytes:
        with self._told():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                raise _missing(key) from None

    def part(self, key: str, start: int, length: int) -> bytes:
        with self._told():
            try:
                with self._path(key).open("rb") as file:
                    file.seek(start)
                    return file.read(length)
            except FileNotFoundError:
                raise _missing(key) from None

    def pages(self, day: date | None = None) -> Iterator[list[Kept]]:
        with self._told():
            for folder in self._folders(day):
                names = list(folder.iterdir())
                for at in range(0, len(names), _AT_ONCE):
                    yield list(filter(None, map(self._kept, names[at : at + _AT_ONCE])))

    def delete(self, keys: Sequence[str]) -> None:
        with self._told():
            for path in map(self._path, keys):
                path.unlink(missing_ok=True)

    def _folders(self, day: date | None) -> list[Path]:
        if not self._folder.exists():
            return []  # Nothing was ever kept here.
        wanted = None if day is None else day.isoformat()
        found = (each for each in self._folder.iterdir() if wanted in (None, each.name))
        return [each for each in found if each.is_dir()]

    def _kept(self, path: Path) -> Kept | None:
        key = f"{path.parent.name}/{path.name}"
        if not _KEY.fullmatch(key):
            return None
        try:
            found = path.stat()
        except FileNotFoundError:
            return None  # Another sweep has been here since the folder was read.
        return Kept(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def _path(self, key: str) -> Path:
        return self._folder / _checked(key)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _away() from error


class ObjectStore:
    """A bucket of an S3-compatible store; the keys to it come from AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, or from what else AWS' own chain finds."""

    def __init__(self, bucket: str, prefix: str, *, endpoint: str, timeout_s: float) -> None:
        """Name it.

        Args:
            bucket: which must exist.
            prefix: before each key.
            endpoint: of a store that is not AWS; it is addressed in path style.
            timeout_s: of one attempt; there are at most two.
        """
        # Only a process that has a bucket has the library in memory.
        import obstore.exceptions
        from obstore.store import S3Store

        self._obstore = obstore
        self._prefix = f"{prefix}/" if prefix else ""
        self._store = S3Store(
            bucket,
            endpoint=endpoint.rstrip("/") or None,
            virtual_hosted_style_request=not endpoint,
            region=os.environ.get("AWS_REGION", "us-east-1"),
            client_options={
                "timeout": timedelta(seconds=timeout_s),
                "connect_timeout": timedelta(seconds=min(timeout_s, 3)),
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=timeout_s)},
        )

    def put(self, key: str, content: bytes, content_type: str) -> None:
        with self._told(key):
            attributes = {"Content-Type": content_type}
            self._obstore.put(
                self._store, self._name(key), content, attributes=attributes, use_multipart=False
            )

    def put_file(self, key: str, path: Path, content_type: str) -> None:
        with self._told(key):
            attributes = {"Content-Type": content_type}
            name = self._name(key)
            self._obstore.put(self._store, name, path, attributes=attributes, chunk_size=_CHUNK)

    def get(self, key: str) -> bytes:
        with self._told(key):
            return bytes(self._obstore.get(self._store, self._name(key)).bytes())

    def part(self, key: str, start: int, length: int) -> bytes:
        with self._told(key):
            name = self._name(key)
            size = self._obstore.head(self._store, name)["size"]
            end = min(start + length, size)
            if start >= end:
                return b""
            return bytes(self._obstore.get_range(self._store, name, start=start, end=end))

    def pages(self, day: date | None = None) -> Iterator[list[Kept]]:
        with self._told():
            under = self._prefix + ("" if day is None else day.isoformat())
            for page in self._obstore.list(self._store, under or None, chunk_size=_AT_ONCE):
                yield list(filter(None, map(self._kept, page)))

    def delete(self, keys: Sequence[str]) -> None:
        with self._told():
            if keys:
                self._obstore.delete(self._store, [self._name(key) for key in keys])

    def _kept(self, found: "ObjectMeta") -> Kept | None:
        key = found["path"].removeprefix(self._prefix)
        return Kept(key, found["size"], found["last_modified"]) if _KEY.fullmatch(key) else None

    def _name(self, key: str) -> str:
        return self._prefix + _checked(key)

    @contextlib.contextmanager
    def _told(self, key: str | None = None) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            # obstore says the same of a bucket that is not there: that is no answer about a key.
            lost = key is not None and "NoSuchBucket" not in str(error)
            raise (_missing(key or "") if lost else _away()) from error
        except (self._obstore.exceptions.BaseError, OSError) as error:
            raise _away() from error


def _missing(key: str) -> NotFound:
    return NotFound(f"{key} is not in the store")


def _away() -> Unavailable:
    # The reason is the operators' business: it may name hosts, paths and the id of an access key.
    return Unavailable("the store does not answer; try again")


def _sync(folder: Path) -> None:
    """Let the disk remember which names are in a folder."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
