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
from services.kpi.entered.form import asked, latest
from services.kpi.models import SignOff
from services.kpi.moments import moment
from services.kpi.reference import city_entry, city_places


def sign_off(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> SignOff:
    """Close a period of a department: what is entered for such periods is locked.

    What is missing then may still be entered, as a correction. Signed twice it is signed once.

    Raises:
        Forbidden: neither the department's owner nor an administrator.
        Invalid: no such department or period, or the period is not over.
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
    if waiting := count_waiting(session, department, of.code):
        raise Conflict(f"{waiting} value(s) of {of.code} wait for a decision", {"waiting": waiting})
    found = latest(session, department, wanted)
    missing = sum(
        not any(each.in_force for each in found.get(Key(one.info.code, place, of.last), []))
        for one in wanted
        for place in city_places().expected(one.info.by)
    )
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
