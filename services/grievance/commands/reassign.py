"""Hand work over in bulk: an officer goes on leave, or leaves; what nobody has finds somebody."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, NotFound
from services.grievance.commands.assign import assign
from services.grievance.commands.step import Act
from services.grievance.domain.holding import check_still_with
from services.grievance.domain.lifecycle import State, Step, after
from services.grievance.domain.routing import Standing
from services.grievance.models import Grievance
from services.grievance.queries import search
from services.grievance.queries.officers import officer_for, standing

_ORDER = "oldest"


@dataclass(frozen=True, slots=True)
class _Handing:
    """To whom, and from whom: ``to`` None is to whom each is best given."""

    to: Standing | None
    from_officer: str | None
    only_unassigned: bool


def reassign_grievances(
    sessions: sessionmaker[Session], caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Give each of many open grievances to an officer, in a transaction of its own.

    One that cannot be given does not stop the others, and nobody waits for more than one row. Who
    calls again after a break does no harm: what is with its officer already is left as it is.

    Args:
        sessions: of the service's database.
        caller: who wants it.
        args: as loaded by ``schemas.Reassigning``.
        now: the moment of the steps.

    Returns:
        ``items`` (``id``, ``outcome``, ``officer``, ``reason``), ``counts`` by outcome, ``next``
        (the cursor with which to go on, or None). An outcome is ``reassigned``; ``unchanged``: it
        is with them already; ``unrouted``: no post is there for it, so it stays where it is;
        ``conflict``, ``forbidden`` or ``not_found``: ``reason`` says why.

    Raises:
        Invalid: no such active post, or it is on leave; or the cursor or the filters are not those
            of a list.
    """
    with sessions.begin() as session:
        keys, cursor = _which(session, args, now)
        handing = _Handing(
            _target(session, args, now), args["from_officer"], bool(args["unassigned"])
        )
    items = [_hand_over(sessions, caller, key, handing, now) for key in keys]
    counts = Counter(item["outcome"] for item in items)
    return {"items": items, "counts": dict(counts), "next": cursor}


def _target(session: Session, args: Mapping[str, Any], now: datetime) -> Standing | None:
    if args["to_officer"] is None:
        return None
    to = standing(session, args["to_officer"], now)
    to.check_there("to_officer")
    return to


def _which(
    session: Session, args: Mapping[str, Any], now: datetime
) -> tuple[list[uuid.UUID], str | None]:
    if args["ids"] is not None:
        return list(dict.fromkeys(args["ids"])), None
    officer = args["from_officer"]
    filters = {**args, "officer": officer and [officer], "open": True, "order": _ORDER}
    found, cursor = search.rows(session, filters, now)
    return [each.id for each in found], cursor


def _hand_over(
    sessions: sessionmaker[Session], caller: Identity, key: uuid.UUID, to: _Handing, now: datetime
) -> dict[str, Any]:
    reason = None
    try:
        with sessions.begin() as session:
            outcome, officer = _give(session, caller, key, to, now)
    except (Conflict, Forbidden, NotFound) as error:
        outcome = error.code
        officer, reason = None, error.message
    return {"id": str(key), "outcome": outcome, "officer": officer, "reason": reason}


def _give(
    session: Session, caller: Identity, key: uuid.UUID, to: _Handing, now: datetime
) -> tuple[str, str | None]:
    """Give one, locked, as it is now: the list may be older."""
    act = Act.locked(session, caller, key, now)
    grievance = act.grievance
    after(State(grievance.state), Step.ASSIGN)
    _check_still_theirs(grievance, to)
    if to.to is None:
        officer = officer_for(session, grievance, now, besides=to.from_officer)
    else:
        officer = to.to.code
        to.to.check_department(grievance.number, grievance.department)
    if officer is None:
        return "unrouted", grievance.officer
    if officer == grievance.officer:
        return "unchanged", officer
    act.take(partial(assign, officer=officer))
    act.save()
    return "reassigned", officer


def _check_still_theirs(grievance: Grievance, to: _Handing) -> None:
    if to.from_officer is not None or to.only_unassigned:
        check_still_with(grievance.number, grievance.officer, to.from_officer)
