"""The providers that the settings give; ``CHANNELS.md`` tells an operator of each."""

from palika.config import Settings
from services.notify.calls.reference import city_flow
from services.notify.channels.email import open_email
from services.notify.channels.infobip import open_infobip
from services.notify.channels.log import LogProvider
from services.notify.channels.plivo import open_plivo
from services.notify.channels.provider import Provider
from services.notify.channels.voice import open_voice
from services.notify.channels.whatsapp import open_meta


def open_providers(config: Settings) -> dict[str, Provider]:
    """By name, those that the city has an account with; nothing is connected yet.

    ``smtp`` is always there: its server may be on the same machine. So is the log.
    """
    found: tuple[Provider | None, ...] = (
        open_meta(config),
        open_plivo(config),
        open_infobip(config),
        open_email(config),
        open_voice(config, city_flow()),
        LogProvider(),
    )
    return {each.name: each for each in found if each is not None}
