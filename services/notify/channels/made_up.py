"""In the city of sample work nobody is written to or called for real at a made-up number: it is of
the form of a mobile, so it may be somebody's (``palika/demo.py``)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from palika.config import settings
from palika.demo import is_made_up, started_here
from services.notify.domain.messages import Failed

REASON: Final = "made_up_number"
_URLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "meta": "whatsapp_url",
        "plivo": "sms_plivo_url",
        "infobip": "sms_infobip_url",
        "twilio": "voice_url",
    }
)
"""By provider, the setting that says where it is; the others reach no telephone."""
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def held_back(provider: str, address: str) -> Failed | None:
    """Why a message or a call may not be handed to a provider; None: it may.

    Args:
        provider: its name.
        address: of the recipient.
    """
    if provider not in _URLS or not is_made_up(address):
        return None
    config = settings("notify")
    if urlsplit(getattr(config, _URLS[provider])).hostname in _HERE or not started_here(config):
        return None
    return Failed(True, REASON, "sample work: the number is made up", offered=False)
