"""Record what keeps the city from recovering, and its end."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.ordering import locked
from services.tax.commands.succession import left_by
from services.tax.domain.half_year import HalfYear
from services.tax.domain.holding import check_hold, check_holdable, check_lifted
from services.tax.ledger_store import code_of, lock
from services.tax.models import Hold, Property
from services.tax.reference import rates
from services.tax.schemas.register_events import HELD, RELEASED


def hold(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Hold:
    """Stop recovery from a property, or from a zone; a stay stops interest too, since its day.

    Raises:
        NotFound: no such property.
        Invalid: no such zone or half-year, or a day to come or of another age.
        Conflict: it is recorded already, of the same kind and reference, or the property was split
            or merged.
    """
    check_hold(args["since"], day_of(now))
    half_years = args["half_years"]
    codes = (
        None
        if half_years is None
        else sorted({code_of(HalfYear.parse(each)) for each in half_years})
    )
    owed = _whose(session, args)
    fresh = insert(Hold).on_conflict_do_nothing()
    made = session.scalar(
        fresh.returning(Hold),
        {
            "id": uuid7(),
            "property_id": owed.id if owed is not None else None,
            "zone": args["zone"],
            "kind": args["kind"],
            "reference": args["reference"],
            "since": args["since"],
            "half_years": codes,
            "remark": args["remark"],
            "recorded_at": now,
            "recorded_by": caller.subject,
        },
    )
    if made is None:
        raise Conflict(
            f"{args['kind']} {args['reference']} is recorded already of that property or zone",
            {"kind": args["kind"], "reference": args["reference"]},
        )
    data = {
        "hold_id": made.id,
        "kind": made.kind,
        "since": made.since.isoformat(),
        "held_at": now,
    }
    record(session, HELD.new(subject=str(made.id), sequence=1, time=now, data=_of(made, data)))
    return made


def lift(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Hold:
    """End a hold with a day; interest runs again from the first month that begins after it.

    Raises:
        NotFound: no such hold.
        Invalid: a day before it began, or to come.
        Conflict: it is lifted already.
    """
    found = session.scalar(select(Hold).where(Hold.id == args["id"]).with_for_update())
    if found is None:
        raise NotFound(f"there is no hold {args['id']}", {"id": str(args["id"])})
    if found.property_id is not None:
        lock(session, found.property_id)
    check_lifted(found.since, found.last_day, args["last_day"], day_of(now))
    found.last_day, found.lifted_at, found.lifted_by = args["last_day"], now, caller.subject
    found.lifted_reference = args["reference"]
    data = {
        "hold_id": found.id,
        "kind": found.kind,
        "last_day": found.last_day.isoformat(),
        "released_at": now,
    }
    record(
        session, RELEASED.new(subject=str(found.id), sequence=2, time=now, data=_of(found, data))
    )
    return found


def _whose(session: Session, args: Mapping[str, Any]) -> Property | None:
    if args["number"] is not None:
        owed = locked(session, {"id": None, "number": args["number"]})
        gone = left_by(session, owed)
        check_holdable(owed.number, owed.status, gone.details["to"] if gone is not None else ())
        return owed
    known = rates().zones
    if args["zone"] not in known:
        raise Invalid("no such zone", {"zone": [f"must be one of: {', '.join(known)}"]})
    return None


def _of(made: Hold, data: dict[str, Any]) -> dict[str, Any]:
    return data if made.property_id is None else data | {"property_id": made.property_id}
