"""Refuse a grievance, or take it back."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.appeal import lapse
from services.grievance.commands.merge import told_too
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import Act
from services.grievance.commands.wait import go_on
from services.grievance.domain.independence import check_not_ones_own
from services.grievance.domain.lifecycle import Step
from services.grievance.domain.merging import check_withdraw
from services.grievance.models import Grievance
from services.grievance.queries import followers as follows
from services.grievance.reference import policy
from services.grievance.schemas import REJECTED, WITHDRAWN


def reject_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Refuse it for the reason ``args["rejection"]``; ``args["remark"]`` is for the citizen.

    Raises as ``step.take``, and:
        Invalid: the policy has no such reason, or there is no remark.
        Forbidden: the reason is excluded from appeals, and the caller is no supervisor; or they
            filed it, as a citizen.
    """
    act = Act.load(session, caller, args, now)
    check_not_ones_own(act.by.roles)
    policy().check_rejection(args["rejection"], args["remark"], act.by.roles)
    others = told_too(session, act.grievance)
    act.take(partial(reject, rejection=args["rejection"], remark=args["remark"], others=others))
    return act.save()


def reject(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    rejection: str,
    remark: str | None,
    others: Mapping[str, list[Any]] | None = None,
) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.REJECT, by, now)
    go_on(grievance, now)
    grievance.rejection = rejection
    grievance.remark = remark
    grievance.closed_at = now
    grievance.closed_by = "office"
    late = grievance.breached_at
    told = about(grievance, now, rejected_at=now, rejection=rejection, breached_at=late)
    told["data"] |= others or {}
    return step.taken(REJECTED.new(**told), note=remark, rejection=rejection)


def withdraw_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Take it back, for ``args["reason"]`` if one is given; a pending appeal lapses.

    Raises as ``step.take``, and:
        Conflict: others were merged into it or follow it, and it goes on for them.
    """
    act = Act.load(session, caller, args, now)
    followers = follows.count(session, act.grievance.id)
    act.take(partial(withdraw, reason=args["reason"], followers=followers))
    lapse(act)
    return act.save()


def withdraw(
    grievance: Grievance, by: Actor, now: datetime, *, reason: str | None, followers: int = 0
) -> Taken:
    """The move; nothing is stored. Raises Conflict where it goes on for others."""
    step = advance(grievance, Step.WITHDRAW, by, now)
    check_withdraw(grievance.number, grievance.duplicates, followers)
    go_on(grievance, now)
    grievance.closed_at = now
    grievance.closed_by = "citizen"
    told = about(grievance, now, withdrawn_at=now, breached_at=grievance.breached_at)
    return step.taken(WITHDRAWN.new(**told), note=reason)
