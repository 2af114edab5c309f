"""Replies go out: in order, each once (twice only after a crash in the moment of sending)."""

import base64
import binascii
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from palika.auth import SYSTEM
from palika.errors import PalikaError, Unavailable
from services.notify.chat.ports import Ports, Saying
from services.notify.chat.written import reply_of_json
from services.notify.domain.chat.conversation import Reply
from services.notify.domain.messages import Attachment
from services.notify.domain.whatsapp import Content, TemplateContent, TextContent
from services.notify.models.chat import ConversationMessage, ConversationRow

_log = logging.getLogger(__name__)
_SPACE: Final = UUID("6f1c2a52-6f0e-4f6b-9a5e-6a1d0c9b7e11")
_NUDGE: Final = "nudge"
TICK: Final = "tick:"
"""So begins the id of what is heard of time."""


@dataclass(frozen=True, slots=True)
class Said:
    """How far it came: all of it (``done``), and whether the citizen was sent the template that
    says that there is an answer (``nudged``)."""

    done: bool
    nudged: bool = False


class Sayer:
    """Hands replies over to be sent."""

    def __init__(self, ports: Ports) -> None:
        """Prepare."""
        self._ports = ports

    def say_all(self, row: ConversationRow, message: ConversationMessage) -> Said:
        """Send what a message is answered with, from where it was left.

        Outside WhatsApp's window nothing of it may be sent: a template without any of it asks the
        citizen to write, and when they do the window is open and it comes first.

        Args:
            row: the citizen's conversation; another has not got its turn.
            message: with its replies; ``said`` is counted up.
        """
        assert message.replies is not None
        if row.contact is None:
            # The conversation was ended and forgotten: there is nobody to tell any more.
            return Said(done=True)
        try:
            replies = self._ports.secrets.open(message.replies)["replies"]
            contact = self._ports.secrets.open(row.contact)
        except ValueError as error:
            # Nobody can read it any more; the others wait behind it.
            _log.error("an answer is lost: %s", error)
            return Said(done=True)
        window = timedelta(minutes=self._ports.table.rules.window_minutes)
        if self._ports.now() >= row.heard_at + window:
            if message.id.startswith(TICK):
                # A reminder or a goodbye that late is of no use to anybody.
                return Said(done=True)
            return Said(done=False, nudged=self._nudge(row, message, contact["phone"]))
        while message.said < len(replies):
            reply = reply_of_json(replies[message.said])
            key = uuid5(_SPACE, f"{message.id}/{message.said}")
            if not self._say(key, contact["phone"], row.language or "mr", reply):
                return Said(done=False)
            message.said += 1
            self._note(message)
        return Said(done=True)

    def _nudge(self, row: ConversationRow, message: ConversationMessage, phone: str) -> bool:
        if row.nudged_at is not None:
            return False
        language = row.language or "mr"
        key = uuid5(_SPACE, f"{message.id}/{_NUDGE}")
        return self._hand(
            key, phone, language, TemplateContent(self._ports.table.template, language)
        )

    def _say(self, key: UUID, phone: str, language: str, reply: Reply) -> bool:
        if reply.document is None:
            return self._hand(key, phone, language, reply.content)
        try:
            attachment = self._fetched(reply.document)
        except Unavailable as error:
            _log.warning("a document waits: %s", error)
            return False
        except PalikaError as error:
            _log.error("a document cannot be had: %s: %s", error.code, error)
            text = self._ports.table.texts["file_gone"].in_(language)
            return self._hand(key, phone, language, TextContent(text))
        return self._hand(key, phone, language, reply.content, attachment)

    def _hand(
        self,
        key: UUID,
        phone: str,
        language: str,
        content: Content,
        attachment: Attachment | None = None,
    ) -> bool:
        """Hand one over; False: later."""
        try:
            self._ports.say(Saying(key, phone, language, content, attachment))
        except Unavailable as error:
            _log.warning("a reply waits: %s", error)
            return False
        except PalikaError as error:
            _log.error("a reply cannot be sent: %s: %s", error.code, error)
        return True

    def _fetched(self, document: dict[str, Any] | Any) -> Attachment:
        """The file: asked for now, so that none lies in a table."""
        found = self._ports.call(
            SYSTEM("notify"),
            document["service"],
            document["method"],
            **document["arguments"],
        )
        try:
            content = base64.b64decode(found["content_base64"], validate=True)
        except (binascii.Error, KeyError, TypeError) as error:
            raise PalikaError("the document is no base64") from error
        return Attachment(str(found["file"]), str(found["content_type"]), content)

    def _note(self, message: ConversationMessage) -> None:
        with self._ports.begin() as session:
            stored = session.get(ConversationMessage, message.id)
            if stored is not None:
                stored.said = message.said
