"""Files that citizens send over WhatsApp: fetched once, bounded, and known by their content.

From Meta's public reference (…/whatsapp/business-phone-numbers/media): ``GET /{media id}`` gives an
address, the size and a SHA-256; the address is good for five minutes, and wants the token too. So
the token goes only to hosts of Meta's.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from palika.outgoing import Answered
from services.notify.channels import whatsapp_errors
from services.notify.channels.answers import json_of, text_at, unanswered, unreadable, within
from services.notify.channels.whatsapp import Meta
from services.notify.domain.messages import Failed

_HOSTS: Final = (".facebook.com", ".fbsbx.com", ".whatsapp.net")
_MARKS: Final = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"ID3", "audio/mpeg"),
)
PHOTOS: Final = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Media:
    """A file. ``media_type`` is by its content, not by what the sender said."""

    media_type: str
    content: bytes = field(repr=False)


def kind_of(content: bytes) -> str | None:
    """The media type that the first bytes show; None for what is not taken."""
    for at, mark, kind in _MARKS:
        if content[at : at + len(mark)] == mark:
            # A picture of the web is in a container that sounds are in, too.
            return kind if kind != "image/webp" or content[:4] == b"RIFF" else None
    return None


def fetch(
    meta: Meta, media_id: str, most: int = 5_000_000, kinds: Collection[str] = PHOTOS
) -> Media | Failed:
    """Fetch a file. What goes wrong is an answer: ``permanent`` where asking again is useless.

    Args:
        meta: the provider.
        media_id: as it came in the message.
        most: bytes of it.
        kinds: the media types that are taken.
    """
    if not media_id.isascii() or not media_id.isalnum():
        return Failed(True, f"{meta.name}_media_id_invalid")
    asked = meta.http.ask(
        "GET",
        f"{meta.api()}/{media_id}?phone_number_id={meta.phone_number_id}",
        headers=meta.login(),
        timeout_s=meta.timeout_s,
    )
    if not isinstance(asked, Answered):
        return unanswered(meta.name, asked)
    told = json_of(asked.body)
    if asked.status != 200:
        return whatsapp_errors.failed(meta.name, asked, within(told, "error"))
    url, size = text_at(told, "url", most=2_000), within(told, "file_size")
    if not url:
        return unreadable(meta.name, asked)
    if not _is_of(url, meta.url):
        return Failed(True, f"{meta.name}_media_elsewhere")
    if isinstance(size, int) and size > most:
        return Failed(True, f"{meta.name}_media_too_large")
    found = meta.http.ask(
        "GET", url, headers=meta.login(), timeout_s=meta.media_timeout_s, answer_max=most
    )
    if not isinstance(found, Answered):
        return unanswered(meta.name, found)
    if found.status != 200:
        return whatsapp_errors.failed(meta.name, found, within(json_of(found.body), "error"))
    digest = text_at(told, "sha256")
    if digest and hashlib.sha256(found.body).hexdigest() != digest:
        return Failed(False, f"{meta.name}_media_damaged")
    kind = kind_of(found.body)
    if kind is None or kind not in kinds:
        return Failed(True, f"{meta.name}_media_kind_not_taken")
    return Media(kind, found.body)


def _is_of(url: str, api: str) -> bool:
    """Whether an address is Meta's, or of the server that stands in its place."""
    try:
        asked, own = urlsplit(url), urlsplit(api)
        same = (asked.scheme, asked.netloc) == (own.scheme, own.netloc)
    except ValueError:
        return False
    host = asked.hostname or ""
    return same or (asked.scheme == "https" and asked.port in (None, 443) and host.endswith(_HOSTS))
