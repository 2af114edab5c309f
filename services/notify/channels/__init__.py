"""Channels: how a message leaves the house. Each provider is an adapter of one small interface."""

from palika.config import Settings
from services.notify.channels.log import LogProvider
from services.notify.channels.provider import Provider

__all__ = ["LogProvider", "Provider", "open_providers"]


def open_providers(config: Settings) -> dict[str, Provider]:
    """The providers that the settings set up, by name; nothing is connected yet."""
    found: list[Provider] = [LogProvider()]
    return {each.name: each for each in found}
