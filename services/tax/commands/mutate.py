"""Title passes: the application, its order, and how it ends without one."""

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
from services.tax.commands.ordering import (
    apply,
    charge_fee,
    locked,
    order_of,
    owed_paise,
)
from services.tax.commands.register_property import owner_of
from services.tax.domain import mutations
from services.tax.domain.changing import check_day
from services.tax.domain.half_year import HalfYear
from services.tax.domain.moves import moved
from services.tax.domain.register import Owner, holding
from services.tax.domain.title import Transfer
from services.tax.ledger_store import lock
from services.tax.models import Mutation, Property, RegisterOrder
from services.tax.reference import register_rules
from services.tax.register_store import (
    add_owners,
    register_of,
    show_owners,
    titles_of,
)
from services.tax.schemas.register_events import TRANSFERRED


def apply_mutation(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Mutation:
    """Take an application to write down that title has passed, and charge what it costs.

    Raises:
        NotFound: no such property.
        Invalid: a day to come, missing facts, or as ``domain.mutations.passed``.
        Conflict: there is an open application, it is gone, or as ``domain.mutations.passed``.
    """
    owed = locked(session, args)
    today, day = day_of(now), args["effective_from"]
    check_day(day, today)
    rule = register_rules().mutations[args["reason"]]
    mutations.check_facts(args["facts"], args["reason"], rule, day, today)
    _check_there(owed)
    # The property is locked: between this look and the insert there is no other application.
    check_no_application(session, owed)
    found = mutations.passed(
        titles_of(session, owed.id),
        args["reason"],
        day,
        transfers_of(args["transfers"]),
        owners_of(args["owners"]),
        args["stands"],
    )
    made = Mutation(
        id=uuid7(),
        number=_number(session, today),
        property_id=owed.id,
        reason=args["reason"],
        state=mutations.APPLIED,
        effective_from=day,
        owners=mutations.owners_as_json(found.owners),
        transfers=mutations.transfers_as_json(transfers_of(args["transfers"])),
        facts=_plain(args["facts"]),
        stands=[each.isoformat() for each in args["stands"]],
        owners_order_id=uuid.UUID(found.before.order),
        fee_paise=rule.fee(owed.use),
        objections_until=mutations.last_day_to_object(today, rule),
        applied_at=now,
        applied_by=caller.subject,
        version=1,
    )
    session.add(made)
    charge_fee(session, owed, mutations.FEE, made.fee_paise, made.number, now)
    return made


def order_mutation(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Mutation, RegisterOrder]:
    """Write down that title has passed: from its day on the property has other owners.

    Claims that are about a person end with the last of those who owned it before
    (``domain.mutations.lapsed``); what is billed since is revised.

    Raises:
        NotFound: no such application.
        Invalid: the order is of a day to come.
        Conflict: it has come to its end, its time is not over, something has to be paid first, its
            owners have changed since it was made, or the order's number is another one's.
    """
    made, owed = _locked(session, args["mutation_number"])
    state = moved(made.number, made.state, "order", mutations.MOVES)
    _check_there(owed)
    today = day_of(now)
    rule = register_rules().mutations[made.reason]
    mutations.check_orderable(made.objections_until, rule, owed_paise(session, owed, today), today)
    titles = titles_of(session, owed.id)
    before = holding(titles, made.effective_from)
    if before is None or before.order != str(made.owners_order_id):
        raise Conflict(
            f"the owners of property {owed.number} have changed since application {made.number} "
            "was made: refuse it, and take a new one",
            {"number": owed.number, "mutation_number": made.number},
        )
    owners = mutations.owners_of_json(made.owners)
    details = {"mutation": made.number, "reason": made.reason, "facts": made.facts}
    order = order_of(session, "mutation", args, made.effective_from, caller, now, details)
    later = [each for each in titles if each.effective_from > made.effective_from]
    add_owners(session, owed, order, owners)
    if later:
        last = holding(later, today)
        if last is not None:
            show_owners(owed, uuid.UUID(last.order), last.owners)
    register, lapse = register_of(session, owed), register_rules().lapse
    states = mutations.lapsed(register, titles, made.reason, owners, made.effective_from, lapse)
    if states:
        apply(session, owed, order, states, now)
    owed.version += 1
    # At once: the database lets nothing be ordered without its order.
    made.state, made.order_id, made.ended_at, made.ended_by = state, order.id, now, caller.subject
    made.version += 1
    record(
        session,
        TRANSFERRED.new(
            subject=str(owed.id),
            sequence=owed.version,
            time=now,
            data={
                "property_id": owed.id,
                "order_id": order.id,
                "ward": owed.ward,
                "reason": made.reason,
                "effective_from": made.effective_from.isoformat(),
                "owners": len(owners),
                "transferred_at": now,
            },
        ),
    )
    return made, order


def end_mutation(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Mutation:
    """Refuse an application, or take it back; its fee stays charged.

    Raises:
        NotFound: no such application.
        Conflict: it has come to its end.
    """
    made, _ = _locked(session, args["mutation_number"])
    made.state = moved(made.number, made.state, args["step"], mutations.MOVES)
    made.ended_at, made.ended_by, made.remark = now, caller.subject, args["remark"]
    made.version += 1
    return made


def check_no_application(session: Session, owed: Property) -> None:
    """Refuse what cannot be while an application is open.

    Raises:
        Conflict: there is one; the message has its number.
    """
    number = session.scalar(
        select(Mutation.number).where(
            Mutation.property_id == owed.id, Mutation.state == mutations.APPLIED
        )
    )
    if number is not None:
        raise Conflict(
            f"property {owed.number} has an open application, {number}: order or refuse it first",
            {"number": owed.number, "mutation_number": number},
        )


def transfers_of(given: list[dict[str, Any]] | None) -> list[Transfer] | None:
    """The transfers of a call's arguments."""
    if given is None:
        return None
    return [
        Transfer(each["giver"], each["share"], tuple(owner_of(taker) for taker in each["takers"]))
        for each in given
    ]


def owners_of(given: list[dict[str, Any]] | None) -> list[Owner] | None:
    """The owners of a call's arguments."""
    return None if given is None else [owner_of(each) for each in given]


def _locked(session: Session, number: str) -> tuple[Mutation, Property]:
    property_id = session.scalar(select(Mutation.property_id).where(Mutation.number == number))
    if property_id is None:
        raise NotFound(f"there is no mutation {number}", {"mutation_number": number})
    owed = lock(session, property_id)
    session.refresh(owed)
    made = session.scalars(
        select(Mutation).where(Mutation.number == number).execution_options(populate_existing=True)
    ).one()
    return made, owed


def _check_there(owed: Property) -> None:
    if owed.status != "active":
        raise Conflict(
            f"property {owed.number} is {owed.status}",
            {"number": owed.number, "status": owed.status},
        )


def _number(session: Session, today: date) -> str:
    serial = session.scalar(text("SELECT nextval('mutation_serial')"))
    return f"MUT-{HalfYear.of(today).financial_year}-{serial:06d}"


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: each.isoformat() if isinstance(each, date) else each
        for name, each in facts.items()
        if each is not None
    }
