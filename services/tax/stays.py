"""What keeps the city from recovering, in the database: courts' stays, cases, objections."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.tax.domain.holding import OBJECTION, Hold, stays
from services.tax.domain.ledger.interest import Stay
from services.tax.domain.objections import OPEN
from services.tax.ledger_store import half_year_of
from services.tax.models import Hold as HoldRow
from services.tax.models import Objection, Property
from services.tax.reference import register_rules

_STAYS = """
SELECT property.id::text, hold.kind, hold.since, hold.reference, hold.last_day, hold.half_years
FROM hold JOIN property ON hold.property_id = property.id OR hold.zone = property.zone
WHERE hold.kind = 'stay' AND property.id = ANY (%s::uuid[])
ORDER BY hold.since, hold.id
"""


def stays_of(session: Session, property_id: uuid.UUID) -> Sequence[Stay]:
    """The stays of a property's interest, those that were lifted too."""
    return stays(recorded_of(session, [property_id], ("stay",)).get(property_id, []))


def stays_by_property(cursor: Any, property_ids: Sequence[str]) -> Mapping[str, Sequence[Stay]]:
    """The same of many properties, by their ids as text; who has none is not in it.

    Args:
        cursor: of psycopg2, on the service's database.
        property_ids: as text.
    """
    cursor.execute(_STAYS, (list(property_ids),))
    found: dict[str, list[Hold]] = {}
    for property_id, kind, since, reference, last_day, half_years in cursor.fetchall():
        of = frozenset(map(half_year_of, half_years)) if half_years is not None else None
        found.setdefault(property_id, []).append(Hold(kind, since, reference, last_day, of))
    return {property_id: stays(holds) for property_id, holds in found.items()}


def holds_of(
    session: Session, property_ids: Sequence[uuid.UUID], on: date
) -> dict[uuid.UUID, list[Hold]]:
    """Why nothing, or not all, may be recovered from properties on a day; those without a reason
    are not in it.

    Stays and cases come first, in the order in which they began; an objection that is open holds as
    the city's rule has it (``data/register.yaml``: all, the disputed part, or nothing).

    Args:
        session: on the service's database.
        property_ids: some thousand at the most.
        on: the day, in Asia/Kolkata.
    """
    found = {
        property_id: [each for each in holds if each.on(on)]
        for property_id, holds in recorded_of(session, property_ids).items()
    }
    meanwhile = register_rules().objections.meanwhile
    if meanwhile != "all":
        rows = session.scalars(
            select(Objection)
            .where(
                Objection.property_id.in_(property_ids),
                Objection.state.in_(OPEN),
                Objection.received_on <= on,
            )
            .order_by(Objection.received_on, Objection.id)
        )
        for row in rows:
            part = row.disputed_paise if meanwhile == "undisputed" else None
            hold = Hold(OBJECTION, row.received_on, row.number, disputed_paise=part)
            found.setdefault(row.property_id, []).append(hold)
    return {property_id: holds for property_id, holds in found.items() if holds}


def hold_of(row: HoldRow) -> Hold:
    """The hold of a row."""
    return Hold(
        row.kind,
        row.since,
        row.reference,
        row.last_day,
        frozenset(map(half_year_of, row.half_years)) if row.half_years is not None else None,
    )


def recorded_of(
    session: Session, property_ids: Sequence[uuid.UUID], kinds: Sequence[str] | None = None
) -> dict[uuid.UUID, list[Hold]]:
    """All holds of properties and of their zones, ended ones too, by property."""
    asked = (
        select(Property.id, HoldRow)
        .join(HoldRow, or_(HoldRow.property_id == Property.id, HoldRow.zone == Property.zone))
        .where(Property.id.in_(property_ids))
        .order_by(HoldRow.since, HoldRow.id)
    )
    if kinds is not None:
        asked = asked.where(HoldRow.kind.in_(kinds))
    found: dict[uuid.UUID, list[Hold]] = {}
    for property_id, row in session.execute(asked):
        found.setdefault(property_id, []).append(hold_of(row))
    return found
