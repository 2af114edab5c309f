"""What the bot needs of the world around it, given to it by whoever wires it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.notify.domain.chat.table import Table
from services.notify.domain.messages import Attachment
from services.notify.domain.whatsapp import Content
from services.notify.secrets import Secrets

Begin = Callable[[], AbstractContextManager[Session]]
"""One transaction: committed at the end of the block."""


class Call(Protocol):
    """Calls another service: ``call(identity, "tax", "dues", number=…)``.

    Raises:
        PalikaError: as the service answers; Unavailable: it does not.
    """

    def __call__(self, identity: Identity, service: str, method: str, /, **arguments: Any) -> Any:
        """What the method answers."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One message on its way to a citizen.

    Attributes:
        id: the same whenever it is tried again.
        address: the number, in E.164.
        language: mr or en.
        content: what; outside the window a template.
        attachment: the file of a ``DocumentContent``.
    """

    id: UUID
    address: str = field(repr=False)
    language: str
    content: Content = field(repr=False)
    attachment: Attachment | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CodeToSend:
    """A code on its way to the owner of a property.

    Attributes:
        id: asked for again under it, nothing more is sent.
        phone: the number that the register has, in E.164.
        code: digits.
        minutes: so long it is good.
        language: mr or en.
    """

    id: UUID
    phone: str = field(repr=False)
    code: str = field(repr=False)
    minutes: int
    language: str


@dataclass(frozen=True, slots=True)
class Ports:
    """All of it.

    Attributes:
        begin: the notify database.
        call: other services.
        say: hands a message over to be sent. Unavailable: later; another PalikaError: never.
        send_code: sends template ``link.code`` in the urgent lane, over SMS (or a call), never
            over WhatsApp: the code is to prove who has the SIM. Unavailable: it was not sent.
        consent: keeps in the transaction whether the citizen of a key wants messages, and when
            they said so.
        media: the bytes of a file that a citizen sent, by its id. Raises PalikaError.
        table: of states.
        secrets: the city's keys.
        now: aware.
        kept: what actions keep for a while, that is nobody's (the catalogue of grievances).
    """

    begin: Begin
    call: Call
    say: Callable[[Saying], None]
    send_code: Callable[[CodeToSend], None]
    consent: Callable[[Session, str, bool, datetime], None]
    media: Callable[[str], bytes]
    table: Table
    secrets: Secrets
    now: Callable[[], datetime]
    kept: dict[str, Any] = field(default_factory=dict)
