"""What would tell who somebody is, masked in text: telephone numbers, e-mail addresses, passwords.

Two strictnesses of the same parts. ``mask`` is for logs: ids, amounts and figures of machines stay
readable, so it masks what is written as a telephone number. ``mask_for_public`` is for what anybody
may read: it masks whatever has as many digits as a telephone number, however they are set apart,
and leaves what is known to be something else.

Both take time in proportion to the text, whatever is in it.
"""

import re
from typing import Final

MASK: Final = "•••"
"""What stands for what was there."""

# Digits of both scripts that the city writes.
_D = "[0-9०-९]"
_FROM_6 = "[6-9६-९]"
_INDIA = r"(?:\+|00|००)?(?:91|९१)"
_GAP = r"[ \u00a0–-]"
# Marathi glues its postpositions to a number, so its letters may stand beside one; others may not.
_LETTER = "[\u0900-\u0965\u0970-\u097f]"
_BEGINS = rf"(?<![A-Za-z0-9_०-९])(?:(?<!-)|(?<={_LETTER}-))(?<!{_D}\.)"
_ENDS = rf"(?![A-Za-z0-9_०-९-]|\.{_D})"
# Indian mobiles: ten digits from 6–9 in the groups that people write, with or without the country
# code; and landlines with their area code. Not inside a longer run of digits, letters or a UUID,
# and not an amount with decimals.
_GROUPS = ((5, 5), (3, 3, 4), (4, 3, 3), (2, 4, 4), (4, 6), (3, 7), (2, 8), (4, 4, 2))


def _grouped(sizes: tuple[int, ...]) -> str:
    first, *rest = sizes
    return f"{_FROM_6}{_D}{{{first - 1}}}" + "".join(f"{_GAP}{_D}{{{size}}}" for size in rest)


_PHONE = re.compile(
    rf"{_BEGINS}"
    rf"(?:(?:\({_INDIA}\)|{_INDIA}|[0०]){_GAP}{{0,2}})?"
    rf"(?:{_FROM_6}{_D}{{9}}|{'|'.join(map(_grouped, _GROUPS))}"
    rf"|\({_FROM_6}{_D}{{4}}\){_GAP}{{0,2}}{_D}{{5}}"
    rf"|\([0०]{_D}{{2,4}}\){_GAP}{{0,2}}{_D}{{3,4}}{_GAP}?{_D}{{3,4}}"
    rf"|(?<=[0०])[1-9१-९]{_D}{{9}}"
    rf"|(?<=[0०]){_D}{{2,4}}{_GAP}(?:{_D}{{6,8}}|{_D}{{3,4}}{_GAP}{_D}{{4}}))"
    rf"{_ENDS}"
)
# The vowel signs of Devanagari are no letters to \w.
_NAME = r"[\w\u0900-\u097f.+%-]"
_HOST = r"[\w\u0900-\u097f-]"
_EMAIL = re.compile(rf"(?<!{_NAME}){_NAME}++@{_HOST}++(?:\.{_HOST}++)+")
_URL_USER = re.compile(r"(\w://)[^\s/@]*:\S*@")
_WORD = re.compile(r"\S+")


def mask(text: str) -> str:
    """``text`` of a log, with e-mail addresses, Indian telephone numbers and users of URLs
    masked."""
    if "@" in text:
        if "://" in text:
            text = _WORD.sub(_without_users, text)
        text = _EMAIL.sub(MASK, text)
    return _PHONE.sub(MASK, text)


def _without_users(word: re.Match[str]) -> str:
    # Up to its last @ only: there a user, once it has begun, ends. Nothing is looked for in vain.
    head, at, rest = word[0].rpartition("@")
    return _URL_USER.sub(rf"\1{MASK}@", head + at) + rest if "://" in head else word[0]


# ---- for everybody

_SPACE = r"\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0f\ufeff\u20e3"
# What people put between the digits of one number; a comma only where nothing is beside it.
_APART = rf"(?:[{_SPACE}\-‐‑‒–—―−_./\\()\[\]+*~·•|:]{{0,5}}|,)"
_YEAR = r"(?:19|20|१९|२०)\d\d"
_DAY = r"(?:[12१२]\d|[3३][01०१]|[0०]?[1-9१-९])"
_MONTH = r"(?:[1१][0-2०-२]|[0०]?[1-9१-९])"


