"""Names in the place of codes: of posts in sentences, and of what a project is linked to."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import url_for

from services.portal.asking import Part, Question
from services.portal.citizen.kinds import name_of
from services.portal.desk.places import names
from services.portal.pages.languages import current
from services.portal.pages.words import gettext
from services.portal.rooms import ask
from services.portal.wall import wording

_POST: Final = re.compile(r"\(([a-z][a-z0-9-]*)(?=[,)])")
"""A post in a sentence of the war room."""
_MOST: Final = 5
"""So many matters and KPIs are asked for, on a page of one project."""
_WITHIN_S: Final = 1.5
_KEEP_S: Final = 30.0


def posts_said(texts: Iterable[str]) -> set[str]:
    """The posts that sentences name in brackets, by their codes."""
    return {code for text in texts for code in _POST.findall(text)}


def with_names(text: str, posts: Mapping[str, str]) -> str:
    """A sentence with what its posts are called; one that is not known keeps its code."""
    return _POST.sub(lambda found: f"({posts.get(found[1], found[1])}", text)


def linked(links: Iterable[Mapping[str, Any]]) -> list[dict[str, str | None]]:
    """What a project is linked to, as people call it: ``what``, ``name`` and, of a KPI, the
    ``href`` of its page."""
    found = list(links)
    codes = sorted({each["code"] for each in found if each["kind"] == "kpi"})[:_MOST]
    asked = {each: Question("kpi", "kpi", {"code": each}, _KEEP_S) for each in codes}
    told = ask(_WITHIN_S, **asked) if asked else {}
    return [
        {
            "what": gettext(wording.LINKS[each["kind"]]),
            "name": _kpi(told.get(each["code"]), each["code"])
            if each["kind"] == "kpi"
            else each["code"] or area(each),
            "href": url_for("dashboards.kpi", code=each["code"]) if each["kind"] == "kpi" else None,
        }
        for each in found
    ]


def area(link: Mapping[str, Any]) -> str:
    """The ward and the kind of grievances of a link."""
    ward, kind = link.get("ward"), link.get("category")
    parts = [names()["wards"].get(ward, ward) if ward else None, name_of(kind) if kind else None]
    return ", ".join(each for each in parts if each)


def matters(of: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What belongs to the same matters as some issues or alerts that are not over, by the id of
    each: of every service that tells it now, without that one itself."""
    tied = {
        each["id"]: each["correlation_id"]
        for each in of
        if each["correlation_id"] and not each.get("ended_at") and not each.get("resolved_on")
    }
    asked = {
        key: Question("warroom", "matter", {"correlation_id": matter}, _KEEP_S)
        for key, matter in list(tied.items())[:_MOST]
    }
    told = ask(_WITHIN_S, **asked) if asked else {}
    return {
        key: [_thing(each) for each in part.value["items"] if each["id"] != key]
        for key, part in told.items()
        if not part.missing
    }


def _thing(of: Mapping[str, Any]) -> dict[str, Any]:
    number, about = of["number"], of["about"] or {}
    name, href = number, None
    if of["kind"] == "alert":
        name, href = about["name"][current()], url_for("dashboards.kpi", code=number)
    elif of["kind"] == "issue":
        name, href = f"{number}: {about['title']}", url_for("wall.project", code=number)
    kind = wording.MATTERS.get(of["kind"], of["kind"])
    return {"kind": gettext(kind), "name": name or of["id"], "href": href}


def _kpi(part: Part | None, code: str) -> str:
    return code if part is None or part.missing else part.value["name"][current()]
