"""A counter: open a session, take cash and cheques, count the drawer, close the day."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.roles import post_of
from services.tax.commands.pay import Money, owed_now, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.commands.take_back import take_payment_back
from services.tax.domain import counter
from services.tax.domain.counter import Act, ChequeState, SessionState
from services.tax.ledger_store import lock
from services.tax.models import (
    Cheque,
    ChequeStep,
    CounterPayment,
    CounterSession,
    Payment,
)
from services.tax.queries.counter import books, check_may
from services.tax.reference import channels


def open_session(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> CounterSession:
    """Open a cashier's session at a counter for today; the same again gives the one that is open.

    Raises:
        Forbidden: the caller's post is no cashier's.
        Invalid: no such place.
        Conflict: the counter has another cashier's session, or the cashier one elsewhere.
    """
    check_may(caller, Act.TAKE)
    if args["place"] not in channels().places:
        known = ", ".join(channels().places)
        raise Invalid("no such place", {"place": [f"must be one of {known}"]})
    values = {
        "id": uuid7(),
        "place": args["place"],
        "counter": args["counter"],
        "day": day_of(now),
        "cashier": caller.subject,
        "state": SessionState.OPEN.value,
        "opened_at": now,
    }
    made = session.scalar(
        insert(CounterSession).on_conflict_do_nothing().returning(CounterSession), values
    )
    if made is not None:
        return made
    found = session.scalars(
        select(CounterSession).where(
            CounterSession.state == SessionState.OPEN.value,
            (CounterSession.cashier == caller.subject)
            | (
                (CounterSession.place == args["place"])
                & (CounterSession.counter == args["counter"])
            ),
        )
    ).all()
    for each in found:
        if (each.cashier, each.place, each.counter) == (
            caller.subject,
            args["place"],
            args["counter"],
        ) and each.day == day_of(now):
            return each
    told = ", ".join(f"{each.place} {each.counter} of {each.day}" for each in found)
    raise Conflict(f"a session is open that must be counted first: {told}")


def take_at_counter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Payment:
    """Take cash, or a cheque, for a property, and give its receipt.

    The same reference, for the same property and amount, gives the first payment.

    Raises:
        NotFound: no such session or property.
        Forbidden: the session is another cashier's; a supervisor of counters takes in it with a
            reason.
        Invalid: not an amount; more than is owed and may be in advance (``channels.yaml``), and no
            supervisor takes it; a cheque that no bank would pay; a cheque with cash, or none with
            a cheque.
        Conflict: the session is counted or of another day, the cheque was taken already, the
            property was never billed or was split or merged, or the reference stands for
            another payment.
    """
    # Shared: payments of a session do not wait for each other, its count waits for all of them.
    check_may(caller, Act.TAKE, Act.SUPERVISE)
    work = _session(session, args["session_id"], shared=True)
    supervisor = caller.has_any({"supervisor", "admin"}) and _supervises(caller)
    if work.cashier != caller.subject and not (supervisor and args["reason"] is not None):
        raise Forbidden("the session is another cashier's")
    reference = f"counter:{args['reference']}"
    cheque = _cheque(args)
    owed = lock(session, args["property_id"])
    known = session.scalar(select(Payment).where(Payment.reference == reference))
    if known is None:
        counter.check_open(SessionState(work.state), work.day, day_of(now))
        if cheque is not None:
            cheque.check(channels().cheques, day_of(now))
        counter.check_amount(
            args["amount_paise"],
            owed_now(session, owed, day_of(now)),
            channels().advance_at_most,
            supervisor=supervisor,
            reason=args["reason"],
        )
    money = Money(
        args["amount_paise"],
        reference,
        args["mode"],
        "counter",
        work.day,
        caller.subject,
        args["reason"],
    )
    payment = take_payment(session, owed.id, money, now)
    if known is not None:
        return payment
    session.add(CounterPayment(payment_id=payment.id, session_id=work.id))
    if cheque is not None:
        _keep(session, payment, cheque, caller, now)
    give_receipt(session, payment, work.place, now)
    return payment


def _supervises(caller: Identity) -> bool:
    return Act.SUPERVISE in channels().posts.may(post_of(caller.subject), caller.roles)


def _cheque(args: Mapping[str, Any]) -> counter.Cheque | None:
    given = args["cheque"]
    if (args["mode"] == "cheque") != (given is not None):
        raise Invalid("not a payment", {"cheque": ["must be there with a cheque, and only then"]})
    return None if given is None else counter.Cheque(**given)


def _keep(
    session: Session, payment: Payment, cheque: counter.Cheque, caller: Identity, now: datetime
) -> None:
    kept = session.scalar(
        insert(Cheque)
        .values(
            payment_id=payment.id,
            number=cheque.number,
            micr=cheque.micr,
            ifsc=cheque.ifsc,
            bank=cheque.bank,
            dated=cheque.dated,
            amount_paise=payment.amount_paise,
            state=ChequeState.IN_HAND.value,
        )
        .on_conflict_do_nothing()
        .returning(Cheque.payment_id)
    )
    if kept is None:
        raise Conflict(
            f"cheque {cheque.number} of {cheque.bank} was taken already",
            {"number": cheque.number, "micr": cheque.micr},
        )
    session.add(
        ChequeStep(
            payment_id=payment.id,
            state=ChequeState.IN_HAND.value,
            on_day=day_of(now),
            by=caller.subject,
            at=now,
            entry_id=payment.entry_id,
        )
    )


def cancel_at_counter(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Payment:
    """Take back a payment that was taken by mistake; a supervisor does.

    The ledger takes it back, and its receipt stays in the series as cancelled. When its session is
    closed, the books of that day stay as they are, and it is taken off those of a session that is
    open.

    Raises:
        NotFound: no such payment at a counter, no such session.
        Forbidden: the cashier of either session themselves, or no supervisor of counters.
        Invalid: its session is closed and no other is named, or one of another place; or it is open
            and another is named.
        Conflict: its session is counted and not closed yet, the other one is not open, its cheque
            is deposited, or it is taken back already.
    """
    check_may(caller, Act.SUPERVISE)
    row = session.get(CounterPayment, args["payment_id"])
    if row is None:
        raise NotFound(f"there is no payment {args['payment_id']} at a counter")
    work = _session(session, row.session_id)
    into = _books_for(session, work, args["session_id"])
    counter.check_open(SessionState(into.state), into.day, day_of(now))
    if caller.subject in (work.cashier, into.cashier):
        raise Forbidden("a cashier does not take back what they took: a second person does")
    # The cheque first, as who brings it to the bank does: it is not given back meanwhile.
    cheque = session.scalar(
        select(Cheque).where(Cheque.payment_id == row.payment_id).with_for_update()
    )
    payment = session.scalars(
        select(Payment).where(Payment.id == row.payment_id).with_for_update()
    ).one()
    if cheque is not None:
        state = ChequeState(cheque.state)
        counter.check_step(cheque.number, state, ChequeState.GIVEN_BACK)
    take_payment_back(session, payment, now, by=caller.subject, why=args["reason"])
    if into is not work:
        row.corrected_in = into.id
    if cheque is not None:
        cheque.state = ChequeState.GIVEN_BACK.value
        session.add(
            ChequeStep(
                payment_id=payment.id,
                state=cheque.state,
                on_day=day_of(now),
                by=caller.subject,
                at=now,
            )
        )
    return payment


def _books_for(session: Session, work: CounterSession, other: uuid.UUID | None) -> CounterSession:
    """The session in whose books a payment of ``work`` is taken back."""
    if work.state != SessionState.CLOSED:
        if other not in (None, work.id):
            rule = f"must not be there: the payment's own session is {work.state}"
            raise Invalid("not the session", {"session_id": [rule]})
        return work
    if other is None:
        rule = "must be an open one of its place: the payment's own session is closed"
        raise Invalid("no session", {"session_id": [rule]})
    into = _session(session, other, shared=True)
    if into.place != work.place:
        raise Invalid("not the session", {"session_id": [f"must be one of {work.place}"]})
    return into


def count_session(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> CounterSession:
    """Count the drawer: from now on nothing can be added.

    Raises:
        NotFound: no such session.
        Forbidden: it is another cashier's.
        Invalid: not a count, or a difference that nobody explains.
        Conflict: it is counted already.
    """
    work = _session(session, args["session_id"])
    if work.cashier != caller.subject:
        raise Forbidden("the session is another cashier's")
    if work.state != SessionState.OPEN:
        raise Conflict(f"the session is {work.state} already", {"state": work.state})
    pieces = args["pieces"]
    cash = counter.count_cash(pieces, channels().cash)
    counted = {"cash": cash, "cheque": args["cheque_paise"]}
    taken = {mode: each["paise"] for mode, each in books(session, work.id).items()}
    found = counter.compare(taken, counted, args["explanations"])
    counter.check_explained(found)
    work.state, work.counted_at = SessionState.COUNTED.value, now
    work.counted = {
        "pieces": {str(worth): count for worth, count in pieces.items()},
        "cash_paise": cash,
        "cheque_paise": args["cheque_paise"],
    }
    work.differences = [each.to_dict() for each in found]
    return work


def close_session(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> CounterSession:
    """Close a counted session: a second person has looked at it.

    Raises:
        NotFound: no such session.
        Forbidden: the cashier themselves, or no supervisor of counters.
        Conflict: it is not counted, or closed already.
    """
    check_may(caller, Act.SUPERVISE)
    work = _session(session, args["session_id"])
    counter.check_closer(SessionState(work.state), work.cashier, caller.subject)
    work.state, work.closed_at = SessionState.CLOSED.value, now
    work.closed_by = caller.subject
    return work


def _session(session: Session, key: uuid.UUID, *, shared: bool = False) -> CounterSession:
    found = session.scalar(
        select(CounterSession).where(CounterSession.id == key).with_for_update(read=shared)
    )
    if found is None:
        raise NotFound(f"there is no session {key}", {"session_id": str(key)})
    return found
