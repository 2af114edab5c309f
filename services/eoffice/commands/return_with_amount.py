"""Send a file back with the amount that one would sanction."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from services.eoffice.commands.approve import (
    Decided,
    decide,
    decided_before,
    load_to_decide,
)
from services.eoffice.commands.asked_again import check_same
from services.eoffice.commands.forward import send_back_file
from services.eoffice.domain.legal import check_step
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.authority import sanctioning
from services.eoffice.queries.reading import known_of, legal_now


def return_with_amount(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Decided:
    """Send the file back to ``args["to"]``, which had it before (None: to where it came from).

    The amount is what the officer would sanction, within their own powers; nothing is sanctioned by
    it. Asked again with the same ``decision_id`` it gives what was done.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the file is with another post; or the amount is more than the post may sanction:
            ``may`` names who may.
        Invalid: no such head of sanctions; or the post never had the file.
        Conflict: the file is not open, came from nobody, or is at another version than the caller
            had read; or the decision's id was used before for something else.
    """
    who = actor(session, caller, args["post"], now)
    file = load_to_decide(session, who, args)
    known = decided_before(session, args, who, "returned")
    authority = None
    if known is None:
        check_step(
            file.standing,
            "send_back",
            who.post.code,
            args["version"],
            known_of(session, file, who, day_of(now)),
        )
        day = day_of(now)
        authority = sanctioning(
            *(session, who, file, args["power"], args["amount_paise"]),
            *(current(session), day),
            partial(legal_now, session, file, who, day),
        )
    moves = file.moves
    back = {name: args[name] for name in ("id", "post", "version", "to", "remark")}
    # Asked again, it is this that refuses another ``to``, and moves nothing.
    send_back_file(session, caller, back | {"step": args["decision_id"]}, now)
    if known is None:
        # A step of this id that was no decision has sent it back before, and nothing has moved now.
        check_same(args["decision_id"], ["decision"] if file.moves == moves else [])
        known = decide(session, file, args, who, "returned", authority, now)
    return Decided(file, known)
