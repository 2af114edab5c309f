"""Send a grievance to where it belongs."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.grievance import promises
from services.grievance.commands.step import Actor, Taken, about, advance, take
from services.grievance.commands.wait import go_on
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Grievance
from services.grievance.promises import Facts
from services.grievance.reference import city
from services.grievance.schemas import TRANSFERRED


def transfer_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Send it to ``args["category"]``, and to ``args["department"]`` if that is another than its.

    Raises as ``step.take``, and:
        Invalid: no such category or department.
        Conflict: it is there already.
    """
    to = promises.facts(args["category"])
    department = args["department"] or to.department
    if department not in city().departments:
        known = ", ".join(city().departments)
        raise Invalid("no such department", {"department": [f"must be one of: {known}"]})
    move = partial(
        transfer, category=args["category"], to=to, department=department, note=args["note"]
    )
    return take(session, caller, args, now, move)


def transfer(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    category: str,
    to: Facts,
    department: str,
    note: str | None = None,
) -> Taken:
    """The move: nobody's, and due as if it had been filed so; nothing is stored.

    The citizen's clock does not start anew; what it has stood still is kept.
    """
    step = advance(grievance, Step.TRANSFER, by, now)
    old = grievance.department, grievance.category
    if old == (department, category):
        raise Conflict(
            f"is with {department}, as {category}, already",
            {"department": department, "category": category},
        )
    go_on(grievance, now)
    promised = promises.promise(grievance.filed_at, to, paused=grievance.paused_minutes)
    grievance.department = department
    grievance.category = category
    grievance.parent_category = to.parent
    grievance.priority = to.priority
    grievance.private = to.private
    grievance.promised_minutes = promised.minutes
    grievance.due_at = promised.due_at
    grievance.acknowledged_at = grievance.acknowledged_at or now
    grievance.officer = None
    grievance.assigned_at = None
    grievance.started_at = None
    told = about(
        grievance,
        now,
        transferred_at=now,
        from_department=old[0],
        from_category=old[1],
        due_at=grievance.due_at,
    )
    return step.taken(
        TRANSFERRED.new(**told),
        note=note,
        department=department,
        category=category,
        from_department=old[0],
        from_category=old[1],
    )
