"""Split a property into several, and merge several into one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.india import day_of, rupees
from services.tax.commands.estates import carry_over, heirs_locked
from services.tax.commands.ordering import all_locked, locked, order_of, owed_paise
from services.tax.commands.register_property import owner_of
from services.tax.commands.replacing import Successor, replace
from services.tax.commands.succession import left_by
from services.tax.domain.changing import (
    area_of,
    changed,
    check_active,
    check_areas,
    check_built,
    check_day,
)
from services.tax.domain.register import Owner, Register, State
from services.tax.domain.title import check_title, owners_since
from services.tax.models import Property, RegisterOrder
from services.tax.queries.properties import find
from services.tax.reference import check_ward, rates, register_rules
from services.tax.register_store import register_of, titles_of


def split(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Make several properties of one, from a day on.

    Returns:
        ``order_id``, ``order_number``, ``properties`` and ``successors``, by number and id.

    Raises:
        NotFound: no such property.
        Invalid: areas that do not add up without an explanation, shares that are not the whole,
            what the rate sheet does not know, or a day to come.
        Conflict: it is gone or was changed later, its owners were and no part says who owns it, a
            number is taken, or something has to be paid first.
    """
    owed = locked(session, args)
    day, today = args["effective_from"], day_of(now)
    check_day(day, today)
    register = register_of(session, owed)
    state = check_active(register, day)
    if register_rules().split_dues == "clear_first":
        _check_cleared(session, owed, now)
    said = all(each["owners"] is not None for each in args["parts"])
    owners = () if said else owners_since(titles_of(session, owed.id), owed.number, day)
    new = [
        _successor(each, state, owners, day, today, f"parts, {at}")
        for at, each in enumerate(args["parts"], 1)
    ]
    after = sum(area_of(each.state.floors) for each in new)
    check_areas(area_of(state.floors), after, args["difference"])
    details = {
        "from": [owed.number],
        "to": [each.number for each in new],
        "difference": args["difference"],
    }
    order = order_of(session, "split", args, day, caller, now, details)
    made = replace(session, order, {owed: (register, state)}, new, "split", caller, now)
    return _told(order, [owed], made)


def merge(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Make one property of several, from a day on. Returns and raises as ``split``."""
    day, today = args["effective_from"], day_of(now)
    check_day(day, today)
    old: dict[Property, tuple[Register, State]] = {}
    owners: list[tuple[Owner, ...]] = []
    for owed in all_locked(session, args["numbers"]):
        register = register_of(session, owed)
        old[owed] = register, check_active(register, day)
        if args["into"]["owners"] is None:
            owners.append(owners_since(titles_of(session, owed.id), owed.number, day))
    if any(each != owners[0] for each in owners):
        rule = "must be given: the properties do not have the same owners"
        raise Invalid("not a merger", {"into, owners": [rule]})
    first = next(iter(old.values()))[1]
    new = _successor(args["into"], first, owners[0] if owners else (), day, today, "into")
    before = sum(area_of(state.floors) for _, state in old.values())
    check_areas(before, area_of(new.state.floors), args["difference"])
    details = {
        "from": [owed.number for owed in old],
        "to": [new.number],
        "difference": args["difference"],
    }
    order = order_of(session, "merger", args, day, caller, now, details)
    made = replace(session, order, old, [new], "merged", caller, now)
    return _told(order, list(old), made)


def carry(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Carry what has come to a property since it was split or merged to what is in its place now:
    where a part has been split or merged again, to those in the part's place. What is demolished
    takes its share on its own ledger.

    Returns:
        ``dues_paise`` and ``advance_paise`` that were carried, and ``successors``.

    Raises:
        NotFound: no such property.
        Conflict: it was neither split nor merged, what is in its place gives way in this moment, or
            there is nothing to carry.
    """
    owed = find(session, args)
    order = left_by(session, owed)
    if order is None:
        raise Conflict(
            f"property {owed.number} was neither split nor merged", {"number": owed.number}
        )
    made = heirs_locked(session, owed, order, now)
    estate = carry_over(session, owed, order, made, now)
    return {
        "dues_paise": sum(estate.dues.values()),
        "advance_paise": estate.advance,
        "successors": [{"id": str(each.id), "number": each.number} for each in made],
    }


def _successor(
    given: Mapping[str, Any],
    base: State,
    owners: tuple[Owner, ...],
    day: date,
    today: date,
    place: str,
) -> Successor:
    """A part as it is described; its own mistakes are named by where it stands."""
    if given["ward"] is not None:
        check_ward(given["ward"])
    try:
        state = changed(given["number"], base, given, rates(), day)
        check_built(state.floors, today)
        if given["owners"] is not None:
            owners = tuple(owner_of(each) for each in given["owners"])
            check_title(owners)
    except Invalid as error:
        fields = {f"{place}, {field}": rule for field, rule in error.fields.items()}
        raise Invalid(error.message, fields) from error
    return Successor(given["number"], state, owners)


def _check_cleared(session: Session, owed: Property, now: datetime) -> None:
    open_ = owed_paise(session, owed, day_of(now))
    if open_ > 0:
        raise Conflict(
            f"{rupees(open_)} is owed of property {owed.number}: it is split when all is paid",
            {"number": owed.number, "owed_paise": open_},
        )


def _told(order: RegisterOrder, old: list[Property], made: list[Property]) -> dict[str, Any]:
    return {
        "order_id": str(order.id),
        "order_number": order.number,
        "effective_from": order.effective_from.isoformat(),
        "properties": [{"id": str(each.id), "number": each.number} for each in old],
        "successors": [{"id": str(each.id), "number": each.number} for each in made],
    }
