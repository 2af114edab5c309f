"""What keeps the city from recovering, in the database: courts' stays, cases, objections."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.tax.domain.holding import OBJECTION, STAY, Hold, stays
from services.tax.domain.ledger.interest import Stay
from services.tax.domain.objections import OPEN
from services.tax.ledger_store import half_year_of
from services.tax.models import Objection
from services.tax.reference import register_rules

_DAY: Final = timedelta(days=1)
_HOLDS: Final = """
WITH state AS (
    SELECT DISTINCT ON (property_id, effective_from) property_id, effective_from, zone
    FROM property_state
    WHERE property_id = ANY (%(ids)s::uuid[])
        AND EXISTS (SELECT FROM hold WHERE zone IS NOT NULL)
    ORDER BY property_id, effective_from, id DESC
), span AS (
    SELECT property_id, zone, effective_from AS first_day,
        lead(effective_from) OVER (PARTITION BY property_id ORDER BY effective_from) - 1 AS last_day
    FROM state
), held AS (
    SELECT property_id, id, kind, since, last_day, reference, half_years
    FROM hold WHERE property_id = ANY (%(ids)s::uuid[])
    UNION ALL
    SELECT span.property_id, hold.id, hold.kind, greatest(hold.since, span.first_day),
        least(hold.last_day, span.last_day), hold.reference, hold.half_years
    FROM span JOIN hold ON hold.zone = span.zone
        AND (span.last_day IS NULL OR hold.since <= span.last_day)
        AND (hold.last_day IS NULL OR hold.last_day >= span.first_day)
)
SELECT property_id::text, id::text, kind, since, last_day, reference, half_years FROM held
WHERE %(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[])
ORDER BY property_id, since, id
"""
"""What is held of a zone is held of a property on the days on which it lies in it, by the register
as it is known now: it may come to another zone, and what was stayed before stays so."""


def stays_of(session: Session, property_id: uuid.UUID) -> Sequence[Stay]:
    """The stays of a property's interest, those that were lifted too."""
    return stays_of_many(session, [property_id]).get(property_id, ())


def stays_of_many(
    session: Session, property_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Sequence[Stay]]:
    """The same of some thousand properties at the most; who has none is not in it."""
    found = recorded_of(session, property_ids, (STAY,))
    return {property_id: stays(holds) for property_id, holds in found.items()}


def stays_by_property(cursor: Any, property_ids: Sequence[str]) -> Mapping[str, Sequence[Stay]]:
    """The same of many properties, by their ids as text; who has none is not in it.

    Args:
        cursor: of psycopg2, on the service's database.
        property_ids: as text.
    """
    cursor.execute(_HOLDS, {"ids": list(property_ids), "kinds": [STAY]})
    return {property_id: stays(holds) for property_id, holds in _by_property(cursor).items()}


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


def recorded_of(
    session: Session, property_ids: Sequence[uuid.UUID], kinds: Sequence[str] | None = None
) -> dict[uuid.UUID, list[Hold]]:
    """All holds of properties and of the zones in which they have lain, ended ones too, by
    property."""
    session.flush()
    asked = {
        "ids": [str(each) for each in property_ids],
        "kinds": list(kinds) if kinds is not None else None,
    }
    rows = session.connection().exec_driver_sql(_HOLDS, asked)
    return {uuid.UUID(property_id): holds for property_id, holds in _by_property(rows).items()}


def _by_property(rows: Iterable[Any]) -> dict[str, list[Hold]]:
    """The holds of rows of ``_HOLDS``, by the property's id as text; the spans of one that meet are
    one."""
    found: dict[str, dict[str, list[Hold]]] = {}
    for property_id, hold_id, kind, since, last_day, reference, half_years in rows:
        of = frozenset(map(half_year_of, half_years)) if half_years is not None else None
        spans = found.setdefault(property_id, {}).setdefault(hold_id, [])
        before = spans[-1].until if spans else None
        if before is not None and before + _DAY == since:
            spans[-1] = replace(spans[-1], until=last_day)
        else:
            spans.append(Hold(kind, since, reference, last_day, of))
    return {
        property_id: sorted(chain(*holds.values()), key=lambda each: each.since)
        for property_id, holds in found.items()
    }
