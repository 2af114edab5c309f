"""Take a payment, once, whatever way it came."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.receipts import give_receipt
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.ledger.payments import suspend
from services.tax.domain.ledger.receiving import receive
from services.tax.domain.ledger.statement import balance
from services.tax.domain.payment import (
    SOURCES,
    check_back_dated,
    check_payable,
    check_same,
    check_vouched,
)
from services.tax.domain.receipts import OFFICE
from services.tax.ledger_store import entries_of, lock, post
from services.tax.models import Bill, LedgerEntry, Payment, Property
from services.tax.reference import channels, rules
from services.tax.schemas.events import PAID
from services.tax.stays import stays_of


@dataclass(frozen=True, slots=True)
class Money:
    """Money that came.

    Attributes:
        amount_paise: at least 1.
        reference: the payer's, the gateway's or the bank's: the same one is taken once.
        mode: one of ``domain.payment.MODES``.
        channel: one of ``domain.payment.CHANNELS``.
        received_on: the day (in Asia/Kolkata) from which it counts.
        by: the subject who takes it; ``GATEWAY`` of what comes by itself.
        reason: why, where that has to be said.
        source: the account in which it is; None: the one of its mode.
    """

    amount_paise: int
    reference: str
    mode: str
    channel: str
    received_on: date
    by: str
    reason: str | None = None
    source: Account | None = None

    @property
    def account(self) -> Account:
        """Where it is."""
        return self.source or SOURCES[self.mode]


def pay(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Payment:
    """Take a payment that a caller vouches for, with its receipt; cash and cheques go to a counter.

    Raises:
        Forbidden: it came longer ago than an officer may say (``channels.yaml``).
        Invalid: cash or a cheque (``check_vouched``); a supervisor says so without a reason; else
            as ``take_payment``.
        NotFound, Conflict: as ``take_payment``.
    """
    check_vouched(args["mode"])
    received_on, today = args["received_on"] or day_of(now), day_of(now)
    taken = select(Payment.id).where(Payment.reference == args["reference"])
    if session.scalar(taken) is None:
        # What was taken in time is told again, however late it is asked again.
        check_back_dated(
            received_on,
            today,
            channels().back_date_days,
            supervisor=caller.has_any({"supervisor", "admin"}),
            reason=args["reason"],
        )
        _check_after_the_first_demand(session, args["property_id"], received_on)
    money = Money(
        args["amount_paise"],
        args["reference"],
        args["mode"],
        "office",
        received_on,
        by=caller.subject,
        reason=args["reason"],
    )
    payment = take_payment(session, args["property_id"], money, now)
    give_receipt(session, payment, OFFICE, now)
    return payment


def _check_after_the_first_demand(
    session: Session, property_id: uuid.UUID, received_on: date
) -> None:
    """Refuse a day on which nothing could have been paid: a year that was mistyped."""
    billed = select(func.min(Bill.billed_at)).where(Bill.property_id == property_id)
    first, what = session.scalar(billed), "bill"
    if first is None:
        # It was never billed, and owes a fee.
        posted = select(func.min(LedgerEntry.posted_at))
        first = session.scalar(posted.where(LedgerEntry.property_id == property_id))
        what = "fee"
    if first is not None and received_on < day_of(first):
        rule = f"must not be before the property's first {what}, {day_of(first).isoformat()}"
        raise Invalid("not a day to have paid on", {"received_on": [rule]})


def take_payment(session: Session, property_id: uuid.UUID, money: Money, now: datetime) -> Payment:
    """Take a payment for a property: it settles what is owed in the city's order, the rest is an
    advance.

    The same reference for the same property and amount gives the first payment and no second event,
    however often and however concurrently it comes.

    Args:
        session: in the caller's transaction.
        property_id: for which it is.
        money: what came.
        now: when it is written down, aware.

    Raises:
        NotFound: no such property.
        Invalid: not an amount, or a day after today.
        Conflict: the reference stands for another payment, the property was never billed and owes
            no fee, or it has given way to others (``is_payable``).
    """
    owed = lock(session, property_id)
    known = by_reference(session, money.reference)
    if known is not None:
        _check_same(known, owed.id, money)
        return known
    check_payable(owed.number, owed.status)
    bill = latest_bill(session, owed)
    today = day_of(now)
    stays = stays_of(session, owed.id)
    before = entries_of(session, owed.id)
    if bill is None and not Book.of(before, today).open():
        raise never_billed(owed)
    drafts = receive(
        before,
        money.amount_paise,
        money.received_on,
        money.account,
        today,
        rules(today),
        stays,
    )
    posted = post(session, drafts, property_id=owed.id, reference=money.reference, posted_at=now)
    after = balance(Book.of([*before, *posted], today), today, rules(today).interest, stays)
    payment = payment_of(money, posted, owed, bill and bill.id, after.total, now)
    session.add(payment)
    about, sequence = next_about(session, owed, bill)
    record(session, paid_event(about, sequence, payment, after.advance, now))
    return payment


def owed_now(session: Session, owed: Property, today: date) -> int:
    """What a property owes on a day, with its interest, less its credit, in paise; no rebate is
    taken off; below 0 so much is there in advance."""
    book = Book.of(entries_of(session, owed.id), today)
    return balance(book, today, rules(today).interest, stays_of(session, owed.id)).total


def suspend_payment(session: Session, money: Money, now: datetime) -> Payment:
    """Take a payment that nobody can be found for: it waits in the suspense account.

    Raises:
        Invalid: not an amount.
        Conflict: the reference stands for another payment.
    """
    known = by_reference(session, money.reference)
    if known is not None:
        _check_same(known, None, money)
        return known
    draft = suspend(money.amount_paise, money.received_on, money.account)
    posted = post(session, [draft], property_id=None, reference=money.reference, posted_at=now)
    payment = payment_of(money, posted, None, None, 0, now)
    session.add(payment)
    return payment


def next_about(session: Session, owed: Property, bill: Bill | None) -> tuple[uuid.UUID, int]:
    """What the next event of money for a property is about, with its sequence, which is taken: its
    latest bill; the property itself where it was never billed, and a fee was paid."""
    if bill is None:
        session.refresh(owed, ["version"])
        owed.version += 1
        return owed.id, owed.version
    sequence = bill.version + 1
    session.execute(update(Bill).where(Bill.id == bill.id).values(version=sequence))
    return bill.id, sequence


def paid_event(
    about: uuid.UUID, sequence: int, payment: Payment, advance_paise: int, now: datetime
) -> Event:
    """The event of a payment of a property, the next one of what it is about (``next_about``)."""
    return PAID.new(
        subject=str(about),
        sequence=sequence,
        time=now,
        data={
            "property_id": payment.property_id,
            "bill_id": about,
            "ward": payment.ward,
            "payment_id": payment.id,
            "amount_paise": payment.amount_paise,
            "balance_paise": payment.balance_paise,
            "advance_paise": advance_paise,
            "paid_at": now,
            "received_on": payment.received_on.isoformat(),
            "mode": payment.mode,
        },
    )


def payment_of(
    money: Money,
    posted: Sequence[Entry],
    owed: Property | None,
    bill_id: uuid.UUID | None,
    balance_paise: int,
    now: datetime,
) -> Payment:
    """A payment's row; nothing is stored. ``posted`` are the ledger's entries that it made."""
    entry = next(each for each in posted if each.kind is Kind.PAYMENT)
    return Payment(
        id=uuid7(),
        property_id=None if owed is None else owed.id,
        bill_id=bill_id,
        reference=money.reference,
        amount_paise=money.amount_paise,
        balance_paise=max(balance_paise, 0),
        mode=money.mode,
        channel=money.channel,
        received_on=money.received_on,
        paid_at=now,
        entry_id=uuid.UUID(entry.id),
        state="received",
        taken_by=money.by,
        reason=money.reason,
        ward=None if owed is None else owed.ward,
    )


def by_reference(session: Session, reference: str) -> Payment | None:
    """The payment of a reference; None when it has not come yet.

    Until the end of the transaction nobody else gets an answer for this reference.
    """
    key = func.hashtextextended(reference, 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    return session.scalar(select(Payment).where(Payment.reference == reference))


def latest_bill(session: Session, owed: Property) -> Bill | None:
    """The last bill of a property; None: it was never billed."""
    return session.scalar(
        select(Bill)
        .where(Bill.property_id == owed.id)
        .order_by(Bill.billed_at.desc(), Bill.id.desc())
        .limit(1)
    )


def carried_in(session: Session, owed: Property, on: date) -> bool:
    """Whether a property owes on a day what was carried to it from one in whose place it is."""
    entries = entries_of(session, owed.id)
    return any(each.kind is Kind.CARRIED for each in entries) and bool(Book.of(entries, on).open())


def never_billed(owed: Property) -> Conflict:
    """Why nothing is paid for a property without a bill."""
    return Conflict(
        f"property {owed.number} was never billed: there is nothing to pay",
        {"number": owed.number},
    )


def _check_same(known: Payment, property_id: uuid.UUID | None, money: Money) -> None:
    check_same(
        money.reference,
        property=known.property_id == property_id,
        amount=known.amount_paise == money.amount_paise,
    )
