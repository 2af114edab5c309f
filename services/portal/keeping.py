"""How secrets are kept: passwords hashed slowly, tokens and numbers as keyed digests, the rest
sealed."""

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from palika.config import settings, var_directory
from palika.keys import city_keys
from palika.sealing import Sealing
from services.portal.domain.passwords import normal

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane at the least."""
_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Hashes at a time: each takes its memory, and who floods the sign-in gets no more than this."""


def hash_password(password: str) -> str:
    """A password as it is kept."""
    with _AT_ONCE:
        return _HASHER.hash(normal(password))


def is_password(kept: str | None, password: str) -> bool:
    """Whether it is the one. Of an account without one, or none at all, it takes as long."""
    with _AT_ONCE:
        try:
            _HASHER.verify(kept or _nobodys(), normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other costs than are in use now."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")


class Keeping(Sealing):
    """The portal's keys at work."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Prepare; ``keys`` as ``city_keys`` gives them."""
        super().__init__(keys)

    def of_token(self, token: str) -> str:
        """A session's, an invitation's or a program's token, as it is looked for."""
        return self.digest("token", token)

    def of_phone(self, phone: str) -> str:
        """A telephone number (E.164), as it is looked for."""
        return self.digest("phone", phone)

    def of_code(self, of: UUID, code: str) -> str:
        """A code, of this sending or this account alone."""
        return self.digest("code", f"{of}:{code}")

    def of_client(self, *parts: str) -> str:
        """Who is counted: a login, a device, a network."""
        return self.digest("client", "\0".join(parts))

    def form_token(self, of: str) -> str:
        """What a form of this session, or of this visitor, carries."""
        return self.digest("form", of)

    def sealed_phone(self, phone: str) -> bytes:
        """A telephone number as it lies in a table."""
        return self.seal({"phone": phone})

    def phone(self, sealed: bytes) -> str:
        """The number again. Raises ValueError: the key is gone."""
        found: Any = self.open(sealed)["phone"]
        return str(found)


def city_keeping() -> Keeping:
    """With the keys that the settings name; read once a process.

    Raises:
        ConfigError: the file of keys cannot be read or made, or a line of it is no key.
    """
    return _keeping(settings("portal").portal_keys, var_directory())


@cache
def _keeping(named: str, _: Path) -> Keeping:
    """By all that says which file it is: one process may look after several cities in turn."""
    return Keeping(city_keys("portal_keys", named))
