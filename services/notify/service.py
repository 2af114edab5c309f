"""The notify service: a message to the citizen for what happened, in their own language."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session

from palika.config import settings
from palika.database import Database
from palika.errors import Invalid
from palika.events import Event
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.subscribe import Refuse, subscribe
from palika.timer import every, waiting_out_outages
from services.notify import queries
from services.notify.channels import open_channel
from services.notify.commands.enqueue import enqueue
from services.notify.commands.send import Contact, Sender, sweep
from services.notify.commands.templates import save
from services.notify.domain.sending import Policy
from services.notify.reference import city_calls, city_policy, city_register
from services.notify.schemas import DeliveriesArgs, GetArgs, PreviewArgs, SaveTemplateArgs
from services.notify.template_store import TemplateStore

_log = logging.getLogger(__name__)

_POLL_S = 1.0
# A run of the sender ends after this long, so that the sweeper comes to its turn.
_RUN_S = 10.0


class NotifyService(Service):
    """Subscribes to what citizens are told about; sends; answers who was told what."""

    name = "notify"

    def __init__(self) -> None:
        # A mistake in the data is an error when the service starts, not when an event comes. (One
        # in the templates is found sooner: they say to what it subscribes.)
        city_calls()
        _policy()

    @subscribe("deliveries", to=sorted(city_calls()))
    def enqueue(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Write a delivery for each event; the sender does the rest, outside this transaction."""
        return enqueue(session, events, datetime.now(UTC), city_calls(), _policy())

    @every(_POLL_S)
    def send(self, stopping: Callable[[], bool]) -> None:
        """Take up what is stuck, then send what is due."""
        # What was claimed when the database went away is taken up by the sweeper.
        with waiting_out_outages("sending"):
            sender = Sender(
                begin=self.db.begin,
                contacts=self._contacts,
                channel=open_channel(settings("notify")),
                templates=_store(self.db).current(),
                policy=_policy(),
                now=lambda: datetime.now(UTC),
                stopping=stopping,
            )
            with self.db.begin() as session:
                sweep(session, datetime.now(UTC), sender.policy)
            until = monotonic() + _RUN_S
            while sender.run() and not stopping() and monotonic() < until:
                pass

    def _contacts(self, audience: str, ids: Sequence[str]) -> dict[str, Contact]:
        found = getattr(self.rpc, audience).contacts(ids=list(ids))
        return {contact["id"]: contact for contact in found}

    # Masked as they are, deliveries say who was told what: the staff only.
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
        return queries.preview(_store(self.db).current(), args)

    @rpc(None, roles=STAFF)
    def templates(self) -> list[dict[str, Any]]:
        """All templates, each with its newest version and what Meta says of it."""
        known = _store(self.db).current()
        with self.db.begin() as session:
            return queries.listed(session, known)

    @rpc(SaveTemplateArgs, roles={"admin"})
    def save_template(self, args: dict[str, Any]) -> dict[str, Any]:
        """Save a template, if it has no mistakes, as a new version; every process uses it soon."""
        with self.db.begin() as session:
            saved = save(
                session,
                args["template"],
                args["content"],
                register=city_register(),
                by=self.caller.identity.subject,
                now=datetime.now(UTC),
                note=args["note"],
            )
        return {"template": saved.name, "version": saved.version, "new": saved.new}


@cache
def _store(db: Database) -> TemplateStore:
    """The process's one store; the shipped templates are saved when it is first asked for."""
    store = TemplateStore(db.begin)
    try:
        store.load_shipped(datetime.now(UTC))
    except Invalid as error:
        # Somebody has saved what they contradict: what is stored goes on being sent.
        _log.error("the shipped templates are not stored: %s", error)
    return store


def _policy() -> Policy:
    return city_policy(settings("notify").notify_max_age_h)
