"""What stops the recovery from a property, in the database, as the ladder of notices calls it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.domain.notices import Stop
from services.tax.domain.objections import OPEN
from services.tax.models import Objection, ObjectionStep
from services.tax.reference import register_rules
from services.tax.stays import recorded_of

_DISPUTE: Final = "dispute"
_CODES: Final[Mapping[str, str]] = {
    "stay": "court-stay",
    "court_case": "court-stay",
    "dispute": _DISPUTE,
    "merged_village": "merged-village",
}
"""By kind of a hold, what it is called in ``data/notices.yaml``."""


def stops_of(session: Session, property_id: uuid.UUID) -> Sequence[Stop]:
    """The stays, disputes and other stops of a property, with their days, past ones too.

    An objection stops recovery from the day on which it came to the one on which it came to its
    end, unless the city recovers all meanwhile (``data/register.yaml``).
    """
    holds = recorded_of(session, [property_id]).get(property_id, [])
    found = [Stop(_CODES[each.kind], each.since, each.until) for each in holds]
    if register_rules().objections.meanwhile != "all":
        found += [
            Stop(_DISPUTE, came, ended) for came, ended in _objections_of(session, property_id)
        ]
    return found


def _objections_of(session: Session, property_id: uuid.UUID) -> Iterator[tuple[date, date | None]]:
    """Objections in the order in which they came: the day on which one came, and the day on which
    it came to its end, None while it is open."""
    asked = (
        select(
            Objection.state,
            Objection.received_on,
            func.max(ObjectionStep.at),
        )
        .join(ObjectionStep, ObjectionStep.objection_id == Objection.id)
        .where(Objection.property_id == property_id)
        .group_by(Objection.id)
        .order_by(Objection.received_on, Objection.id)
    )
    for state, received_on, last in session.execute(asked):
        yield received_on, None if state in OPEN else day_of(last)
