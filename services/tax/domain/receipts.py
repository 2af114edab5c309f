"""Numbers of receipts: one series for each financial year and place, without a gap.

A number is taken in the transaction of its payment, from a row that is locked until that ends
(``commands/receipts.py``): what is rolled back has used none. A receipt that is cancelled stays in
its series, as cancelled.
"""

import re
from dataclasses import dataclass
from datetime import date

from palika.errors import Invalid
from services.tax.domain.billing import period_of

OFFICE = "OFFICE"
"""The series of payments that a service of the city vouches for."""
_PLACE = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)
_PREFIX = re.compile(r"[A-Z]{1,6}", re.ASCII)
_NUMBER = re.compile(r"([A-Z]{1,6})/([0-9]{4}-[0-9]{2})/([A-Z0-9]{2,12})/([0-9]{6,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Series:
    """A series: ``RC/2026-27/BANER/…``.

    Attributes:
        prefix: the city's, one for all.
        year: the financial year, of the day on which the receipt is given.
        place: a counter's office, or ``ONLINE``, ``BANK``.
    """

    prefix: str
    year: str
    place: str

    def number(self, serial: int) -> str:
        """``RC/2026-27/BANER/000001``; serials count from 1."""
        if serial < 1:
            raise ValueError(f"a serial counts from 1, not {serial}")
        return f"{self.prefix}/{self.year}/{self.place}/{serial:06d}"


def series(prefix: str, place: str, on: date) -> Series:
    """The series of a place on a day.

    Args:
        prefix: 1 to 6 capitals.
        place: 2 to 12 capitals and digits.
        on: in Asia/Kolkata: when the receipt is given, not when the money came.

    Raises:
        Invalid: not such a prefix or place.
    """
    if not _PREFIX.fullmatch(prefix):
        raise Invalid("not a series", {"prefix": ["must be 1 to 6 capitals"]})
    if not _PLACE.fullmatch(place):
        raise Invalid("not a series", {"place": ["must be 2 to 12 capitals and digits"]})
    return Series(prefix, period_of(on), place)


def parse(number: str) -> tuple[Series, int]:
    """The series and the serial in a receipt's number.

    Raises:
        Invalid: it is none.
    """
    found = _NUMBER.fullmatch(number)
    if found is None or not int(found[4]):
        rule = f"must be like RC/2026-27/BANER/000001, not {number!r:.40}"
        raise Invalid("not a receipt", {"number": [rule]})
    return Series(found[1], found[2], found[3]), int(found[4])
