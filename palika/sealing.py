"""What keeps people's data from being read where they have to lie: sealed, and told apart by a key.

Every purpose has keys of its own, derived from the city's (``palika/keys.py``).
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Sealing:
    """Keys at work: the first seals and all open; the last tells apart, so it has to stay."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Prepare; ``keys`` as ``city_keys`` gives them."""
        self._box = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(derived(key, b"seal"))) for key in keys]
        )
        self._last = keys[-1]

    def seal(self, what: Mapping[str, Any]) -> bytes:
        """JSON values as they may lie in a table."""
        return self._box.encrypt(json.dumps(what).encode())

    def open(self, sealed: bytes, *, within_s: int | None = None) -> dict[str, Any]:
        """The values again.

        Args:
            sealed: what ``seal`` has given.
            within_s: of what is older, nothing; by default it may be of any age.

        Raises:
            ValueError: none of the city's keys has sealed it, or it is too old.
        """
        try:
            found: dict[str, Any] = json.loads(self._box.decrypt(sealed, ttl=within_s))
        except InvalidToken as error:
            raise ValueError("the key that sealed it is not there any more") from error
        return found

    def key_of(self, purpose: str) -> bytes:
        """The key by which things are told apart for a purpose; it stays for good."""
        return derived(self._last, purpose.encode())

    def digest(self, purpose: str, text: str) -> str:
        """A keyed digest, 64 hexadecimal digits: the same for the same text and purpose. Without
        the key nobody can try out all texts."""
        return hmac.digest(self.key_of(purpose), text.encode("utf-8", "replace"), "sha256").hex()


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose."""
    return hmac.digest(key, purpose, "sha256")
