"""Post what the gateway says of a payment, once, whoever brings it: a webhook, the poll, a browser.

The order's row is locked first, then the property's: two that bring the same payment wait for each
other, and the second one finds it posted.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.commands.once import alone
from services.tax.commands.pay import Money, suspend_payment, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.domain.channels import ONLINE
from services.tax.domain.gateway import GatewayPayment, mismatch
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.payment import GATEWAY, is_payable
from services.tax.ledger_store import lock
from services.tax.models import Payment, PaymentOrder


class Outcome(StrEnum):
    """What became of what the gateway said."""

    POSTED = "posted"
    SUSPENSE = "suspense"
    """Posted, into suspense: its property was split or merged meanwhile."""
    REPEATED = "repeated"
    NOTED = "noted"
    """Nothing is to be posted."""
    REFUSED = "refused"
    """It does not fit; nothing is posted, and a person has to look."""


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome, with the reason of a refusal, and the payment that was posted."""

    outcome: Outcome
    reason: str | None = None
    payment: Payment | None = None


def settle_payment(session: Session, said: GatewayPayment, now: datetime) -> Told:
    """Post a captured payment of one of our orders; note the others.

    What is refused, because its amount, its currency or its order is not ours, moves no money. If
    money came all the same, the order is ``held`` until a person has looked.

    Args:
        session: in the caller's transaction.
        said: as the gateway has signed it, or answered.
        now: when it is written down, aware.
    """
    if said.order_id is None:
        return Told(Outcome.REFUSED, "order: the payment has none")
    order = _order_of(session, said.order_id)
    if order is None:
        # A link's order is another transaction's to note: it is waited for.
        of_gateway_order(session, said.order_id)
        order = _order_of(session, said.order_id)
    if order is None:
        return Told(Outcome.REFUSED, f"order: {said.order_id} is none of ours")
    wrong = mismatch(said, said.order_id, order.amount_paise)
    if wrong is not None:
        if said.captured and order.state != "paid":
            order.state, order.reason = "held", f"{said.id}: {wrong}"
        return Told(Outcome.REFUSED, wrong)
    if not said.captured:
        return _not_captured(order, said, now)
    return _captured(session, order, said, now)


def _order_of(session: Session, gateway_id: str) -> PaymentOrder | None:
    return session.scalar(
        select(PaymentOrder).where(PaymentOrder.gateway_id == gateway_id).with_for_update()
    )


def of_gateway_order(session: Session, gateway_id: str) -> None:
    """Hold an order of the gateway's that is not known here, until the transaction ends."""
    alone(session, f"gateway order {gateway_id}")


def _not_captured(order: PaymentOrder, said: GatewayPayment, now: datetime) -> Told:
    if order.state in ("open", "expired"):
        if said.status == "authorized":
            # It has to be captured: the next poll does that, and asks whether it was meanwhile.
            order.next_ask_at = now
        elif said.status == "failed":
            order.reason = f"{said.id}: failed ({said.error or 'no reason given'})"
    return Told(Outcome.NOTED)


def _captured(session: Session, order: PaymentOrder, said: GatewayPayment, now: datetime) -> Told:
    # Locked: no order of the register takes it off the roll meanwhile.
    owed = lock(session, order.property_id)
    money = Money(
        amount_paise=said.amount_paise,
        reference=said.id,
        mode=said.mode,
        channel="online",
        # A clock of theirs may be ahead of ours.
        received_on=min(day_of(said.created_at), day_of(now)),
        by=GATEWAY,
        source=Account.GATEWAY,
    )
    known = session.scalar(select(Payment).where(Payment.reference == said.id))
    if known is not None and (known.channel, known.amount_paise) != ("online", said.amount_paise):
        # Somebody has written the gateway's id down as the reference of another payment.
        order.state, order.reason = "held", f"{said.id}: stands for another payment here"
        return Told(Outcome.REFUSED, "payment: its id stands for another payment here")
    if known is not None:
        return Told(Outcome.REPEATED, payment=known)
    if is_payable(owed.status):
        payment = take_payment(session, owed.id, money, now)
        give_receipt(session, payment, ONLINE, now)
    else:
        payment = suspend_payment(session, money, now)
        session.flush()  # The order refers to it.
    # An order that is paid twice has two payments: the second one is the owner's credit.
    order.next_ask_at = None
    if order.state != "held":
        # Of one that is held, other money came that does not fit: a person looks at it still.
        order.state, order.reason = "paid", None
    order.payment_id = order.payment_id or payment.id
    if is_payable(owed.status):
        return Told(Outcome.POSTED, payment=payment)
    return Told(Outcome.SUSPENSE, f"property: it is {owed.status}", payment)
