"""Providers on this machine: real servers that speak each provider's wire format, sign what they
send, fail as they are told, and know the magic recipients (``domain/magic``). They send nothing to
anybody. For tests, for benchmarks and for a city that is tried out.
"""

from services.notify.channels.loopback.carrier import Carrier, Hook, Kept
from services.notify.channels.loopback.infobip import InfobipServer
from services.notify.channels.loopback.meta import MetaServer
from services.notify.channels.loopback.plivo import PlivoServer
from services.notify.channels.loopback.smtp import SmtpServer
from services.notify.channels.loopback.telephony import Telephony

__all__ = [
    "Carrier",
    "Hook",
    "InfobipServer",
    "Kept",
    "MetaServer",
    "PlivoServer",
    "SmtpServer",
    "Telephony",
]
