"""How a document says things in its language: words, amounts, days, half-years."""

from datetime import date

from palika.india import rupees
from palika.number_words import devanagari
from palika.text import Name
from services.tax.documents.data import wording
from services.tax.domain.half_year import HalfYear
from services.tax.domain.in_words import amount_in_words

LANGUAGES = ("mr", "en")
NONE = "–"
"""Stands in a table for nothing: a row of zeros is harder to read."""


class Words:
    """Of one language, ``mr`` or ``en``.

    Raises:
        ValueError: documents are not made in that language.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"documents are in {' and '.join(LANGUAGES)}, not in {language!r}")
        self.language = language
        self._words = {code: name.in_(language) for code, name in wording().items()}
        self._months = self._words["months"].split()

    def __call__(self, code: str, **values: object) -> str:
        """The words of a code; its braces are filled with ``values``, numbers in own digits."""
        text = self._words[code]
        if not values:
            return text
        return text.format(
            **{k: self.digits(v) if isinstance(v, int) else v for k, v in values.items()}
        )

    def name(self, name: Name) -> str:
        """A name in this language."""
        return name.in_(self.language)

    def digits(self, text: object) -> str:
        """A number, a period, a percentage: with the language's own digits."""
        return devanagari(text) if self.language == "mr" else str(text)

    def amount(self, paise: int) -> str:
        """₹12,34,567.00, in the language's digits."""
        return self.digits(rupees(paise)).replace("-", "\u2212")

    def figure(self, paise: int) -> str:
        """12,34,567.00: an amount in a column of amounts; a dash for nothing."""
        return self.amount(paise).replace("₹", "") if paise else NONE

    def in_words(self, paise: int) -> str:
        """The amount in words."""
        return amount_in_words(paise, self.language)

    def day(self, day: date) -> str:
        """31 May 2026."""
        return self.digits(f"{day.day} {self._months[day.month - 1]} {day.year}")

    def half(self, half_year: HalfYear) -> str:
        """April–September 2026."""
        code = "first-half" if half_year.half == 1 else "second-half"
        return self.digits(self._words[code].format(year=half_year.year, next=half_year.year + 1))

    def period(self, period: str) -> str:
        """Of a bill: a financial year, or the months of a half of one."""
        if "/" in period:
            return self.half(HalfYear.parse(period))
        return self("year", year=self.digits(period))
