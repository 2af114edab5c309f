"""Add a milestone to a project."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Milestone, Project, Standing, State
from services.warroom.domain.progress import planned_end
from services.warroom.domain.schedule import in_order
from services.warroom.reference import city_stages


def add_milestone(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Add a milestone, as ``schemas.asking.AddingMilestone`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: it depends on itself or on what is not there; its key is another's; it is planned
            before what it depends on; the project has no such stage, or is completed.
            It is planned for later than the plan ends, without a reason: on the day on which the
            project came in its plan is still being entered.
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    milestone = Milestone(
        key=args["key"],
        name=args["name"],
        stage=args["stage"],
        weight=args["weight"],
        planned_on=args["planned_on"],
        days=args["days"],
        after=tuple(args["after"]),
        forecast_on=args["forecast_on"],
    )
    end = planned_end(act.state.milestones.values())
    key, fresh = act.add(args["milestone_id"], milestone)
    if not fresh:
        return act.state
    later = end is not None and milestone.planned_on > end
    if later and args["reason"] is None and act.entered_on() < act.today:
        rule = f"must be given where the plan's end, {end}, moves"
        raise Invalid("the plan moves", {"reason": [rule]})
    check_plan(act.state, key)
    check_complete(act.state)
    return act.save("add_milestone", args["reason"], args["valid_on"])


def check_stage(project: Project, stage: str) -> None:
    """Refuse a stage that is not of the project's life.

    Raises:
        Invalid: with those that are.
    """
    known = [each.code for each in project.stages or city_stages()]
    if stage not in known:
        rule = f"{stage} is no stage of the project; they are {', '.join(known)}"
        raise Invalid("no such stage", {"stage": [rule]})


def check_complete(state: State) -> None:
    """Refuse a completed project with milestones that are not reached.

    Raises:
        Invalid: with these.
    """
    left = sorted(each.key for each in state.milestones.values() if each.done_on is None)
    if state.project.standing is Standing.COMPLETED and left:
        rule = f"these milestones are not reached: {', '.join(left)}"
        raise Invalid("it is not complete", {"standing": [rule]})


def check_planned(state: State) -> None:
    """Refuse to complete a project of which there is nothing that could have been reached.

    Raises:
        Invalid: naming ``standing``.
    """
    if not state.milestones:
        rule = "it has no milestone: it is completed when all of its milestones are reached"
        raise Invalid("it is not complete", {"standing": [rule]})


def check_plan(state: State, changed: UUID | None = None) -> None:
    """Refuse a plan that cannot be.

    Args:
        changed: the milestone that is being put; None: all are looked at.

    Raises:
        Invalid: two milestones have one key; one depends on itself, directly or in a circle, or on
            what is not there; one is planned before what it depends on, or before the project
            begins; or its stage is not of the project's life.
    """
    milestones = state.milestones
    keys = {key: each.key for key, each in milestones.items()}
    seen: dict[str, UUID] = {}
    for key, each in milestones.items():
        if each.key in seen:
            raise Invalid("two of one key", {"key": [f"there is a milestone {each.key} already"]})
        seen[each.key] = key
    # A circle is named from what is being put.
    ordered = sorted(milestones, key=lambda key: key != changed)
    in_order(
        {keys[key]: [keys.get(one, str(one)) for one in milestones[key].after] for key in ordered}
    )
    for key, each in milestones.items():
        if changed is None or key == changed:
            check_stage(state.project, each.stage)
        if each.planned_on < state.project.starts_on:
            rule = f"{each.key} must not be before the project starts, {state.project.starts_on}"
            raise Invalid("planned too early", {"planned_on": [rule]})
        for one in each.after:
            if each.planned_on < milestones[one].planned_on:
                rule = (
                    f"{each.key} must not be before {milestones[one].key}, on which it depends, "
                    f"{milestones[one].planned_on}"
                )
                raise Invalid("planned too early", {"planned_on": [rule]})
