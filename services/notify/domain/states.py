"""The life of a delivery and of its attempts: which state follows which.

    created ─→ sending ─→ sent ─→ delivered ─→ read
       ↑          │ ↓        │
       │   failed_temporary  ├─→ (the next channel) created
       │          │          └─→ failed_permanent
       └──────────┘
    skipped, cancelled: nothing was sent.

``sending`` is committed before a message leaves. Receipts come in any order and any number of
times, also before the provider's answer has been noted: so they only ever raise what is known. A
late ``delivered`` wins over a failure, and nothing goes back from it.
"""

from enum import StrEnum
from typing import Final

from services.notify.domain.messages import Told


class State(StrEnum):
    """Of a delivery: one message to one recipient."""

    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    """A provider has accepted it."""
    DELIVERED = "delivered"
    READ = "read"
    FAILED_TEMPORARY = "failed_temporary"
    """Refused for now; it is tried again at ``next_attempt_at``."""
    FAILED_PERMANENT = "failed_permanent"
    """No channel is left."""
    EXPIRED = "expired"
    """It was tried, and no provider has accepted it while it was of use."""
    SKIPPED = "skipped"
    """It was never offered to a provider: ``reason`` says why."""
    CANCELLED = "cancelled"


DUE: Final = (State.CREATED, State.FAILED_TEMPORARY)
"""In these it waits for its next attempt."""
ARRIVED: Final = (State.DELIVERED, State.READ)
ENDED: Final = (*ARRIVED, State.FAILED_PERMANENT, State.EXPIRED, State.SKIPPED, State.CANCELLED)
"""In these nothing is sent any more."""


def has_reached(state: State) -> bool | None:
    """Whether who was written to has the message, as far as is known: a provider has taken it, or
    more. None: it is under way."""
    if state is State.SENT or state in ARRIVED:
        return True
    return False if state in ENDED else None


class Handed(StrEnum):
    """Of an attempt: one hand-over of a delivery to one provider."""

    SENDING = "sending"
    UNKNOWN = "unknown"
    """The provider's answer did not come: it may have accepted."""
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


_RANK: Final = {
    Handed.SENDING: 0,
    Handed.UNKNOWN: 1,
    Handed.SENT: 2,
    Handed.FAILED: 3,
    Handed.DELIVERED: 4,
    Handed.READ: 5,
}


def attempt_after(state: Handed, told: Told) -> Handed:
    """What an attempt is after a receipt: it never goes back."""
    said = Handed(told.value)
    return said if _RANK[said] > _RANK[state] else state


def delivery_after(state: State, told: Told, *, current: bool) -> State:
    """What a delivery is after a receipt about one of its attempts.

    A failure that is told of the current attempt leaves it to the route what comes next: the state
    stays, and the caller looks for another channel.

    Args:
        state: the delivery's.
        told: what the receipt says.
        current: it is of the last attempt, and says more of it than was known. Of an earlier one
            only that it arrived matters.
    """
    if told is Told.READ:
        return State.READ
    if told is Told.DELIVERED:
        return State.READ if state is State.READ else State.DELIVERED
    if told is Told.SENT and current and state in (State.SENDING, *DUE):
        # The provider's answer was lost, and the message may be about to be sent again.
        return State.SENT
    return state
