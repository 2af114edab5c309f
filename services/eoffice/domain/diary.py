"""How receipts are numbered, of what kinds they are, and until when they want an answer."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from palika.errors import Invalid
from services.eoffice.domain.serials import before, numbered

_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Category:
    """What a receipt is: its names, and within how many days it wants an answer, if so."""

    mr: str
    en: str
    days: int | None


@dataclass(frozen=True)
class Diary:
    """A city's ``data/receipts.yaml``.

    Attributes:
        scheme: of the number; it ends with the serial.
        categories: by code.
        senders: the kinds of senders by code, with their names (mr, en).
        acknowledgement: its words by language, with ``{number}``, ``{day}`` and ``{subject}``.
    """

    scheme: str
    categories: Mapping[str, Category]
    senders: Mapping[str, tuple[str, str]]
    acknowledgement: Mapping[str, str]

    def prefix(self, office: str, year: int) -> str:
        """What is counted by: ``DAK/CR/2026/``."""
        return before(self.scheme, office=office, year=str(year))

    def number(self, prefix: str, serial: int) -> str:
        """``DAK/CR/2026/00001``."""
        return numbered(self.scheme, prefix, serial)

    def check(self, category: str, sender_kind: str) -> None:
        """Refuse a category or a kind of sender that the city does not have.

        Raises:
            Invalid: naming those that there are.
        """
        wrong = {}
        for field, code, known in (
            ("category", category, self.categories),
            ("sender_kind", sender_kind, self.senders),
        ):
            if code not in known:
                rule = f"{code!r} is not known; must be one of: {', '.join(sorted(known))}"
                wrong[field] = [rule]
        if wrong:
            raise Invalid("this cannot be diarised so", wrong)

    def due_on(self, category: str, given: date | None, received_on: date) -> date | None:
        """Until when an answer is due: as given, else by its category, else without a day."""
        days = self.categories[category].days
        if given is not None or days is None:
            return given
        return received_on + timedelta(days=days)

    def acknowledge(self, language: str, number: str, day: date, subject: str) -> str:
        """What the sender is told."""
        said = self.acknowledgement[language]
        return said.format(number=number, day=f"{day:%d-%m-%Y}", subject=subject)


_CAME: Final = timedelta(days=366)
"""So long ago something that is diarised today has come at the most: a year's diary is closed, and
what is found later is diarised by the day on which it is found. Illustrative."""
_WRITTEN: Final = timedelta(days=30 * 366)
"""So long before it came it was written at the most: an older day is a year with a wrong digit.
Illustrative."""


def can_be_dated(dated: date, received_on: date) -> bool:
    """Whether what came on a day can have been written on another."""
    return received_on - _WRITTEN <= dated <= received_on


def check_days(received_on: date, dated: date | None, due_on: date | None, today: date) -> None:
    """Refuse days that cannot be.

    Raises:
        Invalid: it came, or was written, in the future or too long ago; or was due before it came.
    """
    wrong = {}
    if received_on > today:
        wrong["received_on"] = ["must not be in the future"]
    elif received_on < today - _CAME:
        wrong["received_on"] = [f"must be {today - _CAME} or later"]
    if dated is not None and dated > received_on:
        wrong["dated"] = ["must not be after the day on which it came"]
    elif dated is not None and not can_be_dated(dated, received_on):
        wrong["dated"] = [f"must be {received_on - _WRITTEN} or later"]
    if due_on is not None and due_on < received_on:
        wrong["due_on"] = ["must not be before the day on which it came"]
    if wrong:
        raise Invalid("these days cannot be", wrong)


@dataclass(frozen=True, slots=True)
class Letter:
    """What tells one letter from another: who has sent it, the sender's own number of it, the day
    that stands on it, what it is about, and how it came (``medium``)."""

    sender_name: str
    ref: str | None
    dated: date | None
    subject: str
    medium: str


def told_by(letter: Letter) -> dict[str, Any] | None:
    """By what another of the same sender would be the same letter: number and day, or where it has
    no number, day and subject. None: nothing tells; or it is an e-mail, which is known by itself.
    """
    if letter.medium == "email":
        return None
    if letter.ref is not None:
        return {"ref": letter.ref, "dated": letter.dated}
    if letter.dated is None:
        return None
    return {"ref": None, "dated": letter.dated, "subject": letter.subject}


def diary(raw: Mapping[str, Any]) -> Diary:
    """The diary that a city wrote in ``data/receipts.yaml``.

    Raises:
        ValueError: something is missing or not as it should be.
    """
    scheme = raw["number"]
    names = [name for _, name, _, _ in string.Formatter().parse(scheme) if name is not None]
    if sorted(names) != ["office", "serial", "year"] or names[-1] != "serial":
        raise ValueError("number: must have {office} and {year}, and end with {serial}")
    categories = {code: _category(code, each) for code, each in raw["categories"].items()}
    senders = {code: (each["mr"], each["en"]) for code, each in raw["senders"].items()}
    if strange := [code for code in (*categories, *senders) if not _CODE.fullmatch(code)]:
        raise ValueError(f"{strange[0]!r} must be small letters, digits and single underscores")
    for part, known, needed in (
        ("categories", categories, "general"),
        ("senders", senders, "citizen"),
        ("acknowledgement", raw["acknowledgement"], "mr"),
        ("acknowledgement", raw["acknowledgement"], "en"),
    ):
        if needed not in known:
            raise ValueError(f"{part}: there must be one called {needed}")
    made = Diary(scheme, categories, senders, raw["acknowledgement"])
    for language in ("mr", "en"):
        if "1/2" not in made.acknowledge(language, "1/2", date(2026, 7, 1), "x"):
            raise ValueError(f"acknowledgement: {language} must name the {{number}}")
    return made


def _category(code: str, raw: Mapping[str, Any]) -> Category:
    days = raw.get("days")
    if days is not None and (not isinstance(days, int) or days < 1):
        raise ValueError(f"categories: the days of {code} must be a whole number from 1")
    return Category(raw["mr"], raw["en"], days)
