"""What the templates of dashboards need beside the layout's: names, and measures as people write
them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from flask import url_for

from services.portal.dashboards import periods
from services.portal.pages.formats import money, number
from services.portal.pages.frame import frame
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext

_PAISE: Final = "paise"
_OVER: Final = {
    "period": N_("those of the period"),
    "stock": N_("all up to the end of the period"),
    "year to date": N_("from 1 April to the end of the period"),
    "previous": N_("those of the period before"),
    "last year": N_("those of the same period a year before"),
}

_EVENTS: Final = {
    "grievance.filed": N_("Filed"),
    "grievance.acknowledged": N_("Acknowledged"),
    "grievance.assigned": N_("Assigned"),
    "grievance.started": N_("Work begun"),
    "grievance.resolved": N_("Resolved"),
    "grievance.closed": N_("Closed"),
    "grievance.reopened": N_("Opened again"),
    "grievance.rejected": N_("Rejected"),
    "grievance.transferred": N_("Transferred"),
    "grievance.merged": N_("Merged into another"),
    "grievance.breached": N_("The promised time has run out"),
    "grievance.escalated": N_("Escalated"),
    "grievance.appealed": N_("An appeal was made"),
}


def happened(event: str) -> str | None:
    """What an event tells, in the language of the page; None: the measure's name says it.

    Args:
        event: its type with its version, as ``grievance.filed.v1``.
    """
    words = _EVENTS.get(event.rpartition(".")[0])
    return None if words is None else gettext(words)


def helpers() -> dict[str, Any]:
    """For a blueprint's ``context_processor``."""
    return {
        "name_of": periods.name,
        "month_name": periods.name,
        "translated": translated,
        "measured": measured,
        "stored": stored,
        "over_words": over_words,
        "department_name": department_name,
        "department_address": lambda code: url_for("dashboards.department", code=code),
        "ward_name": ward_name,
        "linked": linked,
    }


def translated(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Codes with their words in the language of the page."""
    return [(code, gettext(words)) for code, words in pairs]


def measured(one: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> str:
    """What a formula was given of a measure, with its unit; with ``before`` how much more it is."""
    value = one["value"]
    if before is not None:
        value = None if value is None or before["value"] is None else value - before["value"]
    if value is None:
        return "–"
    sign = "+" if before is not None and value > 0 else ""
    if one["unit"] == _PAISE:
        return sign + money(round(value))
    shown = number(value, 0 if float(value).is_integer() else max(one["decimals"], 1))
    if one["unit"] == "count":
        return sign + shown
    return f"{sign}{shown} {one['unit_name'][current()]}"


def stored(value: float, of: Mapping[str, Any]) -> str:
    """A number of a measure as it is stored: money in paise, others with its decimals."""
    if of["unit"] == _PAISE:
        return money(round(value))
    return number(value / 10 ** of["decimals"], of["decimals"])


def over_words(over: str) -> str:
    """Which days of a measure count."""
    known = _OVER.get(over)
    if known is not None:
        return gettext(known)
    return ", ".join(gettext(_OVER[each]) if each in _OVER else each for each in over.split(", "))


def department_name(code: str) -> str:
    """A department in the language of the page; its code, if the site does not name it."""
    content = frame().shelf.content
    if code not in content.city["departments"]:
        return code
    return str(content.department_name(code).in_(current()))


def ward_name(code: str) -> str:
    """A ward by the name of its office on the site; its code, if there is none."""
    offices = frame().shelf.content.documents["offices"].values()
    names = (each.title.in_(current()) for each in offices if each.facts.get("ward") == code)
    return str(next(names, code))


def linked(day: str, one: Mapping[str, Any]) -> bool:
    """Whether a day may have records of a measure: what people enter lies on the last day of its
    period, a state that stands on that day alone."""
    if one["entered"] is None or one["as"] == "sum":
        return True
    return (date.fromisoformat(day) + timedelta(days=1)).day == 1
