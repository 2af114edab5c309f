"""Make an order to pay online; confirm it when the payer's browser comes back."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.india import day_of
from services.tax.commands.pay import carried_in, latest_bill, never_billed
from services.tax.commands.settle import Told, settle_payment
from services.tax.domain.billing import period_of
from services.tax.domain.gateway import check_checkout
from services.tax.domain.money import paise
from services.tax.domain.payment import check_payable
from services.tax.gateway import Gateway, Refused
from services.tax.models import PaymentOrder, Property
from services.tax.reference import channels

Begin = Callable[[], AbstractContextManager[Session]]

PREFIX: Final = "PO"
_LEAST_PAISE: Final = 100
"""The gateway takes one rupee or more."""


def make_order(
    begin: Begin, gateway: Gateway, caller: Identity, args: Mapping[str, Any], now: datetime
) -> PaymentOrder:
    """Make an order to pay an amount for a property, at the gateway and here.

    The same key of the same caller with the same property and amount gives the first order. No
    transaction is open while the gateway is asked.

    Raises:
        NotFound: no such property.
        Invalid: not an amount, or below one rupee.
        Conflict: the key stands for another order, the property was never billed or is not on the
            roll any more, or the gateway refuses.
        Unavailable: the gateway does not answer: the same again finds the order, or makes it; or
            none is set up, and nothing is kept.
    """
    gateway.check_set_up()
    with begin() as session:
        order, number = _ours(session, caller, args, now)
    if order.gateway_id is not None or order.state != "new":
        return order
    try:
        made = gateway.make_order(order.number, order.amount_paise, {"property": number})
    except Refused as error:
        with begin() as session:
            refused = locked_order(session, order.id)
            refused.state, refused.reason, refused.next_ask_at = "refused", str(error), None
        raise Conflict(str(error), error.details) from error
    with begin() as session:
        order = locked_order(session, order.id)
        if order.gateway_id is None:
            asking = channels().asking
            order.gateway_id, order.state = made.id, "open"
            order.next_ask_at = asking.next(0, now, order.expires_at)
        return order


def _ours(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[PaymentOrder, str]:
    """The order of a key, with its property's number; made if there is none."""
    amount = paise(args["amount_paise"])
    owed = session.get(Property, args["property_id"])
    if owed is None:
        raise NotFound(
            f"there is no property {args['property_id']}",
            {"property_id": str(args["property_id"])},
        )
    values = {**new_order(session, owed, amount, caller, now), "key": args["key"]}
    made = session.scalar(
        insert(PaymentOrder)
        .on_conflict_do_nothing(index_elements=[PaymentOrder.made_by, PaymentOrder.key])
        .returning(PaymentOrder),
        values,
    )
    if made is not None:
        return made, owed.number
    known = session.scalars(
        select(PaymentOrder).where(
            PaymentOrder.made_by == caller.subject, PaymentOrder.key == args["key"]
        )
    ).one()
    if (known.property_id, known.amount_paise) != (owed.id, amount):
        raise Conflict(
            "the key of the order is used already, with another property or amount",
            {"key": args["key"]},
        )
    return known, owed.number


def new_order(
    session: Session, owed: Property, amount_paise: int, caller: Identity, now: datetime
) -> dict[str, Any]:
    """The columns of a new order of a property, but for its key.

    Raises:
        Invalid: below one rupee.
        Conflict: the property was never billed, or is not on the roll any more.
    """
    if amount_paise < _LEAST_PAISE:
        raise Invalid("too little", {"amount_paise": ["must be at least 100 paise"]})
    check_payable(owed.number, owed.status)
    bill = latest_bill(session, owed)
    # What gave way may have been billed, and this one, to which its dues were carried, not yet.
    if bill is None and not carried_in(session, owed, day_of(now)):
        raise never_billed(owed)
    expires_at = now + channels().asking.expires_after
    return {
        "id": uuid7(),
        "number": _number(session, now),
        "property_id": owed.id,
        "bill_id": bill and bill.id,
        "amount_paise": amount_paise,
        "state": "new",
        "made_by": caller.subject,
        "made_at": now,
        "expires_at": expires_at,
        "next_ask_at": expires_at,
        "asked": 0,
    }


def _number(session: Session, now: datetime) -> str:
    serial = session.scalar(text("SELECT nextval('payment_order_serial')"))
    return f"{PREFIX}-{period_of(day_of(now))}-{serial:06d}"


def locked_order(session: Session, key: uuid.UUID) -> PaymentOrder:
    """An order that is there, its row locked."""
    return session.scalars(
        select(PaymentOrder).where(PaymentOrder.id == key).with_for_update()
    ).one()


def confirm_order(
    begin: Begin, gateway: Gateway, args: Mapping[str, Any], now: datetime
) -> tuple[PaymentOrder, Told | None]:
    """Post the payment of an order when its payer's browser comes back with the gateway's word.

    The signature says that it was paid, not how much: the gateway is asked that.

    Returns:
        The order, and what became of the payment: None when the gateway does not answer now. Its
        webhook or the poll does the rest.

    Raises:
        Forbidden: the signature is not the gateway's, or not about this order.
        NotFound: no such order.
    """
    check_checkout(
        args["gateway_order_id"], args["gateway_payment_id"], args["signature"], gateway.key_secret
    )
    with begin() as session:
        order = find_order(session, args["order_id"])
    if order.gateway_id != args["gateway_order_id"]:
        raise Forbidden("the checkout was about another order")
    try:
        said = gateway.payment(args["gateway_payment_id"])
    except (Unavailable, Refused):
        return order, None
    with begin() as session:
        told = settle_payment(session, said, now)
        return find_order(session, order.id), told


def find_order(session: Session, key: uuid.UUID) -> PaymentOrder:
    """An order by our id. Raises NotFound: there is none."""
    found = session.get(PaymentOrder, key)
    if found is None:
        raise NotFound(f"there is no order {key}", {"order_id": str(key)})
    return found
