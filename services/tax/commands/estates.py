"""What a property that has given way owes and has in credit, as it goes to those in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Conflict
from palika.india import day_of
from services.tax.commands.ordering import all_locked
from services.tax.commands.succession import heirs
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.carrying import Due, carried, carry_in, carry_out
from services.tax.domain.ledger.entries import Draft
from services.tax.domain.ledger.interest import charge_interest
from services.tax.domain.ledger.refunds import credit
from services.tax.domain.ledger.transfers import settle
from services.tax.domain.proportion import divided
from services.tax.domain.register import GIVEN_WAY
from services.tax.ledger_store import entries_of, post
from services.tax.models import Property, RefundInstalment, RegisterOrder
from services.tax.reference import rules
from services.tax.stays import stays_of


@dataclass(slots=True)
class Estate:
    """What goes over: dues and credit, in paise."""

    dues: dict[Due, int]
    advance: int


def heirs_locked(
    session: Session, owed: Property, order: RegisterOrder, now: datetime
) -> dict[Property, int]:
    """Lock a property that gave way with what is in its place now; these with their weights.

    Args:
        session: in the caller's transaction, which has locked none of them: all are locked in one
            order.
        owed: the old one.
        order: by which it gave way.
        now: aware.

    Raises:
        Conflict: what is in its place gives way in this moment.
    """
    weights = heirs(session, order, day_of(now))
    found = all_locked(session, [owed.number, *weights])[1:]
    for each in found:
        if each.status in GIVEN_WAY:
            raise Conflict(
                f"property {each.number} has just been {each.status}: ask again",
                {"number": each.number, "status": each.status},
            )
    return dict(zip(found, weights.values(), strict=True))


def carry_over(
    session: Session,
    owed: Property,
    order: RegisterOrder,
    made: Mapping[Property, int],
    now: datetime,
) -> Estate:
    """Carry what has come to a property since it gave way: a payment under its old number, or what
    a later order about its past made of its tax.

    Args:
        session: in the caller's transaction; all of them are locked.
        owed: the old one.
        order: by which it gave way.
        made: those in its place now, with the weights by which it is divided.
        now: aware.

    Raises:
        Conflict: there is nothing to carry.
    """
    today = day_of(now)
    estate = leave(session, owed, order, now)
    if not estate.dues and not estate.advance:
        raise Conflict(f"nothing has come to property {owed.number} since", {"number": owed.number})
    for each, part in zip(made, shared(estate, list(made.values())), strict=True):
        post_for(session, each, order, carry_in(part.dues, part.advance, today), now)
        settle_credit(session, each, order, now)
    return estate


def leave(session: Session, owed: Property, order: RegisterOrder, now: datetime) -> Estate:
    """Take all that is owed and in credit out of a property, with interest up to today."""
    today = day_of(now)
    by, book = rules(today), Book.of(entries_of(session, owed.id), today)
    drafts: list[Draft] = []

    def add(draft: Draft | None) -> None:
        if draft is not None:
            book.post(draft)
            drafts.append(draft)

    add(charge_interest(book, today, by.interest, stays_of(session, owed.id)))
    if book.refund_payable > 0:
        # What was promised for later years is given at once: the property has none to come.
        promised = book.refund_payable
        add(credit(book, promised, today))
        _mark_credited(session, owed, promised, now)
    add(settle(book, today, by.order))
    left = Estate(carried(book, today), max(book.advance, 0))
    drafts += carry_out(left.dues, left.advance, today)
    post_for(session, owed, order, drafts, now)
    return left


def _mark_credited(session: Session, owed: Property, promised: int, now: datetime) -> None:
    """Say of each instalment what of it there was, the earliest first: less than was promised, when
    a payment had come back."""
    rows = session.scalars(
        select(RefundInstalment)
        .where(
            RefundInstalment.property_id == owed.id,
            RefundInstalment.credited_paise.is_(None),
        )
        .order_by(RefundInstalment.year, RefundInstalment.order_id)
    )
    for row in rows:
        row.credited_paise, row.credited_at = min(row.paise, promised), now
        promised -= row.credited_paise


def shared(estate: Estate, weights: Sequence[int]) -> list[Estate]:
    """An estate by weights, to the paisa."""
    parts = [Estate({}, advance) for advance in divided(estate.advance, weights)]
    for due, paise in estate.dues.items():
        for part, share in zip(parts, divided(paise, weights), strict=True):
            if share:
                part.dues[due] = share
    return parts


def settle_credit(session: Session, owed: Property, order: RegisterOrder, now: datetime) -> None:
    """Settle what a property owes with its owner's credit."""
    today = day_of(now)
    book = Book.of(entries_of(session, owed.id), today)
    moved = settle(book, today, rules(today).order)
    post_for(session, owed, order, [] if moved is None else [moved], now)


def post_for(
    session: Session,
    owed: Property,
    order: RegisterOrder,
    drafts: Sequence[Draft],
    now: datetime,
) -> None:
    """Post entries of an order about a property."""
    post(session, drafts, property_id=owed.id, reference=order.number, posted_at=now)
