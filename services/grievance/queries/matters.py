"""Which grievances belong to a matter of several services, and to which ones a grievance does."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika import correlation
from palika.auth import Identity
from services.grievance.models import Grievance, Tie
from services.grievance.queries.find import find
from services.grievance.queries.sight import unseen
from services.grievance.schemas.correlating import GRIEVANCE


def tied(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """The grievances of a matter, now or at ``args["as_of"]``; each as it is now.

    What the caller may not read is not there, and not counted either.
    """
    found = correlation.ties(session, Tie, args["correlation_id"], args["as_of"])
    rows = session.scalars(
        select(Grievance).where(Grievance.id.in_([each.thing_id for each in found]))
    ).all()
    hidden = unseen(session, caller, rows)
    seen = {each.id: each for each in rows if each.id not in hidden}
    return {"items": [shown(each, seen[each.thing_id]) for each in found if each.thing_id in seen]}


def matters_of(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """The matters that the grievance of ``args`` belongs to.

    Raises:
        NotFound: there is none.
        Forbidden: it is private, and no business of this officer's.
    """
    found = find(session, caller, args)
    return {"id": str(found.id), "number": found.number, "matters": of(session, found.id)}


def of(session: Session, key: uuid.UUID) -> list[dict[str, Any]]:
    """The matters that a grievance belongs to, the oldest tie first."""
    return correlation.matters(session, Tie, GRIEVANCE, key)


def shown(tie: Tie, grievance: Grievance) -> dict[str, Any]:
    """A tie with what the other services show of the grievance: no word that anybody wrote."""
    return correlation.view(tie) | {
        "number": grievance.number,
        "status": grievance.state,
        "about": {
            "department": grievance.department,
            "category": grievance.category,
            "ward": grievance.ward,
            "officer": grievance.officer,
        },
    }
