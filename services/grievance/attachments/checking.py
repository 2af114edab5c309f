"""Check, clean and keep one attachment; what its row needs comes back. No database here."""

import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from palika import photos
from palika.formats import Format
from palika.store import Store, key_of
from services.grievance.attachments import kinds
from services.grievance.attachments.kinds import Kind


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """An attachment whose bytes are kept; the fields of its row.

    Attributes:
        kind: what it is for.
        media_type: of what is kept, and so of what is served.
        key: in the store.
        size: bytes of what is kept.
        received_sha256: of the bytes as they came: the same photo handed in twice has it twice.
        stored_at: when.
        thumbnail_key: of a photo: a JPEG of at most 320 pixels a side.
        width: of a photo, as kept.
        height: of a photo, as kept.
        latitude: where a photo says that it was taken; personal data, like the address.
        longitude: as latitude.
        taken_at: when a photo says that it was taken.
    """

    kind: Kind
    media_type: str
    key: str
    size: int
    received_sha256: str
    stored_at: datetime
    thumbnail_key: str | None = None
    width: int | None = None
    height: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    taken_at: datetime | None = None


def from_base64(text: str) -> bytes:
    """The content that a call carries; a quarter of a second for the largest, so off the hub too.

    Raises:
        Invalid: it is no base64, or longer than anything that is taken.
    """
    if len(text) > (kinds.LARGEST + 2) // 3 * 4:
        raise kinds.wrong(f"is too large; at most {kinds.LARGEST} bytes are taken")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise kinds.wrong("is not base64") from error


def check_and_store(store: Store, kind: Kind, content: bytes, now: datetime) -> StoredAttachment:
    """Check a content and keep it, before any transaction begins.

    In a service it is called through ``palika.blocking.off_hub``.

    Raises:
        Invalid: it breaks a rule; nothing is kept.
        Unavailable: the store does not answer; trying again does no harm.
    """
    found = kinds.check(kind, content)
    digest = hashlib.sha256(content).hexdigest()
    if not kind.is_photo:
        key = _keep(store, content, found, now)
        return StoredAttachment(kind, found.media_type, key, len(content), digest, now)
    photo = photos.remake(content, found, now)
    latitude, longitude = photo.location or (None, None)
    return StoredAttachment(
        kind,
        Format.JPEG.media_type,
        _keep(store, photo.content, Format.JPEG, now),
        len(photo.content),
        digest,
        now,
        thumbnail_key=_keep(store, photo.thumbnail, Format.JPEG, now),
        width=photo.width,
        height=photo.height,
        latitude=latitude,
        longitude=longitude,
        taken_at=photo.taken_at,
    )


def _keep(store: Store, content: bytes, found: Format, now: datetime) -> str:
    key = key_of(content, now, found.suffix)
    store.put(key, content, found.media_type)
    return key
