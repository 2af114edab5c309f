"""The number that a citizen quotes: ``PMC-2026-000123``.

The year is the year of filing in Asia/Kolkata; the serial counts from 1 in each. Serials come from
one PostgreSQL sequence a year: no two filings wait for each other, and a filing that fails leaves
a gap. Gaps are allowed; a number given twice is not.
"""

from datetime import datetime

from palika.india import day_of
from palika.text import plain_digits


def year_of(filed_at: datetime) -> int:
    """The year whose serials a grievance filed at that (aware) time takes."""
    return day_of(filed_at).year


def number(prefix: str, year: int, serial: int) -> str:
    """The number as printed; the serial has six digits, more when they do not suffice."""
    return f"{prefix}-{year}-{serial:06d}"


def as_printed(said: str) -> str:
    """A number as it is printed, of one that somebody says or types: in small letters, or in
    Marathi's digits."""
    return plain_digits(said.strip()).upper()
