"""The states that an order's arguments describe: read, not written."""

from collections.abc import Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from services.tax.domain.changing import changed, check_active, ended
from services.tax.domain.register import Register, State
from services.tax.reference import check_ward, rates


def states_of(register: Register, given: Sequence[Mapping[str, Any]]) -> dict[date, State]:
    """What a property is by a reassessment, by the day from which that holds.

    What is not said of a day is as the reassessment has it on the day before, unless the property
    is known to have changed on that day: then it is as was known.

    Raises:
        Invalid: no such ward, zone, use, class or claim, or something is missing of a property
            that was never assessed.
        Conflict: it is gone on one of the days.
    """
    known = {each.effective_from for each in register.states}
    found: dict[date, State] = {}
    before: State | None = None
    for each in sorted(given, key=itemgetter("effective_from")):
        if each["ward"] is not None:
            check_ward(each["ward"])
        day = each["effective_from"]
        base = register.at(day) if before is None or day in known else before
        found[day] = before = changed(register.number, base, each, rates(), day)
    return found


def claimed(
    register: Register, day: date, grants: Sequence[str], ends: Sequence[str]
) -> dict[date, State]:
    """What a property is when claims are granted, or end, from a day on, and later on as well.

    Raises:
        Invalid: no such claim.
        Conflict: it is not assessed, or gone, on that day.
    """
    check_active(register, day)
    found = {}
    for begins in sorted({day, *(each.effective_from for each in register.states)}):
        base = register.at(begins)
        if begins >= day and base is not None and base.floors:
            claims = sorted((base.claims | set(grants)) - set(ends))
            found[begins] = changed(register.number, base, {"claims": claims}, rates(), begins)
        elif begins >= day and base is not None:
            found[begins] = base
    return found


def demolished(register: Register, day: date, plot: Mapping[str, Any] | None) -> dict[date, State]:
    """What stays of a property that is demolished from a day on: an open plot, or nothing.

    Raises:
        Invalid: the plot is none.
        Conflict: it is not assessed, or gone, on that day.
    """
    base = check_active(register, day)
    if plot is None:
        return {day: ended(base, "demolished")}
    return {day: changed(register.number, base, {"floors": [plot], "claims": []}, rates(), day)}
