"""Give money back through the gateway.

What is given back is the owner's credit, or what waits in suspense: a payment that has settled dues
is no credit. It leaves the credit when the refund is asked for, so that no bill uses it meanwhile,
and the ledger when the bank has it; if that fails, it is credit again.
"""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, NotFound, Unavailable
from palika.india import day_of
from services.tax.commands.once import alone
from services.tax.commands.settle import Outcome, Told
from services.tax.commands.suspense import taken_of, waiting_entry
from services.tax.domain.gateway import CURRENCY
from services.tax.domain.gateway import GatewayRefund as Said
from services.tax.domain.ledger import refunds
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.banking import give_back
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft
from services.tax.domain.ledger.payments import check_waiting
from services.tax.domain.money import paise
from services.tax.gateway import Gateway, Refused
from services.tax.ledger_store import entries_of, lock, post
from services.tax.models import GatewayDispute, GatewayRefund, Payment, SuspenseUse

Begin = Callable[[], AbstractContextManager[Session]]

ASK_AGAIN: Final = timedelta(minutes=10)
_SETTLED: Final = ("won", "closed")


def refund_payment(
    begin: Begin, gateway: Gateway, caller: Identity, args: Mapping[str, Any], now: datetime
) -> GatewayRefund:
    """Give an online payment, or a part of it, back to who paid.

    The same key gives the first refund. If the gateway does not answer, the refund stays ``asked``
    and the poll asks again, under the same key.

    Raises:
        NotFound: no such payment.
        Invalid: not an amount.
        Conflict: not an online payment that stands, more than is left of it or of the owner's
            credit, a dispute about it is open, or the key stands for another refund.
    """
    with begin() as session:
        refund = _ask(session, caller, args, now)
    if refund.state != "asked":
        return refund
    return send_refund(begin, gateway, refund, now)


def send_refund(
    begin: Begin, gateway: Gateway, refund: GatewayRefund, now: datetime
) -> GatewayRefund:
    """Ask the gateway for a refund that was ``asked``, and note what it says."""
    try:
        said = gateway.refund(refund.payment_ref, refund.amount_paise, str(refund.id))
    except Unavailable:
        return refund
    except Refused as error:
        with begin() as session:
            row = _locked(session, refund.id)
            if row.state == "asked":
                row.reason = f"{row.reason} ({error})"
                _failed(session, row, now)
            return row
    with begin() as session:
        settle_refund(session, said, now)
        return _locked(session, refund.id)


