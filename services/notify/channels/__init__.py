"""Channels: how a message leaves the house. Each provider is an adapter of one small interface
(``provider``); CHANNELS.md tells an operator of each.
"""

from services.notify.channels.log import LogProvider
from services.notify.channels.provider import Provider
from services.notify.channels.providers import open_providers

__all__ = ["LogProvider", "Provider", "open_providers"]
