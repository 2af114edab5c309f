"""Appeal against what became of a grievance, and decide an appeal."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from palika.roles import post_of
from services.grievance import promises
from services.grievance.commands.assign import find_somebody
from services.grievance.commands.merge import told_too
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.reopen import take_back
from services.grievance.commands.step import Act
from services.grievance.commands.unmerge import load_both, part
from services.grievance.commands.wait import ended_at, ended_or_none, stood_still
from services.grievance.domain.appeals import Outcome, decide_by
from services.grievance.domain.independence import check_independent, citizens_part
from services.grievance.domain.lifecycle import DONE, State, Step, check_role
from services.grievance.domain.seats import check_may_decide
from services.grievance.models import Appeal, Grievance, Timeline
from services.grievance.queries.appeals import admission, of_one
from services.grievance.reference import calendar, policy
from services.grievance.schemas import APPEAL_DECIDED, APPEALED, RESTORED

BY_APPEAL = "appeal"
"""The code of a reopening that an appeal has ordered."""
_JUDGED = (Step.RESOLVE, Step.REJECT, Step.MERGE)


def appeal_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Appeal:
    """Appeal to the next level, for ``args["grounds"]``; ``args["reason"]`` is why so late.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: the caller is not its citizen.
        Conflict: there is nothing to appeal against (yet), it is too late, or the subject is
            excluded, as an order has confirmed.
        Invalid: it is late, and there is no reason.
    """
    act = Act.load(session, caller, args, now)
    check_role(Step.APPEAL, act.by.roles)
    admitted = admission(
        session, act.grievance, of_one(session, act.grievance.id), now, args["reason"]
    )
    row = Appeal(
        id=uuid7(),
        grievance_id=act.grievance.id,
        level=admitted.level,
        against=admitted.ground,
        grounds=args["grounds"],
        delay=args["reason"],
        appealed_at=now,
        appealed_by=act.by.subject,
        decide_by=decide_by(now, admitted.level, calendar(), policy().appeals),
    )
    late = day_of(now) > admitted.last_day
    act.take(partial(appeal, row=row, late=late))
    session.add(row)
    act.save()
    return row


def appeal(grievance: Grievance, by: Actor, now: datetime, *, row: Appeal, late: bool) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.APPEAL, by, now)
    grievance.appeal_decide_by = row.decide_by
    grievance.closes_at = None
    told = about(
        grievance,
        now,
        level=row.level,
        decide_by=row.decide_by,
        appealed_at=now,
        against=row.against,
        late=late,
    )
    facts = {"level": row.level, "against": row.against}
    return step.taken(APPEALED.new(**told), note=row.grounds, **facts)


def decide_appeal(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Decide the pending appeal; upheld it undoes a resolution, a rejection or a merging.

    Where there is none (it was late, or has been opened again since), the order stands alone.

    Raises:
        NotFound: there is no such grievance.
        Forbidden: the caller is not the authority of that level, had a part in what is appealed
            against, or filed it or appealed.
        Conflict: no appeal is pending, or the grievance is at another version.
    """
    act, original = load_both(session, caller, args, now)
    appeals = of_one(session, act.grievance.id)
    if not appeals or appeals[-1].decided_at is not None:
        raise Conflict("no appeal is pending", {"appeals": len(appeals)})
    pending = appeals[-1]
    place = act.grievance.department, act.grievance.ward
    check_may_decide(act.seat, act.by.roles, promises.authority(pending.level), *place)
    check_independent(act.by.subject, _involved(session, act.grievance, appeals))
    pending.decided_at = now
    pending.decided_by = act.by.subject
    pending.outcome = args["outcome"]
    pending.order_text = args["order"]
    undone = args["outcome"] is Outcome.UPHELD and act.grievance.state in (
        *DONE,
        State.REJECTED,
        State.MERGED,
    )
    due_at = _due_at(original or act, act) if undone else None
    act.note(decide(act.grievance, act.by, now, row=pending, due_at=due_at))
    if undone and original is not None:
        part(act, original, args["order"], ordered=True)
    elif undone and act.grievance.state == State.REJECTED:
        others = told_too(session, act.grievance)
        act.note(restore(act.grievance, act.by, now, others=others))
        find_somebody(act)
    elif undone:
        take_back(act, BY_APPEAL, args["order"], ordered=True)
    return act.save()


