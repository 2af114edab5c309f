"""The channel ``log``: a structured line in the log instead of a message."""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from palika.errors import Forbidden
from services.notify.domain.addresses import mask
from services.notify.domain.messages import Answer, Message, Receipt, Sent

_log = logging.getLogger(__name__)


class LogProvider:
    """Accepts everything. The body is not logged: it has the recipient's name in it."""

    name = "log"
    channel = "log"

    def send(self, message: Message) -> Answer:
        """Write the line."""
        _log.info(
            "message sent: %s",
            message.subject or message.template,
            extra={
                "delivery_id": str(message.delivery_id),
                "template": message.template,
                "language": message.language,
                "to": mask(message.address),
                "characters": len(message.body),
            },
        )
        return Sent(f"log:{message.attempt_id}")

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """Nobody can say."""
        return None

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """A log tells nothing: Forbidden, always."""
        raise Forbidden("The log sends no receipts.")
