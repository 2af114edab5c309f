"""The tables of the notify service."""

from services.notify.models.base import Base
from services.notify.models.campaign import Campaign, CampaignRecipient, CampaignRejection
from services.notify.models.delivery import Attempt, Delivery, Receipt
from services.notify.models.people import Consent, DayCount, Preference
from services.notify.models.provider import ProviderState
from services.notify.models.template import TemplateVersion, WhatsappTemplate

__all__ = [
    "Attempt",
    "Base",
    "Campaign",
    "CampaignRecipient",
    "CampaignRejection",
    "Consent",
    "DayCount",
    "Delivery",
    "Preference",
    "ProviderState",
    "Receipt",
    "TemplateVersion",
    "WhatsappTemplate",
]
