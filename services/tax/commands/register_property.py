"""Put a property on the roll."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.tax.domain.changing import check_built, check_day, checked
from services.tax.domain.register import ACTIVE, REGISTRATION, Owner, State
from services.tax.domain.title import check_title
from services.tax.models import Property, PropertyState, RegisterOrder
from services.tax.reference import check_ward, rates
from services.tax.register_store import (
    add_owners,
    add_state,
    new_order,
    new_property,
    register_of,
    titles_of,
)

_OF_ORDER: Final = {
    "order_number": "number",
    "order_date": "dated",
    "effective_from": "effective_from",
}


def register_property(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Property:
    """Register a property by an order; the same one again, in every detail, gives the first one.

    Raises:
        Invalid: no such ward, zone, use, class or claim, shares that are not the whole, an owner
            who is there twice, a day to come or of another age, or a floor that is not built yet.
        Conflict: the number is another property's (``details`` names the fields that differ), or
            the order's is another order's.
    """
    state, owners = what_is_registered(args)
    _check_days(args, state, day_of(now))
    made = new_property(session, args["number"], state, owners[0], now)
    if made is None:
        known = session.scalars(select(Property).where(Property.number == args["number"])).one()
        _check_same(session, known, state, owners, args)
        return known
    begins = args["effective_from"] or day_of(now)
    order = new_order(
        session,
        REGISTRATION,
        args["order_number"] or f"{REGISTRATION}:{args['number']}",
        args["order_date"] or day_of(now),
        begins,
        caller,
        now,
    )
    add_state(session, made, order, state, begins)
    add_owners(session, made, order, owners)
    return made


def what_is_registered(args: Mapping[str, Any]) -> tuple[State, list[Owner]]:
    """The property and its owners that somebody describes.

    Raises:
        Invalid: no such ward, zone, use, class, occupancy or claim, or as ``check_title``.
    """
    check_ward(args["ward"])
    owed = checked(args["number"], args["zone"], args["floors"], args["claims"], rates())
    state = State(args["ward"], owed.zone, args["address"], ACTIVE, owed.floors, owed.claims)
    owners = [owner_of(each) for each in args["owners"]]
    check_title(owners)
    return state, owners


def owner_of(raw: Mapping[str, Any]) -> Owner:
    """The owner of a call's arguments."""
    share = Fraction(raw["share"])
    return Owner(raw["name"], raw["kind"], share, raw["phone"], raw["email"], raw["language"])


def _check_days(args: Mapping[str, Any], state: State, today: date) -> None:
    for field in ("order_date", "effective_from"):
        if args[field] is not None:
            check_day(args[field], today, field)
    check_built(state.floors, today)


def _check_same(
    session: Session, known: Property, state: State, owners: list[Owner], args: Mapping[str, Any]
) -> None:
    first = register_of(session, known).states
    titles = titles_of(session, known.id)
    differs = []
    if not first or first[0].state != state:
        names = ("ward", "zone", "address", "floors", "claims")
        was = first[0].state if first else None
        differs += [name for name in names if getattr(was, name, None) != getattr(state, name)]
    if not titles or titles[0].owners != tuple(owners):
        differs.append("owners")
    order = session.scalar(
        select(RegisterOrder)
        .join(PropertyState, PropertyState.order_id == RegisterOrder.id)
        .where(PropertyState.property_id == known.id)
        .order_by(PropertyState.id)
        .limit(1)
    )
    # What is not given is not said to be another.
    for field, column in _OF_ORDER.items():
        if args[field] is not None and args[field] != getattr(order, column, None):
            differs.append(field)
    if differs:
        raise Conflict(
            f"property {known.number!r} is registered already, with another {', '.join(differs)}",
            {"number": known.number, "differs": differs},
        )
