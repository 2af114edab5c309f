"""Find the one grievance that a caller asks about, if it is theirs to ask about."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from services.grievance.domain.access import may_touch, token_hash
from services.grievance.models import Grievance
from services.grievance.queries.sight import check_may_read


def find(session: Session, caller: Identity, args: Mapping[str, Any]) -> Grievance:
    """The grievance of ``args``: by the ``token`` of its filing, else by ``number`` or ``id``.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: it is private, and no business of this officer's.
    """
    token, number = args.get("token"), args.get("number")
    if token is not None:
        return by_token(session, token)
    if number is not None:
        found = session.scalar(select(Grievance).where(Grievance.number == number))
    else:
        found = session.get(Grievance, args["id"])
    if found is None or not may_touch(found.filed_by, caller.subject, caller.roles):
        key = number or args["id"]
        raise NotFound(f"there is no grievance {key}", {"id": str(key)})
    check_may_read(session, caller, found)
    return found


def by_token(session: Session, token: str) -> Grievance:
    """The grievance that was filed with this token: whoever has it is its citizen.

    Raises:
        NotFound: none was.
    """
    found = session.scalar(select(Grievance).where(Grievance.token_hash == token_hash(token)))
    if found is None:
        raise NotFound("no grievance has this token", {"token": "unknown"})
    return found
