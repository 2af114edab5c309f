"""Take a webhook of the payment gateway."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika import metrics
from palika.errors import Forbidden, Invalid
from palika.india import day_of
from services.tax.commands.pay_link import bind
from services.tax.commands.refund_online import refund_of, settle_refund
from services.tax.commands.settle import Outcome, Told, settle_payment
from services.tax.domain.gateway import BODY_MAX, CURRENCY, Event, Notice, check_signed, read_notice
from services.tax.models import GatewayDispute, GatewayNotice, GatewayRefusal

Begin = Callable[[], AbstractContextManager[Session]]

_EVENTS = frozenset(Event)
_LINK_ENDS = frozenset({Event.LINK_EXPIRED, Event.LINK_CANCELLED})
_LINK_EVENTS = _LINK_ENDS | {Event.LINK_PAID, Event.LINK_PARTIALLY_PAID}


def take_webhook(
    begin: Begin,
    body: bytes,
    signature: str,
    event_id: str | None,
    secrets: Sequence[str],
    now: datetime,
) -> Told:
    """Act on what the gateway has signed; the same again, whenever and however often, changes
    nothing.

    Args:
        begin: opens a transaction.
        body: its bytes as they came.
        signature: ``X-Razorpay-Signature``.
        event_id: ``x-razorpay-event-id``; noted, not relied on: it is not signed.
        secrets: of the webhook.
        now: aware.

    Returns:
        What became of it. A refusal is an answer, too: repeating it would change nothing.

    Raises:
        Forbidden: the signature is not the gateway's. It is counted, and nothing of it is kept.
        Invalid: too large, no JSON, or no webhook; likewise.
    """
    try:
        if len(body) > BODY_MAX:
            raise Invalid("not a webhook", {"body": [f"must be of at most {BODY_MAX} bytes"]})
        check_signed(body, signature, secrets)
        notice = read_notice(body)
    except (Forbidden, Invalid) as error:
        rule = "signature" if isinstance(error, Forbidden) else "form"
        metrics.TAX_WEBHOOKS.labels(outcome=rule).inc()
        with begin() as session:
            _count(session, rule, now)
        raise
    with begin() as session:
        told = _take(session, notice, hashlib.sha256(body).hexdigest(), event_id, now)
    metrics.TAX_WEBHOOKS.labels(outcome=told.outcome.value).inc()
    return told


def _take(
    session: Session, notice: Notice, digest: str, event_id: str | None, now: datetime
) -> Told:
    # Its row is held to the end: the same webhook at the same time waits here.
    known = session.execute(
        insert(GatewayNotice)
        .values(
            digest=digest,
            event_id=event_id,
            event=notice.event,
            received_at=now,
            last_at=now,
            times=1,
            order_ref=notice.payment.order_id if notice.payment else None,
            payment_ref=notice.payment.id if notice.payment else None,
            outcome=Outcome.NOTED.value,
        )
        .on_conflict_do_update(
            index_elements=[GatewayNotice.digest],
            set_={"times": GatewayNotice.times + 1, "last_at": now},
        )
        .returning(GatewayNotice.times, GatewayNotice.outcome, GatewayNotice.reason)
    ).one()
    if known.times > 1 and known.outcome != Outcome.REFUSED:
        return Told(Outcome.REPEATED)
    # What was refused may fit by now: an order whose making was not heard of, for one.
    told = _act(session, notice, now)
    row = session.scalars(select(GatewayNotice).where(GatewayNotice.digest == digest)).one()
    row.outcome, row.reason = told.outcome.value, told.reason
    return told


def _act(session: Session, notice: Notice, now: datetime) -> Told:
    if notice.event not in _EVENTS:
        return Told(Outcome.NOTED)
    if notice.event in _LINK_EVENTS:
        if notice.link is None:
            return Told(Outcome.REFUSED, "payment link: the event has none")
        wrong = bind(session, notice.link, now)
        if wrong is not None:
            return Told(Outcome.REFUSED, wrong)
        if notice.payment is None and notice.event in _LINK_ENDS:
            return Told(Outcome.NOTED)
    if notice.payment is None:
        return Told(Outcome.REFUSED, "payment: the event has none")
    _hold(session, notice)
    told = settle_payment(session, notice.payment, now)
    if told.outcome is Outcome.REFUSED:
        return told
    # Before its capture was heard of a payment may be refunded, or disputed: it is posted above.
    if notice.event.startswith("refund."):
        if notice.refund is None:
            return Told(Outcome.REFUSED, "refund: the event has none")
        return settle_refund(session, notice.refund, now)
    if notice.event.startswith("payment.dispute."):
        return _dispute(session, notice)
    return told


def _hold(session: Session, notice: Notice) -> None:
    """Lock the refund or the dispute that an event is about before the order and the property: all
    others (the poll, a supervisor) take them in this order, so that none waits in a circle."""
    if notice.refund is not None:
        refund_of(session, notice.refund)
    if notice.dispute is not None:
        key = GatewayDispute.id == notice.dispute.id
        session.scalar(select(GatewayDispute.id).where(key).with_for_update())


def _dispute(session: Session, notice: Notice) -> Told:
    said = notice.dispute
    if said is None:
        return Told(Outcome.REFUSED, "dispute: the event has none")
    if said.currency != CURRENCY:
        return Told(Outcome.REFUSED, f"currency: must be {CURRENCY}")
    told_at = notice.created_at
    values = {
        "amount_paise": said.amount_paise,
        "phase": said.phase,
        "status": said.status,
        "reason": said.reason,
        "told_at": told_at,
    }
    done = session.execute(
        insert(GatewayDispute)
        .values(id=said.id, payment_ref=said.payment_id, opened_at=told_at, **values)
        .on_conflict_do_update(
            index_elements=[GatewayDispute.id],
            set_=values,
            where=GatewayDispute.told_at <= told_at,
        )
        .returning(GatewayDispute.id)
    ).one_or_none()
    return Told(Outcome.NOTED if done else Outcome.REPEATED)


def _count(session: Session, rule: str, now: datetime) -> None:
    session.execute(
        insert(GatewayRefusal)
        .values(day=day_of(now), rule=rule, times=1, last_at=now)
        .on_conflict_do_update(
            index_elements=[GatewayRefusal.day, GatewayRefusal.rule],
            set_={"times": GatewayRefusal.times + 1, "last_at": now},
        )
    )
