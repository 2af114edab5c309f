"""What a channel is given, and what it answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way out. `address` is personal data: it is never logged or stored."""

    delivery_id: str
    address: str
    language: str
    subject: str
    body: str
    event_type: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel has accepted it. `reference` is the provider's or our own message id."""

    reference: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The channel has not accepted it.

    `permanent`: trying again is useless. `channel_down`: it is the channel's fault, not the
    message's, so the messages behind it need not be tried now. `offered`: the message itself was
    put to the other side, so this was one of its tries. `reason` is a short code, `detail` what
    the other side said; it is masked before it is kept.
    """

    permanent: bool
    reason: str
    detail: str = ""
    channel_down: bool = False
    offered: bool = True


Answer = Sent | Failed
