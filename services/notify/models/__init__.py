"""The tables of the notify service."""

from services.notify.models.base import Base
from services.notify.models.calls import Call, CallTurn, Promise
from services.notify.models.campaign import Campaign, CampaignRecipient, CampaignRejection
from services.notify.models.chat import (
    ConversationMessage,
    ConversationRow,
    Handover,
    LinkCode,
    PropertyLink,
)
from services.notify.models.delivery import Attempt, Delivery, Receipt
from services.notify.models.keeping import InboxMessage, ProviderMonth, Resend
from services.notify.models.people import Consent, DayCount, Preference
from services.notify.models.provider import ProviderState
from services.notify.models.template import TemplateVersion, WhatsappTemplate
from services.notify.models.tries import NumberTry, Tried

__all__ = [
    "Attempt",
    "Base",
    "Call",
    "CallTurn",
    "Campaign",
    "CampaignRecipient",
    "CampaignRejection",
    "Consent",
    "ConversationMessage",
    "ConversationRow",
    "DayCount",
    "Delivery",
    "Handover",
    "InboxMessage",
    "LinkCode",
    "NumberTry",
    "Preference",
    "Promise",
    "PropertyLink",
    "ProviderMonth",
    "ProviderState",
    "Receipt",
    "Resend",
    "TemplateVersion",
    "Tried",
    "WhatsappTemplate",
]
