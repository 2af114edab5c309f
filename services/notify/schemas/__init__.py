"""What comes in, what goes out, and what the events carry."""

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
