"""One-time codes to a telephone: six digits, ten minutes, five tries, once.

Of 10**6 codes five are tried: one in 200,000. NIST SP 800-63B (5.1.3.2) wants at least 20 bits,
which are six digits, not longer than ten minutes, and no second use.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from palika.text import plain_digits

DIGITS: Final = 6
VALID: Final = timedelta(minutes=10)
TRIES: Final = 5


class Outcome(StrEnum):
    """What came of a code that somebody has typed."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"
    """It is used, too old, or was tried too often: a new one is needed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A code that was sent, without the code."""

    digest: str
    until: datetime
    tries: int
    used: bool


def new_code(below: Callable[[int], int] = secrets.randbelow) -> str:
    """A code, with its leading zeros."""
    return f"{below(10**DIGITS):0{DIGITS}d}"


def typed(text: str) -> str:
    """What somebody has typed, as digits: of either script, with blanks or without."""
    return "".join(plain_digits(text).split())


def judge(sent: Sent, digest: str, now: datetime) -> Outcome:
    """Whether what was typed is the code.

    Args:
        sent: with the tries before this one.
        digest: of what was typed, made as that of the code was.
        now: the present moment, aware.
    """
    # Always compared, so that how long it takes tells nothing.
    same = hmac.compare_digest(sent.digest, digest)
    if sent.used or sent.until <= now or sent.tries >= TRIES:
        return Outcome.OVER
    return Outcome.RIGHT if same else Outcome.WRONG
