"""What comes from WhatsApp besides receipts: what citizens write, and what Meta says of templates.

Numbers, names and words are personal data: they are left out of what Python prints of an object.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class SaidText:
    """Words."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A button, or a row of a list. ``id`` is what we gave it; ``title`` is what was shown."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class SaidPlace:
    """A place on the map, in degrees; ``name`` and ``address`` where the citizen chose one."""

    latitude: float = field(repr=False)
    longitude: float = field(repr=False)
    name: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


class MediaKind(StrEnum):
    """What kind of a file, as WhatsApp has it."""

    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    """A voice message too."""
    VIDEO = "video"
    STICKER = "sticker"


@dataclass(frozen=True, slots=True)
class SaidMedia:
    """A file, to be fetched within seven days by its id.

    Attributes:
        kind: of WhatsApp.
        media_id: by which it is fetched.
        media_type: as the sender's phone says: not to be believed.
        caption, file_name: of the sender; or empty.
    """

    kind: MediaKind
    media_id: str
    media_type: str
    caption: str = field(default="", repr=False)
    file_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SaidOther:
    """Something that we cannot read: a contact, a poll, a reaction, what is new. ``kind`` is
    WhatsApp's word for it."""

    kind: str


Said = SaidText | Chosen | SaidPlace | SaidMedia | SaidOther


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of a citizen. It may come more than once, with the same id.

    Attributes:
        id: of the message.
        sender: the number, in E.164.
        at: when it was sent, to the second, UTC.
        said: what.
        reply_to: the id of our message that it answers; or None.
        name: as the citizen calls themselves; or empty.
    """

    id: str
    sender: str = field(repr=False)
    at: datetime
    said: Said
    reply_to: str | None = None
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What Meta has decided about a template.

    Attributes:
        name, language: of the template.
        event: APPROVED, REJECTED, PAUSED, DISABLED, ARCHIVED, …: the word as it came.
        reason: Meta's; or empty.
        at: when Meta says so, UTC; where it gives no time, when we were told.
    """

    name: str
    language: str
    event: str
    reason: str
    at: datetime
