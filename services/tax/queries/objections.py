"""Objections with their timeline, and what holds recovery back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.india import day_of
from services.tax.domain.holding import KINDS, Hold
from services.tax.domain.objections import MOVES, WORDS
from services.tax.models import Hold as HoldRow
from services.tax.models import Objection, ObjectionStep
from services.tax.queries.properties import find
from services.tax.stays import holds_of

_LANGUAGES = ("mr", "en")


def objection(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """One objection with every step, and the steps that are possible from here.

    Raises:
        NotFound: there is none.
    """
    number = args["objection_number"]
    found = session.scalar(select(Objection).where(Objection.number == number))
    if found is None:
        raise NotFound(f"there is no objection {number}", {"objection_number": number})
    steps = session.scalars(
        select(ObjectionStep)
        .where(ObjectionStep.objection_id == found.id)
        .order_by(ObjectionStep.id)
    )
    return objection_view(found) | {"timeline": [_step(each) for each in steps]}


def objections(session: Session, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A property's objections, the newest first.

    Raises:
        NotFound: no such property.
    """
    owed = find(session, args)
    rows = session.scalars(
        select(Objection)
        .where(Objection.property_id == owed.id)
        .order_by(Objection.filed_at.desc(), Objection.id)
    )
    return [objection_view(each) for each in rows]


def objection_view(row: Objection) -> dict[str, Any]:
    """An objection as the staff see it."""
    return {
        "number": row.number,
        "property_id": str(row.property_id),
        "bill_id": str(row.bill_id) if row.bill_id else None,
        "order_id": str(row.order_id) if row.order_id else None,
        "objector": row.objector,
        "grounds": row.grounds,
        "disputed_paise": row.disputed_paise,
        "received_on": row.received_on.isoformat(),
        "state": row.state,
        "called": {each: WORDS[row.state].in_(each) for each in _LANGUAGES},
        "possible": list(MOVES[row.state]),
        "hearing_at": row.hearing_at.isoformat() if row.hearing_at else None,
        "adjourned": row.adjourned,
        "outcome": row.outcome,
        "decided_order_id": str(row.decided_order_id) if row.decided_order_id else None,
        "version": row.version,
    }


def holds(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What holds recovery from a property back today, and all that was ever recorded of it alone.

    Raises:
        NotFound: no such property.
    """
    owed = find(session, args)
    rows = session.scalars(
        select(HoldRow).where(HoldRow.property_id == owed.id).order_by(HoldRow.since, HoldRow.id)
    )
    held = holds_of(session, [owed.id], day_of(now)).get(owed.id, [])
    return {
        "property_id": str(owed.id),
        "number": owed.number,
        "held_by": [_held(each) for each in held],
        "recorded": [hold_view(each) for each in rows],
    }


def hold_view(row: HoldRow) -> dict[str, Any]:
    """A hold as the staff see it."""
    return {
        "id": str(row.id),
        "property_id": str(row.property_id) if row.property_id else None,
        "zone": row.zone,
        "kind": row.kind,
        "called": {each: KINDS[row.kind].in_(each) for each in _LANGUAGES},
        "reference": row.reference,
        "since": row.since.isoformat(),
        "last_day": row.last_day.isoformat() if row.last_day else None,
        "half_years": row.half_years,
        "remark": row.remark,
        "lifted_reference": row.lifted_reference,
    }


def _held(hold: Hold) -> dict[str, Any]:
    return {
        "kind": hold.kind,
        "since": hold.since.isoformat(),
        "reference": hold.reference,
        "disputed_paise": hold.disputed_paise,
        "half_years": sorted(map(str, hold.half_years)) if hold.half_years else None,
    }


def _step(row: ObjectionStep) -> dict[str, Any]:
    return {
        "step": row.step,
        "called": {each: WORDS[row.step].in_(each) for each in _LANGUAGES},
        "at": row.at.isoformat(),
        "by": row.by,
        "details": row.details,
    }
