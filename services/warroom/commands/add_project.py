"""Bring a project into the war room."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.warroom.commands.act import Act, check_known
from services.warroom.domain.access import check_may_change
from services.warroom.domain.facts import Project, Stage, State
from services.warroom.domain.keeping import kept
from services.warroom.models import Version
from services.warroom.queries.states import NOW, state
from services.warroom.reference import departments, wards
from services.warroom.schemas import PROJECT_ADDED
from services.warroom.schemas.asking import own_stages


def add_project(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Add a project, as ``schemas.asking.Adding`` has it.

    Asked again under the same ``id`` with the same content, it is there already.

    Raises:
        Forbidden: it is for who answers for it.
        Invalid: there is no such department or ward; two stages have one code.
        Conflict: its code is another's, or its id is of something else.
    """
    project = Project(
        code=args["code"],
        name=args["name"],
        department=args["department"],
        owner=args["owner"],
        starts_on=args["starts_on"],
        summary=args["summary"],
        wards=tuple(args["wards"]),
        lat=args["lat"],
        lon=args["lon"],
        stages=own_stages(args["stages"]),
        public=args["public"],
    )
    check_may_change(caller.subject, caller.roles, project.owner)
    check_project(project)
    if args["id"] is not None and (before := _made_before(session, args["id"], project)):
        return before
    act = Act.begin(session, caller, args["id"], project, now)
    added(act)
    return act.save("add_project", valid_on=None)


def added(act: Act) -> None:
    """Tell of the project that is being made."""
    project = act.state.project
    told = act.about(
        owner=project.owner,
        wards=list(project.wards),
        starts_on=project.starts_on,
        added_at=act.now,
    )
    act.tell(PROJECT_ADDED.new(**told))


def check_project(project: Project) -> None:
    """Refuse what the city does not have.

    Raises:
        Invalid: a department, a ward or a stage.
    """
    check_known("department", departments(), project.department)
    check_known("wards", wards(), *project.wards)
    check_stages(project.stages)


def check_stages(stages: tuple[Stage, ...]) -> None:
    """Refuse a life with two stages of one code.

    Raises:
        Invalid: with the code.
    """
    codes = [each.code for each in stages]
    twice = sorted({each for each in codes if codes.count(each) > 1})
    if twice:
        raise Invalid("stages of a project", {"stages": [f"{twice[0]} is there twice"]})


def _made_before(session: Session, key: Any, project: Project) -> State | None:
    first = session.scalars(
        select(Version).where(Version.entity_id == key).order_by(Version.id).limit(1)
    ).one_or_none()
    if first is None:
        return None
    content = kept(project)
    differs = sorted(name for name in content if content[name] != first.content.get(name))
    if first.kind != "project" or differs:
        raise Conflict(
            f"{key} was asked for before with other content", {"id": str(key), "differs": differs}
        )
    return state(session, key, NOW)
