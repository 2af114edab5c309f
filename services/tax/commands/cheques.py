"""What becomes of the cash and the cheques of counters at the bank."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.india import day_of, rupees
from services.tax.commands.once import alone
from services.tax.commands.take_back import Bounce, take_payment_back
from services.tax.domain import counter
from services.tax.domain.counter import Act, ChequeState
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.banking import deposit
from services.tax.domain.ledger.entries import Draft
from services.tax.domain.money import paise
from services.tax.ledger_store import post
from services.tax.models import Cheque, ChequeStep, CounterSession, DepositSlip, Payment, Property
from services.tax.queries.counter import check_may
from services.tax.reference import channels, collection

_NOT_CLEARED: Final = (ChequeState.IN_HAND.value, ChequeState.DEPOSITED.value)


def deposit_cash(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> DepositSlip:
    """Note that cash was brought to the bank; the same slip again gives the first one.

    Raises:
        Forbidden: the caller's post has nothing to do with counters.
        Invalid: not an amount, or a day to come.
        Conflict: the slip's number stands for another deposit, or so much cash was not counted.
    """
    check_may(caller, *Act)
    amount = paise(args["amount_paise"])
    _check_day("deposited_on", args, now)
    known = _slip_of(session, args["number"])
    if known is not None:
        if (known.kind, known.amount_paise) != ("cash", amount):
            raise Conflict(f"slip {known.number} is used already, for another deposit")
        return known
    # Two deposits at once are not of the same cash.
    alone(session, "deposit_cash")
    if amount > (left := cash_in_hand(session)):
        raise Conflict(
            f"only {rupees(left)} of cash are counted and not brought to the bank yet",
            {"amount_paise": amount, "in_hand_paise": left},
        )
    draft = deposit(amount, args["deposited_on"], Account.CASH, Account.BANK)
    entry = _post(session, draft, f"slip:{args['number']}", now)
    return _slip(session, caller, "cash", amount, args, now, entry)


def cash_in_hand(session: Session) -> int:
    """The cash that was counted, anywhere, and not brought to the bank yet, in paise.

    What the books have and nobody has counted is not there to be brought; what was counted above
    the books is.
    """
    cash = cast(CounterSession.counted["cash_paise"].astext, BigInteger)
    counted = select(func.coalesce(func.sum(cash), 0))
    brought = select(func.coalesce(func.sum(DepositSlip.amount_paise), 0)).where(
        DepositSlip.kind == "cash"
    )
    return int(session.scalars(counted).one()) - int(session.scalars(brought).one())


def deposit_cheques(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> DepositSlip:
    """Note that cheques were brought to the bank on one slip.

    Their money is the bank's when they have cleared: until then the books have them in hand.

    Raises:
        Forbidden: the caller's post has nothing to do with counters.
        NotFound: no such cheque.
        Invalid: a day to come.
        Conflict: one is not in hand, or the slip's number stands for another deposit.
    """
    check_may(caller, *Act)
    _check_day("deposited_on", args, now)
    known = _slip_of(session, args["number"])
    if known is not None:
        on_it = session.scalars(select(Cheque.payment_id).where(Cheque.slip_id == known.id))
        if set(on_it) != set(args["payment_ids"]):
            raise Conflict(f"slip {known.number} is used already, for another deposit")
        return known
    found = [_locked(session, key) for key in sorted(set(args["payment_ids"]))]
    for cheque in found:
        counter.check_step(cheque.number, ChequeState(cheque.state), ChequeState.DEPOSITED)
    total = sum(cheque.amount_paise for cheque in found)
    slip = _slip(session, caller, "cheque", total, args, now, None)
    for cheque in found:
        cheque.slip_id = slip.id
        _step(session, cheque, ChequeState.DEPOSITED, caller, args["deposited_on"], now)
    return slip


def clear_cheques(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> list[Cheque]:
    """Note that cheques have cleared: their money is at the bank; one that has is left as it is.

    Raises:
        Forbidden: the caller's post has nothing to do with counters.
        NotFound: no such cheque.
        Invalid: a day to come, or before one was deposited.
        Conflict: one is not deposited, or came back.
    """
    check_may(caller, *Act)
    _check_day("cleared_on", args, now)
    found = [_locked(session, key) for key in sorted(set(args["payment_ids"]))]
    for cheque in found:
        if cheque.state == ChequeState.CLEARED:
            continue
        counter.check_step(cheque.number, ChequeState(cheque.state), ChequeState.CLEARED)
        _check_after_deposit(session, cheque, "cleared_on", args)
        draft = deposit(
            cheque.amount_paise, args["cleared_on"], Account.CHEQUES_IN_HAND, Account.BANK
        )
        entry = _post(session, draft, f"cheque:{cheque.payment_id}", now)
        _step(session, cheque, ChequeState.CLEARED, caller, args["cleared_on"], now, entry=entry)
    return found


def bounce_cheque(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Cheque:
    """Note that a cheque came back: its payment was none, and a fee is owed where the reason is the
    drawer's. The receipt is cancelled.

    The same again gives the cheque as it is.

    Raises:
        Forbidden: the caller's post has nothing to do with counters.
        NotFound: no such cheque.
        Invalid: no such reason, a day to come, or before the deposit.
        Conflict: it is not deposited, or was taken back already.
    """
    check_may(caller, *Act)
    reason = channels().cheques.reason(args["reason"])
    _check_day("returned_on", args, now)
    cheque = _locked(session, args["payment_id"])
    if cheque.state == ChequeState.BOUNCED:
        return cheque
    state = ChequeState(cheque.state)
    counter.check_step(cheque.number, state, ChequeState.BOUNCED)
    _check_after_deposit(session, cheque, "returned_on", args)
    payment = session.scalars(
        select(Payment).where(Payment.id == cheque.payment_id).with_for_update()
    ).one()
    entry = take_payment_back(
        session,
        payment,
        now,
        by=caller.subject,
        why=f"cheque returned: {reason.name.en}",
        bounced=Bounce(args["returned_on"], collection().bounce_fee if reason.fee else 0),
    )
    if state is ChequeState.CLEARED:
        # The bank has taken its money again.
        back = deposit(
            cheque.amount_paise, args["returned_on"], Account.BANK, Account.CHEQUES_IN_HAND
        )
        _post(session, back, f"cheque:{cheque.payment_id}", now)
    _step(
        session,
        cheque,
        ChequeState.BOUNCED,
        caller,
        args["returned_on"],
        now,
        reason=reason.code,
        entry=entry,
    )
    return cheque


def _check_day(field: str, args: Mapping[str, Any], now: datetime) -> None:
    if args[field] > day_of(now):
        raise Invalid("a day to come", {field: [f"must not be after today, {day_of(now)}"]})


def _check_after_deposit(
    session: Session, cheque: Cheque, field: str, args: Mapping[str, Any]
) -> None:
    slip = session.get_one(DepositSlip, cheque.slip_id)
    if args[field] < slip.deposited_on:
        rule = f"must not be before {slip.deposited_on}, when cheque {cheque.number} was deposited"
        raise Invalid("before the deposit", {field: [rule]})


def _locked(session: Session, key: uuid.UUID) -> Cheque:
    found = session.scalar(select(Cheque).where(Cheque.payment_id == key).with_for_update())
    if found is None:
        raise NotFound(f"there is no cheque of payment {key}", {"payment_id": str(key)})
    return found


def _slip_of(session: Session, number: str) -> DepositSlip | None:
    return session.scalar(select(DepositSlip).where(DepositSlip.number == number))


def _slip(
    session: Session,
    caller: Identity,
    kind: str,
    amount: int,
    args: Mapping[str, Any],
    now: datetime,
    entry: uuid.UUID | None,
) -> DepositSlip:
    made = session.scalar(
        insert(DepositSlip)
        .values(
            id=uuid7(),
            kind=kind,
            number=args["number"],
            amount_paise=amount,
            deposited_on=args["deposited_on"],
            by=caller.subject,
            recorded_at=now,
            entry_id=entry,
        )
        .on_conflict_do_nothing(index_elements=[DepositSlip.number])
        .returning(DepositSlip)
    )
    if made is None:
        # Its first one came in this moment: the same again finds it.
        raise Conflict(f"slip {args['number']} is being noted; try again")
    return made


def _step(
    session: Session,
    cheque: Cheque,
    state: ChequeState,
    caller: Identity,
    on: date,
    now: datetime,
    *,
    reason: str | None = None,
    entry: uuid.UUID | None = None,
) -> None:
    cheque.state = state.value
    session.add(
        ChequeStep(
            payment_id=cheque.payment_id,
            state=state.value,
            on_day=on,
            by=caller.subject,
            at=now,
            reason=reason,
            entry_id=entry,
        )
    )


def _post(session: Session, draft: Draft, reference: str, now: datetime) -> uuid.UUID:
    posted: Sequence[Any] = post(
        session, [draft], property_id=None, reference=reference, posted_at=now
    )
    return uuid.UUID(posted[0].id)


def check_cleared(session: Session, owed: Property) -> None:
    """Refuse what rests on money that is not there yet.

    Raises:
        Conflict: a cheque that was paid for the property has not cleared yet.
    """
    cheque = session.scalar(
        select(Cheque.number)
        .join(Payment, Payment.id == Cheque.payment_id)
        .where(Payment.property_id == owed.id, Cheque.state.in_(_NOT_CLEARED))
        .limit(1)
    )
    if cheque is not None:
        raise Conflict(
            f"cheque {cheque}, paid for property {owed.number}, has not cleared yet",
            {"number": owed.number, "cheque": cheque},
        )
