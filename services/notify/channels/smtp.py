"""The channel `smtp`: e-mail through one server, over one connection for a run of messages.

What it does is ``email``'s; here it is in the form of a channel.
"""

from typing import Self
from uuid import UUID

from services.notify.channels.email import Email
from services.notify.domain.addresses import is_email
from services.notify.domain.messages import Answer, Message


class SmtpChannel:
    """Hands messages to an SMTP server; the server's answer decides what they come to."""

    name = "smtp"
    contact_fields: tuple[str, ...] = ("email",)

    def __init__(self, url: str, sender: str, timeout_s: float = 10.0) -> None:
        """As ``Email``, with one connection."""
        self._email = Email(url, sender, timeout_s, connections=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._email.close()

    def accepts(self, address: str) -> bool:
        """Whether it looks like an e-mail address."""
        return is_email(address)

    def message_id(self, delivery_id: UUID) -> str:
        """The Message-ID of a delivery: the same at every try, so a repetition can be told."""
        return self._email.message_id(delivery_id)

    def send(self, message: Message) -> Answer:
        """Send one e-mail."""
        return self._email.send(message)
