"""By what ways a bill or a notice comes to its owner."""

from datetime import date
from typing import Final

from palika.errors import Invalid

WAYS: Final = ("hand", "post", "affixed", "whatsapp", "email", "sms")
"""In person, by post, fixed to the premises, or sent."""


def check_served(served_on: date, issued_on: date, today: date) -> None:
    """Refuse a day on which something cannot have been served.

    Raises:
        Invalid: it is before the day on which it was issued, or after today.
    """
    if not issued_on <= served_on <= today:
        rule = f"must be from {issued_on.isoformat()}, its own day, to today, {today.isoformat()}"
        raise Invalid("not served then", {"served_on": [rule]})
