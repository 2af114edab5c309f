"""Magic recipients: addresses that stand for an outcome instead of for a person.

The loopback servers (``channels/loopback``) look a recipient up here, and let its message come to
that end: so a test, or somebody who tries the city out, chooses what happens by whom they write to.
Who is not in the table gets the message delivered.

The numbers are of the form of Indian mobiles, since any other is refused before it is sent; no rule
of the numbering plan sets some aside for fiction, so they may be somebody's. A provider of real
messages gives them no meaning: there they are numbers like others.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Fate(StrEnum):
    """What becomes of a message."""

    DELIVERED = "delivered"
    READ = "read"
    """Delivered and read; where a channel does not tell of reading, delivered."""
    FAILS_FOR_NOW = "fails_for_now"
    """Accepted; a receipt says that the phone is off, or the like."""
    FAILS_FOR_GOOD = "fails_for_good"
    """Accepted; a receipt says that the number is nobody's."""
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    """On WhatsApp it fails for good; by text message it is delivered."""
    EXPIRES = "expires"
    """Accepted; a receipt says that it was tried for as long as was allowed."""
    REFUSED = "refused"
    """Not accepted, for good."""
    THROTTLED = "throttled"
    """Not accepted for the moment: too many messages."""
    SILENT = "silent"
    """Accepted; nothing is heard of it."""
    DELIVERED_LATE = "delivered_late"
    """A receipt says that it failed, a later one that it was delivered."""
    OUT_OF_ORDER = "out_of_order"
    """Read, delivered, sent: its receipts come in this order."""


class Step(StrEnum):
    """What one receipt says."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED_FOR_NOW = "failed_for_now"
    FAILED_FOR_GOOD = "failed_for_good"
    NOT_HERE = "not_here"
    """The recipient is not on this channel."""
    EXPIRED = "expired"


_FIRST: Final = 7_000_000_001
NUMBERS: Final[Mapping[str, Fate]] = MappingProxyType(
    {f"+91{_FIRST + place}": fate for place, fate in enumerate(Fate)}
)
"""By number in E.164: ``+917000000001`` is delivered, and so on in the order of ``Fate``."""

DOMAIN: Final = "magic.example"
EMAILS: Final[Mapping[str, Fate]] = MappingProxyType(
    {f"{fate.replace('_', '-')}@{DOMAIN}": fate for fate in Fate}
)
"""By e-mail address: ``fails-for-good@magic.example``."""

_STEPS: Final[Mapping[Fate, tuple[Step, ...]]] = {
    Fate.DELIVERED: (Step.SENT, Step.DELIVERED),
    Fate.READ: (Step.SENT, Step.DELIVERED, Step.READ),
    Fate.FAILS_FOR_NOW: (Step.SENT, Step.FAILED_FOR_NOW),
    Fate.FAILS_FOR_GOOD: (Step.SENT, Step.FAILED_FOR_GOOD),
    Fate.NOT_ON_WHATSAPP: (Step.NOT_HERE,),
    Fate.EXPIRES: (Step.SENT, Step.EXPIRED),
    Fate.DELIVERED_LATE: (Step.SENT, Step.FAILED_FOR_NOW, Step.DELIVERED),
    Fate.OUT_OF_ORDER: (Step.READ, Step.DELIVERED, Step.SENT),
}


def number_of(fate: Fate) -> str:
    """The number that stands for it."""
    return next(number for number, each in NUMBERS.items() if each is fate)


def email_of(fate: Fate) -> str:
    """The e-mail address that stands for it."""
    return next(address for address, each in EMAILS.items() if each is fate)


def fate_of(address: str) -> Fate:
    """What becomes of a message to a number in E.164 or an e-mail address."""
    return NUMBERS.get(address) or EMAILS.get(address.lower()) or Fate.DELIVERED


def steps_of(fate: Fate, channel: str) -> tuple[Step, ...]:
    """The receipts, in the order in which they come; none for what is not accepted or silent.

    Args:
        fate: of the message.
        channel: ``whatsapp`` or ``sms``.
    """
    if channel != "whatsapp" and fate is Fate.NOT_ON_WHATSAPP:
        fate = Fate.DELIVERED
    steps = _STEPS.get(fate, ())
    return steps if channel == "whatsapp" else tuple(s for s in steps if s is not Step.READ)
