"""Ask the gateway for what no webhook has told: payments of open orders, and refunds.

Any number of processes may do this at once: each claims other rows, by moving the moment of their
next question ahead before it asks. No transaction is open while the gateway is asked.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Unavailable
from services.tax.commands.pay_link import bind
from services.tax.commands.refund_online import ASK_AGAIN, send_refund, settle_refund
from services.tax.commands.settle import Outcome, settle_payment
from services.tax.domain.gateway import GatewayPayment, mismatch
from services.tax.gateway import Gateway, Refused
from services.tax.models import GatewayRefund, PaymentOrder
from services.tax.reference import channels

_log = logging.getLogger(__name__)

Begin = Callable[[], AbstractContextManager[Session]]

_BATCH: Final = 50


@dataclass(slots=True)
class Asked:
    """What a poll came to."""

    orders: int = 0
    posted: int = 0
    expired: int = 0
    refunds: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll.

    Attributes:
        begin: opens a transaction.
        gateway: that is asked.
        now: the present moment, aware.
        stopping: whether to leave after the order in hand.
    """

    begin: Begin
    gateway: Gateway
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False

    def run(self) -> Asked:
        """Ask for all that is due; if the gateway does not answer, the next poll does the rest."""
        done = Asked()
        try:
            while not self.stopping() and self._orders(done):
                pass
            while not self.stopping() and self._refunds(done):
                pass
        except Unavailable as error:
            _log.warning("the payment gateway does not answer, the poll waits: %s", error)
        return done

    # -- orders -------------------------------------------------------------------------------

    def _orders(self, done: Asked) -> bool:
        """Ask for a batch of orders; whether there may be more."""
        claimed = self._claim_orders()
        for order in claimed:
            if self.stopping():
                return False
            done.orders += 1
            self._order(order, done)
        return len(claimed) == _BATCH

    def _order(self, order: PaymentOrder, done: Asked) -> None:
        ended = self._link(order)
        said = self._payments(order) if order.gateway_id is not None else []
        with self.begin() as session:
            for each in said:
                told = settle_payment(session, each, self.now())
                done.posted += told.outcome in (Outcome.POSTED, Outcome.SUSPENSE)
            done.expired += self._expire(session, order.id, ended=ended)

    def ask_one(self, key: uuid.UUID) -> bool:
        """Ask for one order now, whenever it would be its turn: its payer waits for the answer.

        Returns:
            Whether the gateway has answered; an order that is over, or that the gateway does not
            know, is not asked for.
        """
        with self.begin() as session:
            order = session.get(PaymentOrder, key)
        if order is None or order.state not in ("open", "expired") or not self.gateway.key_id:
            return False
        try:
            self._order(order, Asked())
        except Unavailable as error:
            _log.warning("the payment gateway does not answer: %s", error)
            return False
        return True

    def _claim_orders(self) -> Sequence[PaymentOrder]:
        now, asking = self.now(), channels().asking
        with self.begin() as session:
            found = session.scalars(
                select(PaymentOrder)
                .where(PaymentOrder.next_ask_at <= now)
                .order_by(PaymentOrder.next_ask_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for order in found:
                order.asked += 1
                order.next_ask_at = asking.next(order.asked, now, order.expires_at)
        return found

    def _link(self, order: PaymentOrder) -> bool:
        """Ask for an order that is paid by a link: whether the gateway has ended it, unpaid.
        Which order the gateway has of it is noted, in ``order`` too."""
        if order.link_id is None:
            return False
        try:
            said = self.gateway.link(order.link_id)
        except Refused as error:
            _log.error("order %s: %s", order.number, error)
            return False
        with self.begin() as session:
            wrong = bind(session, said, self.now())
        if wrong is not None:
            _log.error("order %s: %s", order.number, wrong)
            return False
        order.gateway_id = said.order_id
        return said.ended

    def _payments(self, order: PaymentOrder) -> list[GatewayPayment]:
        """The payments of an order, its money taken if it was only authorized."""
        assert order.gateway_id is not None
        try:
            said = self.gateway.payments(order.gateway_id)
            return [self._taken(order, each) for each in said]
        except Refused as error:
            _log.error("order %s: %s", order.number, error)
            return []

    def _taken(self, order: PaymentOrder, said: GatewayPayment) -> GatewayPayment:
        assert order.gateway_id is not None
        if said.status != "authorized" or mismatch(said, order.gateway_id, order.amount_paise):
            return said
        try:
            return self.gateway.capture(said.id, said.amount_paise)
        except Refused as error:
            # It may be too late for this one; the order's other payments are posted all the same.
            _log.error("order %s, payment %s: %s", order.number, said.id, error)
            return said

    def _expire(self, session: Session, key: uuid.UUID, *, ended: bool) -> bool:
        """End an order whose time is over, once it has been asked for after that.

        Args:
            session: in a transaction.
            key: of the order.
            ended: whether the gateway has ended its link.
        """
        order = session.scalars(
            select(PaymentOrder).where(PaymentOrder.id == key).with_for_update()
        ).one()
        if order.state not in ("new", "open"):
            # What is held, expired or paid is not asked for again by itself.
            order.next_ask_at = None
            return False
        if self.now() < order.expires_at and not ended:
            return False
        order.state, order.next_ask_at = "expired", None
        return True

    # -- refunds ------------------------------------------------------------------------------

    def _refunds(self, done: Asked) -> bool:
        now = self.now()
        with self.begin() as session:
            claimed = session.scalars(
                select(GatewayRefund)
                .where(GatewayRefund.next_ask_at <= now)
                .order_by(GatewayRefund.next_ask_at)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for refund in claimed:
                refund.asked += 1
                refund.next_ask_at = now + ASK_AGAIN * min(2**refund.asked, 100)
        for refund in claimed:
            if self.stopping():
                return False
            done.refunds += 1
            if refund.state == "asked":
                send_refund(self.begin, self.gateway, refund, now)
                continue
            try:
                said = self.gateway.refunds(refund.payment_ref)
            except Refused as error:
                # The others are asked for all the same; this one again when it is due.
                _log.error("refund %s: %s", refund.id, error)
                continue
            with self.begin() as session:
                for each in said:
                    settle_refund(session, each, now)
        return len(claimed) == _BATCH
