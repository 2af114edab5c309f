"""Channels: how a message leaves the house. Each is an adapter of one small interface.

`log`
    a line in the log, for a laptop and for tests.
`smtp`
    e-mail through the server of PALIKA_SMTP_URL.

`PALIKA_NOTIFY_CHANNEL` chooses.

Providers (``provider``: WhatsApp, text messages, e-mail) are adapters of a wider interface, and are
given by ``providers``; CHANNELS.md tells an operator of each.
"""

from typing import Protocol, Self

from palika.config import Settings
from services.notify.channels.log import LogChannel
from services.notify.channels.smtp import SmtpChannel
from services.notify.domain.messages import Answer, Message

__all__ = ["Channel", "LogChannel", "SmtpChannel", "open_channel"]


class Channel(Protocol):
    """Sends messages, one at a time; a context manager around a run of them."""

    name: str
    """As it stands in `delivery.channel`."""
    contact_fields: tuple[str, ...]
    """The fields of a contact that have an address for it, the best first."""

    def __enter__(self) -> Self:
        """Nothing is connected yet: the first message does that."""

    def __exit__(self, *_: object) -> None:
        """Let go of any connection."""

    def accepts(self, address: str) -> bool:
        """Whether it can be an address of this channel at all."""

    def send(self, message: Message) -> Answer:
        """Send it. Whatever goes wrong outside this process is an answer, not an exception."""


def open_channel(config: Settings) -> Channel:
    """The channel that the settings name; nothing is connected yet."""
    if config.notify_channel == "smtp":
        return SmtpChannel(config.smtp_url, config.notify_sender)
    return LogChannel()
