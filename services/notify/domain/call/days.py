"""A day in somebody's answer: उद्या, पुढच्या सोमवारी, 30 tarkhela, 15 June, next friday.

A small grammar over words of both languages and both scripts. What is not clear gives None, and is
asked again: two different days, a "no", a number that may be anything. A day without a year is the
next such day, but for one that has just passed: whoever says it means that one, and is told.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from palika.text import plain_digits
from services.notify.domain.call.hearing import LONGEST, folded, numerals, stem, words_of
from services.notify.domain.speech import MONTHS, ORDINALS

_JUST_PASSED: Final = timedelta(days=60)
_FURTHEST: Final = 400

_ROMAN_MARATHI = """
    ek don tin char pach saha sat ath nau daha akra bara tera chauda pandhra sola satra athra
    ekonis vis ekvis bavis tevis chovis panchvis savis satavis athavis ekontis tis ektis
"""
_MEANINGS: Final = {
    "today": "आज आजच aaj today",
    "tomorrow": "उद्या उद्याला udya udyala udyach tomorrow",
    "overmorrow": "परवा परवाला parva parvala overmorrow",
    "day": (
        "दिवस दिवसा दिवसां दिवसांत दिवसात दिवसांनी दिवसानी "
        "divas divsa divsat divsani divasat divasani day days"
    ),
    "week": "आठवडा आठवड्या आठवड्यां आठवडे athavda athavdya athvada athvadya athavde week weeks",
    "month": "महिना महिन्या महिने mahina mahinya mahine month months",
    "next": "पुढच्या पुढील पुढचा पुढे pudhchya pudhcya pudhil pudhcha next following",
    "this": "या ह्या येत्या येणाऱ्या ya yetya yenarya this coming",
    "date": "तारीख तारखे तारखेस tarikh tarkhe tarikhe date dated",
    "end": "अखेर अखेरीस शेवट शेवटी शेवटच्या शेवटचा akher akheris shevat shevti shevatchya end last",
    "thousand": "हजार hajar hazar thousand",
    "one": "एका eka a an",
    "no": "नाही नाहि नको न nahi nako no not never cant cannot wont dont",
    "ordinal": "st nd rd th",
    "filler": (
        "ला च्या ची चा चे पर्यंत पर्यन्त आत आतच नंतर मी मला भरतो भरते भरेन भरू भरीन करतो करते करेन "
        "देतो देते देईन पैसे कर la chya cha paryant at nantar mi mala bharto bharte bharen bharin "
        "karto karte karen deto the of on by in within before till until i will pay it then"
    ),
    "after": "after",
}
_WEEKDAYS: Final = (
    "सोमवार somvar monday mon",
    "मंगळवार मंगलवार mangalvar tuesday tue",
    "बुधवार budhvar wednesday wed",
    "गुरुवार गुरूवार guruvar thursday thu",
    "शुक्रवार shukravar shukrvar friday fri",
    "शनिवार shanivar saturday sat",
    "रविवार ravivar sunday sun",
)
_MORE_MONTHS: Final = (
    "jan janevari",
    "feb february phebruvari फेब्रुअरी",
    "mar march",
    "apr april epril",
    "may",
    "jun june",
    "jul july julai जुलाई",
    "aug august ogast",
    "sep sept september saptembar",
    "oct october oktobar",
    "nov november novhembar नोव्हेम्बर",
    "dec december disembar डिसेम्बर",
)


@dataclass(frozen=True, slots=True)
class _Word:
    """What a word means: its kind, and a number with some kinds."""

    kind: str
    value: int = 0


def _vocabulary() -> dict[str, _Word]:
    found: dict[str, _Word] = {}
    for kind, words in _MEANINGS.items():
        for word in words.split():
            found.setdefault(folded(word), _Word(kind))
    for at, names in enumerate(_WEEKDAYS):
        # "sat" is seven in Marathi, and an English weekday only in full.
        found |= {folded(name): _Word("weekday", at) for name in names.split() if name != "sat"}
    for at, more in enumerate(_MORE_MONTHS):
        each = [MONTHS["mr"][at], MONTHS["en"][at], *more.split()]
        found |= {folded(name): _Word("in_month", at + 1) for name in each}
    numbers = {
        **{folded(word): n for n, word in enumerate(_ROMAN_MARATHI.split(), 1)},
        **numerals("mr", 99),
        **numerals("en", 99),
    }
    found |= {word: _Word("number", n) for word, n in numbers.items()}
    for n, word in enumerate(ORDINALS, 1):
        if "-" not in word:
            found[folded(word)] = _Word("nth", n)
    return found


_KNOWN: Final = _vocabulary()
_NUMERIC = re.compile(
    r"(?<![0-9/.-])(?:(?P<y>20[0-9]{2})-(?P<ym>[0-9]{1,2})-(?P<yd>[0-9]{1,2})"
    r"|(?P<d>[0-9]{1,2})[/.-](?P<m>[0-9]{1,2})(?:[/.-](?P<dy>20[0-9]{2}|[0-9]{2}))?)(?![0-9/-])"
)


def find_day(text: str, today: date) -> date | None:
    """The day that somebody means.

    Args:
        text: a transcript.
        today: in India.

    Returns:
        None: no day, no clear one, or one that is on no calendar. It may be in the past.
    """
    plain = plain_digits(text[:LONGEST])
    written = {_written(found, today) for found in _NUMERIC.finditer(plain)}
    meant = _meant(_NUMERIC.sub(" | ", plain))
    if any(word.kind == "no" for word in meant):
        return None
    found = written | set(_Reading(meant, today).days())
    return found.pop() if len(found) == 1 else None


def day_of_keys(keys: str, today: date) -> date | None:
    """A day that was dialled: its number in the month (05), with the month (0506), and with the
    year (050626, 05062026)."""
    if not (keys.isascii() and keys.isdigit()):
        return None
    match len(keys):
        case 2:
            return _nth(int(keys), today)
        case 4:
            return _without_year(int(keys[:2]), int(keys[2:]), today)
        case 6:
            return _day(2000 + int(keys[4:]), int(keys[2:4]), int(keys[:2]))
        case 8:
            return _day(int(keys[4:]), int(keys[2:4]), int(keys[:2]))
        case _:
            return None


def _meant(text: str) -> list[_Word]:
    """What the words mean, those that join put together."""
    found: list[_Word] = []
    for word in words_of(text):
        if word.isascii() and word.isdigit():
            found.append(_Word("number", min(int(word), 9_999)))
            continue
        known = stem(word, _KNOWN.keys())
        found.append(_KNOWN[known] if known else _Word("unknown"))
    joined: list[_Word] = []
    for each in found:
        last = joined[-1] if joined else _Word("unknown")
        if each.kind == "ordinal":
            if last.kind == "number":
                joined[-1] = _Word("nth", last.value)
        elif last.kind == "number" and _is_tens(last.value) and _is_ones(each):
            # twenty six, twenty sixth
            joined[-1] = _Word(each.kind, last.value + each.value)
        elif each.kind == "thousand" and last.kind == "number":
            joined[-1] = _Word("thousands", last.value * 1_000)
        elif last.kind == "thousands" and each.kind == "number" and each.value < 1_000:
            joined[-1] = _Word("number", last.value + each.value)
        else:
            joined.append(_Word("number", 1) if each.kind == "one" else each)
    return [
        _Word("number", each.value) if each.kind == "thousands" else each
        for each in joined
        if each.kind != "filler"
    ]


def _is_tens(value: int) -> bool:
    """Of two words, the first: twenty, or two thousand twenty."""
    return (value < 100 or value >= 2_000) and value % 100 in range(20, 100, 10)


def _is_ones(word: _Word) -> bool:
    return word.kind in ("number", "nth") and 1 <= word.value <= 9


class _Reading:
    """The days in what was meant."""

    def __init__(self, words: list[_Word], today: date) -> None:
        self._words = words
        self._today = today
        self._at = 0

    def days(self) -> Iterator[date | None]:
        """Each, or None for one that is on no calendar."""
        while self._at < len(self._words):
            yield from self._one()

    def _kind(self, ahead: int) -> str:
        at = self._at + ahead
        return self._words[at].kind if at < len(self._words) else ""

    def _value(self, ahead: int) -> int:
        return self._words[self._at + ahead].value

    def _is(self, *kinds: str) -> bool:
        return all(self._kind(ahead) in each.split("|") for ahead, each in enumerate(kinds))

    def _one(self) -> Iterator[date | None]:
        today = self._today
        if self._is("today"):
            yield from self._take(1, today)
        elif self._is("tomorrow"):
            yield from self._take(1, today + timedelta(days=1))
        elif self._is("overmorrow"):
            yield from self._take(1, today + timedelta(days=2))
        elif self._is("day", "after", "tomorrow"):
            # the day after tomorrow
            yield from self._take(3, today + timedelta(days=2))
        elif self._is("next", "week"):
            yield from self._take(2, today + timedelta(days=7))
        elif self._is("next", "month"):
            yield from self._of_next_month()
        elif self._is("number", "day|week|month"):
            yield from self._in()
        elif self._is("next", "weekday"):
            monday = today + timedelta(days=7 - today.weekday())
            yield from self._take(2, monday + timedelta(days=self._value(1)))
        elif self._is("weekday"):
            ahead = (self._value(0) - today.weekday() - 1) % 7 + 1
            yield from self._take(1, today + timedelta(days=ahead))
        elif self._is("month", "end") or self._is("end", "month"):
            last = calendar.monthrange(today.year, today.month)[1]
            yield from self._take(2, today.replace(day=last))
        elif self._is("end", "this|day", "month") or self._is("end", "day", "this", "month"):
            last = calendar.monthrange(today.year, today.month)[1]
            yield from self._take(4 if self._kind(2) == "this" else 3, today.replace(day=last))
        elif self._is("number|nth", "in_month"):
            yield from self._with_year(2, self._value(0), self._value(1))
        elif self._is("in_month", "number|nth"):
            yield from self._with_year(2, self._value(1), self._value(0))
        elif self._is("number|nth", "next", "month"):
            yield from self._take(3, _in_next_month(self._value(0), today))
        elif self._is("nth") or self._is("number", "date"):
            yield from self._take(1, _nth(self._value(0), today))
        elif self._is("date", "number"):
            yield from self._take(2, _nth(self._value(1), today))
        elif self._is("number") and len(self._words) == 1:
            yield from self._take(1, _nth(self._value(0), today))
        else:
            self._at += 1

    def _take(self, count: int, day: date | None) -> Iterator[date | None]:
        self._at += count
        yield day

    def _of_next_month(self) -> Iterator[date | None]:
        if self._kind(2) in ("number", "nth"):
            yield from self._take(3, _in_next_month(self._value(2), self._today))
        else:
            # Some day in it: which, has to be asked.
            yield from self._take(2, None)

    def _in(self) -> Iterator[date | None]:
        count, unit = self._value(0), self._kind(1)
        day: date | None
        if unit == "month":
            day = _months_on(count, self._today)
        else:
            days = count * (7 if unit == "week" else 1)
            day = self._today + timedelta(days=days) if 0 < days <= _FURTHEST else None
        yield from self._take(2, day)

    def _with_year(self, count: int, day: int, month: int) -> Iterator[date | None]:
        year = None
        if self._kind(count) == "number" and 2000 <= self._value(count) <= 2199:
            year, count = self._value(count), count + 1
        elif self._kind(count) == self._kind(count + 1) == "number" and self._value(count) == 20:
            # twenty twenty-six
            year, count = 2000 + self._value(count + 1), count + 2
        if year is None:
            yield from self._take(count, _without_year(day, month, self._today))
        else:
            yield from self._take(count, _day(year, month, day))


def _written(found: re.Match[str], today: date) -> date | None:
    if found["y"]:
        return _day(int(found["y"]), int(found["ym"]), int(found["yd"]))
    day, month = int(found["d"]), int(found["m"])
    if not found["dy"]:
        return _without_year(day, month, today)
    year = int(found["dy"])
    return _day(year if year >= 2000 else 2000 + year, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_year(day: int, month: int, today: date) -> date | None:
    for year in range(today.year - 1, today.year + 9):
        # Eight years on there has been a 29 February.
        found = _day(year, month, day)
        if found is not None and found >= today - _JUST_PASSED:
            return found
    return None


def _nth(day: int, today: date) -> date | None:
    """The next such day of a month, today at the earliest."""
    for ahead in range(12):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        found = _day(year, month + 1, day)
        if found is not None and found >= today:
            return found
    return None


def _in_next_month(day: int, today: date) -> date | None:
    year, month = divmod(today.year * 12 + today.month, 12)
    return _day(year, month + 1, day)


def _months_on(count: int, today: date) -> date | None:
    if not 0 < count <= 12:
        return None
    year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, last))
