"""What may be attached, how much of it, and with which headers it is shown. No I/O.

What a file is, its bytes decide: no name and no claimed type is ever looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from palika.errors import Conflict
from palika.formats import Format, recognise
from palika.photos import wrong as wrong

MIB: Final = 1024 * 1024


class Kind(StrEnum):
    """What an attachment is for."""

    PHOTO_BEFORE = "photo_before"
    PHOTO_AFTER = "photo_after"
    DOCUMENT = "document"
    AUDIO = "audio"

    @property
    def is_photo(self) -> bool:
        """Whether it is kept as a picture made anew."""
        return self in (Kind.PHOTO_BEFORE, Kind.PHOTO_AFTER)


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one kind: the formats taken, the bytes of each, how many a grievance may have."""

    formats: frozenset[Format]
    bytes: int
    count: int


_PHOTOS: Final = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.HEIC})
_SOUNDS: Final = frozenset({Format.MP3, Format.AAC, Format.M4A, Format.OGG, Format.AMR, Format.WAV})

# 10 MiB is what travels by RPC in one piece: docs/decisions/0012.
LIMITS: Final[Mapping[Kind, Limit]] = {
    Kind.PHOTO_BEFORE: Limit(_PHOTOS, 10 * MIB, 5),
    Kind.PHOTO_AFTER: Limit(_PHOTOS, 10 * MIB, 5),
    Kind.DOCUMENT: Limit(frozenset({Format.PDF}), 10 * MIB, 5),
    Kind.AUDIO: Limit(_SOUNDS, 10 * MIB, 3),
}
LARGEST: Final = max(limit.bytes for limit in LIMITS.values())
"""Bytes of the largest attachment of any kind."""

# A name may hide letters behind #: /J#61vaScript.
_PDF_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_PDF_ACTIVE: Final = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)(?![A-Za-z0-9])"
)


def check(kind: Kind, content: bytes) -> Format:
    """The format of a content that this kind takes.

    Raises:
        Invalid: it is empty, too large, of another format, or has an active part.
    """
    limit = LIMITS[kind]
    if not content:
        raise wrong("must not be empty")
    if len(content) > limit.bytes:
        raise wrong(f"has {len(content)} bytes; at most {limit.bytes} are taken")
    found = recognise(content)
    if found not in limit.formats:
        taken = ", ".join(sorted(each.name for each in limit.formats))
        if found is None:
            raise wrong(f"is of no known format; taken are {taken}")
        raise wrong(f"is {found.name}; taken are {taken}")
    if found is Format.PDF:
        _check_pdf(content)
    return found


def check_room(kind: Kind, present: int) -> None:
    """Whether a grievance that has ``present`` attachments of this kind may have one more.

    Raises:
        Conflict: it may not.
    """
    most = LIMITS[kind].count
    if present >= most:
        raise Conflict(
            f"a grievance has at most {most} attachments of kind {kind}",
            {"kind": kind, "limit": most},
        )


def _check_pdf(content: bytes) -> None:
    # Inside compressed streams nothing is seen: that is why a PDF is only ever downloaded.
    plain = _PDF_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), content)
    active = _PDF_ACTIVE.search(plain)
    if active is not None:
        raise wrong(f"is a PDF with an active part ({active[1].decode()}); print it to a plain one")


def serving_headers(media_type: str, name: str = "attachment") -> dict[str, str]:
    """With which headers a browser is given an attachment, so that it never runs as a page.

    Args:
        media_type: as kept with the attachment. What is not one of ours goes out as mere bytes.
        name: of the file, without a suffix; what is not plain is left out.
    """
    known = next((each for each in Format if each.media_type == media_type), None)
    # Only a picture that we made ourselves is shown in the page.
    how = "inline" if known is Format.JPEG else "attachment"
    plain = re.sub(r"[^A-Za-z0-9_-]+", "", name)[:80] or "attachment"
    return {
        "Content-Type": known.media_type if known else "application/octet-stream",
        "Content-Disposition": f'{how}; filename="{plain}{known.suffix if known else ".bin"}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
