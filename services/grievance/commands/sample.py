"""Draw the sample of a day's resolutions, and check one that was drawn."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import SYSTEM, Identity
from palika.india import end_of, start_of
from palika.roles import post_of
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.reopen import take_back
from services.grievance.commands.step import Act
from services.grievance.domain import sampling
from services.grievance.domain.independence import check_independent, citizens_part
from services.grievance.domain.lifecycle import DONE, Step
from services.grievance.models import Grievance, SampleCheck, SampleDraw, Timeline
from services.grievance.queries.appeals import of_one
from services.grievance.reference import policy
from services.grievance.schemas import CHECKED, SAMPLED

BY_SAMPLE = "sample"
"""The code of a reopening because the check found the work not done."""
_CHANCE = SYSTEM("grievance")


def draw_missing(
    begin: Callable[[], AbstractContextManager[Session]],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Draw every day that is over and was not drawn, a transaction a day, in any number of
    processes: who comes second finds it drawn."""
    with begin() as session:
        last = session.scalar(select(func.max(SampleDraw.day)))
    for day in sampling.days_to_draw(last, now):
        if stopping():
            return
        with begin() as session:
            draw(session, day, now)


def draw(session: Session, day: date, now: datetime) -> SampleDraw | None:
    """Draw the resolutions of a day, once; None: it has been drawn.

    What was taken back since is not looked at, nor what other systems had resolved.

    Raises:
        Conflict: the day is not over.
    """
    sampling.check_over(day, now)
    # The share as it is kept, so that whoever repeats the draw has the same one.
    percent = round(
        Decimal(policy().sample_percent.numerator) / policy().sample_percent.denominator, 5
    )
    seed = secrets.token_hex(16)
    begun = insert(SampleDraw).values(day=day, seed=seed, percent=percent, drawn_at=now)
    if session.scalar(begun.on_conflict_do_nothing().returning(SampleDraw.day)) is None:
        return None
    drawn_from, picked = 0, []
    for row in session.execute(resolved_on(day)):
        drawn_from += 1
        if sampling.is_picked(sampling.lot(seed, row.id, row.resolved_at), Fraction(percent)):
            picked.append(row)
    kept = session.get_one(SampleDraw, day)
    kept.drawn_from = drawn_from
    kept.picked = sum(_pick(session, row.id, row.resolved_at, day, now) for row in picked)
    return kept


def resolved_on(day: date) -> Select[Any]:
    """The query for a day's resolutions that stand; id and moment of each, by id.

    What another system had resolved before it came here nobody had in hand: it is not drawn from.
    """
    return (
        select(Grievance.id, Grievance.resolved_at)
        .where(Grievance.state.in_(DONE), Grievance.officer.is_not(None))
        .where(Grievance.resolved_at >= start_of(day), Grievance.resolved_at < end_of(day))
        .order_by(Grievance.id)
    )


def _pick(session: Session, key: Any, resolved_at: datetime, day: date, now: datetime) -> bool:
    """Note that one was picked; False: it was taken back while the others were drawn."""
    act = Act.locked(session, _CHANCE, key, now)
    if act.grievance.resolved_at != resolved_at:
        return False
    actor = session.scalar(
        select(Timeline.actor)
        .where(Timeline.grievance_id == key, Timeline.step == Step.RESOLVE)
        .order_by(Timeline.id.desc())
        .limit(1)
    )
    row = SampleCheck(
        id=uuid7(),
        grievance_id=key,
        department=act.grievance.department,
        resolved_at=resolved_at,
        resolved_by=None if actor is None else post_of(actor),
        picked_at=now,
        day=day,
    )
    session.add(row)
    act.note(sample(act.grievance, act.by, now, day=day))
    act.save()
    return True


def sample(grievance: Grievance, by: Actor, now: datetime, *, day: date) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.SAMPLE, by, now)
    told = about(
        grievance,
        now,
        sampled_at=now,
        resolved_at=grievance.resolved_at,
        officer=grievance.officer,
    )
    return step.taken(SAMPLED.new(**told), public=False, day=str(day))


def check_sample(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Say what was found there: confirmed, or not done, which reopens it whatever the limits.

    Raises:
        NotFound: there is no such grievance.
        Forbidden: the caller has nothing to do with it, or had a part in it: resolved it, has it in
            hand, filed it, or appealed against it.
        Conflict: it is not to be checked (any more), or is at another version.
    """
    act = Act.load(session, caller, args, now)
    row = session.scalar(
        select(SampleCheck).where(
            SampleCheck.grievance_id == act.grievance.id,
            SampleCheck.resolved_at == act.grievance.resolved_at,
        )
    )
    if row is None:
        raise sampling.not_picked()
    sampling.check_unchecked(act.grievance.number, row.checked_at, row.outcome)
    appealed_by = [each.appealed_by for each in of_one(session, act.grievance.id)]
    involved = citizens_part(act.grievance.filed_by, appealed_by)
    involved |= {each: "resolved it" for each in (act.grievance.officer, row.resolved_by) if each}
    check_independent(act.by.subject, involved)
    act.check_business(Step.CHECK)
    row.checker = act.by.subject
    row.checked_at = now
    row.outcome = args["outcome"]
    row.note = args["note"]
    act.note(check(act.grievance, act.by, now, outcome=args["outcome"], note=args["note"]))
    if args["outcome"] is sampling.Outcome.NOT_DONE:
        take_back(act, BY_SAMPLE, args["note"], ordered=True)
    return act.save()


def check(grievance: Grievance, by: Actor, now: datetime, *, outcome: str, note: str) -> Taken:
    """The move; for officers only. Nothing is stored."""
    step = advance(grievance, Step.CHECK, by, now)
    told = about(
        grievance,
        now,
        checked_at=now,
        resolved_at=grievance.resolved_at,
        officer=grievance.officer,
        outcome=outcome,
    )
    return step.taken(CHECKED.new(**told), note=note, public=False, outcome=outcome)
