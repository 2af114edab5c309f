"""Make a link by which a property's dues are paid, and note which order the gateway has of it.

A link is an order (``PaymentOrder``) with a page of its own: what is paid by it is posted, refunded
and asked for as of any other. Its own at the gateway's is only known once somebody has opened the
page, so webhooks and the poll bring it here (``bind``) before ``settle_payment``.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, not_, or_, select, update
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.tax.commands.once import alone
from services.tax.commands.orders import locked_order, new_order
from services.tax.commands.pay import owed_now
from services.tax.commands.settle import Outcome, of_gateway_order
from services.tax.domain.counter import check_online
from services.tax.domain.gateway import CURRENCY, GatewayLink
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.receiving import quote
from services.tax.domain.money import paise
from services.tax.gateway import Gateway, Refused
from services.tax.ledger_store import entries_of
from services.tax.models import GatewayNotice, PaymentOrder, Property
from services.tax.queries.online import ALONE, is_alone
from services.tax.queries.properties import find
from services.tax.reference import channels, rules
from services.tax.stays import stays_of

Begin = Callable[[], AbstractContextManager[Session]]

MOST_OPEN: Final = 20
"""So many links of amounts of one's own choosing a property has open; the figure is the city's own
choice. What settles all of it always gets its link: nobody can keep an owner from paying."""
_LEAST_LEFT: Final = timedelta(minutes=30)
"""An open link is given again while it is good for so long; the gateway makes none for less than
15 minutes."""


def pay_link(
    begin: Begin,
    gateway: Gateway,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    portal_url: str = "",
) -> PaymentOrder:
    """A link to pay an amount for a property, made at the gateway and here.

    While a link of the property and amount is open it is given again, also one whose answer was
    lost: the gateway knows it by its reference. A citizen, or a program, is given their own only,
    and it nobody else: who made one may read by what means it was paid (``queries/online``). All
    others share one. No transaction is open while the gateway is asked.

    Args:
        begin: opens a transaction.
        gateway: that makes it.
        caller: who asks.
        args: ``id`` or ``number`` of the property; ``amount_paise``, None is what settles all of it
            today; ``language``, where the payer is to be led back to the order's page of the
            portal.
        now: aware.
        portal_url: as people reach the portal; without it nobody is led back.

    Raises:
        NotFound: no such property.
        Invalid: not an amount, below one rupee, or more than is owed and may be in advance
            (``channels.yaml``).
        Conflict: nothing is owed, the property was never billed or is not on the roll any more, too
            many links of other amounts are open for it, or the gateway refuses.
        Unavailable: the gateway does not answer: the same again finds the link, or makes it; or
            none is set up, and nothing is kept.
    """
    gateway.check_set_up()
    with begin() as session:
        order, number = _ours(session, caller, args, now)
    if order.link_url is not None:
        return order
    try:
        made = gateway.make_link(
            order.number,
            order.amount_paise,
            f"Property tax / मिळकतकर {number}",
            order.expires_at,
            {"property": number},
            _back_to(order, portal_url, args.get("language")),
        )
    except Refused as error:
        with begin() as session:
            refused = locked_order(session, order.id)
            refused.state, refused.reason, refused.next_ask_at = "refused", str(error), None
        raise Conflict(str(error), error.details) from error
    with begin() as session:
        order = locked_order(session, order.id)
        if order.link_url is None:
            _known(order, made, now)
        return order


def _back_to(order: PaymentOrder, portal_url: str, language: str | None) -> str | None:
    """The page of the portal that says how the order stands."""
    if not portal_url or language is None:
        return None
    return f"{portal_url.rstrip('/')}/{language}/property/payment/{order.id}"


def _ours(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[PaymentOrder, str]:
    """The open link of a property and amount, with the property's number; made if there is none."""
    owed = find(session, args)
    asked = args["amount_paise"]
    if asked is None:
        amount = _payable(session, owed, now)
    else:
        amount = paise(asked)
        check_online(amount, owed_now(session, owed, day_of(now)), channels().advance_at_most)
    alone(session, f"pay_link {owed.id}")
    still = (
        PaymentOrder.property_id == owed.id,
        PaymentOrder.is_link,
        PaymentOrder.state.in_(("new", "open")),
    )
    known = session.scalar(
        select(PaymentOrder)
        .where(
            *still,
            PaymentOrder.amount_paise == amount,
            PaymentOrder.expires_at > now + _LEAST_LEFT,
            _may_have(caller),
        )
        .order_by(PaymentOrder.made_at.desc())
        .limit(1)
    )
    if known is not None:
        return known, owed.number
    if asked is not None:
        of_all = select(func.count()).where(*still, PaymentOrder.expires_at > now)
        _check_few(owed, session.scalar(of_all) or 0)
    values = new_order(session, owed, amount, caller, now)
    made = PaymentOrder(**values, key=values["number"], is_link=True)
    session.add(made)
    session.flush()
    return made, owed.number


