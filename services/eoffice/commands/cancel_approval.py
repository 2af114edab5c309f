"""Cancel an approval: its amount counts no more, and the record says who did so and why."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from palika.events import Event
from palika.india import day_of
from services.eoffice.commands.approve import Decided, decide, load_to_decide
from services.eoffice.commands.asked_again import made_before
from services.eoffice.domain.cancelling import check_cancel
from services.eoffice.domain.legal import check_step
from services.eoffice.domain.movement import Step
from services.eoffice.models import Approval, File
from services.eoffice.organisation_store import actor, current
from services.eoffice.queries.authority import check_linked
from services.eoffice.queries.cancelling import made
from services.eoffice.queries.reading import known_of, legal_now
from services.eoffice.schemas import APPROVAL_CANCELLED


def cancel_approval(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Decided:
    """Cancel the approval ``args["approval_id"]`` on the file ``args["id"]``, whoever has the file.

    What was sanctioned by it is free again in its case. Asked again with the same ``decision_id``
    it gives the cancellation that is there.

    Raises:
        NotFound: no such file that the post may read, or no such decision on it.
        Forbidden: the post neither gave the approval nor is above that, or the officer is a linked
            one of too low a level: ``may`` names who may.
        Conflict: it is no approval, was cancelled already, a letter has gone out since, the newest
            volume of the file is closed, or the file at another version than the caller had read;
            or the decision's id was used before for something else.
    """
    who = actor(session, caller, args["post"], now)
    file = load_to_decide(session, who, args)
    asked = {"file_id": file.id, "decision": "cancelled", "cancels": args["approval_id"]}
    asked |= {"post": who.post.code, "remark": args["remark"]}
    if (known := made_before(session, Approval, args["decision_id"], asked)) is not None:
        return Decided(file, known)
    approval = session.get(Approval, args["approval_id"])
    if approval is None or approval.file_id != file.id:
        raise NotFound(
            f"there is no decision {args['approval_id']} on file {file.number}",
            {"approval_id": str(args["approval_id"])},
        )
    day, city, post = day_of(now), current(session), who.post.code
    standing = made(session, file, approval, city)
    legal = partial(legal_now, session, file, who, day)
    check_cancel(standing, post, legal)
    known_now = known_of(session, file, who, day)
    check_step(file.standing, Step.CANCEL, post, args["version"], known_now)
    above = [each for each in standing.may if each != post and city.is_held(each, day)]
    check_linked(who, above, city, day, legal)
    said = {name: args[name] for name in ("decision_id", "remark")}
    said |= {"power": approval.power, "amount_paise": approval.amount_paise}

    def told(of: File, cancellation: Approval) -> Event:
        return _told(of, approval, cancellation)

    cancellation = decide(
        *(session, file, said, who, "cancelled", None, now, told), cancels=approval.id
    )
    return Decided(file, cancellation)


def _told(file: File, approval: Approval, cancellation: Approval) -> Event:
    return APPROVAL_CANCELLED.new(
        subject=str(file.id),
        sequence=file.version,
        time=cancellation.decided_at,
        data={
            "file_id": file.id,
            "approval_id": approval.id,
            "cancellation_id": cancellation.id,
            "department": file.department,
            "post": cancellation.post,
            "power": approval.power,
            "amount_paise": approval.amount_paise,
            "approved_at": approval.decided_at,
            "cancelled_at": cancellation.decided_at,
        },
    )
