"""What comes in, what goes out, and what the events carry. Money is integer paise."""

from services.tax.schemas.events import BILLED, NOTICE_ISSUED, PAID, REMINDER_DUE
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
from services.tax.schemas.reversing import REVERSED

__all__ = [
    "BILLED",
    "HEARING_SET",
    "HELD",
    "NOTICE_ISSUED",
    "OBJECTED",
    "OBJECTION_DECIDED",
    "PAID",
    "REASSESSED",
    "RELEASED",
    "REMINDER_DUE",
    "REPLACED",
    "REVERSED",
    "TRANSFERRED",
]
