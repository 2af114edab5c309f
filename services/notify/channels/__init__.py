"""Channels: how a message leaves the house. Each provider is an adapter of one small interface."""

from palika.config import Settings
from services.notify.channels.email import open_email
from services.notify.channels.infobip import open_infobip
from services.notify.channels.log import LogProvider
from services.notify.channels.plivo import open_plivo
from services.notify.channels.provider import Provider
from services.notify.channels.whatsapp import open_meta

__all__ = ["LogProvider", "Provider", "open_providers"]


def open_providers(config: Settings) -> dict[str, Provider]:
    """The providers that the settings set up, by name; nothing is connected yet."""
    made = (each(config) for each in (open_meta, open_plivo, open_infobip, open_email))
    found: list[Provider] = [LogProvider(), *(each for each in made if each is not None)]
    return {each.name: each for each in found}
