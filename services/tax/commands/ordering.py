"""What all orders about one property do: states, the tax of what was billed, the event."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.tax.domain.changing import check_changes, check_day, check_states
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import fee
from services.tax.domain.ledger.statement import balance
from services.tax.domain.ledger.transfers import settle
from services.tax.domain.register import State
from services.tax.ledger_store import code_of, entries_of, lock, post
from services.tax.models import Property, RegisterOrder
from services.tax.planning import Plan, plan
from services.tax.queries.properties import by_number, find
from services.tax.reference import rules
from services.tax.register_store import add_state, new_order, register_of, show
from services.tax.schemas.register_events import REASSESSED
from services.tax.stays import stays_of


def locked(session: Session, args: Mapping[str, Any]) -> Property:
    """The property of a call's arguments, locked: two orders about it come one after the other.

    Raises:
        NotFound: there is none.
    """
    found = lock(session, find(session, args).id)
    session.refresh(found)
    return found


def all_locked(session: Session, numbers: list[str]) -> list[Property]:
    """The properties, locked in one order whoever asks; given back as they were named.

    Raises:
        NotFound: one of them is none.
    """
    ids = {number: owed.id for number, owed in by_number(session, numbers).items()}
    if missing := [number for number in numbers if number not in ids]:
        raise NotFound(f"there is no property {', '.join(missing)}", {"numbers": missing})
    found = {id_: lock(session, id_) for id_ in sorted(ids.values())}
    for owed in found.values():
        session.refresh(owed)
    return [found[ids[number]] for number in numbers]


def order_of(
    session: Session,
    kind: str,
    args: Mapping[str, Any],
    effective_from: date,
    caller: Identity,
    now: datetime,
    details: Mapping[str, Any],
) -> RegisterOrder:
    """Write the order of a call's arguments down.

    Raises:
        Invalid: it is of a day to come or of another age, or holds from one.
        Conflict: the number is another order's.
    """
    today = day_of(now)
    dated = args["order_date"] or today
    check_day(dated, today, "order_date")
    check_day(effective_from, today)
    return new_order(
        session, kind, args["order_number"], dated, effective_from, caller, now, details
    )


def change(
    session: Session,
    owed: Property,
    kind: str,
    args: Mapping[str, Any],
    states: Mapping[date, State],
    caller: Identity,
    now: datetime,
    details: Mapping[str, Any],
) -> tuple[RegisterOrder, Plan]:
    """Change what a property is by an order, and its tax with it, in the caller's transaction.

    Args:
        session: in the caller's transaction; the property is ``locked``.
        owed: the property.
        kind: one of ``domain.register.KINDS``.
        args: with the order's number and date.
        states: what it is, by the day from which that holds.
        caller: who writes it down.
        now: aware.
        details: of the order.

    Raises:
        Invalid: a day that cannot be, or as ``planning.plan``.
        Conflict: nothing changes, it has changed on a later day that the order says nothing of, or
            the order's number is another one's.
    """
    order = order_of(session, kind, args, min(states), caller, now, details)
    return order, apply(session, owed, order, states, now)


def apply(
    session: Session,
    owed: Property,
    order: RegisterOrder,
    states: Mapping[date, State],
    now: datetime,
) -> Plan:
    """The same, of an order that is written down. Raises as ``change``."""
    register = register_of(session, owed)
    check_states(states, day_of(now))
    check_changes(register, states)
    found = plan(session, owed, register, states, now)
    for day, state in sorted(states.items()):
        add_state(session, owed, order, state, day)
    today = found.register.at(day_of(now))
    if today is not None:
        show(owed, today)
    post(session, found.drafts, property_id=owed.id, reference=order.number, posted_at=now)
    owed.version += 1
    record(session, reassessed_event(owed, order, found, now))
    return found


def charge_fee(
    session: Session, owed: Property, head: str, paise: int, reference: str, now: datetime
) -> None:
    """Charge a fee today, and settle it with the owner's credit if there is any; 0 is none."""
    if not paise:
        return
    today = day_of(now)
    drafts = [fee(head, paise, today)]
    book = Book.of([*entries_of(session, owed.id), *drafts], today)
    if (moved := settle(book, today, rules(today).order)) is not None:
        drafts.append(moved)
    post(session, drafts, property_id=owed.id, reference=reference, posted_at=now)


def owed_paise(session: Session, owed: Property, today: date) -> int:
    """What a property owes today with interest, less the owner's credit; what is promised to be
    given back later is no credit yet."""
    by = rules(today)
    book = Book.of(entries_of(session, owed.id), today)
    left = balance(book, today, by.interest, stays_of(session, owed.id))
    return sum(left.dues.values()) - left.advance


def reassessed_event(owed: Property, order: RegisterOrder, found: Plan, now: datetime) -> Event:
    """The event of an order that changed what a property is taxed by."""
    return REASSESSED.new(
        subject=str(owed.id),
        sequence=owed.version,
        time=now,
        data={
            "property_id": owed.id,
            "order_id": order.id,
            "ward": owed.ward,
            "kind": order.kind,
            "effective_from": order.effective_from.isoformat(),
            "half_years": [code_of(each.half_year) for each in found.half_years],
            "difference_paise": found.difference_paise,
            "balance_paise": found.after.total,
            "advance_paise": found.after.advance,
            "reassessed_at": now,
        },
    )


def told(owed: Property, order: RegisterOrder, found: Plan) -> dict[str, Any]:
    """What an order did, for who ordered it."""
    return {
        "property_id": str(owed.id),
        "number": owed.number,
        "order_id": str(order.id),
        "order_number": order.number,
        "effective_from": order.effective_from.isoformat(),
        **found.told(),
    }
