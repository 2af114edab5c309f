"""Check one paper and keep it; what its row needs comes back. No database here.

What a paper is, its bytes decide: no name and no claimed type is looked at. A PDF is kept byte for
byte; of a scanned picture a PDF is made, with a page
for each that a TIFF has.
"""

import binascii
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from pathlib import Path
from typing import Final

from palika.blocking import off_hub
from palika.errors import NotFound
from palika.formats import Format, recognise
from palika.store import Store, key_of, key_of_digest
from services.eoffice.domain.receipts import MAIL
from services.eoffice.papers.apart import ask, wrong
from services.eoffice.papers.mail import read_mail

MIB: Final = 1024 * 1024
MOST_AT_ONCE: Final = 10 * MIB
"""Bytes that travel by RPC in one piece: docs/decisions/0012."""
MOST: Final = 200 * MIB
"""Bytes of the largest paper, that comes in pieces."""
MOST_PIECES: Final = 400
_PIECE: Final = ".piece"
_TAKEN: Final = (Format.PDF, Format.JPEG, Format.PNG, Format.TIFF)
_HEAD, _TAIL = 2 * MIB, 4096
# The test file of the makers of virus scanners: whoever sends it asks whether we look.
_EICAR: Final = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
_INFECTED: Final = "looks infected: it has the mark by which virus scanners are tried"
_MAIL_SUFFIX: Final = ".eml"


@dataclass(frozen=True, slots=True)
class Stored:
    """A paper whose bytes are kept.

    Attributes:
        key: in the store.
        source: the media type of what came.
        size: bytes of what is kept.
        pages: how many it has; an e-mail as it came has none.
        sha256: of what is kept.
        received_sha256: of what came.
    """

    key: str
    source: str
    size: int
    pages: int
    sha256: str
    received_sha256: str


def from_base64(text: str) -> bytes:
    """The content that a call carries.

    Raises:
        Invalid: it is no base64, is empty, or longer than what travels in one piece.
    """
    if len(text) > (MOST_AT_ONCE + 2) // 3 * 4:
        raise wrong(f"is too large for one piece; at most {MOST_AT_ONCE} bytes are taken")
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise wrong("is not base64") from error
    if not content:
        raise wrong("must not be empty")
    return content


def keep_piece(store: Store, content: bytes, now: datetime) -> str:
    """Keep a piece of a larger paper; its key names it. The same piece again has the same key.

    Raises:
        Unavailable: the store does not answer.
    """
    key = key_of(content, now, _PIECE)
    off_hub(store.put, key, content, "application/octet-stream")
    return key


def keep(store: Store, content: bytes, now: datetime) -> Stored:
    """Check a content and keep it, before any transaction begins.

    Raises:
        Invalid: it breaks a rule; nothing is kept.
        Unavailable: the store does not answer; trying again does no harm.
    """
    if len(content) > MOST:
        raise wrong(f"is too large; at most {MOST} bytes are taken")
    return _keep(store, lambda path: path.write_bytes(content), now)


def keep_pieces(store: Store, keys: Sequence[str], now: datetime) -> Stored:
    """Put the pieces together, in their order; then as ``keep``.

    Raises:
        Invalid: as ``keep``, and: a key is of no piece, or all are too many.
    """

    def gather(path: Path) -> None:
        size = 0
        with path.open("wb") as file:
            for key in keys:
                try:
                    piece = store.get(key)
                except (NotFound, ValueError) as error:
                    raise wrong(f"there is no piece {key}; send it again") from error
                size += len(piece)
                if size > MOST:
                    raise wrong(f"is too large; at most {MOST} bytes are taken")
                file.write(piece)

    if len(keys) > MOST_PIECES:
        raise wrong(f"has {len(keys)} pieces; at most {MOST_PIECES} are taken")
    # A piece's key, and no other: whoever names the key of a paper does not get the paper by it.
    if strange := [key for key in keys if not key.endswith(_PIECE)]:
        raise wrong(f"there is no piece {strange[0]}; send it again")
    return _keep(store, gather, now)


def keep_mail(store: Store, content: bytes, now: datetime) -> Stored:
    """Keep an e-mail, which ``read_mail`` has taken apart, byte for byte. It has no pages.

    Raises:
        Invalid: it breaks a rule; nothing is kept.
        Unavailable: the store does not answer; trying again does no harm.
    """
    if len(content) > MOST:
        raise wrong(f"is too large; at most {MOST} bytes are taken")
    if _infected(content):
        raise wrong(_INFECTED)
    sha256 = hashlib.sha256(content).hexdigest()
    key = key_of_digest(sha256, now, _MAIL_SUFFIX)
    off_hub(store.put, key, content, MAIL)
    return Stored(key, MAIL, len(content), 0, sha256, sha256)


def check_mail(path: Path) -> None:
    """Look whether a file is an e-mail that could have been diarised here.

    Raises:
        Invalid: it is none, is too large, or breaks a rule.
        OSError: it cannot be read.
    """
    if path.stat().st_size > MOST_AT_ONCE:
        raise wrong(f"is too large; at most {MOST_AT_ONCE} bytes are taken")
    content = path.read_bytes()
    if _infected(content):
        raise wrong(_INFECTED)
    read_mail(content)


def _infected(mail: bytes) -> bool:
    """Whether an e-mail has the scanners' mark, in its own text or in what is attached to it."""
    parts = message_from_bytes(mail).walk()
    return _EICAR in mail or any(_EICAR in (each.get_payload(decode=True) or b"") for each in parts)


def read_text(path: Path) -> tuple[list[str], bool]:
    """The text of each page of a PDF, and whether there was more than is kept.

    Raises:
        Invalid: it cannot be read, or takes too long or too much memory.
        Unavailable: no process can be started now.
    """
    found = ask("text", path)
    return found["pages"], found["cut"]


def _keep(store: Store, write: Callable[[Path], object], now: datetime) -> Stored:
    with tempfile.TemporaryDirectory(prefix="paper-") as folder:
        came, made = Path(folder, "came"), Path(folder, "made.pdf")
        off_hub(write, came)
        found = off_hub(_recognised, came)
        received = off_hub(_hash, came)
        if found is Format.PDF:
            pages = ask("check", came)["pages"]
            made = came
        else:
            pages = ask("scan", came, made)["pages"]
        size = made.stat().st_size
        kept = received if made is came else off_hub(_hash, made)
        key = key_of_digest(kept, now, Format.PDF.suffix)
        off_hub(store.put_file, key, made, Format.PDF.media_type)
    return Stored(key, found.media_type, size, pages, kept, received)


def _recognised(path: Path) -> Format:
    with path.open("rb") as file:
        head = file.read(_HEAD)
        size = path.stat().st_size
        if size == 0:
            raise wrong("is empty: it has no bytes")
        if size > _HEAD:
            file.seek(max(_HEAD, size - _TAIL))
            head += file.read(_TAIL)
    if _EICAR in head:
        raise wrong(_INFECTED)
    found = recognise(head)
    if found not in _TAKEN:
        taken = ", ".join(each.name for each in _TAKEN)
        if found is None and head.startswith(b"%PDF-"):
            raise wrong("is a damaged PDF: its end is missing")
        if found is None:
            raise wrong(f"is of no known format; taken are {taken}")
        raise wrong(f"is {found.name}; taken are {taken}")
    return found


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
