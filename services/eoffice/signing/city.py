"""The city's own key store and authority, by its settings."""

import hmac
from pathlib import Path

from palika.config import settings, var_directory
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.signing.store import SoftwareStore


def city_store() -> SoftwareStore:
    """The folder that ``eoffice_keystore`` names, else one in ``var/``.

    Raises:
        ConfigError: the city's keys cannot be read.
    """
    named = settings("eoffice").eoffice_keystore
    folder = Path(named) if named else var_directory() / "eoffice-keystore"
    phrases = [
        hmac.digest(key, b"keystore", "sha256").hex().encode() for key in city_keys_of_record().all
    ]
    return SoftwareStore(folder, phrases)
