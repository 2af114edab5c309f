"""What a handler answers for an event that it did not simply handle.

A handler returns ``None`` when all went well, or a dict that names, by event id, the outcome of
each event that it left aside. It must have had no effect for those. An exception rolls the whole
batch back and isolates the event that caused it; that event is then retried later.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The event has had its effect."""


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Not now: try again after the next delay, and give up after the last."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Never: to the dead letters at once, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Something is wrong with this consumer, not with the event.

    The event stays in the queue and this process stops reading the subscription, is no longer
    ready, and says why; an operator has to look.
    """

    reason: str


Outcome = Done | RetryLater | Refuse | Stop
