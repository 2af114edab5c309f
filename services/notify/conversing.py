"""How the chatbot reaches the world: WhatsApp, codes by text message, files, consent.

What it says and hears is in ``chatting.py``.
"""

import logging
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from palika.errors import Conflict, Unavailable
from services.notify.channels.whatsapp_media import Media, fetch
from services.notify.chat.consents import keep
from services.notify.chat.ports import CodeToSend, Saying
from services.notify.chatting import Chatting
from services.notify.commands.request import Request
from services.notify.commands.sending.carriers import take
from services.notify.delivering import Delivering, carriers, meta
from services.notify.domain.messages import Failed, Message
from services.notify.domain.states import ARRIVED, ENDED
from services.notify.working import now

_log = logging.getLogger(__name__)
_CODE: Final = "link.code"
_NOT_SENT: Final = frozenset(ENDED) - frozenset(ARRIVED)


class Conversing(Delivering, Chatting):
    """The chatbot, with what it needs of the service."""

    def chat_say(self, saying: Saying) -> None:
        """Hand a reply to WhatsApp; it takes one of the provider's tokens, as all messages do.

        One that WhatsApp may have taken, though its answer did not come, counts as said.

        Raises:
            Unavailable: later. Conflict: never.
        """
        provider = meta()
        with self.db.begin() as session:
            granted = take(session, carriers().plan, {provider.name: 1}, now(), urgent=True)
        if not granted[provider.name][0]:
            raise Unavailable("WhatsApp takes no more for the moment")
        answer = provider.send(
            Message(
                delivery_id=saying.id,
                attempt_id=saying.id,
                address=saying.address,
                language=saying.language,
                subject="",
                body="",
                template="chat",
                attachments=(saying.attachment,) if saying.attachment else (),
                whatsapp=saying.content,
            )
        )
        if isinstance(answer, Failed):
            if answer.uncertain:
                # WhatsApp knows no id of ours: asked again it would say the same a second time, and
                # while it stalls again and again. Who has no answer writes once more.
                _log.warning("a reply may not have arrived: %s", answer.reason)
                return
            if answer.permanent:
                raise Conflict("WhatsApp does not take it", {"reason": answer.reason})
            raise Unavailable(f"WhatsApp does not take it for the moment: {answer.reason}")

    def chat_code(self, code: CodeToSend) -> None:
        """Send a code to the owner of a property, over SMS or a call.

        Raises:
            Unavailable: it was not sent, and will not be.
        """
        sent = self.send_now(
            _CODE,
            Request(
                code.id,
                {"phone": code.phone, "language": code.language},
                {"code": code.code, "minutes": code.minutes},
            ),
        )
        if sent["state"] in _NOT_SENT:
            raise Unavailable(f"a code was not sent: {sent['reason']}")

    def chat_media(self, media_id: str) -> bytes:
        """A photo that a citizen has sent.

        Raises:
            Unavailable: later. Conflict: never.
        """
        found = fetch(meta(), media_id)
        if isinstance(found, Media):
            return found.content
        if found.permanent:
            raise Conflict("the file cannot be had", {"reason": found.reason})
        raise Unavailable(f"the file cannot be had for the moment: {found.reason}")

    def chat_consent(self, session: Session, key: str, agreed: bool, at: datetime) -> None:
        """Keep, in the transaction, whether a citizen wants messages; ``at``: said when."""
        keep(session, key, agreed, at)
