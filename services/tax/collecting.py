"""How money comes, as the service's methods: online, at counters, by bank; what waits in suspense.

Entrypoints, and nothing but; ``service.py`` has the others.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.config import settings
from palika.roles import NOBODY, STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.tax.commands import charge_back, cheques, counter, orders, refund_online, suspense
from services.tax.commands.pay_link import pay_link as link_for
from services.tax.commands.poll import Poll
from services.tax.commands.refund_credit import refund_credit
from services.tax.commands.webhooks import take_webhook
from services.tax.domain.counter import Act
from services.tax.gateway import Gateway, open_gateway
from services.tax.queries import counter as counters
from services.tax.queries import online, properties
from services.tax.queries import suspense as waiting
from services.tax.schemas import bank as bank_schemas
from services.tax.schemas import counter as counter_schemas
from services.tax.schemas import online as online_schemas

PAYERS = STAFF | {"citizen", NOBODY}
"""Who may pay online: anybody, for any property."""
CASHIERS = frozenset({"officer"})
SUPERVISORS = frozenset({"supervisor"})


class Collecting(Service):
    """The methods of the tax service by which money comes."""

    # -- online -------------------------------------------------------------------------------

    @rpc(online_schemas.Ordering, roles=PAYERS)
    def make_order(self, args: dict[str, Any]) -> dict[str, Any]:
        """An order to pay online, for the gateway's checkout."""
        gateway = _gateway()
        made = orders.make_order(
            self.db.begin, gateway, self.caller.identity, args, datetime.now(UTC)
        )
        return online.order_view(made) | {"key_id": gateway.key_id}

    @rpc(online_schemas.Linking, roles=PAYERS | {"helpdesk"})
    def pay_link(self, args: dict[str, Any]) -> dict[str, Any]:
        """A link to pay a property's dues: a page of the gateway's."""
        made = link_for(
            self.db.begin,
            _gateway(),
            self.caller.identity,
            args,
            datetime.now(UTC),
            settings("tax").portal_url,
        )
        return online.order_view(made)

    @rpc(online_schemas.OneOrder, roles=PAYERS)
    def order(self, args: dict[str, Any]) -> dict[str, Any]:
        """Where an order stands."""
        with self.db.begin() as session:
            return self._standing(session, args)

    @rpc(online_schemas.OneOrder, roles=PAYERS)
    def ask_order(self, args: dict[str, Any]) -> dict[str, Any]:
        """Ask the gateway about one order now, and say where it stands; ``asked`` is whether the
        gateway has answered."""
        with self.db.begin() as session:
            orders.find_order(session, args["order_id"])
        poll = Poll(self.db.begin, _gateway(), lambda: datetime.now(UTC))
        asked = poll.ask_one(args["order_id"])
        with self.db.begin() as session:
            return self._standing(session, args) | {"asked": asked}

    def _standing(self, session: Session, args: dict[str, Any]) -> dict[str, Any]:
        found = orders.find_order(session, args["order_id"])
        whole = online.may_read_payment(self.caller.identity, found)
        return online.standing(session, found, whole=whole)

    @rpc(online_schemas.Confirming, roles=PAYERS)
    def confirm_order(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the checkout gave the payer's browser; an order that stays open is posted later."""
        order, _ = orders.confirm_order(self.db.begin, _gateway(), args, datetime.now(UTC))
        return online.order_view(order)

    @rpc(online_schemas.Webhook, roles={"service"})
    def webhook(self, args: dict[str, Any]) -> dict[str, Any]:
        """A webhook of the gateway, passed on as it came; ``refused`` is an answer, too."""
        secrets = settings("tax").razorpay_webhook_secrets.split()
        told = take_webhook(
            self.db.begin,
            args["body"],
            args["signature"],
            args["event_id"],
            secrets,
            datetime.now(UTC),
        )
        return {"outcome": told.outcome.value, "reason": told.reason}

    @rpc(online_schemas.Refunding, roles=SUPERVISORS)
    def refund_payment(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give an online payment, or a part of it, back through the gateway."""
        made = refund_online.refund_payment(
            self.db.begin, _gateway(), self.caller.identity, args, datetime.now(UTC)
        )
        return online.refund_view(made)

    @rpc(online_schemas.ChargingBack, roles=SUPERVISORS)
    def charge_back(self, args: dict[str, Any]) -> dict[str, Any]:
        """Money left the gateway without the city; ``left`` is the payment of what did not."""
        with self.db.begin() as session:
            left = charge_back.charge_back(session, self.caller.identity, args, datetime.now(UTC))
            return {"left": None if left is None else properties.payment_view(left)}

    @rpc(online_schemas.AcceptingHeld, roles=SUPERVISORS)
    def accept_held(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take the money of a held order as it came, into suspense."""
        return online.order_view(
            charge_back.accept_held(
                self.db.begin, _gateway(), self.caller.identity, args, datetime.now(UTC)
            )
        )

    @rpc(online_schemas.Held, roles=STAFF)
    def gateway_held(self, args: dict[str, Any]) -> dict[str, Any]:
        """What of the gateway waits for a person: held orders, refused webhooks, disputes."""
        with self.db.begin() as session:
            return online.held(session, args["limit"], datetime.now(UTC))

    @every("razorpay_poll_s")
    def ask_gateway(self, stopping: Callable[[], bool]) -> None:
        """Ask the gateway for what no webhook has told."""
        gateway = _gateway()
        if gateway.key_id:
            with waiting_out_outages("the poll of the gateway"):
                Poll(self.db.begin, gateway, lambda: datetime.now(UTC), stopping).run()

    # -- counters -----------------------------------------------------------------------------

    @rpc(counter_schemas.Opening, roles=CASHIERS)
    def open_counter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open one's session at a counter for today."""
        with self.db.begin() as session:
            made = counter.open_session(session, self.caller.identity, args, datetime.now(UTC))
            return counters.session_view(session, made)

    @rpc(counter_schemas.TakingAtCounter, roles=CASHIERS | SUPERVISORS)
    def take_at_counter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take cash or a cheque; the answer has the receipt's number."""
        with self.db.begin() as session:
            made = counter.take_at_counter(session, self.caller.identity, args, datetime.now(UTC))
            return properties.payment_view(made)

    @rpc(counter_schemas.TakingBack, roles=SUPERVISORS)
    def cancel_at_counter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take back a payment that was taken by mistake, while its session is open."""
        with self.db.begin() as session:
            made = counter.cancel_at_counter(session, self.caller.identity, args, datetime.now(UTC))
            return properties.payment_view(made)

    @rpc(counter_schemas.Counting, roles=CASHIERS)
    def count_counter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Count the drawer at the end of one's session."""
        with self.db.begin() as session:
            made = counter.count_session(session, self.caller.identity, args, datetime.now(UTC))
            return counters.session_view(session, made)

    @rpc(counter_schemas.OneSession, roles=SUPERVISORS)
    def close_counter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Close a counted session, as its second person."""
        with self.db.begin() as session:
            made = counter.close_session(session, self.caller.identity, args, datetime.now(UTC))
            return counters.session_view(session, made)

    @rpc(counter_schemas.SessionsOf, roles=STAFF)
    def counters(self, args: dict[str, Any]) -> dict[str, Any]:
        """The sessions of a day."""
        counters.check_may(self.caller.identity, *Act)
        with self.db.begin() as session:
            return {"items": counters.sessions_of(session, args["day"], args["place"])}

    @rpc(counter_schemas.MyCounter, roles=CASHIERS | SUPERVISORS)
    def my_counter(self, args: dict[str, Any]) -> dict[str, Any]:
        """The caller's own session that is open, of whichever day, and what a counter goes by."""
        del args
        with self.db.begin() as session:
            return counters.my_counter(session, self.caller.identity)

    @rpc(counter_schemas.OneSession, roles=STAFF)
    def counter_payments(self, args: dict[str, Any]) -> dict[str, Any]:
        """What was taken in a session, the last first."""
        counters.check_may(self.caller.identity, *Act)
        with self.db.begin() as session:
            return {"items": counters.payments_in(session, args["session_id"])}

    @rpc(counter_schemas.ReceiptsOf, roles=STAFF)
    def receipts(self, args: dict[str, Any]) -> dict[str, Any]:
        """A series of receipts: that it has no gap, and which are cancelled."""
        counters.check_may(self.caller.identity, *Act)
        with self.db.begin() as session:
            return counters.receipts(session, args["year"], args["place"])

    # -- cheques and cash at the bank ----------------------------------------------------------

    @rpc(counter_schemas.DepositingCash, roles=CASHIERS)
    def deposit_cash(self, args: dict[str, Any]) -> dict[str, Any]:
        """Cash was brought to the bank."""
        with self.db.begin() as session:
            return counters.slip_view(
                cheques.deposit_cash(session, self.caller.identity, args, datetime.now(UTC))
            )

    @rpc(counter_schemas.DepositingCheques, roles=CASHIERS)
    def deposit_cheques(self, args: dict[str, Any]) -> dict[str, Any]:
        """Cheques were brought to the bank on one slip."""
        with self.db.begin() as session:
            return counters.slip_view(
                cheques.deposit_cheques(session, self.caller.identity, args, datetime.now(UTC))
            )

    @rpc(counter_schemas.Clearing, roles=CASHIERS)
    def clear_cheques(self, args: dict[str, Any]) -> dict[str, Any]:
        """Cheques have cleared."""
        with self.db.begin() as session:
            made = cheques.clear_cheques(session, self.caller.identity, args, datetime.now(UTC))
            return {"items": counters.cheque_views(made)}

    @rpc(counter_schemas.Bouncing, roles=CASHIERS)
    def bounce_cheque(self, args: dict[str, Any]) -> dict[str, Any]:
        """A cheque came back."""
        with self.db.begin() as session:
            made = cheques.bounce_cheque(session, self.caller.identity, args, datetime.now(UTC))
            return counters.cheque_views([made])[0]

    @rpc(counter_schemas.ChequesIn, roles=STAFF)
    def cheques(self, args: dict[str, Any]) -> dict[str, Any]:
        """The cheques that are in hand, deposited, cleared or bounced."""
        counters.check_may(self.caller.identity, *Act)
        with self.db.begin() as session:
            return {"items": counters.cheques(session, args)}

    # -- suspense -----------------------------------------------------------------------------

    @rpc(bank_schemas.Waiting, roles=STAFF)
    def suspense(self, args: dict[str, Any]) -> dict[str, Any]:
        """What waits in suspense, the oldest first."""
        with self.db.begin() as session:
            return waiting.waiting(session, args["limit"], datetime.now(UTC))

    @rpc(bank_schemas.OneWaiting, roles=STAFF)
    def suspense_one(self, args: dict[str, Any]) -> dict[str, Any]:
        """One that waits, with what it may be for and why."""
        with self.db.begin() as session:
            return waiting.one(session, args, datetime.now(UTC))

    @rpc(bank_schemas.Identifying, roles=CASHIERS)
    def identify_payment(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say whose a payment in suspense, or a part of it, is."""
        with self.db.begin() as session:
            made = suspense.identify_payment(session, self.caller.identity, args, datetime.now(UTC))
            return properties.payment_view(made)

    @rpc(bank_schemas.Returning, roles=SUPERVISORS)
    def return_payment(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a payment in suspense, or a part of it, back by bank."""
        with self.db.begin() as session:
            used = suspense.return_payment(session, self.caller.identity, args, datetime.now(UTC))
            return {"payment_id": str(used.payment_id), "amount_paise": used.amount_paise}

    @rpc(bank_schemas.RefundingCredit, roles=SUPERVISORS)
    def refund_credit(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give a property's credit, or a part of it, back by bank."""
        with self.db.begin() as session:
            made = refund_credit(session, self.caller.identity, args, datetime.now(UTC))
            return {
                "reference": made.reference,
                "property_id": str(made.property_id),
                "amount_paise": made.amount_paise,
            }


def _gateway() -> Gateway:
    return open_gateway(settings("tax"))
