"""What comes in, what goes out, and what the events carry. Money is integer paise."""

from services.tax.schemas.events import BILLED, PAID
from services.tax.schemas.register_events import (
    HEARING_SET,
    HELD,
    OBJECTED,
    OBJECTION_DECIDED,
    REASSESSED,
    RELEASED,
    REPLACED,
    TRANSFERRED,
)

__all__ = [
    "BILLED",
    "HEARING_SET",
    "HELD",
    "OBJECTED",
    "OBJECTION_DECIDED",
    "PAID",
    "REASSESSED",
    "RELEASED",
    "REPLACED",
    "TRANSFERRED",
]
