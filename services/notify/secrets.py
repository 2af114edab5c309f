"""What keeps addresses from being read: sealed where they have to wait, told apart by a key."""

from collections.abc import Sequence
from functools import cache

from palika.config import settings
from palika.keys import city_keys
from palika.sealing import Sealing
from services.notify.domain.addresses import key_of


class Secrets(Sealing):
    """The city's keys at work."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Prepare.

        Args:
            keys: the first seals and all open; the last tells recipients apart, so it has to stay
                as long as their consent is to be remembered.
        """
        super().__init__(keys)
        self._recipients = self.key_of("recipient")

    def recipient(self, address: str) -> str:
        """The key of a normalised address (see ``domain/addresses.key_of``)."""
        return key_of(address, self._recipients)


@cache
def city_secrets() -> Secrets:
    """The keys that the settings name; read once a process.

    Raises:
        ConfigError: the file of keys cannot be read or made, or a line of it is no key.
    """
    return Secrets(city_keys("notify_keys", settings("notify").notify_keys))
