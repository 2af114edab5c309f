"""The channel `log`: a structured line in the log instead of a message."""

import logging
from typing import Self

from services.notify.domain.addresses import mask
from services.notify.domain.messages import Answer, Message, Sent

_log = logging.getLogger(__name__)


class LogChannel:
    """Accepts everything. The body is not logged: it has the recipient's name in it."""

    name = "log"
    contact_fields: tuple[str, ...] = ("email", "phone")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def accepts(self, address: str) -> bool:
        """Any address will do."""
        return bool(address)

    def send(self, message: Message) -> Answer:
        """Write the line."""
        _log.info(
            "message sent: %s",
            message.subject,
            extra={
                "delivery_id": str(message.delivery_id),
                "template": message.template,
                "language": message.language,
                "to": mask(message.address),
                "characters": len(message.body),
            },
        )
        return Sent(f"log:{message.delivery_id}")
