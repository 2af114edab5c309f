"""What comes in, what goes out, and what the events carry."""

from services.notify.schemas.views import DeliveriesArgs, DeliveryOut, GetArgs, PreviewArgs

__all__ = ["DeliveriesArgs", "DeliveryOut", "GetArgs", "PreviewArgs"]
