"""What time does to a grievance: due soon, breached, escalated; and its appeal, overdue.

The marks bear the moment at which they fell due; the timeline and the events, the one at which they
were set. So it does not matter who sets them, the scheduler or the next step, nor when.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.grievance import promises
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.domain.escalation import Due, Mark
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Appeal, Grievance, Timeline
from services.grievance.queries.appeals import of_one
from services.grievance.queries.officers import post_of
from services.grievance.schemas import APPEAL_OVERDUE, BREACHED, DUE_SOON, ESCALATED

CLOCK = Actor("clock", frozenset({"service"}))
"""Who sets the marks."""
STEPS_OF_THE_CLOCK = (Mark.CLOSE, Mark.WAIT_OVER)
"""What the scheduler alone does, and what no other step brings about."""


def overdue(session: Session, grievance: Grievance, now: datetime) -> Iterator[Taken]:
    """Set the marks that are due on a grievance; nothing is stored.

    The closing after silence is none of them: whoever takes a step now has broken the silence. Nor
    is the end of a wait: the clock stands until an answer comes, or the scheduler has come by.
    """
    if grievance.next_clock_at is None or now < grievance.next_clock_at:
        return
    for due in promises.due(grievance, now):
        if due.mark not in STEPS_OF_THE_CLOCK:
            taken = mark(session, grievance, now, due)
            if taken is not None:
                yield taken


def mark(session: Session, grievance: Grievance, now: datetime, due: Due) -> Taken | None:
    """Set one mark; nothing is stored. None: there is nothing to tell, as it is of an appeal that a
    process of the release before has decided."""
    match due.mark:
        case Mark.DUE_SOON:
            return _due_soon(grievance, CLOCK, now, due.at)
        case Mark.BREACHED:
            came = _came(session, grievance)
            return _breach(grievance, CLOCK, now, due.at, came)
        case Mark.ESCALATE:
            to = _whom(session, grievance, due.level, now)
            return _escalate(grievance, CLOCK, now, due, to)
        case Mark.APPEAL_OVERDUE:
            # The last is the pending one: whoever appeals to the next level ends the one before.
            last = of_one(session, grievance.id)[-1]
            if last.decided_at is None and last.decide_by == due.at:
                return _appeal_overdue(grievance, CLOCK, now, last)
            grievance.appeal_decide_by = None
            return None
        case Mark.CLOSE | Mark.WAIT_OVER:
            raise ValueError(f"{due.mark} is no mark, but a step of the clock's own")


def _due_soon(grievance: Grievance, by: Actor, now: datetime, since: datetime) -> Taken:
    step = advance(grievance, Step.DUE_SOON, by, now)
    grievance.due_soon_at = since
    told = about(
        grievance,
        now,
        due_soon_at=since,
        due_at=grievance.due_at,
        priority=grievance.priority,
        officer=grievance.officer,
    )
    return step.taken(DUE_SOON.new(**told), public=False, since=since.isoformat())


def _breach(
    grievance: Grievance, by: Actor, now: datetime, since: datetime, came: datetime
) -> Taken:
    step = advance(grievance, Step.BREACH, by, now)
    grievance.breached_at = since
    told = about(
        grievance,
        now,
        breached_at=since,
        open_late_since=max(since, came),
        due_at=grievance.due_at,
        priority=grievance.priority,
        officer=grievance.officer,
    )
    return step.taken(BREACHED.new(**told), since=since.isoformat())


def _escalate(grievance: Grievance, by: Actor, now: datetime, due: Due, to: str | None) -> Taken:
    step = advance(grievance, Step.ESCALATE, by, now)
    grievance.escalation_level = due.level
    grievance.escalated_at = due.at
    post = promises.post_at(due.level)
    told = about(
        grievance,
        now,
        level=due.level,
        post=post,
        to=to,
        escalated_at=due.at,
        due_at=grievance.due_at,
        priority=grievance.priority,
        officer=grievance.officer,
    )
    facts = {"level": due.level, "post": post, "since": due.at.isoformat()}
    if to is not None:
        facts["to"] = to
    return step.taken(ESCALATED.new(**told), **facts)


def _appeal_overdue(grievance: Grievance, by: Actor, now: datetime, pending: Appeal) -> Taken:
    step = advance(grievance, Step.APPEAL_OVERDUE, by, now)
    grievance.appeal_decide_by = None
    told = about(
        grievance,
        now,
        level=pending.level,
        decide_by=pending.decide_by,
        overdue_at=pending.decide_by,
        appealed_at=pending.appealed_at,
        against=pending.against,
    )
    facts = {"level": pending.level, "since": pending.decide_by.isoformat()}
    return step.taken(APPEAL_OVERDUE.new(**told), **facts)


def _came(session: Session, grievance: Grievance) -> datetime:
    """Since when it is open where it is: filed, opened again or sent there.

    A merged one's clock has run on, and a transfer may promise what is over by then.
    """
    sent = select(func.max(Timeline.at)).where(
        Timeline.grievance_id == grievance.id, Timeline.step == Step.TRANSFER
    )
    moments = grievance.filed_at, grievance.reopened_at, session.scalar(sent)
    return max(moment for moment in moments if moment is not None)


def _whom(session: Session, grievance: Grievance, level: int, now: datetime) -> str | None:
    """Who has the post of that level for this ward, or stands in; None: the city names nobody."""
    return post_of(session, grievance.department, grievance.ward, level, now)
