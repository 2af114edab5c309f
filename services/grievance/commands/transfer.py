"""Send a grievance to where it belongs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance import promises
from services.grievance.commands.assign import routed
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import Act
from services.grievance.commands.wait import go_on
from services.grievance.domain.catalogue import Routing
from services.grievance.domain.lifecycle import Step
from services.grievance.domain.transferring import check_elsewhere, is_private, may_be_broken_anew
from services.grievance.models import Grievance
from services.grievance.queries.officers import place_of
from services.grievance.reference import city
from services.grievance.schemas import TRANSFERRED


def transfer_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Send it to ``args["category"]``, and to ``args["department"]`` if that is another than its.

    There it is given to an officer at once, if the policy has that and one is there.

    Raises as ``step.take``, and:
        Invalid: no such category or department.
        Conflict: it is there already.
    """
    routing = city().route(args["category"])
    department = args["department"]
    if department is not None:
        city().check_department(department)
        routing = replace(routing, department=department)
    act = Act.load(session, caller, args, now)
    act.take(partial(transfer, category=args["category"], routing=routing, note=args["note"]))
    given = routed(session, place_of(act.grievance), now)
    if given is not None:
        act.note(given(act.grievance))
    return act.save()


def transfer(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    category: str,
    routing: Routing,
    note: str | None = None,
) -> Taken:
    """The move: nobody's, and due as if it had been filed so; nothing is stored.

    What was private stays private, whatever the new category says: no transfer publishes it.
    The citizen's clock does not start anew; what it has stood still is kept, counted as the new
    promise counts.
    """
    step = advance(grievance, Step.TRANSFER, by, now)
    old = grievance.department, grievance.category
    breached_at = grievance.breached_at
    check_elsewhere(grievance.number, old, (routing.department, category))
    go_on(grievance, now)
    if promises.is_round_the_clock(grievance.category) != routing.round_the_clock:
        stood = grievance.paused_otherwise, grievance.paused_minutes
        grievance.paused_minutes, grievance.paused_otherwise = stood
    promised = promises.promised(grievance.filed_at, routing, paused=grievance.paused_minutes)
    grievance.department = routing.department
    grievance.category = category
    grievance.parent_category = routing.parent
    grievance.priority = routing.priority
    grievance.private = is_private(grievance.private, routing.private)
    grievance.promised_minutes = promised.minutes
    grievance.due_at = promised.due_at
    if may_be_broken_anew(grievance.due_at, now):
        grievance.due_soon_at = None
        grievance.breached_at = None
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
        breached_at=breached_at,
        stays_breached=grievance.breached_at is not None,
    )
    return step.taken(
        TRANSFERRED.new(**told),
        note=note,
        department=routing.department,
        category=category,
        from_department=old[0],
        from_category=old[1],
    )
