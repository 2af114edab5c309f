"""Close a receipt that needs no file, take it up again, or note when to look at it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from palika.india import day_of
from services.eoffice.commands.receipt_step import begin_step, written
from services.eoffice.domain.receipts import State, Step
from services.eoffice.models import Receipt


def close_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Close it, with the reason why. Raises as ``begin_step``."""
    receipt, who = begin_step(session, caller, args, Step.CLOSE, now)
    receipt.state = State.CLOSED
    receipt.ended_at = now
    receipt.end_remark = args["remark"]
    receipt.follow_up_on = None
    return written(session, receipt, "closed", who, now)


def reopen_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Take a closed one up again, with the reason why. Raises as ``begin_step``."""
    receipt, who = begin_step(session, caller, args, Step.REOPEN, now)
    receipt.state = State.OPEN
    receipt.ended_at = None
    receipt.end_remark = None
    return written(session, receipt, "reopened", who, now, {"remark": args["remark"]})


def follow_up_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Note the day on which the post wants to look at it again; None: no more. Raises as
    ``begin_step``, and:

    Invalid: that day is over.
    """
    receipt, who = begin_step(session, caller, args, Step.FOLLOW_UP, now)
    if args["on"] is not None and args["on"] < day_of(now):
        raise Invalid("that day is over", {"on": ["must be today or later"]})
    receipt.follow_up_on = args["on"]
    return written(session, receipt, "followed_up", who, now, {"on": args["on"]})
