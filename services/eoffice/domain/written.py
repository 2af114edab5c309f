"""How days, moments and names of certificates are written for people, in every paper and list."""

from datetime import datetime

from palika.india import INDIA


def moment(at: datetime) -> str:
    """An aware moment as 01-07-2026 10:00, in Asia/Kolkata: its day as days are written."""
    return f"{at.astimezone(INDIA):%d-%m-%Y %H:%M}"


def certified(subject: str) -> str:
    """The subject of a certificate (RFC 4514), with a name in the place of the one number that
    officers' certificates have there: 2.5.4.5 is the code of the officer (X.520)."""
    return subject.replace("2.5.4.5=", "serialNumber=")
