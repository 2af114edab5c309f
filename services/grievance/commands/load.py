"""Load a grievance for a step on it."""

import uuid

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from services.grievance.domain.access import may_touch
from services.grievance.domain.lifecycle import check_version
from services.grievance.models import Grievance


def load_locked(
    session: Session, caller: Identity, grievance_id: uuid.UUID, version: int | None
) -> Grievance:
    """The grievance, locked until the end of the transaction: steps on it wait for each other.

    Args:
        session: in a transaction.
        caller: who wants to act.
        grievance_id: which one.
        version: the one the caller decided on, or None.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Conflict: it is at another version.
    """
    found = session.get(Grievance, grievance_id, with_for_update=True, populate_existing=True)
    if found is None or not may_touch(found.filed_by, caller.subject, caller.roles):
        raise NotFound(f"there is no grievance {grievance_id}", {"id": str(grievance_id)})
    check_version(found.version, version)
    return found
