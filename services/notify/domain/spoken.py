"""How the values of a message are spoken over the telephone: a voice would read ₹1,15,000.00,
14-07-2026 or a code wrongly, so it is given words.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from services.notify.domain import speech, wording
from services.notify.domain.fields import FORMS, Form


def forms_in(language: str) -> Mapping[str, Form]:
    """How values are spoken in a language, by the name of the form; in one that nobody speaks they
    are as they are written."""
    return _SPOKEN if language in speech.LANGUAGES else FORMS


def _money(value: object, language: str) -> str:
    wording.money(value, language)
    assert isinstance(value, int)
    return speech.amount(value, language)


def _number(value: object, language: str) -> str:
    wording.number(value, language)
    assert isinstance(value, int)
    return speech.number(value, language)


def _day(value: object, language: str) -> str:
    on, month, year = wording.day(value, "en").split("-")
    return speech.day(date(int(year), int(month), int(on)), language)


def _moment(value: object, language: str) -> str:
    return f"{_day(value, language)}, {wording.time(value, language)}"


def _digits(value: object, language: str) -> str:
    return speech.digits(wording.text(value, language), language)


_SPOKEN: Final[Mapping[str, Form]] = {
    **FORMS,
    "money": _money,
    "number": _number,
    "date": _day,
    "moment": _moment,
    "digits": _digits,
}
