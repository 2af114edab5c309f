"""The notify service: every message once, on the right channel, in the citizen's language."""

from datetime import timedelta
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from services.notify.calling import Calling, check_calls
from services.notify.campaigning import Campaigning
from services.notify.chat.table import city_table
from services.notify.commands import consent as words
from services.notify.commands.forget import forget_citizen
from services.notify.commands.templates import save
from services.notify.conversing import Conversing
from services.notify.delivering import carriers, policy, store
from services.notify.domain.care import Purpose
from services.notify.domain.routes import Channel
from services.notify.queries import consent, deliveries, reached, report, templates
from services.notify.queries.deliveries import key_of
from services.notify.reference import (
    city_calls,
    city_consent_words,
    city_plan,
    city_register,
)
from services.notify.schemas import (
    ConsentArgs,
    DeliveriesArgs,
    GetArgs,
    PreferArgs,
    PreviewArgs,
    ReachedArgs,
    RecipientArgs,
    ReportArgs,
    SaveTemplateArgs,
)
from services.notify.secrets import city_secrets
from services.notify.tending import Tending
from services.notify.webhooks import Webhooks
from services.notify.working import now


class NotifyService(Conversing, Calling, Campaigning, Webhooks, Tending):
    """Subscribes to what citizens are told about; sends; answers who was told what."""

    name = "notify"

    def __init__(self) -> None:
        # A mistake in the data or in the settings is an error when the service starts, not when an
        # event comes. (One in the templates is found sooner: they say to what it subscribes.)
        city_calls()
        city_consent_words()
        policy()
        carriers()
        city_secrets()
        city_table()
        check_calls()

    # Masked as they are, deliveries say who was told what: the staff only.
    @rpc(DeliveriesArgs, roles=STAFF)
    def deliveries(self, args: dict[str, Any]) -> dict[str, Any]:
        """Deliveries by event, recipient, state, template or reason, the newest first."""
        with self.db.begin() as session:
            return deliveries.deliveries(session, args, city_secrets())

    @rpc(GetArgs, roles=STAFF)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """One delivery, with its attempts and what the providers said of them."""
        with self.db.begin() as session:
            return deliveries.delivery(session, args)

    @rpc(ReachedArgs, roles=STAFF)
    def reached(self, args: dict[str, Any]) -> dict[str, Any]:
        """Of each recipient of events, whether they were reached, and if not, why."""
        with self.db.begin() as session:
            return reached.reached(session, args["events"])

    @rpc(ReportArgs, roles=STAFF)
    def report(self, args: dict[str, Any]) -> dict[str, Any]:
        """How each channel does between two moments: arrived, how fast, at what cost."""
        with self.db.begin() as session:
            return report.report(session, args["since"], args["until"], city_plan().prices)

    @rpc(ConsentArgs, roles=STAFF)
    def set_consent(self, args: dict[str, Any]) -> dict[str, Any]:
        """Keep a citizen's word about purposes."""
        key = key_of(args["recipient"], city_secrets())
        purposes = [Purpose(each) for each in args["purposes"]]
        with self.db.begin() as session:
            words.say(
                session, key, purposes, args["agreed"], args["source"], now(), args["wording"]
            )
            session.flush()
            return consent.consent(session, key)

    @rpc(RecipientArgs, roles={"service"})
    def consent_history(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every word that a citizen has said about being written to, the newest first."""
        with self.db.begin() as session:
            return consent.history(session, key_of(args["recipient"], city_secrets()))

    @rpc(RecipientArgs, roles={"service"})
    def citizen_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """As whom the chatbot acts for who has a number, where somebody has talked to it."""
        key = key_of(args["recipient"], city_secrets())
        since = now() - timedelta(days=city_table().rules.link_unused_days)
        with self.db.begin() as session:
            return {"subject": consent.chat_subject(session, key, since)}

    @rpc(RecipientArgs, roles={"service"})
    def forget(self, args: dict[str, Any]) -> dict[str, Any]:
        """Erase what need not be kept of who has proved a number; what stays is told with why."""
        with self.db.begin() as session:
            return forget_citizen(session, key_of(args["recipient"], city_secrets()))

    @rpc(RecipientArgs, roles=STAFF)
    def consent(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a citizen has said about being written to."""
        with self.db.begin() as session:
            return consent.consent(session, key_of(args["recipient"], city_secrets()))

    @rpc(PreferArgs, roles=STAFF)
    def prefer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Keep which channels and which language a citizen likes best."""
        key = key_of(args["recipient"], city_secrets())
        channels = [Channel(each) for each in args["channels"]]
        with self.db.begin() as session:
            words.prefer(session, key, channels, args["language"], now())
            return consent.consent(session, key)

    @rpc(PreviewArgs, roles=STAFF)
    def preview(self, args: dict[str, Any]) -> dict[str, Any]:
        """A template as it would be sent."""
        return templates.preview(store(self.db).current(), args)

    @rpc(None, roles=STAFF)
    def templates(self) -> list[dict[str, Any]]:
        """All templates, each with its newest version and what Meta says of it."""
        known = store(self.db).current()
        with self.db.begin() as session:
            return templates.listed(session, known)

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
                now=now(),
                note=args["note"],
            )
        return {"template": saved.name, "version": saved.version, "new": saved.new}
