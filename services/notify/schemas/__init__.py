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
    ReceiptOut,
    ReceiptsArgs,
    RecipientArgs,
    ReportArgs,
    SendArgs,
)

__all__ = [
    "DELIVERED",
    "FAILED",
    "OPTED_OUT",
    "PROMISED",
    "AttemptOut",
    "ConsentArgs",
    "DeliveriesArgs",
    "DeliveryOut",
    "GetArgs",
    "PreferArgs",
    "PreviewArgs",
    "ReceiptOut",
    "ReceiptsArgs",
    "RecipientArgs",
    "ReportArgs",
    "SaveTemplateArgs",
    "SendArgs",
]
