"""Tie a property or a bill to a matter of several services, and untie it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika import correlation
from palika.auth import Identity
from services.tax.ledger_store import lock
from services.tax.models import Bill, Property, Tie
from services.tax.queries.matters import shown, thing


def tie_thing(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Tie it; nothing about it changes.

    Raises:
        NotFound: there is none.
        Conflict: it is tied already with another note, or there are as many ties as may be.
    """
    found = _locked(session, args)
    of, wanted = (args["kind"], found.id), (args["correlation_id"], args["note"])
    made, _ = correlation.bind(session, Tie, of, wanted, caller.subject, now)
    return shown(made, found)


def untie_thing(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Untie it.

    Raises:
        NotFound: there is none, or it is not tied to this matter.
    """
    found = _locked(session, args)
    of, wanted = (args["kind"], found.id), (args["correlation_id"], args["reason"])
    ended, _ = correlation.loosen(session, Tie, of, wanted, caller.subject, now)
    return shown(ended, found)


def _locked(session: Session, args: Mapping[str, Any]) -> Property | Bill:
    found = thing(session, args)
    lock(session, found.property_id if isinstance(found, Bill) else found.id)
    return found
