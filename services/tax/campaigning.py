"""The entrypoints of campaigns of recovery: people approve, sign, and say how it ended."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.events import Event
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.subscribe import Refuse, subscribe
from services.tax.commands.campaign import APPROVERS, approve, cancel, sign
from services.tax.commands.carry_out import take, tell
from services.tax.commands.promise import promise, promised
from services.tax.queries.campaigns import brought, item_view
from services.tax.queries.lawful import asked_now
from services.tax.schemas.campaigning import OfCampaign, OfItem, Promising, Taking, Telling


class Campaigning(Service):
    """Approves campaigns, signs attachments, takes down what was done."""

    @rpc(OfCampaign, roles=STAFF)
    def campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a campaign has brought so far, beside those who were left alone by chance."""
        with self.db.begin() as session:
            return brought(session, args["campaign_id"])

    @rpc(OfCampaign, roles=APPROVERS)
    def approve_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let a campaign begin that another person has planned."""
        with self.db.begin() as session:
            approve(session, self.caller.identity, args["campaign_id"], datetime.now(UTC))
            session.flush()
            return brought(session, args["campaign_id"])

    @rpc(OfCampaign, roles=APPROVERS)
    def cancel_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Stop a campaign: what was not done yet is not done."""
        with self.db.begin() as session:
            cancel(session, self.caller.identity, args["campaign_id"], datetime.now(UTC))
            session.flush()
            return brought(session, args["campaign_id"])

    @rpc(OfItem, roles=APPROVERS)
    def sign_attachment(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sign the proposal to attach one property."""
        with self.db.begin() as session:
            item = sign(session, self.caller.identity, args["item_id"], datetime.now(UTC))
            return item_view(item)

    @rpc(Taking, roles=STAFF)
    def take_action(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write down that a planned notice or attachment was done, if it is lawful today."""
        with self.db.begin() as session:
            item = take(
                session,
                self.caller.identity,
                args["item_id"],
                args["outcome"],
                asked_now(session),
                datetime.now(UTC),
            )
            return item_view(item)

    @rpc(Telling, roles=STAFF)
    def tell_outcome(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write down how a message, a call or a notice ended."""
        with self.db.begin() as session:
            act = tell(session, args["item_id"], args["outcome"], datetime.now(UTC))
            return {"item_id": str(act.item_id), "action": act.action, "outcome": act.outcome}

    @subscribe("promises", to=["notify.promised.v1"])
    def hear_promises(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Leave owners alone who have promised in a call to pay."""
        return promised(session, events)

    @rpc(Promising, roles=STAFF)
    def promise(self, args: dict[str, Any]) -> dict[str, Any]:
        """Write down an owner's promise to pay until a day."""
        with self.db.begin() as session:
            made = promise(session, self.caller.identity, args, datetime.now(UTC))
            until = made.until.isoformat() if made.until else None
            return {"property_id": str(made.property_id), "until": until}
