"""The projects: all of them with their health, and one with all that is known of it."""

import base64
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, request

from services.portal.accounts.doors import door
from services.portal.asking import Question
from services.portal.desk.places import departments
from services.portal.rooms import (
    ask,
    one,
    page,
    post_names,
    services,
)
from services.portal.wall import chart, naming, summary, wording

_KINDS: Final = ("light", "standing", "department", "owner")
_PAGE: Final = 100
_NEWEST: Final = 60
"""Forecasts that are drawn."""
_WITHIN_S: Final = 5.0


def add_to(wall: Blueprint) -> None:
    """Add the pages to the blueprint."""
    wall.add_url_rule("/desk/projects", "start", start)
    wall.add_url_rule("/desk/projects/<code>", "project", project)
    wall.add_url_rule("/desk/projects/<code>/photos/<uuid:photo>", "photo", photo)


@door("officer", "supervisor")
def start() -> Response:
    """All projects, the red ones first, by what is asked for."""
    filters = {name: request.args.get(name, "")[:100].strip() for name in _KINDS}
    given = {name: each for name, each in filters.items() if each}
    cursor = request.args.get("from", "")[:500] or None
    listing = {**given, "order": "health", "limit": _PAGE}
    listing |= {"cursor": cursor} if cursor else {}
    told = ask(
        _WITHIN_S,
        projects=Question("warroom", "list", listing),
        scheduled=Question("warroom", "reviews", {"phase": "scheduled"}),
        sitting=Question("warroom", "reviews", {"phase": "open"}),
    )
    if told["projects"].missing and not told["projects"].away:
        one(told["projects"])
    found = [] if told["projects"].missing else told["projects"].value["items"]
    return page(
        "wall/start.html",
        503 if told["projects"].missing else 200,
        part=told["projects"],
        projects=summary.by_health(found),
        counts={} if told["projects"].missing else told["projects"].value["counts"],
        light_of=summary.light_of,
        next=None if told["projects"].missing else told["projects"].value["next"],
        review=summary.next_review(told, summary.now()),
        values=filters,
        filtered=bool(given),
        others={name: each for name, each in given.items() if name != "light"},
        posts=post_names(each["owner"] for each in found),
        departments=departments(),
        words=wording,
    )


@door("officer", "supervisor")
def project(code: str) -> Response:
    """One project: its health with the reasons, plan, money, risks, issues, actions, photographs,
    how its end was forecast, and what happens around it."""
    by = {"code": code}
    told = ask(
        _WITHIN_S,
        project=Question("warroom", "get", by),
        forecasts=Question("warroom", "forecasts", {**by, "limit": _NEWEST}),
        activity=Question("warroom", "activity", by),
        history=Question("warroom", "history", {**by, "limit": 15}),
    )
    found = one(told["project"])
    posts = {found["owner"], *(each["post"] for each in found["issues"])}
    posts |= {each["owner"] for each in found["risks"]} | {
        each["post"] for each in found["actions"]
    }
    posts |= {each["by"] for each in found["decisions"]}
    drawn = None
    if not told["forecasts"].missing:
        drawn = chart.forecasts(told["forecasts"].value["items"], found["planned_end"])
    return page(
        "wall/project.html",
        project=found,
        chart=drawn,
        light=summary.light_of(found),
        posts=post_names(posts),
        words=wording,
        links=naming.linked(found["links"]),
        matters=naming.matters(found["issues"]),
        area=naming.area,
        **{name: told[name] for name in ("forecasts", "activity", "history")},
    )


@door("officer", "supervisor")
def photo(code: str, photo: UUID) -> Response:
    """A photograph of a project, or with ``?small=yes`` its thumbnail."""
    small = request.args.get("small") == "yes"
    with services() as city:
        found = city.warroom.photo(photo_id=str(photo), thumbnail=small)
    content = base64.b64decode(found["content_base64"])
    # A fact of a project never changes under its id.
    return Response(content, headers={**found["headers"], "Cache-Control": "private, max-age=3600"})
