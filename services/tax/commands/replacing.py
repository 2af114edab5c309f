"""Properties that give way to others, by a split or a merger: what is billed and owed follows.

What follows what is decision 0021: the old ones are revised to nothing from the day on, their
credit goes to the new ones, these are billed for what the old ones had been billed for, and what is
owed of before follows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.estates import Estate, leave, post_for, settle_credit, shared
from services.tax.commands.mutate import check_no_application
from services.tax.commands.object import check_no_objection
from services.tax.commands.ordering import apply
from services.tax.commands.raise_bill import raise_bill
from services.tax.commands.succession import weights, worth
from services.tax.domain.assessment import assess
from services.tax.domain.changing import ended
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.carrying import carry_in
from services.tax.domain.register import Owner, Register, State
from services.tax.domain.revising import billed
from services.tax.ledger_store import entries_of
from services.tax.models import Hold, Property, RegisterOrder
from services.tax.reference import rates
from services.tax.register_store import add_owners, add_state, new_property, register_of
from services.tax.schemas.register_events import REPLACED


@dataclass(frozen=True, slots=True)
class Successor:
    """A property that comes in the place of others."""

    number: str
    state: State
    owners: tuple[Owner, ...]


def replace(
    session: Session,
    order: RegisterOrder,
    old: Mapping[Property, tuple[Register, State]],
    new: Sequence[Successor],
    status: str,
    caller: Identity,
    now: datetime,
) -> list[Property]:
    """Put properties in the place of others, from the order's day on.

    Args:
        session: in the caller's transaction; the old ones are locked.
        order: that is written down.
        old: with their registers and what they are on the day.
        new: what comes in their place.
        status: what becomes of the old ones.
        caller: who writes it down.
        now: aware.

    Returns:
        The new ones.

    Raises:
        Conflict: a number is taken, an application for a mutation or an objection is open, or an
            old one has changed on a later day.
        Invalid: as ``assess``.
    """
    day, today = order.effective_from, day_of(now)
    for owed in old:
        check_no_application(session, owed)
        check_no_objection(session, owed)
    made = [_registered(session, order, each, now) for each in new]
    half_years = sorted(
        {
            half_year
            for owed in old
            for half_year in billed(entries_of(session, owed.id))
            if half_year.first_day >= day
        }
    )
    shares = weights([worth(each.number, each.state, today) for each in new])
    estate = Estate({}, 0)
    for owed, (_, state) in old.items():
        apply(session, owed, order, {day: ended(state, status)}, now)
        left = leave(session, owed, order, now)
        for due, paise in left.dues.items():
            estate.dues[due] = estate.dues.get(due, 0) + paise
        estate.advance += left.advance
    # Credit first: a bill uses it, and who had paid early earns the rebate if its time is not over.
    for owed, part in zip(made, shared(estate, shares), strict=True):
        post_for(session, owed, order, carry_in({}, part.advance, today), now)
        _bill(session, owed, half_years, caller, now)
        # The moment after: the bill asks for nothing of it.
        then = now + timedelta(microseconds=1)
        post_for(session, owed, order, carry_in(part.dues, 0, today), then)
        settle_credit(session, owed, order, then)
    carry_holds(session, list(old), made, caller, now)
    record(session, replaced_event(order, list(old), made, now))
    return made


def replaced_event(
    order: RegisterOrder, old: Sequence[Property], made: Sequence[Property], now: datetime
) -> Event:
    """The event of an order by which properties are in the place of others."""
    return REPLACED.new(
        subject=str(order.id),
        sequence=1,
        time=now,
        data={
            "order_id": order.id,
            "ward": made[0].ward,
            "kind": order.kind,
            "effective_from": order.effective_from.isoformat(),
            "properties": [owed.id for owed in old],
            "successors": [owed.id for owed in made],
            "replaced_at": now,
        },
    )


def _registered(session: Session, order: RegisterOrder, each: Successor, now: datetime) -> Property:
    made = new_property(session, each.number, each.state, each.owners[0], now)
    if made is None:
        raise Conflict(f"there is a property {each.number!r} already", {"number": each.number})
    add_state(session, made, order, each.state, order.effective_from)
    add_owners(session, made, order, each.owners)
    session.flush()
    return made


def _bill(
    session: Session,
    owed: Property,
    half_years: Sequence[HalfYear],
    caller: Identity,
    now: datetime,
) -> None:
    """Bill a property for half-years that others were billed for, a whole year by one bill."""
    register, today = register_of(session, owed), day_of(now)
    years: dict[int, list[HalfYear]] = {}
    for half_year in half_years:
        assessed = register.assessable(half_year)
        # The smallest of plots may owe nothing.
        if assessed and assess(assessed, rates(), half_year, today).total_paise > 0:
            years.setdefault(half_year.year, []).append(half_year)
    for halves in years.values():
        period = halves[0].financial_year if len(halves) > 1 else str(halves[0])
        raise_bill(session, caller, {"property_id": owed.id, "period": period}, now)


def carry_holds(
    session: Session,
    old: Sequence[Property],
    made: Sequence[Property],
    caller: Identity,
    now: datetime,
) -> None:
    """What a court has stayed, or a case is about, it stays in the parts: all that it was about in
    any of the old ones. Of a part that has the same hold itself, its own stands."""
    rows = session.scalars(
        select(Hold)
        .where(Hold.property_id.in_([owed.id for owed in old]), Hold.last_day.is_(None))
        .order_by(Hold.since, Hold.id)
    )
    holds: dict[tuple[str, str], list[Hold]] = {}
    for row in rows:
        holds.setdefault((row.kind, row.reference), []).append(row)
    known = {
        (row.property_id, row.kind, row.reference)
        for row in session.scalars(
            select(Hold).where(Hold.property_id.in_([owed.id for owed in made]))
        )
    }
    for owed in made:
        for (kind, reference), of in holds.items():
            if (owed.id, kind, reference) in known:
                continue
            parts = [each.half_years for each in of]
            session.add(
                Hold(
                    id=uuid7(),
                    property_id=owed.id,
                    kind=kind,
                    reference=reference,
                    since=of[0].since,
                    half_years=None if None in parts else sorted({*chain(*filter(None, parts))}),
                    remark=of[0].remark,
                    recorded_at=now,
                    recorded_by=caller.subject,
                )
            )
