"""What keeps addresses from being read: sealed where they have to wait, told apart by a key."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from palika.config import settings
from palika.keys import city_keys
from services.notify.domain.addresses import key_of


class Secrets:
    """The city's keys at work."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Prepare.

        Args:
            keys: the first seals and all open; the last tells recipients apart, so it has to stay
                as long as their consent is to be remembered.
        """
        self._box = MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_derived(key, b"seal"))) for key in keys]
        )
        self._recipients = _derived(keys[-1], b"recipient")

    def recipient(self, address: str) -> str:
        """The key of a normalised address (see ``domain/addresses.key_of``)."""
        return key_of(address, self._recipients)

    def seal(self, what: Mapping[str, Any]) -> bytes:
        """JSON values as they may lie in a table."""
        return self._box.encrypt(json.dumps(what).encode())

    def open(self, sealed: bytes) -> dict[str, Any]:
        """The values again.

        Raises:
            ValueError: none of the city's keys has sealed it.
        """
        try:
            found: dict[str, Any] = json.loads(self._box.decrypt(sealed))
        except InvalidToken as error:
            raise ValueError("the key that sealed it is not there any more") from error
        return found


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, purpose, "sha256")


@cache
def city_secrets() -> Secrets:
    """The keys that the settings name; read once a process.

    Raises:
        ConfigError: the file of keys cannot be read or made, or a line of it is no key.
    """
    return Secrets(city_keys("notify_keys", settings("notify").notify_keys))
