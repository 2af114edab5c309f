"""The second factor of officers: TOTP (RFC 6238) as the applications on telephones have it, and
words on paper for the day when the telephone is lost."""

import base64
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP_S: Final = 30
DIGITS: Final = 6
_SECRET_BYTES: Final = 20
"""RFC 4226, section 4, R6: 160 bits are recommended."""
_BESIDE: Final = 1
"""Steps before and after the present one whose code is taken: clocks differ (RFC 6238, 5.2)."""
RECOVERY_CODES: Final = 10
_WORD: Final = 10
# Base32 as Crockford has it: without I, L, O and U, which are misread.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans("ILO", "110")


def new_secret() -> bytes:
    """A secret of an application."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The secret as it is typed where no picture can be scanned: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, person: str, city: str) -> str:
    """What the picture says to the application: an ``otpauth://`` address."""
    label = quote(f"{city}:{person}")
    told = {"secret": base64.b32encode(secret).decode(), "issuer": city}
    return f"otpauth://totp/{label}?{urlencode(told, quote_via=quote)}"


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step (``step_of``)."""
    # SHA-1 is what the applications know; RFC 6238 has no weakness of it to tell of.
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303 what RFC 6238 says


def step_of(now: datetime) -> int:
    """The time step of a moment: half minutes since 1970."""
    return int(now.timestamp()) // STEP_S


def accepted(secret: bytes, code: str, now: datetime, last_step: int | None) -> int | None:
    """The time step of which the code is; None: it is refused.

    A step is accepted once (RFC 6238, 5.2), and none before the last one that was.
    """
    present = step_of(now)
    found = None
    for step in range(present - _BESIDE, present + _BESIDE + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace"))
        if same and (last_step is None or step > last_step):
            found = step
    return found


def new_recovery_code() -> str:
    """Fifty random bits, ``ABCDE-FGHJK``."""
    word = "".join(secrets.choice(_ALPHABET) for _ in range(_WORD))
    return f"{word[:5]}-{word[5:]}"


def typed_recovery_code(text: str) -> str:
    """What somebody has typed, as such a code is compared: capitals, without blanks and hyphens."""
    return "".join(text.upper().replace("-", "").split()).translate(_MISREAD)
