"""Undo a split, a merger or a demolition that was wrong, by an order: what was before holds again.

Nothing of the past is overwritten: the properties have new states from the day of the order on that
is revoked, and the parts have given way to them. What follows is decision 0021.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.estates import Estate, leave, post_for, settle_credit, shared
from services.tax.commands.ordering import all_locked, apply, order_of
from services.tax.commands.replacing import carry_holds, replaced_event
from services.tax.commands.succession import weights, worth
from services.tax.domain import mutations, objections
from services.tax.domain.changing import check_active, ended
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Key
from services.tax.domain.ledger.carrying import Due, carry_in, handed_back
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.ledger.rewards import waive
from services.tax.domain.register import ANNULLED, REVOCABLE, REVOCATION, Recorded, Register, State
from services.tax.ledger_store import entries_of
from services.tax.models import (
    Bill,
    CreditRefund,
    Mutation,
    Objection,
    Owner,
    Payment,
    Property,
    PropertyState,
    RegisterOrder,
)
from services.tax.register_store import register_of, state_of


def revoke(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Revoke a split, a merger or a demolition: from its day on what was before holds again.

    Returns:
        ``order_id``, ``order_number``, ``revokes``, ``effective_from``; ``restored`` and ``ended``,
        properties by number and id.

    Raises:
        NotFound: no such order.
        Invalid: a day that cannot be.
        Conflict: the order is of another kind, its number is taken, or something rests on what is
            to be revoked: ``details`` says what stands in the way.
    """
    revoked = session.scalar(select(RegisterOrder).where(RegisterOrder.number == args["revokes"]))
    if revoked is None:
        raise NotFound(f"there is no order {args['revokes']}", {"order_number": args["revokes"]})
    if revoked.kind not in REVOCABLE:
        raise Conflict(
            f"order {revoked.number} is a {revoked.kind}: what is revoked is a split, a merger or "
            "a demolition; all else is put right by another order of its kind",
            {"order_number": revoked.number, "kind": revoked.kind},
        )
    gone, made = _of(session, revoked)
    _check_free(session, revoked, gone, made)
    details = {
        "revokes": revoked.number,
        "reason": args["reason"],
        "from": [each.number for each in made],
        "to": [each.number for each in gone],
    }
    day = revoked.effective_from
    order = order_of(session, REVOCATION, args, day, caller, now, details)
    before = {each: _before(session, each, revoked) for each in gone}
    if not made:
        for owed, state in before.items():
            _restore(session, owed, revoked, order, state, now)
            settle_credit(session, owed, order, now)
    else:
        _put_back(session, revoked, order, before, made, now)
        carry_holds(session, made, gone, caller, now)
        record(session, replaced_event(order, made, gone, now))
    return {
        "order_id": str(order.id),
        "order_number": order.number,
        "revokes": revoked.number,
        "effective_from": day.isoformat(),
        "restored": [{"id": str(each.id), "number": each.number} for each in gone],
        "ended": [{"id": str(each.id), "number": each.number} for each in made],
    }


def _of(session: Session, revoked: RegisterOrder) -> tuple[list[Property], list[Property]]:
    """The properties that an order ended and those that it made, locked."""
    if "to" in revoked.details:
        ended_ones, new = revoked.details["from"], revoked.details["to"]
    else:
        states = select(PropertyState.property_id).where(PropertyState.order_id == revoked.id)
        ended_ones = list(session.scalars(select(Property.number).where(Property.id.in_(states))))
        new = []
    found = all_locked(session, [*ended_ones, *new])
    return found[: len(ended_ones)], found[len(ended_ones) :]


def _before(session: Session, owed: Property, revoked: RegisterOrder) -> State:
    """What a property was on the day from which an order holds, without that order."""
    rows = session.scalars(
        select(PropertyState)
        .where(PropertyState.property_id == owed.id, PropertyState.order_id != revoked.id)
        .order_by(PropertyState.id)
    )
    said = tuple(Recorded(state_of(row), row.effective_from, row.recorded_at) for row in rows)
    return check_active(Register(owed.number, said), revoked.effective_from)


