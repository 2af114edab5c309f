"""The notify service: a message to the citizen for what happened, in their own language."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session

from palika.config import settings
from palika.events import Event
from palika.rpc import Rpc, rpc
from palika.service import Service
from palika.subscribe import Refuse, subscribe
from services.notify import queries
from services.notify.channels import open_channel
from services.notify.reference import city_policy, city_templates
from services.notify.commands.enqueue import enqueue
from services.notify.commands.send import Contact, Sender, sweep
from services.notify.schemas import DeliveriesArgs, GetArgs, PreviewArgs
from services.notify.sender import sending

# Masked as they are, deliveries say who was told what: the staff only.
STAFF = {"officer", "supervisor", "admin", "service"}
# A run of the sender ends after this long, so that the sweeper comes to its turn.
_RUN_S = 10.0

# Mistakes in the data, or in the settings, are errors when the service starts.
open_channel(settings("notify"), city_policy().sender)


class NotifyService(Service):
    """Subscribes to what citizens are told about; sends; answers who was told what."""

    name = "notify"
    others = Rpc()

    @subscribe("deliveries", to=sorted(city_templates().by_event))
    def enqueue(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Write a delivery for each event; the sender does the rest, outside this transaction."""
        return enqueue(session, events, datetime.now(UTC), city_templates(), city_policy())

    @sending(interval=city_policy().poll_s)
    def send(self, stopping: Callable[[], bool]) -> None:
        """Take up what is stuck, then send what is due."""
        with self.db.begin() as session:
            sweep(session, datetime.now(UTC), city_policy())
        sender = Sender(
            begin=self.db.begin,
            contacts=self._contacts,
            channel=open_channel(settings("notify"), city_policy().sender),
            templates=city_templates(),
            policy=city_policy(),
            now=lambda: datetime.now(UTC),
            stopping=stopping,
        )
        until = monotonic() + _RUN_S
        while sender.run() and not stopping() and monotonic() < until:
            pass

    def _contacts(self, audience: str, ids: Sequence[str]) -> dict[str, Contact]:
        found = getattr(self.others, audience).contacts(ids=list(ids))
        return {contact["id"]: contact for contact in found}

    @rpc(DeliveriesArgs, roles=STAFF)
    def deliveries(self, args: dict[str, Any]) -> dict[str, Any]:
        """Deliveries by event, recipient or state, the newest first."""
        with self.db.begin() as session:
            return queries.deliveries(session, args)

    @rpc(GetArgs, roles=STAFF)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """One delivery."""
        with self.db.begin() as session:
            return queries.delivery(session, args)

    @rpc(PreviewArgs, roles=STAFF)
    def preview(self, args: dict[str, Any]) -> dict[str, Any]:
        """A template as it would be sent."""
        return queries.preview(city_templates(), args)
