"""The register of ``domain/register`` in the database: the one place that reads and writes it."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from services.tax.domain.register import (
    Owner,
    Recorded,
    Register,
    State,
    Title,
    check_shares,
    floors_as_json,
    floors_of_json,
    use_of,
)
from services.tax.models import Owner as OwnerRow
from services.tax.models import Property, PropertyState, RegisterOrder


def registers_of(
    session: Session, properties: Mapping[uuid.UUID, str]
) -> dict[uuid.UUID, Register]:
    """The registers of properties, by their ids.

    Args:
        session: on the service's database.
        properties: their numbers by their ids.
    """
    rows = session.scalars(
        select(PropertyState)
        .where(PropertyState.property_id.in_(properties))
        .order_by(PropertyState.id)
    )
    states: dict[uuid.UUID, list[Recorded]] = defaultdict(list)
    for row in rows:
        states[row.property_id].append(Recorded(state_of(row), row.effective_from, row.recorded_at))
    return {id_: Register(number, tuple(states[id_])) for id_, number in properties.items()}


def register_of(session: Session, owed: Property) -> Register:
    """The register of one property."""
    return registers_of(session, {owed.id: owed.number})[owed.id]


def titles_of(session: Session, property_id: uuid.UUID) -> list[Title]:
    """Who owned a property, by each order that said so, as they were written down."""
    rows = session.execute(
        select(OwnerRow, RegisterOrder.effective_from, RegisterOrder.recorded_at)
        .join(RegisterOrder, RegisterOrder.id == OwnerRow.order_id)
        .where(OwnerRow.property_id == property_id)
        # As they were written down, not by the clocks of who did; an order's by their positions.
        .order_by(OwnerRow.id)
    )
    found: dict[uuid.UUID, tuple[list[Owner], date, datetime]] = {}
    for row, begins, recorded_at in rows:
        owners = found.setdefault(row.order_id, ([], begins, recorded_at))[0]
        owners.append(owner_of_row(row))
    return [
        Title(tuple(owners), begins, recorded_at, str(order))
        for order, (owners, begins, recorded_at) in found.items()
    ]


def owner_of_row(row: OwnerRow) -> Owner:
    """The owner of a row."""
    share = Fraction(row.share_of, row.share_in)
    return Owner(row.name, row.kind, share, row.phone, row.email, row.language)


def state_of(row: PropertyState) -> State:
    """The state of a row."""
    return State(
        row.ward,
        row.zone,
        row.address,
        row.status,
        floors_of_json(row.floors),
        frozenset(row.claims),
    )


def new_order(
    session: Session,
    kind: str,
    number: str,
    dated: date,
    effective_from: date,
    by: Identity,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> RegisterOrder:
    """Write an order down.

    Raises:
        Conflict: the number is another order's.
    """
    fresh = insert(RegisterOrder).on_conflict_do_nothing(index_elements=[RegisterOrder.number])
    order = session.scalar(
        fresh.returning(RegisterOrder),
        {
            "id": uuid7(),
            "kind": kind,
            "number": number,
            "dated": dated,
            "effective_from": effective_from,
            "recorded_at": now,
            "by": by.subject,
            "details": dict(details or {}),
        },
    )
    if order is None:
        raise Conflict(f"there is an order {number!r} already", {"order_number": number})
    return order


def new_property(
    session: Session, number: str, state: State, bills_to: Owner, now: datetime
) -> Property | None:
    """Put a property on the roll, without its states and owners yet; None when the number is
    another's."""
    fresh = insert(Property).on_conflict_do_nothing(index_elements=[Property.number])
    values = property_values(number, state, bills_to, now)
    made: Property | None = session.scalar(fresh.returning(Property), values)
    return made


def property_values(
    number: str, state: State, bills_to: Owner, registered_at: datetime
) -> dict[str, Any]:
    """The columns of a property that is new on the roll.

    Args:
        number: the city's own.
        state: what it is.
        bills_to: the first of its owners.
        registered_at: aware.
    """
    return {
        "id": uuid7(),
        "number": number,
        "registered_at": registered_at,
        "ward": state.ward,
        "zone": state.zone,
        "use": use_of(state.floors),
        "status": state.status,
        "address": state.address,
        "owner_name": bills_to.name,
        "owner_phone": bills_to.phone,
        "owner_email": bills_to.email,
        "language": bills_to.language,
        "version": 1,
    }


def add_state(
    session: Session, owed: Property, order: RegisterOrder, state: State, effective_from: date
) -> None:
    """Say what a property is from a day on, and let its own row say so: the caller adds an order's
    states by their days, and has asked that none is to come (``check_states``, ``check_changes``).
    """
    values = state_values(owed.id, order.id, state, effective_from, order.recorded_at)
    session.add(PropertyState(**values))
    show(owed, state)


def state_values(
    property_id: uuid.UUID,
    order_id: uuid.UUID,
    state: State,
    effective_from: date,
    recorded_at: datetime,
) -> dict[str, Any]:
    """The columns of what an order says a property is from a day on."""
    return {
        "property_id": property_id,
        "order_id": order_id,
        "effective_from": effective_from,
        "recorded_at": recorded_at,
        "ward": state.ward,
        "zone": state.zone,
        "address": state.address,
        "status": state.status,
        "floors": floors_as_json(state.floors),
        "claims": sorted(state.claims),
    }


def show(owed: Property, state: State) -> None:
    """Let the property's own row, by which it is looked up, say what it is."""
    owed.ward, owed.zone, owed.address = state.ward, state.zone, state.address
    owed.status, owed.use = state.status, use_of(state.floors)


def add_owners(
    session: Session, owed: Property, order: RegisterOrder, owners: Sequence[Owner]
) -> None:
    """Say who owns a property by an order; the first is whom its bills go to.

    Raises:
        Invalid: as ``check_shares``.
    """
    check_shares(owners)
    # One statement, whatever each of them leaves empty.
    rows = list(owner_rows(owed.id, order.id, owners))
    session.execute(insert(OwnerRow), rows, execution_options={"render_nulls": True})
    show_owners(owed, order.id, owners)


def show_owners(owed: Property, order_id: uuid.UUID, owners: Sequence[Owner]) -> None:
    """Let the property's own row say who owns it today, by which order."""
    first = owners[0]
    owed.owner_name, owed.owner_phone, owed.owner_email = first.name, first.phone, first.email
    owed.language, owed.owners_order_id = first.language, order_id


def owner_rows(
    property_id: uuid.UUID, order_id: uuid.UUID, owners: Sequence[Owner]
) -> Iterable[dict[str, Any]]:
    """The rows of a property's owners by an order."""
    for position, each in enumerate(owners, 1):
        yield {
            "property_id": property_id,
            "order_id": order_id,
            "position": position,
            "name": each.name,
            "kind": each.kind,
            "share_of": each.share.numerator,
            "share_in": each.share.denominator,
            "phone": each.phone,
            "email": each.email,
            "language": each.language,
        }
