"""How amounts, dates and numbers are written for a citizen, in Marathi and in English."""

from datetime import UTC, date, datetime

from palika.errors import Invalid
from palika.india import day_of, grouped, rupees

LANGUAGES = ("mr", "en")
UNNAMED = {"mr": "नागरिक", "en": "Citizen"}
"""How a recipient is addressed whose name is not known."""
_DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def digits(text: str, language: str) -> str:
    """The text with its digits in the language's script: Devanagari in Marathi."""
    return text.translate(_DEVANAGARI) if language == "mr" else text


def number(value: object, language: str) -> str:
    """A count, grouped.

    Raises:
        Invalid: not a whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid(f"{value!r} is not a whole number.")
    return digits(grouped(value), language)


def money(paise: object, language: str) -> str:
    """An amount in integer paise as rupees: 11500000 is ₹1,15,000.00, in Marathi ₹१,१५,०००.००.

    Raises:
        Invalid: not a whole number of paise.
    """
    if isinstance(paise, bool) or not isinstance(paise, int):
        raise Invalid(f"{paise!r} is not an amount in whole paise.")
    return digits(rupees(paise), language)


def day(value: object, language: str) -> str:
    """A date as dd-mm-yyyy; a moment is first taken to India.

    Takes "2026-06-30" or an ISO 8601 time with a zone, or the like as date or aware datetime.

    Raises:
        Invalid: anything else, a time without a zone included.
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = date.fromisoformat(value) if len(value) == 10 else _moment(value)
        except ValueError as error:
            raise Invalid(f"{value!r} is not a date or a time.") from error
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise Invalid(f"{value!r} has no time zone.")
        moment = day_of(moment)
    if not isinstance(moment, date):
        raise Invalid(f"{value!r} is not a date or a time.")
    return digits(f"{moment.day:02}-{moment.month:02}-{moment.year:04}", language)


def text(value: object, language: str) -> str:
    """Text on one line: what could break a header or fake a line becomes a space.

    Raises:
        Invalid: not text, or nothing is left of it.
    """
    if not isinstance(value, str):
        raise Invalid(f"{value!r} is not text.")
    line = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if not line:
        raise Invalid("is empty.")
    return line


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def aware(value: str) -> datetime:
    """An ISO 8601 time with a zone, in UTC.

    Raises:
        ValueError: anything else.
    """
    moment = _moment(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment.astimezone(UTC)
