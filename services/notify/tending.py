"""Looking after messages: citizens' inboxes, sending again, measuring, forgetting.

Entrypoints, and nothing but.
"""

from collections.abc import Callable
from typing import Any

from palika import metrics
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.notify.commands import inbox as inboxes
from services.notify.commands.keep import forget
from services.notify.commands.resend import resend
from services.notify.delivering import carriers, policy
from services.notify.queries import standing
from services.notify.queries.deliveries import delivery, key_of
from services.notify.queries.inbox import inbox
from services.notify.reference import city_plan
from services.notify.schemas.tending import InboxArgs, ReadInboxArgs, ResendArgs
from services.notify.secrets import city_secrets
from services.notify.working import now

_MEASURE_S = 15.0
_FORGET_S = 300.0


class Tending(Service):
    """The methods of the notify service for those who look after it."""

    # Logins are not tied to numbers: the service that has checked the number asks for its owner.
    @rpc(InboxArgs, roles={"service"})
    def inbox(self, args: dict[str, Any]) -> dict[str, Any]:
        """The messages that wait for a citizen, the newest first."""
        key = key_of(args["recipient"], city_secrets())
        with self.db.begin() as session:
            return inbox(session, key, args, city_secrets())

    @rpc(ReadInboxArgs, roles={"service"})
    def read_inbox(self, args: dict[str, Any]) -> dict[str, int]:
        """Note that a citizen has read messages of theirs; how many were not read before."""
        key = key_of(args["recipient"], city_secrets())
        with self.db.begin() as session:
            return {"read": inboxes.read(session, key, args["ids"], policy(), now())}

    @rpc(ResendArgs, roles={"supervisor"})
    def resend(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a message again that has failed, expired or was skipped; the new delivery."""
        by = self.caller.identity.subject
        with self.db.begin() as session:
            made, new = resend(session, args["id"], by, args["reason"], policy(), now())
            return delivery(session, {"id": made.id}) | {"new": new}

    @every(_MEASURE_S)
    def measure(self, stopping: Callable[[], bool]) -> None:
        """Renew the metrics of what waits and of the providers."""
        with waiting_out_outages("measuring"), self.db.begin() as session:
            moment = now()
            waiting = standing.queue(session, moment)
            used = standing.providers(session, city_plan(), list(carriers().providers), moment)
            lost = standing.unmatched(session)
        for lane in waiting:
            for state in ("due", "later", "sending"):
                metrics.NOTIFY_QUEUE.labels(lane["lane"], state).set(lane[state])
            metrics.NOTIFY_OLDEST.labels(lane["lane"]).set(lane["oldest_s"])
        for each in used:
            metrics.NOTIFY_CIRCUIT.labels(each["provider"]).set(each["open_until"] is not None)
        metrics.NOTIFY_UNMATCHED.set(lost)

    @every(_FORGET_S)
    def forget(self, stopping: Callable[[], bool]) -> None:
        """Forget messages that are older than the city keeps them."""
        with waiting_out_outages("forgetting"):
            forget(self.db.begin, policy(), now(), stopping)