def _put_back(
    session: Session,
    revoked: RegisterOrder,
    order: RegisterOrder,
    before: Mapping[Property, State],
    made: Sequence[Property],
    now: datetime,
) -> None:
    """End the parts, and give what they owe and have in credit to those of before: to each what it
    had brought, and of what has come since its share by that."""
    day, today = order.effective_from, day_of(now)
    estate = Estate({}, 0)
    for owed in made:
        state = check_active(register_of(session, owed), day)
        apply(session, owed, order, {day: ended(state, ANNULLED)}, now)
        left = leave(session, owed, order, now)
        for due, paise in left.dues.items():
            estate.dues[due] = estate.dues.get(due, 0) + paise
        estate.advance += left.advance
    for (owed, state), part in zip(
        before.items(), _divided(session, revoked, before, estate, now), strict=True
    ):
        # Credit first, as when they were ended.
        post_for(session, owed, order, carry_in({}, part.advance, today), now)
        _restore(session, owed, revoked, order, state, now)
        post_for(session, owed, order, carry_in(part.dues, 0, today), now)
        settle_credit(session, owed, order, now)


def _restore(
    session: Session,
    owed: Property,
    revoked: RegisterOrder,
    order: RegisterOrder,
    state: State,
    now: datetime,
) -> None:
    """Let a property be what it was, and demand what was demanded. A rebate that the revoked order
    took back with the demand is not earned twice: so much is waived by the new one."""
    apply(session, owed, order, {order.effective_from: state}, now)
    lost: dict[Key, int] = {}
    for entry in entries_of(session, owed.id):
        if entry.kind is not Kind.REBATE or entry.reference not in (revoked.number, order.number):
            continue
        for line in entry.lines:
            if line.account is Account.REBATE_GIVEN and line.half_year is not None:
                key = line.half_year, line.head
                lost[key] = lost.get(key, 0) - line.paise
    if lost := {key: paise for key, paise in lost.items() if paise > 0}:
        post_for(session, owed, order, [waive(lost, day_of(now))], now)


def _divided(
    session: Session,
    revoked: RegisterOrder,
    before: Mapping[Property, State],
    estate: Estate,
    now: datetime,
) -> list[Estate]:
    today = day_of(now)
    if len(before) == 1:
        return shared(estate, [1])
    worths = weights([worth(each.number, state, today) for each, state in before.items()])
    brought = [
        [
            line
            for entry in entries_of(session, owed.id)
            if entry.kind is Kind.CARRIED and entry.reference == revoked.number
            for line in entry.lines
        ]
        for owed in before
    ]
    found: list[tuple[dict[Due, int], int]] = handed_back(
        estate.dues, estate.advance, brought, worths, today
    )
    return [Estate(dues, advance) for dues, advance in found]


def _check_free(
    session: Session,
    revoked: RegisterOrder,
    gone: Sequence[Property],
    made: Sequence[Property],
) -> None:
    """Refuse while something rests on an order. The properties are locked: nothing comes between
    this look and the end of the transaction."""
    every, new = [each.id for each in (*gone, *made)], [each.id for each in made]
    later = RegisterOrder.id.in_(
        select(PropertyState.order_id).where(PropertyState.property_id.in_(every))
    ) | RegisterOrder.id.in_(select(Owner.order_id).where(Owner.property_id.in_(every)))
    looked: dict[str, Any] = {
        "order": select(RegisterOrder.number).where(later, RegisterOrder.id > revoked.id),
        "application": select(Mutation.number).where(
            Mutation.property_id.in_(every), Mutation.state == mutations.APPLIED
        ),
        "objection": select(Objection.number).where(
            Objection.property_id.in_(every), Objection.state.in_(objections.OPEN)
        ),
        "bill": select(Bill.number).where(
            Bill.property_id.in_(new), Bill.billed_at > revoked.recorded_at
        ),
        # Not by its reference: a UPI id may be a telephone number.
        "payment": select(Payment.id).where(
            Payment.property_id.in_(new), Payment.state == "received"
        ),
        "refund": select(CreditRefund.reference).where(CreditRefund.property_id.in_(new)),
    }
    found = [
        f"{what} {each}" for what, query in looked.items() for each in session.scalars(query).all()
    ]
    if found:
        raise Conflict(
            f"order {revoked.number} cannot be revoked any more, what has come since rests on it: "
            + ", ".join(sorted(found)),
            {"order_number": revoked.number, "in_the_way": sorted(found)},
        )