def _date(first: str, second: str) -> str:
    """A date of one of these years; the names of its groups are of use once in a pattern."""
    return (
        rf"(?:{_YEAR}(?P<{first}>[-/.]){_MONTH}(?P={first}){_DAY}"
        rf"|{_DAY}(?P<{second}>[-/.]){_MONTH}(?P={second}){_YEAR})"
        # No number goes on behind it; another date may.
        rf"(?!\d|[-/.]\d|[{_SPACE}]\d{{3}}(?!\d[-/.]))"
    )


_LATITUDE = r"(?:[6-9]|[12]\d|3[0-7])\.\d{3,15}"
_LONGITUDE = r"(?:6[89]|[78]\d|9[0-7])\.\d{3,15}"
_KEPT = "|".join(
    (
        # A UUID.
        r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z])",
        # A grievance's number.
        r"(?<![A-Za-z])[A-Za-z]{2,10}-(?:20|२०)\d\d-\d{6,8}(?!\d)",
        _date("a", "b"),
        # The time of a day.
        r"[0-2०-२]?\d:[0-5०-५]\d(?::[0-5०-५]\d)?(?![:\d])",
        # Two years.
        rf"{_YEAR} ?[-–/] ?{_YEAR}(?!\d|[-/.]\d)",
        # A position in India, either way round.
        rf"{_LATITUDE}(?:[,;/]\s?|\s){_LONGITUDE}(?!\d)",
        rf"{_LONGITUDE}(?:[,;/]\s?|\s){_LATITUDE}(?!\d)",
        # Amounts: of rupees; grouped as in India, or by thousands.
        r"(?:₹|(?<![A-Za-z])(?:[Rr]s\.?|INR)|रुपये|रु\.?)\s?\d[\d,]{0,15}(?:\.\d{1,2})?(?![ \-]?\d)",
        r"\d{1,3}(?:(?:,\d\d)*|(?:,\d{3})*),\d{3}(?:\.\d{1,2})?(?![,\d])",
    )
)
# A date ends a number that is before it, unless its year is the end of a run of digits.
_DATE_AFTER = rf"(?<!\d){_date('c', 'd')}"
_DIGITS = rf"(?:\+\s?)?(?:\(\+?(?=\d{{1,6}}\)))?\d(?:{_APART}(?!{_DATE_AFTER})\d)*+"
_NUMBER = re.compile(rf"(?P<kept>{_KEPT})|(?P<digits>{_DIGITS})")
_DIGIT = re.compile(r"\d")
# A landline without its area code.
_LOCAL = re.compile(r"[2-6२-६]\d{3}[\s-]?\d{4}")
_FEWEST = 10
"""So many digits may be anybody's telephone number, or Aadhaar number (which has twelve)."""
_FEWEST_MARKED = 8
"""The same where they begin with a + or a 0."""
_AT = r"(?:\s?@\s?|\s{0,2}[(\[{<]\s?(?:@|at|AT|At|ॲट|अ‍ॅट|अॅट|ऍट)\s?[)\]}>]\s{0,2})"
_DOT = r"(?:\.|\s{0,2}[(\[{<]\s?(?:\.|dot|DOT|Dot|डॉट)\s?[)\]}>]\s{0,2})"
_ANY_EMAIL = re.compile(
    rf"(?<!{_NAME}){_NAME}++(?:@{_HOST}++(?:{_DOT}{_HOST}++)*|{_AT}{_HOST}++(?:{_DOT}{_HOST}++)+"
    r"|(?: at | AT |@| @ )(?:gmail|yahoo|hotmail|outlook|rediffmail|icloud)(?:\.\w++| dot \w++)*)"
)


def mask_for_public(text: str) -> str:
    """``text`` that somebody wrote, for everybody: without anything that may be a telephone number
    or another number of a person, in either script's digits, and without e-mail addresses.

    Rather too much is masked than too little. Readable stay: numbers of grievances, dates and
    times, positions, amounts of rupees, UUIDs, and what has fewer digits.
    """
    return _NUMBER.sub(_masked, _ANY_EMAIL.sub(MASK, text))


def _masked(found: re.Match[str]) -> str:
    text = found["digits"]
    if text is None:
        return found[0]
    count = len(_DIGIT.findall(text))
    marked = text.lstrip("(")[0] in "+0०"
    fewest = _FEWEST_MARKED if marked else _FEWEST
    return MASK if count >= fewest or _LOCAL.fullmatch(text) else text