def decide(
    grievance: Grievance, by: Actor, now: datetime, *, row: Appeal, due_at: datetime | None
) -> Taken:
    """The move; ``due_at`` is until when it is promised, if it is opened again by it. Nothing is
    stored."""
    step = advance(grievance, Step.DECIDE, by, now)
    grievance.appeal_decide_by = None
    told = about(
        grievance,
        now,
        level=row.level,
        decide_by=row.decide_by,
        decided_at=now,
        outcome=row.outcome,
        in_time=now <= row.decide_by,
        reopened=due_at is not None,
    )
    if due_at is not None:
        told["data"]["due_at"] = due_at
    facts = {"level": row.level, "outcome": row.outcome}
    return step.taken(APPEAL_DECIDED.new(**told), note=row.order_text, **facts)


def lapse(act: Act) -> None:
    """Let the pending appeal be, if there is one: its citizen is satisfied, or has withdrawn it.

    The step's own event tells it.
    """
    pending = Appeal.grievance_id == act.grievance.id, Appeal.decided_at.is_(None)
    act.session.execute(
        update(Appeal)
        .where(*pending)
        .values(decided_at=act.now, decided_by=act.by.subject, outcome=Outcome.LAPSED),
        execution_options={"synchronize_session": False},
    )
    act.grievance.appeal_decide_by = None


def _due_at(ended: Act, act: Act) -> datetime:
    """Until when it is promised if it is opened again now: its clock has stood since that ended."""
    grievance, since = act.grievance, ended_or_none(ended.grievance)
    if since is None:
        return grievance.due_at
    return promises.resumed(grievance.category, grievance.due_at, since, act.now).due_at


def restore(
    grievance: Grievance, by: Actor, now: datetime, *, others: Mapping[str, list[Any]]
) -> Taken:
    """The move: the rejection is undone, and what was left of its time is left again.

    ``others`` are told too. Nothing is stored.
    """
    step = advance(grievance, Step.RESTORE, by, now)
    stood_still(grievance, ended_at(grievance), now)
    told = about(
        grievance,
        now,
        restored_at=now,
        rejected_at=grievance.closed_at,
        rejection=grievance.rejection,
        due_at=grievance.due_at,
        breached_at=grievance.breached_at,
    )
    if grievance.officer is not None:
        told["data"]["officer"] = grievance.officer
    told["data"] |= others
    grievance.rejection = None
    grievance.remark = None
    grievance.closed_at = None
    grievance.closed_by = None
    grievance.started_at = None
    grievance.reopened_at = now
    return step.taken(RESTORED.new(**told))


def _involved(session: Session, grievance: Grievance, appeals: list[Appeal]) -> dict[str, str]:
    """The posts that had a part in it, and which; the last of the appeals is the pending one."""
    judged = select(Timeline.step, Timeline.actor).where(
        Timeline.grievance_id == grievance.id, Timeline.step.in_(_JUDGED)
    )
    done = {Step.RESOLVE: "resolved it", Step.REJECT: "rejected it", Step.MERGE: "merged it"}
    involved = citizens_part(grievance.filed_by, [each.appealed_by for each in appeals])
    involved |= {post_of(actor): done[Step(step)] for step, actor in session.execute(judged)}
    involved |= {
        post_of(each.decided_by): "decided the appeal before"
        for each in appeals[:-1]
        if each.decided_by is not None
    }
    if grievance.officer is not None:
        involved[grievance.officer] = "has it in hand"
    return involved
