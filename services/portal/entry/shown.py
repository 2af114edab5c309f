"""Values for people: money in rupees, each in what its form asks for; periods in words."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.portal.pages.formats import digits, month, number
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext

RUPEES: Final = "rupees"
FREQUENCIES: Final = {
    "day": N_("every day"),
    "week": N_("every week"),
    "month": N_("every month"),
    "quarter": N_("every quarter"),
    "half_year": N_("every half-year"),
    "year": N_("every year"),
}
STATES: Final = {
    "missing": N_("missing"),
    "draft": N_("draft"),
    "submitted": N_("waits for a check"),
    "approved": N_("approved"),
    "sent_back": N_("sent back"),
    "dropped": N_("dropped"),
}
BATCHES: Final = {
    "draft": N_("Draft"),
    "submitted": N_("Waits for a check"),
    "decided": N_("Decided"),
    "dropped": N_("Dropped"),
}
VIA: Final = {
    "form": N_("by the form"),
    "csv": N_("by a file"),
    "xlsx": N_("by a file"),
    "api": N_("by another system"),
}
PARTS: Final = {
    "completeness": N_("Completeness"),
    "timeliness": N_("Timeliness"),
    "corrections": N_("Corrections"),
    "outliers": N_("Outliers"),
}
TOLD: Final = {
    "entered": N_("It is entered, and waits for somebody else's check."),
    "draft": N_("It is kept as a draft. Nobody checks it before you submit it."),
    "submitted": N_("It is submitted, and waits for somebody else's check."),
    "dropped": N_("It is taken back. It stays on record, and counts nowhere."),
    "approved": N_("It is approved, and counts from now on."),
    "sent_back": N_("It is sent back to who has entered it, with your reason."),
    "signed": N_("The period is signed off. From now on there are corrections only."),
    "marked": N_("The mark is given."),
    "shown": N_("The evidence is there."),
    "removed": N_("The evidence is taken away. It stays as a record."),
    "computed": N_("The marks that follow from KPIs are computed."),
}
"""What has just been done, by a word in the address."""


def value_of(value: float | None, field: Mapping[str, Any] | None) -> str:
    """A value in what its form asks for: money in rupees; a dash, if there is none."""
    if value is None:
        return "–"
    if field is None:
        return digits(value)
    asked = field["asked_in"]
    exact = Decimal(str(value)) / asked["per"]
    decimals = max(-int(exact.normalize().as_tuple().exponent), 0)
    shown = number(float(exact), min(decimals, asked["decimals"]))
    return f"₹\N{NO-BREAK SPACE}{shown}" if asked["unit"] == RUPEES else shown


def bound_of(value: float | None, field: Mapping[str, Any]) -> str:
    """A bound of what may be entered, in the same."""
    return "" if value is None else value_of(value, field)


def period_words(code: str) -> str:
    """A period in words: October 2026; October to December 2026; 2026-27; a week or a day as it
    is."""
    year, _, rest = code.partition("-")
    if not rest:
        return digits(gettext("Year %(year)s", year=_to_next(int(year))))
    if rest.startswith("W"):
        return digits(gettext("Week %(week)s of %(year)s", week=rest[1:], year=year))
    if rest[0] in "QH":
        months = {"Q": 3, "H": 6}[rest[0]]
        first = _month(int(year), months * (int(rest[1:]) - 1))
        last = _month(int(year), months * int(rest[1:]) - 1)
        same = first.year == last.year
        return f"{month(first, with_year=not same)} – {month(last)}"
    if len(rest) == len("10"):
        return month(date(int(year), int(rest), 1))
    return digits(code)


def named(name: Mapping[str, str]) -> str:
    """A name in the language of the page."""
    return name[current()]


def _to_next(year: int) -> str:
    return f"{year}-{(year + 1) % 100:02}"


def _month(year: int, after_april: int) -> date:
    """A month of a financial year: 0 is April."""
    at = 3 + after_april
    return date(year + at // 12, at % 12 + 1, 1)
