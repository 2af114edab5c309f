"""Figures of the services on public pages: what everybody may see, each with the degrade rule."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from palika.auth import SYSTEM
from palika.india import day_of
from services.portal.asking import Part, Question
from services.portal.content import Content, Site
from services.portal.pages.frame import frame

KEEP_S: Final = 60
"""So long a figure is used again."""
_OPEN: Final = {"name": "pendency", "by": "category"}
_PORTAL: Final = SYSTEM("portal")
GRIEVANCES: Final = Question("grievance", "report", _OPEN, KEEP_S, _PORTAL)
"""The question for open grievances by kind."""


def today() -> date:
    """The day in India."""
    return day_of(datetime.now(UTC))


def of_city(content: Content) -> dict[str, Question]:
    """The questions for the figures of the start page, by KPI."""
    return {
        code: Question("kpi", "kpi", {"code": code}, KEEP_S) for code in content.city["figures"]
    }


def shown(content: Content, parts: Mapping[str, Part]) -> list[dict[str, Any]]:
    """The KPIs of the start page that have a value, in the order that the site says."""
    found = (parts[code].value for code in content.city["figures"] if not parts[code].missing)
    return [each for each in found if each is not None and each.get("value") is not None]


def of_site(site: Site) -> dict[str, Question]:
    """The questions of a micro-site: its KPIs, and its open grievances; those that it shows."""
    asked: dict[str, Question] = {}
    if site.facts["kpis"]:
        asked["kpis"] = Question("kpi", "dashboard", {"department": site.department}, KEEP_S)
    if site.facts["grievances"]:
        asked["grievances"] = GRIEVANCES
    return asked


def kpis_of(site: Site, part: Part | None) -> list[dict[str, Any]]:
    """The KPIs that a micro-site shows, in its own order; those of them that the answer has."""
    if part is None or part.missing:
        return []
    by_code = {each["code"]: each for each in part.value["kpis"]}
    return [by_code[code] for code in site.facts["kpis"] if code in by_code]


def open_grievances(site: Site, part: Part | None) -> Part | None:
    """How many grievances of a micro-site's kinds are open, and how many of them late.

    Counts of kinds that the site names, of the whole city: they tell nothing of a person.

    Returns:
        ``rows`` (``name`` in both languages, ``open``, ``overdue``), their sums, and ``as_of``.
    """
    if part is None or part.missing:
        return part
    counted = {each["code"]: each for each in part.value["rows"]}
    rows = [
        {name: counted[code][name] for name in ("name", "open", "overdue")}
        for code in site.facts["grievances"]
        if code in counted
    ]
    sums = {name: sum(each[name] for each in rows) for name in ("open", "overdue")}
    return Part({"rows": rows, "as_of": datetime.fromisoformat(part.value["as_of"]), **sums})


def open_by_site(part: Part) -> Part:
    """The open grievances of every micro-site that names kinds, as ``open_grievances`` of each.

    Returns:
        ``sites`` (each with its ``site``), their sums, and ``as_of``.
    """
    if part.missing:
        return part
    sites = sorted(frame().shelf.content.sites.values(), key=lambda each: each.name.en)
    found: list[dict[str, Any]] = []
    kinds: set[str] = set()
    for site in sites:
        of_one = open_grievances(site, part)
        if of_one is not None and of_one.value["rows"]:
            found.append({"site": site, **of_one.value})
            kinds.update(site.facts["grievances"])
    # A kind that two sites name is counted once.
    rows = [each for each in part.value["rows"] if each["code"] in kinds]
    sums = {name: sum(each[name] for each in rows) for name in ("open", "overdue")}
    return Part({"sites": found, "as_of": datetime.fromisoformat(part.value["as_of"]), **sums})
