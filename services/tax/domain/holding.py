"""What keeps the city from recovering: a court's stay, a case, a dispute, a merged village."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from palika.errors import Conflict, Invalid
from palika.text import Name
from services.tax.domain.changing import FIRST_DAY
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.interest import Stay
from services.tax.domain.register import GIVEN_WAY

STAY: Final = "stay"
OBJECTION: Final = "objection"
KINDS: Final = {
    STAY: Name("न्यायालयाची स्थगिती", "stay by a court"),
    "court_case": Name("न्यायप्रविष्ट", "court case"),
    "dispute": Name("मालकी किंवा आकारणीचा वाद", "dispute"),
    "merged_village": Name("समाविष्ट गाव: वसुली स्थगित", "merged village: recovery on hold"),
}
"""What is recorded; an objection that is open holds by itself. Only a stay stops interest."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing may be recovered from a property.

    Attributes:
        kind: one of ``KINDS``, or ``objection``.
        since: its first day, in Asia/Kolkata.
        reference: the case's, the resolution's, the objection's number.
        until: its last day; None while it lasts.
        half_years: what it is about; None is everything.
        disputed_paise: of an objection that holds back the disputed part only: how much that is;
            None is all.
    """

    kind: str
    since: date
    reference: str
    until: date | None = None
    half_years: frozenset[HalfYear] | None = None
    disputed_paise: int | None = None

    def on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    @property
    def stay(self) -> Stay:
        """The same, for interest."""
        return Stay(self.since, self.until, self.half_years)


def check_hold(since: date, today: date) -> None:
    """Refuse a hold that has not begun, or is of another age.

    Raises:
        Invalid: ``since`` is after today, or before ``changing.FIRST_DAY``.
    """
    if not FIRST_DAY <= since <= today:
        rule = f"must be from {FIRST_DAY.isoformat()} to today, {today.isoformat()}"
        raise Invalid("not a hold", {"since": [rule]})


def check_holdable(number: str, status: str, successors: Sequence[str]) -> None:
    """Refuse to hold what nothing is recovered from any more: it would hold nothing.

    Args:
        number: the property's.
        status: what it is today.
        successors: the numbers of what came in its place.

    Raises:
        Conflict: it was split or merged; ``details`` has the successors.
    """
    if status in GIVEN_WAY:
        raise Conflict(
            f"property {number} is {status}: hold what is in its place, {', '.join(successors)}",
            {"number": number, "status": status, "successors": list(successors)},
        )


def check_lifted(since: date, lifted: date | None, last_day: date, today: date) -> None:
    """Refuse to lift what is lifted, or on a day that cannot be.

    Raises:
        Conflict: it is lifted already.
        Invalid: the last day is before its first one, or after today.
    """
    if lifted is not None:
        raise Conflict(
            f"it was lifted already, its last day is {lifted.isoformat()}",
            {"last_day": lifted.isoformat()},
        )
    if not since <= last_day <= today:
        rule = f"must be from its first day, {since.isoformat()}, to today, {today.isoformat()}"
        raise Invalid("not the end of a hold", {"last_day": [rule]})


def stays(holds: Sequence[Hold]) -> tuple[Stay, ...]:
    """Those among holds that stop interest."""
    return tuple(each.stay for each in holds if each.kind == STAY)
