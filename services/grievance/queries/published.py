"""Grievances as anybody may see them (Open311 and the portal): what a city publishes, and no more.

- A private one is seen by the system that filed it, and by nobody else.
- Who filed it is never told. What people wrote (description, address, remark, picture) is shown of
  what was filed over Open311, a public tracker, without the telephone numbers and e-mail addresses
  in it; of a grievance from the counter or the city's own pages only the bare facts and the place.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from palika.masking import mask_for_public
from palika.roles import NOBODY
from services.grievance import promises
from services.grievance.domain.lifecycle import State
from services.grievance.domain.public import NOTES, PUBLIC_STATUS, states_of
from services.grievance.models import Grievance
from services.grievance.queries.catalogue import promise_of
from services.grievance.reference import city
from services.grievance.schemas.filing import OPEN311

_COLUMNS = (
    Grievance.number,
    Grievance.state,
    Grievance.category,
    Grievance.department,
    Grievance.ward,
    Grievance.channel,
    Grievance.description,
    Grievance.address,
    Grievance.media_url,
    Grievance.lat,
    Grievance.lon,
    Grievance.remark,
    Grievance.rejection,
    Grievance.filed_at,
    Grievance.due_at,
    Grievance.changed_at,
)
# Six digits as India writes them, "411001" or "411 001", and no part of a longer number.
_POSTAL_CODE = re.compile(r"(?<![\d-])([1-9]\d{2}) ?(\d{3})(?![\d-])", re.ASCII)


DEEPEST = 100_000
"""So many rows a list is skipped: what it costs to skip them is anybody's to ask."""


def requests(session: Session, caller: Identity, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Grievances, newest first, as loaded by ``schemas.Published``; unknown ones are left out.

    Raises:
        Invalid: the list goes on at the offset, and is too long to be read to there.
    """
    if args["offset"] > DEEPEST:
        at_the_end = session.execute(statement(caller, {**args, "offset": DEEPEST, "limit": 1}))
        if at_the_end.first() is None:
            return []
        rule = f"goes to {DEEPEST}: ask for fewer days, kinds or states at once"
        raise Invalid("too long a list", {"offset": [rule]})
    found = session.execute(statement(caller, args))
    return [_shown(row, args["language"]) for row in found]


def statement(caller: Identity, args: Mapping[str, Any]) -> Select[Any]:
    """The query; ``numbers`` override every other filter."""
    asked = select(*_COLUMNS).where(_visible_to(caller))
    if args["numbers"] is not None:
        asked = asked.where(Grievance.number.in_(args["numbers"]))
    else:
        if args["categories"] is not None:
            asked = asked.where(Grievance.category.in_(args["categories"]))
        if args["statuses"] is not None:
            asked = asked.where(Grievance.state.in_(states_of(args["statuses"])))
        if args["filed_from"] is not None:
            asked = asked.where(Grievance.filed_at >= args["filed_from"])
        if args["filed_before"] is not None:
            asked = asked.where(Grievance.filed_at < args["filed_before"])
    newest_first = asked.order_by(Grievance.filed_at.desc(), Grievance.id.desc())
    return newest_first.limit(args["limit"]).offset(args["offset"])


def _visible_to(caller: Identity) -> Any:
    public = Grievance.private.is_(False)
    if "citizen" not in caller.roles or caller.subject == NOBODY:
        return public
    return or_(public, Grievance.filed_by == caller.subject)


def _shown(row: Row[Any], language: str) -> dict[str, Any]:
    state = State(row.state)
    shown: dict[str, Any] = {
        "number": row.number,
        "status": PUBLIC_STATUS[state],
        "note": _note(row, state, language),
        "category": row.category,
        "category_name": city().category_name(row.category).in_(language),
        "department_name": promises.department_name(row.department)[language],
        "promise": promise_of(row.category, language),
        "ward": row.ward,
        "filed_at": row.filed_at.isoformat(),
        "updated_at": row.changed_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "lat": row.lat,
        "lon": row.lon,
        "description": None,
        "address": None,
        "postal_code": None,
        "media_url": None,
    }
    if row.channel == OPEN311:
        address = row.address and mask_for_public(row.address)
        found = address and _POSTAL_CODE.search(address)
        shown |= {
            "description": mask_for_public(row.description),
            "address": address,
            "postal_code": found[1] + found[2] if found else None,
            "media_url": row.media_url,
        }
    return shown


def _note(row: Row[Any], state: State, language: str) -> str:
    parts = [NOTES[state].in_(language)]
    if row.rejection is not None:
        parts.append(promises.rejection_name(row.rejection)[language])
    if row.channel == OPEN311 and row.remark is not None and PUBLIC_STATUS[state] == "closed":
        parts.append(mask_for_public(row.remark))
    return ": ".join(parts)
