"""What a person says of what the gateway did by itself: money that went back, or came wrong."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.india import day_of
from services.tax.commands.pay import Money, suspend_payment, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.commands.suspense import taken_of, use_of, waiting_entry
from services.tax.commands.take_back import take_payment_back
from services.tax.domain.channels import ONLINE
from services.tax.domain.gateway import CURRENCY
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.banking import give_back
from services.tax.domain.payment import is_payable
from services.tax.gateway import Gateway, Refused
from services.tax.ledger_store import lock, post
from services.tax.models import (
    GatewayDispute,
    GatewayRefund,
    Payment,
    PaymentOrder,
)
from services.tax.queries.online import came_as

Begin = Callable[[], AbstractContextManager[Session]]


def charge_back(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Payment | None:
    """Post that money left the gateway without the city: a refund that was made at its dashboard,
    or a dispute that was lost.

    The payment is taken back, and what is left of it taken anew, from the same day. Of one that
    waits in suspense so much goes back; if less waits, since parts of it were given to properties,
    these are taken back into suspense first, the last one first. The same again changes nothing.

    Returns:
        The payment of what is left, the first time and again; it waits in suspense if its property
        was split or merged since. None: nothing is, or it is still in suspense.

    Raises:
        NotFound: no such refund or dispute, or its payment is none of ours.
        Conflict: it is no such refund, the dispute is not lost, or it is about more than stands.
    """
    if args["kind"] == "refund":
        about = _refund(session, args["id"])
    else:
        about = _dispute(session, args["id"])
    reference = f"{about.payment_ref}#{args['id']}"
    if about.entry_id is not None:
        return session.scalar(select(Payment).where(Payment.reference == reference))
    found = _standing(session, about.payment_ref)
    waiting = next((each for each in found if each.property_id is None), None)
    why = f"charged back: {args['note']}"
    if waiting is None:
        (payment,) = found
        _check_stands(about, payment.amount_paise)
        about.entry_id = take_payment_back(session, payment, now, by=caller.subject, why=why)
        left = _left(payment, payment.amount_paise - about.amount_paise, Account.GATEWAY)
    else:
        given = [each for each in found if each.property_id is not None]
        left = _free(session, about, waiting, given, caller, why, now)
        about.entry_id = _from_suspense(session, waiting, about, caller, args, now)
    if isinstance(about, GatewayRefund):
        about.state = "processed"
    if left is None:
        return None
    money = left.money(reference, caller.subject, why)
    if not is_payable(lock(session, left.property_id).status):
        # Out of suspense it is there again.
        return suspend_payment(session, money, now) if waiting is None else None
    made = take_payment(session, left.property_id, money, now)
    if waiting is not None:
        key, note = f"left:{args['id']}", args["note"]
        session.add(
            use_of(waiting, "identified", left.amount_paise, key, caller, note, now, made=made)
        )
    give_receipt(session, made, ONLINE, now)
    return made


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


def _standing(session: Session, payment_ref: str) -> Sequence[Payment]:
    """What stands of a payment of the gateway, the newest first, locked: itself, or what is left
    of it after an earlier charge; of one in suspense also what was given of it to properties."""
    found = session.scalars(
        select(Payment)
        .where(
            came_as(Payment.reference) == payment_ref,
            Payment.channel == "online",
            Payment.state == "received",
        )
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
        .with_for_update()
    ).all()
    if not found:
        raise NotFound(f"no payment {payment_ref} stands", {"payment_ref": payment_ref})
    return found


def _check_stands(about: GatewayRefund | GatewayDispute, left: int) -> None:
    if about.amount_paise > left:
        raise Conflict(
            f"it is about more than stands of payment {about.payment_ref}",
            {"amount_paise": about.amount_paise, "left_paise": left},
        )


@dataclass(frozen=True, slots=True)
class _Left:
    """What a property keeps of a payment that was taken back."""

    property_id: uuid.UUID
    of: Payment
    amount_paise: int
    source: Account

    def money(self, reference: str, by: str, why: str) -> Money:
        """From the same day."""
        of = self.of
        return Money(
            amount_paise=self.amount_paise,
            reference=reference,
            mode=of.mode,
            channel=of.channel,
            received_on=of.received_on,
            by=by,
            reason=why,
            source=self.source,
        )


def _left(of: Payment, amount: int, source: Account) -> _Left | None:
    if amount == 0 or of.property_id is None:
        return None
    return _Left(of.property_id, of, amount, source)


def _free(
    session: Session,
    about: GatewayRefund | GatewayDispute,
    waiting: Payment,
    given: Sequence[Payment],
    caller: Identity,
    why: str,
    now: datetime,
) -> _Left | None:
    """Take so many of the payments that were made of one in suspense back into it that what goes
    back is there; what the last of them keeps."""
    amount = about.amount_paise
    free = waiting.amount_paise - taken_of(session, waiting)
    _check_stands(about, free + sum(each.amount_paise for each in given))
    if free >= amount:
        return None
    # All of them in one order: two that take back payments of the same properties do not wait for
    # each other in a circle.
    keys = {each.property_id for each in given if each.property_id is not None}
    for key in sorted(keys):
        lock(session, key)
    for each in given:
        take_payment_back(session, each, now, by=caller.subject, why=why)
        free += each.amount_paise
        if free >= amount:
            break
    return _left(each, free - amount, Account.SUSPENSE)


def _from_suspense(
    session: Session,
    waiting: Payment,
    about: GatewayRefund | GatewayDispute,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
) -> uuid.UUID:
    amount, key = about.amount_paise, f"charge:{args['id']}"
    draft = give_back(
        waiting_entry(session, waiting),
        taken_of(session, waiting),
        amount,
        day_of(now),
        Account.GATEWAY,
    )
    (entry,) = post(session, [draft], property_id=None, reference=key, posted_at=now)
    entry_id = uuid.UUID(entry.id)
    session.add(
        use_of(waiting, "returned", amount, key, caller, args["note"], now, entry_id=entry_id)
    )
    return entry_id


def accept_held(
    begin: Begin, gateway: Gateway, caller: Identity, args: Mapping[str, Any], now: datetime
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
                money = Money(
                    amount_paise=each.amount_paise,
                    reference=each.id,
                    mode=each.mode,
                    channel="online",
                    received_on=on,
                    by=caller.subject,
                    reason=args["note"],
                    source=Account.GATEWAY,
                )
                known = suspend_payment(session, money, now)
                session.flush()
            kept.payment_id = kept.payment_id or known.id
        kept.state, kept.reason = "paid", f"taken as it came: {args['note']}"
        return kept
