"""Give a milestone other values, another forecast, or the day on which it was reached."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.warroom.commands.act import Act
from services.warroom.commands.add_milestone import check_complete, check_plan
from services.warroom.domain.facts import Milestone, State
from services.warroom.domain.progress import expected
from services.warroom.schemas import MILESTONE_DONE, MILESTONE_SLIPPED

_FIELDS = ("name", "stage", "weight", "planned_on", "days")
_PLAN = ("planned_on", "weight", "days", "after")
"""What a project is held to: it moves with a reason only."""


def revise_milestone(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Revise the plan of a milestone, as ``schemas.asking.RevisingMilestone`` has it.

    Raises as ``add_milestone``, and:
        NotFound: the project has no such milestone.
        Invalid: another plan (day, weight, days of work, what it depends on) without a reason.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    key = args["milestone_id"]
    old = act.get(Milestone, key)
    values: dict[str, Any] = {name: args[name] for name in _FIELDS if name in args}
    if "after" in args:
        values["after"] = tuple(args["after"])
    revised = replace(old, **values)
    moved = any(getattr(revised, name) != getattr(old, name) for name in _PLAN)
    if moved and args["reason"] is None:
        raise Invalid("the plan moves", {"reason": ["must be given where the plan moves"]})
    before = _end(act.state, act.today)
    act.put(key, revised)
    check_plan(act.state, key)
    _tell_slip(act, key, old, revised, before)
    return act.save("revise_milestone", args["reason"], args["valid_on"])


def forecast_milestone(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Say when a milestone is expected, as ``schemas.asking.Forecasting`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        NotFound: the project has no such milestone.
        Conflict: it is reached.
        Invalid: it is expected on a day that is over; or later than before, without a reason.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    key, day = args["milestone_id"], args["forecast_on"]
    old = act.get(Milestone, key)
    if old.done_on is not None:
        raise Conflict(f"{old.key} was reached on {old.done_on}", {"done_on": str(old.done_on)})
    if day is not None and day < act.today:
        rule = f"must be {act.today} or later; when it was reached is done_on"
        raise Invalid("it is past", {"forecast_on": [rule]})
    revised = replace(old, forecast_on=day)
    if revised.expected_on > old.expected_on and args["reason"] is None:
        raise Invalid("it slips", {"reason": ["must be given where it is later than before"]})
    before = _end(act.state, act.today)
    act.put(key, revised)
    _tell_slip(act, key, old, revised, before)
    return act.save("forecast_milestone", args["reason"], args["valid_on"])


def complete_milestone(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Say when a milestone was reached, as ``schemas.asking.Completing`` has it.

    What it depends on may be reached later, with a reason, which is kept: a work may begin before
    its order, and the record should say so.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        NotFound: the project has no such milestone.
        Invalid: the day is to come, or before the project began; or what was reached is taken back,
            or moved to another day, without a reason; or something that it depends on is not
            reached by that day, without a reason; or taken back of a completed project.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    key, day = args["milestone_id"], args["done_on"]
    old = act.get(Milestone, key)
    if day is not None:
        check_done_on(day, act.state.project.starts_on, act.today)
    if old.done_on is not None and day != old.done_on and args["reason"] is None:
        raise Invalid("a correction", {"reason": ["must be given where done_on is corrected"]})
    if day is not None and args["reason"] is None:
        _check_after(act.state, old, day)
    act.put(key, replace(old, done_on=day))
    if day is None:
        check_complete(act.state)
    if day is not None and old.done_on is None:
        done(act, key)
    action = "complete_milestone" if day is not None else "reopen_milestone"
    return act.save(action, args["reason"], args["valid_on"] or day)


def _check_after(state: State, milestone: Milestone, day: date) -> None:
    """Refuse what is reached before what it depends on, without a word.

    Raises:
        Invalid: naming ``reason``, with what is not reached by that day.
    """
    before = [state.milestones[each] for each in milestone.after if each in state.milestones]
    left = sorted(each.key for each in before if each.done_on is None or each.done_on > day)
    if left:
        rule = f"must be given where it is reached before what it depends on: {', '.join(left)}"
        raise Invalid("what it depends on is not reached", {"reason": [rule]})


def check_done_on(day: date, starts_on: date, today: date) -> None:
    """Refuse a day on which nothing can have been reached.

    Raises:
        Invalid: it is to come, or of before the project.
    """
    if day > today:
        raise Invalid("it is to come", {"done_on": [f"must be {today} or earlier"]})
    if day < starts_on:
        rule = f"must not be before the project starts, {starts_on}"
        raise Invalid("it is of before the project", {"done_on": [rule]})


def done(act: Act, key: UUID) -> None:
    """Tell of a milestone that is reached by this change."""
    one = act.get(Milestone, key)
    assert one.done_on is not None
    told = act.about(
        milestone_id=key,
        stage=one.stage,
        planned_on=one.planned_on,
        done_on=one.done_on,
        days_late=(one.done_on - one.planned_on).days,
        done_at=act.now,
    )
    act.tell(MILESTONE_DONE.new(**told))


def _tell_slip(act: Act, key: UUID, old: Milestone, new: Milestone, before: date | None) -> None:
    """Tell of a milestone that is expected later than before, and what of it the project feels."""
    if new.done_on is not None or new.expected_on <= old.expected_on:
        return
    end = _end(act.state, act.today)
    moved = (end - before).days if end is not None and before is not None else 0
    told = act.about(
        milestone_id=key,
        stage=new.stage,
        planned_on=new.planned_on,
        expected_on=new.expected_on,
        expected_before=old.expected_on,
        days=(new.expected_on - old.expected_on).days,
        critical=moved > 0,
        project_days=moved,
        slipped_at=act.now,
    )
    act.tell(MILESTONE_SLIPPED.new(**told))


def _end(state: State, today: date) -> date | None:
    found = expected(state, today)
    return found and found.finish
