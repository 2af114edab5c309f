"""How amounts, dates, times, links and names are written for a citizen, in each language.

What a value brings with it is text and nothing else: it makes no line, no link and no direction of
writing of its own.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from palika.errors import Invalid
from palika.india import INDIA, day_of, grouped, rupees
from palika.number_words import devanagari

LANGUAGES = ("mr", "en")
"""Those that every template has."""
ALL_LANGUAGES = (*LANGUAGES, "hi")
"""Those that a template may have."""
UNNAMED = {"mr": "नागरिक", "en": "Citizen", "hi": "नागरिक"}
"""How a recipient is addressed whose name is not known."""
MAX_TEXT = 300
"""Characters of a value: what is longer is no name and no number."""
MAX_LINK = 500
MAX_LINE = 2 * MAX_TEXT + 2
"""Characters of a line of a list: two values, and what stands between them."""
MOST_LINES = 1_000
# The part of the day, as each language has it, until the hour given.
_PARTS = {
    "mr": ((4, "रात्री"), (6, "पहाटे"), (12, "सकाळी"), (16, "दुपारी"), (20, "सायंकाळी"), (24, "रात्री")),
    "hi": ((4, "रात"), (12, "सुबह"), (16, "दोपहर"), (20, "शाम"), (24, "रात")),
}
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what is around them (Unicode UAX #9)."""
# They join letters of Devanagari or keep them apart (Unicode, chapter 12.1); elsewhere nobody sees
# them.
_JOINERS = "\u200c\u200d"
_DAY_FIRST = re.compile(r"([0-9]{2})[-/.]([0-9]{2})[-/.]([0-9]{4})")
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.", re.IGNORECASE)
# Ends of names that telephones take for links when something stands before the full stop.
_DOMAIN = re.compile(
    r"(?<=[\w-])\.(?=(?:com|in|net|org|info|biz|co|io|me|ly|gl|app|xyz|gov|edu|nic|link|top|site"
    r"|online|shop|live|club|store|tech|dev|ai|cc|tk|ru|cn|uk|us)\b)",
    re.IGNORECASE,
)


def digits(text: str, language: str) -> str:
    """The text with its digits in the language's script: Devanagari in Marathi."""
    return devanagari(text) if language == "mr" else text


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

    Takes "2026-06-30", "30-06-2026" or an ISO 8601 time with a zone, or the like as date or aware
    datetime.

    Raises:
        Invalid: anything else, a time without a zone included.
    """
    moment = value
    if isinstance(value, str):
        try:
            moment = _day(value) if len(value) == 10 else _moment(value)
        except ValueError as error:
            raise Invalid(f"{value!r} is not a date or a time: 2026-06-30.") from error
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise Invalid(f"{value!r} has no time zone.")
        moment = day_of(moment)
    if not isinstance(moment, date):
        raise Invalid(f"{value!r} is not a date or a time.")
    return digits(f"{moment.day:02}-{moment.month:02}-{moment.year:04}", language)


def amount(paise: object, language: str) -> str:
    """An amount in integer paise without a sign of its own, for texts that write "Rs" before it:
    11500000 is 1,15,000 and 11500050 is 1,15,000.50. (The sign ₹ is not in the alphabet of GSM.)

    Raises:
        Invalid: not a whole number of paise.
    """
    whole = money(paise, "en").replace("₹", "")
    return digits(whole.removesuffix(".00"), language)


def time(value: object, language: str) -> str:
    """The time of day in India, of an ISO 8601 moment with a zone or an aware datetime: 3.30 pm,
    in Marathi दुपारी ३.३०.

    Raises:
        Invalid: anything else, a moment without a zone included.
    """
    moment = value
    if isinstance(value, str) and len(value) > 10:
        try:
            moment = _moment(value)
        except ValueError as error:
            raise Invalid(f"{value!r} is not a time.") from error
    if not isinstance(moment, datetime):
        raise Invalid(f"{value!r} is not a time.")
    if moment.tzinfo is None:
        raise Invalid(f"{value!r} has no time zone.")
    local = moment.astimezone(INDIA)
    clock = f"{local.hour % 12 or 12}.{local.minute:02}"
    if language not in _PARTS:
        return f"{clock} {'am' if local.hour < 12 else 'pm'}"
    part = next(name for until, name in _PARTS[language] if local.hour < until)
    return f"{part} {digits(clock, language)}"


def moment(value: object, language: str) -> str:
    """Day and time in India: 14-07-2026, 11.30 am, in Marathi १४-०७-२०२६, सकाळी ११.३०.

    Raises:
        Invalid: no ISO 8601 moment with a zone, and no aware datetime.
    """
    clock = time(value, language)
    return f"{day(value, language)}, {clock}"


def link(value: object, language: str) -> str:
    """An address of the web, https only, in plain ASCII, without user, port or blank.

    Whether its host is one of the city's, the register of the senders knows (`domain/dlt.py`).

    Raises:
        Invalid: anything else.
    """
    if not isinstance(value, str) or len(value) > MAX_LINK:
        raise Invalid("is not a link.")
    if not re.fullmatch(r"https://[a-z0-9.-]+(/[!-~]*)?", value) or not urlsplit(value).hostname:
        raise Invalid("is not a link: https://, a name and a path, nothing else.")
    return value


def text(value: object, language: str) -> str:
    """Text on one line: what could break a header or fake a line becomes a space.

    What turns the direction of writing and invisible marks are left out. A name like Shop.com gets
    a blank (Shop. com), so that no telephone makes a link of it.

    Raises:
        Invalid: not text, nothing is left of it, longer than `MAX_TEXT`, or with a link in it.
    """
    return _line(value, MAX_TEXT)


def lines(values: object, language: str) -> str:
    """A list, a numbered line each; of a value by language its own.

    Raises:
        Invalid: no list, an empty one, more than `MOST_LINES`, or one that is no text as of `text`,
            but for its length: `MAX_LINE`.
    """
    if not isinstance(values, list) or not 0 < len(values) <= MOST_LINES:
        raise Invalid(f"is no list of 1 to {MOST_LINES} lines.")
    found = []
    for count, value in enumerate(values, 1):
        own = value.get(language) if isinstance(value, Mapping) else value
        try:
            found.append(f"{number(count, language)}. {_line(own, MAX_LINE)}")
        except Invalid as error:
            raise Invalid(f"line {count} {error.message}") from error
    return "\n".join(found)


def _line(value: object, most: int) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{value!r} is not text.")
    line = " ".join("".join(_printed(value)).split())
    if not any(unicodedata.category(each)[0] not in "MZC" for each in line):
        raise Invalid("is empty.")
    if len(line) > most:
        raise Invalid(f"is longer than {most} characters.")
    if _SCHEME.search(line):
        raise Invalid("has a link in it.")
    return _DOMAIN.sub(". ", line)


def _printed(value: str) -> list[str]:
    kept = []
    for at, each in enumerate(value):
        if each.isprintable():
            kept.append(each)
        elif each in _JOINERS:
            if at and "\u0900" <= value[at - 1] <= "\u0d7f":
                kept.append(each)
        elif unicodedata.category(each) != "Cf":
            kept.append(" ")
    return kept


def _day(value: str) -> date:
    """Of ISO 8601; or with the day first, as spreadsheets in India write it."""
    if (written := _DAY_FIRST.fullmatch(value)) is not None:
        day, month, year = (int(each) for each in written.groups())
        return date(year, month, day)
    return date.fromisoformat(value)


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
