"""Orders that change what a property is: reassessments, claims, demolitions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from services.tax.changes import claimed, demolished, states_of
from services.tax.commands.ordering import change, charge_fee, locked, told
from services.tax.domain.rates import OPEN_PLOT
from services.tax.reference import register_rules
from services.tax.register_store import register_of

CLAIM_FEE = "fee_claim"


def reassess(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Say what a property is from one or several days on, and revise what is billed of them.

    Returns:
        As ``planning.Plan.told``, with the property and the order.

    Raises:
        NotFound: no such property.
        Invalid: what the rate sheet does not know, or a day to come.
        Conflict: as ``ordering.change``, or it is gone.
    """
    owed = locked(session, args)
    states = states_of(register_of(session, owed), args["states"])
    details = {"grounds": args["grounds"]}
    order, found = change(session, owed, "reassessment", args, states, caller, now, details)
    return told(owed, order, found)


def claim(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Grant concessions, or end them, from a day on; what a grant's application costs is charged.

    Raises:
        NotFound: no such property.
        Invalid: no such claim, or a day to come.
        Conflict: as ``ordering.change``, or it is gone.
    """
    owed = locked(session, args)
    register = register_of(session, owed)
    day = args["effective_from"]
    states = claimed(register, day, args["grants"], args["ends"])
    details = {"grants": args["grants"], "ends": args["ends"]}
    before = register.at(day)
    order, found = change(session, owed, "claim", args, states, caller, now, details)
    fees = register_rules().claim_fees
    granted = set(args["grants"]) - (before.claims if before else set())
    charged = sum(fees.get(code, 0) for code in granted)
    charge_fee(session, owed, CLAIM_FEE, charged, order.number, now)
    return told(owed, order, found) | {"fee_paise": charged}


def demolish(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Say that a property is demolished from a day on; an open plot may stay.

    Raises:
        NotFound: no such property.
        Invalid: what stays is no open plot, or a day to come.
        Conflict: as ``ordering.change``, or it is gone already.
    """
    plot = args["plot"]
    if plot is not None and plot["use"] != OPEN_PLOT:
        raise Invalid("not a demolition", {"plot": [f"its use must be {OPEN_PLOT}"]})
    owed = locked(session, args)
    states = demolished(register_of(session, owed), args["effective_from"], plot)
    details = {"grounds": args["grounds"]}
    order, found = change(session, owed, "demolition", args, states, caller, now, details)
    return told(owed, order, found)
