"""Which channel a message goes over, and which when that one did not carry it.

A template names its channels in the city's order; the citizen's preference, where there is one,
comes first. What cannot be used is left out with a code that says why, and is shown with the
delivery: never a change of channel in silence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Channel(StrEnum):
    """How a message reaches somebody."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    EMAIL = "email"
    VOICE = "voice"
    INBOX = "inbox"
    LOG = "log"
    """A line in the log: for a city without providers, as it is after ``make run``."""


ADDRESS_OF: Final[Mapping[Channel, tuple[str, ...]]] = {
    Channel.WHATSAPP: ("phone",),
    Channel.SMS: ("phone",),
    Channel.EMAIL: ("email",),
    Channel.VOICE: ("phone",),
    Channel.INBOX: ("phone", "email"),
    Channel.LOG: ("phone", "email"),
}
"""The fields of a contact that have an address for it, the best first."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message goes now.

    Attributes:
        address: normalised.
        skipped: why each channel before it cannot be used, by channel.
        left: the channels behind it, in their order.
        onward: one of those could be used, as things stand.
    """

    channel: Channel
    address: str
    skipped: Mapping[Channel, str]
    left: tuple[Channel, ...]
    onward: bool


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No channel can be used.

    Attributes:
        skipped: why, by channel; a channel that has been tried to its end is not in it.
    """

    skipped: Mapping[Channel, str]

    @property
    def reason(self) -> str:
        """One code: that of all the channels, if it is one."""
        reasons = set(self.skipped.values())
        return reasons.pop() if len(reasons) == 1 else NO_CHANNEL


def order(offered: Sequence[Channel], preferred: Sequence[Channel]) -> tuple[Channel, ...]:
    """The channels that a template offers, those that the citizen prefers first."""
    first = [each for each in preferred if each in offered]
    return (*first, *(each for each in offered if each not in first))


def find(
    channels: Sequence[Channel],
    spent: Collection[Channel],
    addresses: Mapping[Channel, str | None],
    refused: Mapping[Channel, str],
) -> Route | Nowhere:
    """The first channel that can be used.

    Args:
        channels: in their order.
        spent: that have been tried to their end.
        addresses: by channel the normalised address, None when the contact's is no address; a
            channel that is not in it has none at all.
        refused: why a channel cannot be used now, by channel: consent, no provider, not approved.
    """
    skipped: dict[Channel, str] = {}
    for at, channel in enumerate(channels):
        if channel in spent:
            continue
        if channel in refused:
            skipped[channel] = refused[channel]
        elif channel not in addresses:
            skipped[channel] = NO_ADDRESS
        elif (address := addresses[channel]) is None:
            skipped[channel] = INVALID_ADDRESS
        else:
            left = tuple(channels[at + 1 :])
            open_ = [each for each in left if each not in spent and each not in refused]
            return Route(channel, address, skipped, left, any(addresses.get(e) for e in open_))
    return Nowhere(skipped)


NO_ADDRESS: Final = "no_address"
INVALID_ADDRESS: Final = "invalid_address"
NO_PROVIDER: Final = "no_provider"
OPTED_OUT: Final = "opted_out"
NOT_OPTED_IN: Final = "not_opted_in"
NO_CHANNEL: Final = "no_channel"
