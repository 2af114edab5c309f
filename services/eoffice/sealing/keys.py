"""The keys of the record: not in the database, so that who can write there cannot forge."""

import hashlib
import hmac
from collections.abc import Sequence
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from palika.config import settings
from palika.keys import city_keys


class Keys:
    """The city's keys; the first is in use, all are known."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        derived = [hmac.digest(key, b"record", "sha256") for key in keys]
        self._known = {hashlib.sha256(key).hexdigest()[:12]: key for key in derived}
        self._pairs = {
            name: Ed25519PrivateKey.from_private_bytes(hmac.digest(key, b"root", "sha256"))
            for name, key in zip(self._known, keys, strict=True)
        }
        self.name = next(iter(self._known))

    @property
    def key(self) -> bytes:
        """The key in use."""
        return self._known[self.name]

    def named(self, name: str) -> bytes | None:
        """The key of that name; None: it is not known here."""
        return self._known.get(name)

    @property
    def all(self) -> list[bytes]:
        """Every key, the one in use first."""
        return list(self._known.values())

    def sign(self, said: bytes) -> bytes:
        """An Ed25519 signature of the pair that is made of the key in use."""
        return self._pairs[self.name].sign(said)

    def public_key(self, name: str) -> Ed25519PublicKey | None:
        """The public half of the pair of the key of that name; None: it is not known here."""
        pair = self._pairs.get(name)
        return pair.public_key() if pair else None

    @property
    def public(self) -> dict[str, bytes]:
        """By name, the public halves: with them whoever has a root can check its signature."""
        return {name: pair.public_key().public_bytes_raw() for name, pair in self._pairs.items()}


@cache
def city_keys_of_record() -> Keys:
    """The keys that the settings name; read once a process.

    Raises:
        ConfigError: the file of keys cannot be read or made, or a line of it is no key.
    """
    return Keys(city_keys("eoffice_keys", settings("eoffice").eoffice_keys))
