"""Link a project to a KPI, an e-office file, or the grievances of an area."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from services.warroom.commands.act import Act, check_known
from services.warroom.domain.facts import Link, State
from services.warroom.reference import wards


def link(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> State:
    """Link, as ``schemas.asking.Linking`` has it. Whether there is such a KPI, category or
    file is asked before (``kpis.check_kpi``, ``grievances.check_category``, ``files.check_file``).

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: there is no such ward.
        Conflict: the project has this link, or the id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    if args["ward"] is not None:
        check_known("ward", wards(), args["ward"])
    made = Link(args["kind"], args["target"], args["ward"], args["category"])
    key, fresh = act.add(args["link_id"], made)
    if not fresh:
        return act.state
    same = [str(each) for each, one in act.state.links.items() if one == made and each != key]
    if same:
        raise Conflict("the project has this link", {"id": same[0]})
    return act.save("link", args["reason"], args["valid_on"])
