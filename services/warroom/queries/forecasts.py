"""Every forecast that was made of a project, and how wrong forecasts were."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.warroom.domain.facts import Basis, Forecast, Milestone, Project
from services.warroom.domain.keeping import read
from services.warroom.domain.optimism import Reached, Said
from services.warroom.domain.optimism import optimism as errors
from services.warroom.models import OPEN, Version
from services.warroom.queries import views
from services.warroom.queries.states import find, versions


def forecasts(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """The history of a project's forecasts, official and by its pace, the newest first, as
    ``schemas.reading.Forecasts`` asks; ``next`` is what to give as ``before`` for those behind.

    Raises:
        NotFound: there is no such project.
    """
    key = find(session, args)
    asked = select(Version).where(Version.project_id == key, Version.kind == "forecast")
    if args["before"] is not None:
        asked = asked.where(Version.id < args["before"])
    found = session.scalars(asked.order_by(Version.id.desc()).limit(args["limit"] + 1)).all()
    page = found[: args["limit"]]
    items = [
        views.forecast(read(Forecast, each.content))
        | {
            "since": views.moment(each.since),
            "until": None if each.until == OPEN else views.moment(each.until),
        }
        for each in page
    ]
    more = len(found) > len(page)
    return {"id": str(key), "items": items, "next": page[-1].id if more else None}


def optimism(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """By how much forecasts were wrong, as ``schemas.reading.Judging`` asks."""
    asked = select(Version).where(Version.kind == "project", Version.until == OPEN)
    if args["department"] is not None:
        asked = asked.where(Version.content["department"].astext == args["department"])
    projects = {each.entity_id: read(Project, each.content) for each in session.scalars(asked)}
    reached = _reached(session, projects)
    found = errors(reached, sorted(set(args["months"])), args["by"])
    codes = {str(key): each.code for key, each in projects.items()}
    items = [views.error_view(each) | {"code": codes.get(each.key, each.key)} for each in found]
    return {"items": items, "milestones": len(reached)}


def _reached(session: Session, projects: Mapping[UUID, Project]) -> list[Reached]:
    """Every milestone that is reached, with all that was said of it."""
    official: dict[UUID, list[Said]] = {}
    pace: dict[UUID, list[Said]] = {}
    done: dict[UUID, tuple[UUID, Milestone]] = {}
    for each in versions(session, projects.keys(), ["milestone", "forecast"]):
        if each.kind == "milestone":
            milestone = read(Milestone, each.content)
            said = Said(each.since, each.until, milestone.forecast_on or milestone.planned_on)
            official.setdefault(each.entity_id, []).append(said)
            if each.until == OPEN and milestone.done_on is not None:
                done[each.entity_id] = (each.project_id, milestone)
            continue
        forecast = read(Forecast, each.content)
        if forecast.basis is Basis.PACE:
            for key, day in forecast.milestones.items():
                pace.setdefault(key, []).append(Said(each.since, each.until, day))
    return [
        Reached(
            project,
            projects[project].department,
            key,
            milestone.done_on,
            {Basis.OFFICIAL: official[key], Basis.PACE: pace.get(key, [])},
        )
        for key, (project, milestone) in done.items()
        if milestone.done_on is not None
    ]
