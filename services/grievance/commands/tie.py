"""Tie a grievance to a matter of several services, and untie it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika import correlation
from palika.auth import Identity
from services.grievance.commands.step import Act, note_beside
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Grievance, Tie
from services.grievance.queries.find import find
from services.grievance.queries.matters import shown


def tie_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Tie it, whatever has become of it; its version stays. The timeline keeps who did, for the
    office only.

    Raises:
        NotFound: there is none.
        Forbidden: it is private, and no business of this officer's.
        Conflict: it is tied already with another note, or there are as many ties as may be.
    """
    found = _locked(session, caller, args, now)
    thing, wanted = (args["kind"], found.id), (args["correlation_id"], args["note"])
    made, fresh = correlation.bind(session, Tie, thing, wanted, caller.subject, now)
    if fresh:
        note_beside(session, [found], Step.TIE, caller, now, matter=str(made.correlation_id))
    return shown(made, found)


def untie_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Untie it. Raises NotFound and Forbidden as ``tie_grievance``, and:

    NotFound: it is not tied to this matter.
    """
    found = _locked(session, caller, args, now)
    thing, wanted = (args["kind"], found.id), (args["correlation_id"], args["reason"])
    ended, fresh = correlation.loosen(session, Tie, thing, wanted, caller.subject, now)
    if fresh:
        note_beside(session, [found], Step.UNTIE, caller, now, matter=str(ended.correlation_id))
    return shown(ended, found)


def _locked(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    key = find(session, caller, args).id
    return Act.locked(session, caller, key, now).grievance
