"""The life of a call that the city makes, or takes, and when it is tried again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.notify.domain.call.states import Limits


class CallState(StrEnum):
    """Where a call is."""

    DUE = "due"
    """To be made, now or at ``next_try_at``."""
    DIALLING = "dialling"
    """The provider is being asked, or has accepted it."""
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"
    """Somebody has talked with us."""
    NOT_REACHED = "not_reached"
    """Nobody has, and it is not tried any more."""
    SKIPPED = "skipped"
    """It was never made: ``reason`` says why."""


OPEN: Final = frozenset({CallState.DIALLING, CallState.RINGING, CallState.TALKING})
OVER: Final = frozenset({CallState.ENDED, CallState.NOT_REACHED, CallState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Again:
    """It is tried once more, at a moment."""

    at: datetime


def after_a_miss(
    tries: int, permanent: bool, of_use_until: datetime, limits: Limits, now: datetime
) -> Again | None:
    """What comes after a call that nobody took; None: it is given up.

    Args:
        tries: so often it was made.
        permanent: the number is of no use.
        of_use_until: later than that nobody is called because of this.
        limits: the city's.
        now: aware.
    """
    at = now + limits.pause
    if permanent or tries >= limits.tries or at > of_use_until:
        return None
    return Again(at)
