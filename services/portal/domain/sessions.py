"""How long somebody stays signed in, and when their device gets another key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """What a session is good for."""

    SECOND = "second"
    """The password was right; the second factor is asked for."""
    ENROL = "enrol"
    """The same, and there is none yet: the officer sets one up."""
    WHOLE = "whole"


class Way(StrEnum):
    """How it was signed in."""

    PASSWORD = "password"  # noqa: S105 a name, no password
    OIDC = "oidc"
    CODE = "code"


class Ended(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "signed_out"
    BY_OWNER = "by_owner"
    """Ended by the same person on another device."""
    BY_ADMIN = "by_admin"
    CHANGED = "changed"
    """The password was changed, or the second factor reset."""
    DISABLED = "disabled"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Length:
    """``idle``: without a request; ``whole``: from signing in, whatever is done."""

    idle: timedelta
    whole: timedelta


OFFICER: Final = Length(timedelta(minutes=30), timedelta(hours=12))
"""NIST SP 800-63B, 4.2.3 (AAL2): signed in anew after 12 hours, and after 30 minutes of rest."""
CITIZEN: Final = Length(timedelta(days=7), timedelta(days=30))
"""At most what the same document has for AAL1 (30 days); the rest is the city's own."""
HALF_WAY: Final = timedelta(minutes=10)
"""Between the password and the second factor."""
GRACE: Final = timedelta(seconds=20)
"""So long the key before the last one is still taken: requests of one page go out together."""
NOTE_EVERY: Final = timedelta(minutes=1)
"""That somebody is there is written down no more often."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it is kept: its moments, aware."""

    stage: Stage
    officer: bool
    created_at: datetime
    seen_at: datetime
    until: datetime
    ended: bool


def length_of(*, officer: bool) -> Length:
    """How long sessions of officers, or of citizens, are."""
    return OFFICER if officer else CITIZEN


def is_over(session: Kept, now: datetime) -> bool:
    """Whether nobody is signed in by it any more."""
    if session.ended or session.until <= now:
        return True
    if session.stage is not Stage.WHOLE:
        return session.created_at + HALF_WAY <= now
    return session.seen_at + length_of(officer=session.officer).idle <= now


def takes_old_key(rotated_at: datetime, now: datetime) -> bool:
    """Whether the key before the present one is still taken."""
    return now < rotated_at + GRACE
