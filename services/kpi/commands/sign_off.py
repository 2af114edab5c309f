"""Sign a period off: after it there are corrections only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.india import day_of
from services.kpi.commands.enter import count_waiting
from services.kpi.commands.readings import check_department, hold
from services.kpi.domain.entry import Key
from services.kpi.domain.period import financial_year
from services.kpi.entered.form import asked, latest
from services.kpi.models import SignOff
from services.kpi.moments import moment
from services.kpi.reference import city_entry, city_places


def sign_off(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> SignOff:
    """Close a period of a department: what is entered for such periods is locked.

    What is missing then may still be entered, as a correction, as long as its year is open to
    entry. A year that is closed stays as it is: what was entered of it is signed off, and what was
    submitted in time is decided before, but nobody corrects it any more. Signed twice it is signed
    once.

    Raises:
        Forbidden: neither the department's owner nor an administrator.
        Invalid: no such department or period, the period is not over, or it is of a
            year that is not open to entry and nothing was entered of it.
        Conflict: values of the period wait for a decision.
    """
    department = args["department"]
    check_department(department)
    city_entry().check_sign(caller, department)
    wanted = asked(department, args["period"], day_of(now))
    of = wanted[0].period
    if of.last >= day_of(now):
        raise Invalid("the period is not over", {"period": [f"{of.code} ends on {of.last}"]})
    hold(session, department)
    known = session.get(SignOff, (department, of.code))
    if known is not None:
        return known
    closed = of.year < financial_year(day_of(now)) - city_entry().years_back
    if waiting := count_waiting(session, department, of.code):
        raise Conflict(f"{waiting} value(s) of {of.code} wait for a decision", {"waiting": waiting})
    found = latest(session, department, wanted)
    there = {
        key
        for key, rows in found.items()
        if any(each.in_force and each.period == of.code for each in rows)
    }
    entered = {key.measure for key in there}
    # Of a year that is closed: what nobody has entered anything of may have come later.
    missing = sum(
        Key(one.info.code, place, of.last) not in there
        for one in wanted
        if not closed or one.info.code in entered
        for place in city_places().expected(one.info.by)
    )
    # Once it was open perhaps: what was entered then may be signed off still.
    if closed and not there:
        rule = f"{of.code} is closed to entry, and nothing was ever entered of it"
        raise Invalid("nothing can be entered for that period", {"period": [rule]})
    signed = SignOff(
        department=department,
        period=of.code,
        signed_by=caller.subject,
        signed_at=now,
        note=args["note"],
        missing=missing,
    )
    session.add(signed)
    session.flush()
    return signed


def signed_view(signed: SignOff) -> dict[str, Any]:
    """A sign-off as the RPC answers with it."""
    return {
        "department": signed.department,
        "period": signed.period,
        "signed_by": signed.signed_by,
        "signed_at": moment(signed.signed_at),
        "note": signed.note,
        "missing": signed.missing,
    }