def _ask(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> GatewayRefund:
    amount = paise(args["amount_paise"])
    alone(session, f"refund {args['key']}")
    payment = session.scalar(
        select(Payment).where(Payment.id == args["payment_id"]).with_for_update()
    )
    if payment is None:
        raise NotFound(f"there is no payment {args['payment_id']}")
    known = session.scalar(select(GatewayRefund).where(GatewayRefund.key == args["key"]))
    if known is not None:
        if (known.payment_id, known.amount_paise) != (payment.id, amount):
            raise Conflict("the key of the refund is used already, for another one")
        return known
    if payment.channel != "online" or payment.state != "received":
        raise Conflict(
            f"payment {payment.reference} is {payment.state}, by {payment.channel}: the gateway "
            "gives back what it took",
            {"state": payment.state, "channel": payment.channel},
        )
    # What was made of a payment later is the same one to the gateway.
    payment_ref = payment.reference.partition("#")[0]
    _check_undisputed(session, payment_ref)
    gone = _refunded(session, payment)
    if amount > payment.amount_paise - gone:
        raise Conflict(
            "more than is left of the payment",
            {"amount_paise": amount, "left_paise": payment.amount_paise - gone},
        )
    refund = GatewayRefund(
        id=uuid7(),
        key=args["key"],
        payment_id=payment.id,
        payment_ref=payment_ref,
        amount_paise=amount,
        state="asked",
        reason=args["reason"],
        asked_by=caller.subject,
        asked_at=now,
        next_ask_at=now + ASK_AGAIN,
        asked=0,
    )
    session.add(refund)
    if payment.property_id is None:
        check_waiting(waiting_entry(session, payment), taken_of(session, payment), amount)
        _reserve(session, refund, payment, caller.subject, now)
    else:
        lock(session, payment.property_id)
        book = Book.of(entries_of(session, payment.property_id))
        _post(session, payment, refunds.promise(book, amount, day_of(now)), refund, now)
    return refund


def _reserve(
    session: Session, refund: GatewayRefund, payment: Payment, by: str, now: datetime
) -> None:
    session.add(
        SuspenseUse(
            key=f"refund:{refund.id}",
            payment_id=payment.id,
            kind="refund",
            amount_paise=refund.amount_paise,
            by=by,
            at=now,
            note=refund.reason,
        )
    )


def _check_undisputed(session: Session, payment_ref: str) -> None:
    dispute = session.scalar(
        select(GatewayDispute.id).where(
            GatewayDispute.payment_ref == payment_ref, GatewayDispute.status.not_in(_SETTLED)
        )
    )
    if dispute is not None:
        raise Conflict(
            f"payment {payment_ref} is disputed ({dispute}): nothing of it is refunded",
            {"dispute": dispute},
        )


def _refunded(session: Session, payment: Payment) -> int:
    found = session.scalar(
        select(func.coalesce(func.sum(GatewayRefund.amount_paise), 0)).where(
            GatewayRefund.payment_id == payment.id, GatewayRefund.state != "failed"
        )
    )
    return int(found or 0)


def settle_refund(session: Session, said: Said, now: datetime) -> Told:
    """Note what the gateway says of a refund; post it when the bank has it.

    One that nobody asked for here was made at the gateway's dashboard: it is kept as ``foreign``,
    for a person.
    """
    if said.currency != CURRENCY:
        return Told(Outcome.REFUSED, f"currency: must be {CURRENCY}, not {said.currency!r:.12}")
    refund = refund_of(session, said)
    if refund is None:
        return _foreign(session, said, now)
    if (refund.payment_ref, refund.amount_paise) != (said.payment_id, said.amount_paise):
        return Told(Outcome.REFUSED, "refund: is of another payment or amount than asked for")
    if refund.gateway_id not in (None, said.id):
        return Told(Outcome.REFUSED, f"refund: is {refund.gateway_id} at the gateway already")
    refund.gateway_id = said.id
    if refund.state in ("processed", "failed", "foreign"):
        return _after(refund, said)
    if said.status == "processed":
        _processed(session, refund, now)
        return Told(Outcome.POSTED)
    if said.status == "failed":
        _failed(session, refund, now)
        return Told(Outcome.POSTED)
    refund.state = "sent"
    return Told(Outcome.NOTED)


def _after(refund: GatewayRefund, said: Said) -> Told:
    """An older word, or the same again; a contradiction is for a person."""
    if {refund.state, said.status} == {"processed", "failed"}:
        return Told(Outcome.REFUSED, f"refund: is {refund.state} here, {said.status} there")
    return Told(Outcome.REPEATED)


def refund_of(session: Session, said: Said) -> GatewayRefund | None:
    """What is known of a refund here, its row locked; None: nothing is."""
    by_id = select(GatewayRefund).where(GatewayRefund.gateway_id == said.id).with_for_update()
    found = session.scalar(by_id)
    if found is None and said.receipt is not None:
        try:
            key = uuid.UUID(said.receipt)
        except ValueError:
            return None
        found = session.scalar(
            select(GatewayRefund).where(GatewayRefund.id == key).with_for_update()
        )
    return found


def _foreign(session: Session, said: Said, now: datetime) -> Told:
    if said.status == "failed":
        return Told(Outcome.NOTED)
    payment = session.scalar(select(Payment.id).where(Payment.reference == said.payment_id))
    made = session.scalar(
        insert(GatewayRefund)
        .values(
            id=uuid7(),
            key=said.id,
            payment_id=payment,
            payment_ref=said.payment_id,
            gateway_id=said.id,
            amount_paise=said.amount_paise,
            state="foreign",
            reason="made at the gateway's dashboard",
            asked_by="gateway",
            asked_at=now,
            asked=0,
        )
        .on_conflict_do_nothing()
        .returning(GatewayRefund.id)
    )
    return Told(Outcome.NOTED if made else Outcome.REPEATED)


def _processed(session: Session, refund: GatewayRefund, now: datetime) -> None:
    payment = session.get_one(Payment, refund.payment_id)
    on = day_of(now)
    if payment.property_id is None:
        use = _use_of(session, refund)
        waiting = waiting_entry(session, payment)
        taken = taken_of(session, payment) - use.amount_paise
        draft = give_back(waiting, taken, refund.amount_paise, on, Account.GATEWAY)
        _post(session, payment, draft, refund, now)
        use.kind, use.entry_id = "returned", refund.entry_id
    else:
        lock(session, payment.property_id)
        book = Book.of(entries_of(session, payment.property_id))
        draft = refunds.pay_out(book, refund.amount_paise, on, Account.GATEWAY)
        _post(session, payment, draft, refund, now)
    refund.state, refund.next_ask_at = "processed", None


def _failed(session: Session, refund: GatewayRefund, now: datetime) -> None:
    payment = session.get_one(Payment, refund.payment_id)
    if payment.property_id is None:
        session.delete(_use_of(session, refund))
    else:
        lock(session, payment.property_id)
        book = Book.of(entries_of(session, payment.property_id))
        draft = refunds.credit(book, refund.amount_paise, day_of(now))
        _post(session, payment, draft, refund, now)
    refund.state, refund.next_ask_at = "failed", None


def _use_of(session: Session, refund: GatewayRefund) -> SuspenseUse:
    return session.scalars(
        select(SuspenseUse).where(SuspenseUse.key == f"refund:{refund.id}")
    ).one()


def _post(
    session: Session, payment: Payment, draft: Draft, refund: GatewayRefund, now: datetime
) -> None:
    (entry,) = post(
        session,
        [draft],
        property_id=payment.property_id,
        reference=str(refund.id),
        posted_at=now,
    )
    refund.entry_id = uuid.UUID(entry.id)


def _locked(session: Session, key: uuid.UUID) -> GatewayRefund:
    return session.scalars(
        select(GatewayRefund).where(GatewayRefund.id == key).with_for_update()
    ).one()
