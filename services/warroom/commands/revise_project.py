"""Give a project other values: its name, owner, place, stages, or whether it is worked on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from services.warroom.commands.act import Act
from services.warroom.commands.add_milestone import check_complete, check_plan, check_planned
from services.warroom.commands.add_project import check_project
from services.warroom.domain.facts import SET_ASIDE, Standing, State
from services.warroom.schemas.asking import own_stages

_FIELDS = (
    *("name", "summary", "department", "owner", "starts_on", "lat", "lon", "standing", "public"),
)


def revise_project(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Revise a project, as ``schemas.asking.Revising`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for it.
        Invalid: there is no such department or ward; a latitude without a longitude; a stage that
            milestones have is left out; it starts after one is
            planned; it is completed while milestones are not reached, or without any; it is
            put on hold or dropped without a reason.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    project = act.state.project
    values: dict[str, Any] = {name: args[name] for name in _FIELDS if name in args}
    if "wards" in args:
        values["wards"] = tuple(args["wards"])
    if "stages" in args:
        values["stages"] = own_stages(args["stages"])
    revised = replace(project, **values)
    if (revised.lat is None) != (revised.lon is None):
        raise Invalid("a place has both", {"lat": ["give both lat and lon, or neither"]})
    check_project(revised)
    if revised.standing is not project.standing:
        if revised.standing in SET_ASIDE and args["reason"] is None:
            rule = "must be given where a project is put on hold or dropped"
            raise Invalid("it is set aside", {"reason": [rule]})
        if revised.standing is Standing.COMPLETED:
            check_planned(act.state)
        revised = replace(revised, standing_on=act.today)
    act.put(act.id, revised)
    check_plan(act.state)
    check_complete(act.state)
    return act.save("revise_project", args["reason"], args["valid_on"])
