"""What comes in, what goes out, and what the events carry. Money is integer paise."""

from services.tax.schemas.events import BILLED, NOTICE_ISSUED, PAID, REMINDER_DUE
from services.tax.schemas.reversing import REVERSED

__all__ = ["BILLED", "NOTICE_ISSUED", "PAID", "REMINDER_DUE", "REVERSED"]
