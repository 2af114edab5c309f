"""How the chatbot reaches the world: WhatsApp, codes by text message, files, consent.

What it says and hears is in ``chatting.py``.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from palika.errors import Conflict, Unavailable
from services.notify.channels.whatsapp import Meta
from services.notify.channels.whatsapp_media import Media, fetch
from services.notify.chat.consents import keep
from services.notify.chat.ports import CodeToSend, Saying
from services.notify.chatting import Chatting
from services.notify.commands.request import Request
from services.notify.commands.sending.carriers import take
from services.notify.delivering import Delivering, carriers
from services.notify.domain.messages import Failed, Message
from services.notify.working import now

_CODE = "link.code"


class Conversing(Delivering, Chatting):
    """The chatbot, with what it needs of the service."""

    def chat_say(self, saying: Saying) -> None:
        """Hand a reply to WhatsApp; it takes one of the provider's tokens, as all messages do.

        Raises:
            Unavailable: later. Conflict: never.
        """
        meta = _meta()
        with self.db.begin() as session:
            granted = take(session, carriers().plan, {meta.name: 1}, now(), urgent=True)
        if not granted[meta.name][0]:
            raise Unavailable("WhatsApp takes no more for the moment")
        answer = meta.send(
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
            if answer.permanent:
                raise Conflict("WhatsApp does not take it", {"reason": answer.reason})
            raise Unavailable(f"WhatsApp does not take it for the moment: {answer.reason}")

    def chat_code(self, code: CodeToSend) -> None:
        """Send a code to the owner of a property, over SMS or a call."""
        self.send_now(
            _CODE,
            Request(
                code.id,
                {"phone": code.phone, "language": code.language},
                {"code": code.code, "minutes": code.minutes},
            ),
        )

    def chat_media(self, media_id: str) -> bytes:
        """A photo that a citizen has sent.

        Raises:
            Unavailable: later. Conflict: never.
        """
        found = fetch(_meta(), media_id)
        if isinstance(found, Media):
            return found.content
        if found.permanent:
            raise Conflict("the file cannot be had", {"reason": found.reason})
        raise Unavailable(f"the file cannot be had for the moment: {found.reason}")

    def chat_consent(self, session: Session, key: str, agreed: bool, now: datetime) -> None:
        """Keep, in the transaction, whether a citizen wants messages."""
        keep(session, key, agreed, now)


def _meta() -> Meta:
    meta = carriers().providers.get("meta")
    if not isinstance(meta, Meta):
        raise Unavailable("the city has no number at WhatsApp")
    return meta
