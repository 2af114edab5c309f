"""What comes in, what goes out, and what the events carry."""

from services.notify.schemas.events import DELIVERED, FAILED, OPTED_OUT, PROMISED
from services.notify.schemas.templates import PreviewArgs, SaveTemplateArgs
from services.notify.schemas.views import (
    AttemptOut,
    ConsentArgs,
    DeliveriesArgs,
    DeliveryOut,
    GetArgs,
    PreferArgs,
    ReachedArgs,
    ReachedOut,
    ReceiptOut,
    RecipientArgs,
    ReportArgs,
    ResendOut,
    SendArgs,
)
from services.notify.schemas.webhooks import ChallengeArgs, ReceiptsArgs, TextsArgs, WhatsappArgs

__all__ = [
    "DELIVERED",
    "FAILED",
    "OPTED_OUT",
    "PROMISED",
    "AttemptOut",
    "ChallengeArgs",
    "ConsentArgs",
    "DeliveriesArgs",
    "DeliveryOut",
    "GetArgs",
    "PreferArgs",
    "PreviewArgs",
    "ReachedArgs",
    "ReachedOut",
    "ReceiptOut",
    "ReceiptsArgs",
    "RecipientArgs",
    "ReportArgs",
    "ResendOut",
    "SaveTemplateArgs",
    "SendArgs",
    "TextsArgs",
    "WhatsappArgs",
]
