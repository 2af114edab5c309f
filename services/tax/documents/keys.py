"""What documents are sealed with, as the settings say."""

from functools import cache

from palika.config import settings
from palika.keys import city_keys
from services.tax.documents.vouching import Seal


@cache
def seal() -> Seal:
    """What documents are sealed with; read once a process.

    Raises:
        ConfigError: the file of keys cannot be read or made, or a line of it is no key.
    """
    config = settings("tax")
    portal = config.portal_url or f"http://127.0.0.1:{config.portal_http_port}"
    return Seal(city_keys("tax_document_keys", config.tax_document_keys), portal)
