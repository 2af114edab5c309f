"""How campaigns are made and sent: entrypoints and timers, and nothing but.

``service.py`` has the others, ``delivering.py`` what sends one delivery after the other.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.errors import Invalid
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.notify.commands import campaign_life as life
from services.notify.commands.campaign_draft import Plan, Shop, draft
from services.notify.commands.campaign_feed import Feeder
from services.notify.commands.campaign_file import load, look_at
from services.notify.commands.campaign_query import QueryLoader
from services.notify.delivering import carriers, policy, store
from services.notify.domain.campaign_rows import Columns
from services.notify.domain.campaign_steps import STEPS, Step
from services.notify.models import Campaign
from services.notify.queries import campaigns as queries
from services.notify.queries.deliveries import delivery
from services.notify.schemas.campaigns import (
    UPLOAD_BYTES,
    UPLOAD_ROWS,
    CampaignArgs,
    CampaignsArgs,
    DraftCampaignArgs,
    RejectionsArgs,
    StartArgs,
    TestArgs,
    UploadCampaignArgs,
)
from services.notify.secrets import city_secrets
from services.notify.working import contacts_of, now

_FEED_S = 0.5
_LOAD_S = 2.0


class Campaigning(Service):
    """The methods of the notify service that are about many at once."""

    @every(_FEED_S)
    def feed_campaigns(self, stopping: Callable[[], bool]) -> None:
        """Make deliveries of the recipients of running campaigns; begin, hold and end campaigns."""
        with waiting_out_outages("feeding campaigns"):
            known = store(self.db).current()
            Feeder(self.db.begin, known, policy(), now, stopping=stopping).run()

    @every(_LOAD_S)
    def load_campaigns(self, stopping: Callable[[], bool]) -> None:
        """Ask other services for the recipients of campaigns."""
        with waiting_out_outages("loading campaigns"):
            QueryLoader(
                begin=self.db.begin,
                audience=self._audience,
                contacts=contacts_of(self.rpc),
                shop=self._shop(),
                now=now,
                stopping=stopping,
                apart=off_hub,
            ).run()

    @rpc(DraftCampaignArgs, roles=STAFF)
    def draft_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make a campaign to whom another service's query finds; another person approves it."""
        query = {"name": args["query"], "arguments": args["arguments"]}
        plan = _plan(args, audience=args["audience"], query=query)
        self._shop().template(plan.template)
        # What the service refuses is told now, and not when nobody looks any more.
        self._audience(args["audience"], args["query"], args["arguments"], None, 1)
        with self.db.begin() as session:
            made = draft(session, self.caller.identity, plan, self._shop(), now())
            return self._told(session, made)

    @rpc(UploadCampaignArgs, roles=STAFF)
    def upload_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make a campaign to whom a CSV file names; another person approves it. Asked again for
        the same it goes on where it stopped."""
        if len(args["content"]) > UPLOAD_BYTES:
            rule = f"at most {UPLOAD_BYTES} bytes; a longer one goes in at a terminal"
            raise Invalid("The file is too long.", {"content_base64": [rule]})
        shop = self._shop()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "recipients.csv"
            path.write_bytes(args["content"])
            file = look_at(path)
            if file.rows > UPLOAD_ROWS:
                rule = f"{UPLOAD_ROWS} at the most; a longer file goes in at a terminal"
                raise Invalid("The file is too long.", {"rows": [rule]})
            plan = _plan(args, digest=file.digest, rows=file.rows)
            # What is wrong with the columns is told before anything is written.
            Columns.of(file.header, shop.template(plan.template), plan.fields)
            with self.db.begin() as session:
                made = draft(session, self.caller.identity, plan, shop, now())
            loaded = load(self.db.begin, made.id, file, shop, now)
        with self.db.begin() as session:
            return self._told(session, queries.by_id(session, loaded.id))

    @rpc(CampaignsArgs, roles=STAFF)
    def campaigns(self, args: dict[str, Any]) -> dict[str, Any]:
        """Campaigns, the newest first."""
        with self.db.begin() as session:
            return queries.campaigns(session, args)

    @rpc(CampaignArgs, roles=STAFF)
    def campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """One campaign, how far it is, and what the caller may do with it."""
        with self.db.begin() as session:
            return self._told(session, queries.by_id(session, args["id"]))

    @rpc(RejectionsArgs, roles=STAFF)
    def campaign_rejections(self, args: dict[str, Any]) -> dict[str, Any]:
        """The rows that nothing is sent for, and why."""
        with self.db.begin() as session:
            found = queries.by_id(session, args["id"])
            return queries.rejections(session, found, args["after"], args["limit"])

    @rpc(CampaignArgs, roles=STEPS[Step.ESTIMATE].roles)
    def estimate_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Estimate again what it costs, and how many could be told now."""
        return self._done(lambda session: life.estimate(session, args["id"], self._shop(), now()))

    @rpc(CampaignArgs, roles=STEPS[Step.APPROVE].roles)
    def approve_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let a campaign begin that another person has made."""
        known = store(self.db).current()
        return self._done(
            lambda session: life.approve(session, self.caller.identity, args["id"], known, now())
        )

    @rpc(StartArgs, roles=STEPS[Step.START].roles)
    def start_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Begin an approved campaign, now or at a moment."""
        caller = self.caller.identity
        return self._done(
            lambda session: life.start(session, caller, args["id"], args["at"], now())
        )

    @rpc(CampaignArgs, roles=STEPS[Step.PAUSE].roles)
    def pause_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send nothing more until it is resumed."""
        return self._done(lambda session: life.pause(session, args["id"]))

    @rpc(CampaignArgs, roles=STEPS[Step.RESUME].roles)
    def resume_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Go on with what was paused."""
        known = store(self.db).current()
        return self._done(lambda session: life.resume(session, args["id"], known, policy(), now()))

    @rpc(CampaignArgs, roles=STEPS[Step.CANCEL].roles)
    def cancel_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """End a campaign as it is: who was not told yet is not told."""
        caller = self.caller.identity
        return self._done(lambda session: life.cancel(session, caller, args["id"], now()))

    @rpc(TestArgs, roles=STEPS[Step.TEST].roles)
    def test_campaign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send what the first recipient would be told to somebody who wants to see it."""
        known = store(self.db).current()
        with self.db.begin() as session:
            made = life.test(
                session, args["id"], args["phone"], known, policy(), city_secrets(), now()
            )
            return delivery(session, {"id": made.id})

    def _done(self, act: Callable[[Any], Campaign]) -> dict[str, Any]:
        with self.db.begin() as session:
            found = act(session)
            session.flush()
            return self._told(session, found)

    def _told(self, session: Session, found: Campaign) -> dict[str, Any]:
        return queries.campaign(session, found, now(), self.caller.identity)

    def _shop(self) -> Shop:
        return Shop(store(self.db).current(), carriers(), policy(), city_secrets())

    def _audience(
        self, service: str, name: str, arguments: Mapping[str, Any], after: str | None, limit: int
    ) -> Any:
        asked = getattr(self.rpc, service).audience
        return asked(name=name, arguments=dict(arguments), after=after, limit=limit)


def _plan(args: Mapping[str, Any], **recipients: Any) -> Plan:
    """The plan that ``schemas.campaigns.PlanArgs`` says, with where its recipients are from."""
    hours = (args["hours_from"], args["hours_to"]) if args["hours_from"] else None
    return Plan(
        name=args["name"],
        template=args["template"],
        fields=args["fields_"],
        start_at=args["start_at"],
        hours=hours,
        per_minute=args["per_minute"],
        **recipients,
    )
