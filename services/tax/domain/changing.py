"""What somebody says of a property, as a state of the register: all of it, or what is new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from palika.errors import Conflict, Invalid
from palika.reading import Mistakes
from services.tax.domain.property import Floor, Property, described
from services.tax.domain.rates import Sheet
from services.tax.domain.register import ACTIVE, Register, State

FIRST_DAY: Final = date(1850, 1, 1)
"""No order or hold is taken to be older (our own limit): an earlier day is a slip of the pen."""
_PARTS: Final = ("ward", "zone", "address", "floors", "claims")
"""What can be said of a property."""


def checked(
    number: str, zone: Any, floors: Sequence[Mapping[str, Any]], claims: Iterable[str], sheet: Sheet
) -> Property:
    """The property of a call's arguments.

    Raises:
        Invalid: no such zone, use, class, occupancy or claim; each field with its rule.
    """
    raw = {"number": number, "zone": zone, "floors": floors, "claims": list(claims)}
    try:
        return described(raw, sheet)
    except Mistakes as error:
        fields: dict[str, list[str]] = {}
        for place, rule in error.found:
            fields.setdefault(place, []).append(rule)
        raise Invalid("not a property", fields) from error


def changed(
    number: str, base: State | None, given: Mapping[str, Any], sheet: Sheet, begins: date
) -> State:
    """A state with what is new in it.

    Args:
        number: the property's.
        base: what it was known to be on the day; None: it was never assessed.
        given: those of ward, zone, address, floors (as calls have them) and claims that are new;
            None is as it was.
        sheet: the city's rates.
        begins: the day from which it holds, for messages.

    Raises:
        Invalid: as ``checked``; or it was never assessed and something is missing.
        Conflict: it is gone on that day.
    """
    new = {part: given[part] for part in _PARTS if given.get(part) is not None}
    if base is None:
        if missing := [part for part in _PARTS[:-1] if part not in new]:
            rule = f"must be given: before {begins.isoformat()} property {number} was not assessed"
            raise Invalid("not a property", {part: [rule] for part in missing})
    elif base.status != ACTIVE:
        raise Conflict(
            f"property {number} is {base.status} on {begins.isoformat()}",
            {"number": number, "status": base.status},
        )
    floors = new["floors"] if "floors" in new else floors_as_given(base.floors if base else ())
    claims = new["claims"] if "claims" in new else sorted(base.claims if base else ())
    owed = checked(number, new.get("zone", base and base.zone), floors, claims, sheet)
    return State(
        new.get("ward", base.ward if base else ""),
        owed.zone,
        new.get("address", base.address if base else ""),
        ACTIVE,
        owed.floors,
        owed.claims,
    )


def ended(base: State, status: str) -> State:
    """The same, gone: it has no floors any more."""
    return replace(base, status=status, floors=(), claims=frozenset())


def check_day(day: date, today: date, field: str = "effective_from") -> None:
    """Refuse an order that does not hold yet (it is written down on its day), or is of another age.

    Raises:
        Invalid: the day is after today, or before ``FIRST_DAY``.
    """
    if day > today:
        rule = f"must not be after today, {today.isoformat()}"
        raise Invalid("not an order", {field: [rule]})
    if day < FIRST_DAY:
        rule = f"must not be before {FIRST_DAY.isoformat()}"
        raise Invalid("not an order", {field: [rule]})


def check_built(floors: Sequence[Floor], today: date) -> None:
    """Refuse a floor that is not built yet.

    Raises:
        Invalid: names each that is of a year to come.
    """
    not_built = {
        f"floors, {at}, built_in": [f"must not be after this year, {today.year}"]
        for at, floor in enumerate(floors, 1)
        if floor.built_in is not None and floor.built_in > today.year
    }
    if not_built:
        raise Invalid("not a property", not_built)


def check_states(states: Mapping[date, State], today: date) -> None:
    """Refuse what an order cannot say of a property.

    Args:
        states: by the day from which each holds.
        today: in Asia/Kolkata.

    Raises:
        Invalid: as ``check_day`` of a day, or ``check_built`` of floors.
    """
    for day, state in states.items():
        check_day(day, today)
        check_built(state.floors, today)


def check_changes(register: Register, states: Mapping[date, State]) -> None:
    """Refuse an order that changes nothing, or leaves open what holds later.

    Raises:
        Conflict: nothing is another by it; or as ``Register.check_from``.
    """
    register.check_from(states)
    if all(register.at(day) == state for day, state in states.items()):
        raise Conflict(
            f"property {register.number} is that already: the order changes nothing",
            {"number": register.number},
        )


def check_active(register: Register, day: date) -> State:
    """What a property is on a day, when it is there and assessed.

    Raises:
        Conflict: it was not on the roll by then, was never assessed, or is gone.
    """
    state = register.at(day)
    if state is None:
        raise Conflict(
            f"property {register.number} was not assessed on {day.isoformat()}",
            {"number": register.number},
        )
    if state.status != ACTIVE:
        raise Conflict(
            f"property {register.number} is {state.status} on {day.isoformat()}",
            {"number": register.number, "status": state.status},
        )
    return state


def area_of(floors: Iterable[Floor]) -> int:
    """Of all floors, in hundredths of a square metre."""
    return sum(each.area for each in floors)


def check_areas(before: int, after: int, explained: str | None) -> None:
    """Refuse parts that are not as large as the whole, unless somebody says why.

    Args:
        before, after: in hundredths of a square metre.
        explained: why they differ; None when nobody said.

    Raises:
        Invalid: they differ, and nobody said why.
    """
    if before != after and explained is None:
        rule = (
            f"must say why the areas differ: {before // 100}.{before % 100:02} sq m before, "
            f"{after // 100}.{after % 100:02} after"
        )
        raise Invalid("areas do not add up", {"difference": [rule]})


def floors_as_given(floors: Iterable[Floor]) -> list[dict[str, Any]]:
    """Floors as calls have them."""
    found = []
    for each in floors:
        raw: dict[str, Any] = {
            "floor": each.label,
            "area_sqm": Decimal(each.area) / 100,
            "use": each.use,
            "occupancy": each.occupancy,
        }
        if each.construction is not None:
            raw |= {"class": each.construction, "built_in": each.built_in}
        found.append(raw)
    return found
