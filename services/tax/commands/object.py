"""Objections to an assessment: filed, heard, decided."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from palika.outbox import record
from services.tax.changes import states_of
from services.tax.commands.ordering import change, locked
from services.tax.domain import objections
from services.tax.domain.half_year import HalfYear
from services.tax.domain.moves import moved
from services.tax.domain.payment import check_back_dated
from services.tax.ledger_store import lock
from services.tax.models import (
    Bill,
    Objection,
    ObjectionStep,
    Property,
    PropertyState,
    RegisterOrder,
)
from services.tax.planning import Plan
from services.tax.reference import channels, register_rules
from services.tax.register_store import register_of
from services.tax.schemas.register_events import HEARING_SET, OBJECTED, OBJECTION_DECIDED


def file_objection(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Objection:
    """File an objection to a bill, or to an order about a property.

    Raises:
        NotFound: no such property, or no such bill or order of it.
        Forbidden: it came longer ago than an officer may say (``office.back_date_days`` of
            ``channels.yaml``).
        Invalid: a day that cannot be, more than the bill's amount, or a supervisor says without a
            reason that it came long ago.
        Conflict: it is too late, or there is one to the same already that was not withdrawn.
    """
    owed = locked(session, args)
    today = day_of(now)
    received_on = args["received_on"] or today
    bill_id, order_id, since = _against(session, owed, args)
    rules = register_rules().objections
    objections.check_in_time(since, received_on, today, rules)
    check_back_dated(
        received_on,
        today,
        channels().back_date_days,
        supervisor=caller.has_any({"supervisor", "admin"}),
        reason=args["reason"],
        what="an objection",
    )
    _check_first(session, owed, bill_id, order_id)
    serial = session.scalar(text("SELECT nextval('objection_serial')"))
    made = Objection(
        id=uuid7(),
        number=f"OBJ-{HalfYear.of(today).financial_year}-{serial:06d}",
        property_id=owed.id,
        bill_id=bill_id,
        order_id=order_id,
        objector=args["objector"],
        grounds=args["grounds"],
        disputed_paise=args["disputed_paise"],
        received_on=received_on,
        filed_at=now,
        filed_by=caller.subject,
        state=objections.FILED,
        adjourned=0,
        version=1,
    )
    session.add(made)
    session.flush()
    details = {} if args["reason"] is None else {"reason": args["reason"]}
    _note(session, made, "file", caller, now, details)
    record(
        session,
        OBJECTED.new(
            subject=str(made.id),
            sequence=made.version,
            time=now,
            data=_of(made, owed)
            | {"against": "bill" if bill_id is not None else "order", "objected_at": now},
        ),
    )
    return made


def set_hearing(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Objection:
    """Set the day of the hearing.

    Raises:
        NotFound: no such objection.
        Invalid: the notice would come too late.
        Conflict: not in its state; the message names what is possible.
    """
    made, owed = _locked(session, args)
    made.state = moved(made.number, made.state, "set_hearing", objections.MOVES)
    return _hearing(session, made, owed, "set_hearing", caller, args, now)


def adjourn(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Objection:
    """Put the hearing off to another day. Raises as ``set_hearing``; Conflict also when it was put
    off as often as it may be."""
    made, owed = _locked(session, args)
    made.state = moved(made.number, made.state, "adjourn", objections.MOVES)
    objections.check_adjournment(made.adjourned, register_rules().objections)
    made.adjourned += 1
    return _hearing(session, made, owed, "adjourn", caller, args, now)


def hear(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Objection:
    """Write down that it was heard.

    Raises:
        NotFound: no such objection.
        Conflict: not in its state, or the hearing is to come.
    """
    made, _ = _locked(session, args)
    made.state = moved(made.number, made.state, "hear", objections.MOVES)
    assert made.hearing_at is not None
    objections.check_heard(made.hearing_at, now)
    details = {"present": args["present"], "minutes": args["minutes"]}
    _note(session, made, "hear", caller, now, details)
    made.version += 1
    return made


def decide(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Objection, Plan | None]:
    """Decide it: with states, the property is assessed anew by the order, and its tax revised.

    Returns:
        The objection, and what the order changed; None without one.

    Raises:
        NotFound: no such objection.
        Forbidden: the caller assessed the property, or filed the objection.
        Invalid: it is rejected and changes something, or as ``reassess``.
        Conflict: not in its state, or as ``reassess``.
    """
    made, owed = _locked(session, args)
    state = moved(made.number, made.state, "decide", objections.MOVES)
    objections.check_independent(caller.subject, _parts(session, made))
    objections.check_outcome(args["outcome"], bool(args["states"]))
    # At once: the database lets nothing be decided without an outcome.
    made.state, made.outcome = state, args["outcome"]
    found = order = None
    if args["states"]:
        states = states_of(register_of(session, owed), args["states"])
        details = {"objection": made.number, "outcome": args["outcome"]}
        order, found = change(session, owed, "objection", args, states, caller, now, details)
        made.decided_order_id = order.id
    details = {"outcome": args["outcome"], "reasons": args["reasons"]}
    _end(session, made, owed, "decide", order, caller, now, details)
    return made, found


def withdraw_objection(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Objection:
    """Take it back.

    Raises:
        NotFound: no such objection.
        Conflict: it has come to its end.
    """
    made, owed = _locked(session, args)
    made.state = moved(made.number, made.state, "withdraw", objections.MOVES)
    _end(session, made, owed, "withdraw", None, caller, now, {"reason": args["reason"]})
    return made


def check_no_objection(session: Session, owed: Property) -> None:
    """Refuse what cannot be while an objection is open.

    Raises:
        Conflict: there is one; the message has its number.
    """
    number = session.scalar(
        select(Objection.number)
        .where(Objection.property_id == owed.id, Objection.state.in_(objections.OPEN))
        .order_by(Objection.number)
        .limit(1)
    )
    if number is not None:
        raise Conflict(
            f"property {owed.number} has an open objection, {number}: decide it first; if it is "
            "withdrawn, the bills of what comes in its place can be objected to",
            {"number": owed.number, "objection_number": number},
        )


def _against(
    session: Session, owed: Property, args: Mapping[str, Any]
) -> tuple[uuid.UUID | None, uuid.UUID | None, date]:
    """The bill or the order, and the day from which its time runs."""
    if args["bill_number"] is not None:
        bill = session.scalar(
            select(Bill).where(Bill.number == args["bill_number"], Bill.property_id == owed.id)
        )
        if bill is None:
            raise NotFound(
                f"property {owed.number} has no bill {args['bill_number']}",
                {"bill_number": args["bill_number"]},
            )
        objections.check_disputed(args["disputed_paise"], bill.amount_paise)
        return bill.id, None, day_of(bill.billed_at)
    order = session.scalar(
        select(RegisterOrder)
        .join(PropertyState, PropertyState.order_id == RegisterOrder.id)
        .where(
            RegisterOrder.number == args["order_number"],
            PropertyState.property_id == owed.id,
        )
        .limit(1)
    )
    if order is None:
        raise NotFound(
            f"no order {args['order_number']} changed what property {owed.number} is",
            {"order_number": args["order_number"]},
        )
    return None, order.id, day_of(order.recorded_at)


def _check_first(
    session: Session, owed: Property, bill_id: uuid.UUID | None, order_id: uuid.UUID | None
) -> None:
    """One objection to one bill or order, whatever its grounds: a second one after the decision
    would stop recovery again. Who has withdrawn theirs may file another one within the days.

    The property is locked: nobody files another one between this look and the insert.
    """
    known = (
        select(Objection.number, Objection.state)
        .where(
            Objection.property_id == owed.id,
            Objection.state != objections.WITHDRAWN,
            Objection.bill_id == bill_id if bill_id is not None else Objection.order_id == order_id,
        )
        .order_by(Objection.number)
        .limit(1)
    )
    if (found := session.execute(known).first()) is not None:
        is_ = "is open" if found.state in objections.OPEN else "was decided"
        raise Conflict(
            f"there is an objection to it already that {is_}, {found.number}",
            {"number": owed.number, "objection_number": found.number},
        )


def _parts(session: Session, made: Objection) -> dict[str, str]:
    """Who has had a part in what is objected to: who wrote down what the property is assessed by,
    and who filed the objection."""
    assessed = select(RegisterOrder.by).join(
        PropertyState, PropertyState.order_id == RegisterOrder.id
    )
    if made.order_id is not None:
        assessed = assessed.where(RegisterOrder.id == made.order_id)
    else:
        billed_at = select(Bill.billed_at).where(Bill.id == made.bill_id).scalar_subquery()
        assessed = assessed.where(
            PropertyState.property_id == made.property_id,
            PropertyState.recorded_at <= billed_at,
        )
    found = dict.fromkeys(session.scalars(assessed), "assessed the property")
    return found | {made.filed_by: "filed the objection"}


def _locked(session: Session, args: Mapping[str, Any]) -> tuple[Objection, Property]:
    number = args["objection_number"]
    property_id = session.scalar(select(Objection.property_id).where(Objection.number == number))
    if property_id is None:
        raise NotFound(f"there is no objection {number}", {"objection_number": number})
    owed = lock(session, property_id)
    session.refresh(owed)
    made = session.scalars(
        select(Objection)
        .where(Objection.number == number)
        .execution_options(populate_existing=True)
    ).one()
    return made, owed


def _hearing(
    session: Session,
    made: Objection,
    owed: Property,
    step: str,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
) -> Objection:
    objections.check_hearing(args["hearing_at"], now, register_rules().objections)
    made.hearing_at = args["hearing_at"]
    details = {"hearing_at": args["hearing_at"].isoformat(), "place": args["place"]}
    if step == "adjourn":
        details["reason"] = args["reason"]
    _note(session, made, step, caller, now, details)
    made.version += 1
    record(
        session,
        HEARING_SET.new(
            subject=str(made.id),
            sequence=made.version,
            time=now,
            data=_of(made, owed) | {"hearing_at": made.hearing_at, "adjourned": made.adjourned},
        ),
    )
    return made


def _end(
    session: Session,
    made: Objection,
    owed: Property,
    step: str,
    order: RegisterOrder | None,
    caller: Identity,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    _note(session, made, step, caller, now, details)
    made.version += 1
    data = _of(made, owed) | {"outcome": made.outcome or "withdrawn", "decided_at": now}
    if order is not None:
        data["order_id"] = order.id
    record(
        session,
        OBJECTION_DECIDED.new(subject=str(made.id), sequence=made.version, time=now, data=data),
    )


def _note(
    session: Session,
    made: Objection,
    step: str,
    caller: Identity,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    session.add(
        ObjectionStep(
            objection_id=made.id, step=step, at=now, by=caller.subject, details=dict(details)
        )
    )


def _of(made: Objection, owed: Property) -> dict[str, Any]:
    return {
        "objection_id": made.id,
        "number": made.number,
        "property_id": owed.id,
        "ward": owed.ward,
    }
