"""What a person says of what the gateway did by itself: money that went back, or came wrong."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from services.tax.commands.pay import Money, suspend_payment, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.commands.suspense import taken_of, waiting_entry
from services.tax.commands.take_back import take_payment_back
from services.tax.domain.channels import ONLINE
from services.tax.domain.gateway import CURRENCY
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.banking import give_back
from services.tax.gateway import Gateway, Refused
from services.tax.ledger_store import post
from services.tax.models import (
    GatewayDispute,
    GatewayRefund,
    Payment,
    PaymentOrder,
    SuspenseUse,
)

Begin = Callable[[], AbstractContextManager[Session]]


def charge_back(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Payment | None:
    """Post that money left the gateway without the city: a refund that was made at its dashboard,
    or a dispute that was lost.

    The payment is taken back, and what is left of it taken anew, from the same day; of one that
    waits in suspense so much goes back. The same again changes nothing.

    Returns:
        The payment of what is left; None: nothing is, or it is in suspense.

    Raises:
        NotFound: no such refund or dispute, or its payment is none of ours.
        Conflict: it is no such refund, the dispute is not lost, or it is about more than stands.
    """
    if args["kind"] == "refund":
        about = _refund(session, args["id"])
    else:
        about = _dispute(session, args["id"])
    if about.entry_id is not None:
        return None
    payment = _standing(session, about.payment_ref)
    amount = about.amount_paise
    if amount > payment.amount_paise:
        raise Conflict(
            f"it is about more than stands of payment {payment.reference}",
            {"amount_paise": amount, "left_paise": payment.amount_paise},
        )
    if isinstance(about, GatewayRefund):
        about.state = "processed"
    if payment.property_id is None:
        about.entry_id = _from_suspense(session, payment, amount, caller, args, now)
        return None
    why = f"charged back: {args['note']}"
    about.entry_id = take_payment_back(session, payment, now, by=caller.subject, why=why)
    if amount == payment.amount_paise:
        return None
    money = Money(
        amount_paise=payment.amount_paise - amount,
        reference=f"{about.payment_ref}#{args['id']}",
        mode=payment.mode,
        channel=payment.channel,
        received_on=payment.received_on,
        source=Account.GATEWAY,
    )
    left = take_payment(session, payment.property_id, money, now)
    give_receipt(session, left, ONLINE, now)
    return left


def _refund(session: Session, key: str) -> GatewayRefund:
    found = session.scalar(
        select(GatewayRefund).where(GatewayRefund.gateway_id == key).with_for_update()
    )
    if found is None:
        raise NotFound(f"there is no refund {key}", {"id": key})
    if found.asked_by != "gateway":
        raise Conflict(f"refund {key} was asked for here: it is posted by itself")
    return found


def _dispute(session: Session, key: str) -> GatewayDispute:
    found = session.scalar(select(GatewayDispute).where(GatewayDispute.id == key).with_for_update())
    if found is None:
        raise NotFound(f"there is no dispute {key}", {"id": key})
    if found.status != "lost":
        raise Conflict(f"dispute {key} is {found.status}, not lost", {"status": found.status})
    return found


def _standing(session: Session, payment_ref: str) -> Payment:
    """The payment of a reference, or what is left of it after an earlier charge."""
    of_it = (Payment.reference == payment_ref) | Payment.reference.startswith(
        f"{payment_ref}#", autoescape=True
    )
    found = session.scalars(
        select(Payment)
        .where(of_it, Payment.state == "received")
        .order_by(Payment.property_id.is_(None).desc(), Payment.paid_at.desc(), Payment.id.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound(f"no payment {payment_ref} stands", {"payment_ref": payment_ref})
    return found


def _from_suspense(
    session: Session,
    payment: Payment,
    amount: int,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
) -> uuid.UUID:
    draft = give_back(
        waiting_entry(session, payment),
        taken_of(session, payment),
        amount,
        day_of(now),
        Account.GATEWAY,
    )
    (entry,) = post(
        session, [draft], property_id=None, reference=f"charge:{args['id']}", posted_at=now
    )
    session.add(
        SuspenseUse(
            key=f"charge:{args['id']}",
            payment_id=payment.id,
            kind="returned",
            amount_paise=amount,
            entry_id=uuid.UUID(entry.id),
            by=caller.subject,
            at=now,
            note=args["note"],
        )
    )
    return uuid.UUID(entry.id)


def accept_held(
    begin: Begin, gateway: Gateway, args: Mapping[str, Any], now: datetime
) -> PaymentOrder:
    """Take the money of a held order as it came: into suspense, for a person to find out whose it
    is.

    The gateway is asked what came; what is in another currency is not taken.

    Raises:
        NotFound: no such order.
        Conflict: it is not held, or no rupees came for it.
        Unavailable: the gateway does not answer.
    """
    with begin() as session:
        order = session.get(PaymentOrder, args["order_id"])
    if order is None:
        raise NotFound(f"there is no order {args['order_id']}")
    if order.state != "held" or order.gateway_id is None:
        raise Conflict(f"order {order.number} is {order.state}, not held", {"state": order.state})
    try:
        said = gateway.payments(order.gateway_id)
    except Refused as error:
        raise Conflict(str(error), error.details) from error
    came = [each for each in said if each.captured and each.currency == CURRENCY]
    if not came:
        raise Conflict(f"no rupees came for order {order.number}")
    with begin() as session:
        kept = session.scalars(
            select(PaymentOrder).where(PaymentOrder.id == order.id).with_for_update()
        ).one()
        for each in came:
            known = session.scalar(select(Payment).where(Payment.reference == each.id))
            if known is None:
                on = min(day_of(each.created_at), day_of(now))
                money = Money(each.amount_paise, each.id, each.mode, "online", on, Account.GATEWAY)
                known = suspend_payment(session, money, now)
                session.flush()
            kept.payment_id = kept.payment_id or known.id
        kept.state, kept.reason = "paid", f"taken as it came: {args['note']}"
        return kept