def _may_have(caller: Identity) -> ColumnElement[bool]:
    """Which links a caller is given again."""
    if is_alone(caller):
        return PaymentOrder.made_by == caller.subject
    return not_(or_(*(PaymentOrder.made_by.startswith(each) for each in ALONE)))


def _check_few(owed: Property, count: int) -> None:
    if count >= MOST_OPEN:
        raise Conflict(
            f"{count} payment links of {owed.number} are open already: pay by one of them, or all "
            "that is owed",
            {"number": owed.number, "open": count, "most": MOST_OPEN},
        )


def _payable(session: Session, owed: Property, now: datetime) -> int:
    """What settles all of it today, with its rebate."""
    today = day_of(now)
    book = Book.of(entries_of(session, owed.id), today)
    found = quote(book, today, rules(today), stays_of(session, owed.id)).payable_paise
    if found <= 0:
        raise Conflict(f"nothing is owed for {owed.number}", {"number": owed.number})
    return found


def bind(session: Session, said: GatewayLink, now: datetime) -> str | None:
    """Note what the gateway says of a link: its order above all.

    A webhook about the order's payment that came before is no refusal any more: it was this link's.

    Args:
        session: in the caller's transaction.
        said: as the gateway has signed it, or answered.
        now: aware.

    Returns:
        Why it does not fit; None: it does. What does not fit, and has money, is ``held``.
    """
    order = session.scalar(
        select(PaymentOrder)
        .where(
            PaymentOrder.is_link,
            or_(PaymentOrder.link_id == said.id, PaymentOrder.number == said.reference),
        )
        .order_by(PaymentOrder.link_id.is_(None))
        .limit(1)
        .with_for_update()
    )
    if order is None:
        return f"payment link: {said.id} is none of ours"
    wrong = _wrong(order, said)
    if wrong is not None:
        if said.paid_paise and order.state != "paid":
            order.state, order.reason = "held", f"{said.id}: {wrong}"
            order.gateway_id = order.gateway_id or said.order_id
        return wrong
    if order.link_id is None:
        _known(order, said, now)
    if order.gateway_id is None and said.order_id is not None:
        order.gateway_id = said.order_id
        _refused_before(session, said.order_id)
    if said.ended and order.state == "open":
        # Asked for once more: a payment that nobody told of, else it is over.
        order.next_ask_at = now
    return None


def _wrong(order: PaymentOrder, said: GatewayLink) -> str | None:
    if said.id != (order.link_id or said.id):
        return f"payment link: the link of {order.number} is {order.link_id}, not {said.id}"
    if (said.amount_paise, said.currency) != (order.amount_paise, CURRENCY):
        return f"amount: must be {order.amount_paise} paise, not {said.amount_paise}"
    if said.order_id not in (None, order.gateway_id or said.order_id):
        return f"order: the link's is {order.gateway_id}, not {said.order_id}"
    return None


def _known(order: PaymentOrder, said: GatewayLink, now: datetime) -> None:
    order.link_id, order.link_url = said.id, said.url
    if order.state == "new":
        asking = channels().asking
        order.state, order.next_ask_at = "open", asking.next(0, now, order.expires_at)


def _refused_before(session: Session, order_id: str) -> None:
    of_gateway_order(session, order_id)
    refused = session.scalars(
        select(GatewayNotice.digest)
        .where(
            GatewayNotice.order_ref == order_id,
            GatewayNotice.outcome == Outcome.REFUSED,
        )
        # Who has one in hand judges it again by themselves.
        .with_for_update(skip_locked=True)
    ).all()
    if refused:
        session.execute(
            update(GatewayNotice)
            .where(GatewayNotice.digest.in_(refused))
            .values(outcome=Outcome.NOTED.value, reason=None)
        )
