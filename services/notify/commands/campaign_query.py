"""Recipients from another service's query: ``audience`` gives ids, page by page.

They are checked with the contacts of now, which are not kept: when the message is sent, the
service is asked for them again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Forbidden, Invalid, NotFound, PalikaError
from services.notify.commands.campaign_draft import Row, Shop, finish, locked, put
from services.notify.commands.campaign_feed import end
from services.notify.commands.sending.sender import AskContacts
from services.notify.domain.campaign_rows import Checker, Wrong
from services.notify.domain.campaigns import CampaignState
from services.notify.models import Campaign
from services.notify.schemas.campaigns import AudiencePage

_log = logging.getLogger(__name__)
_page = AudiencePage()
PAGE = 500

AskAudience = Callable[[str, str, Mapping[str, Any], str | None, int], Any]
"""(service, query, arguments, after, limit) -> a page as ``AudiencePage`` has it. May raise
PalikaError."""


@dataclass(frozen=True)
class QueryLoader:
    """Loads campaigns from queries; any number of processes may do so at once.

    Attributes:
        begin: opens a transaction on the service's database; none is open while a service is asked.
        apart: checks a page where it holds up nobody: in a service, codes go out meanwhile.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    audience: AskAudience
    contacts: AskContacts
    shop: Shop
    now: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False
    apart: Callable[[Callable[[], list[Row]]], list[Row]] = lambda checking: checking()

    def run(self) -> None:
        """Load all that there is, page by page; what cannot be had now is tried the next time."""
        loading = select(Campaign.id).where(
            Campaign.state == CampaignState.LOADING, Campaign.audience.is_not(None)
        )
        with self.begin() as session:
            waiting = list(session.scalars(loading.order_by(Campaign.id)))
        while waiting and not self.stopping():
            waiting = [each for each in waiting if not self.stopping() and self._step(each)]

    def _step(self, campaign_id: UUID) -> bool:
        """One page of one campaign; whether there is another."""
        with self.begin() as session:
            campaign = locked(session, campaign_id)
        if campaign.state != CampaignState.LOADING:
            return False
        try:
            ids, next_, rows = self._asked(campaign)
        except PalikaError as error:
            self._problem(campaign, error)
            return False
        with self.begin() as session:
            now = locked(session, campaign_id)
            if now.state != CampaignState.LOADING:
                return False
            if now.query_after != campaign.query_after or now.loaded_to != campaign.loaded_to:
                # Another process was quicker.
                return True
            put(session, now, rows, campaign.loaded_to + len(ids), self.shop)
            now.query_after, now.problem = next_, None
            if next_ is None:
                finish(session, now, self.shop, self.now())
        return next_ is not None

    def _asked(self, campaign: Campaign) -> tuple[list[str], str | None, list[Row]]:
        service, query = campaign.audience, campaign.query
        assert service is not None
        assert query is not None
        answer = self.audience(
            service, query["name"], query["arguments"], campaign.query_after, PAGE
        )
        try:
            page = _page.load(answer)
        except ValidationError as error:
            raise Invalid(
                f"{service} gives no page of an audience.", error.messages_dict
            ) from error
        ids = page["ids"]
        if page["next"] is not None and page["next"] == campaign.query_after:
            raise Invalid(f"{service} does not get on.", {"next": ["is the cursor that was given"]})
        template = self.shop.templates.named(campaign.template, campaign.template_version)
        checker = self.shop.checker(template, campaign.fields, strict=False)
        known, refused = self._contacts(service, ids)

        def checked() -> list[Row]:
            own = page["fields_"]
            return [
                _row(number, each, known.get(each), refused.get(each), own.get(each), checker)
                for number, each in enumerate(ids, start=campaign.loaded_to + 1)
            ]

        return ids, page["next"], self.apart(checked)

    def _contacts(
        self, service: str, ids: Sequence[str]
    ) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
        """The contacts, and why the service refuses an id."""
        asked = list(dict.fromkeys(ids))
        refused: dict[str, str] = {}
        while asked:
            try:
                return dict(self.contacts(service, asked)), refused
            except Invalid as error:
                told = error.fields.get("ids")
                wrong = told if isinstance(told, Mapping) else {}
                bad = {
                    each: " ".join(map(str, wrong[str(n)]))
                    for n, each in enumerate(asked)
                    if str(n) in wrong
                }
                if not bad:
                    raise
                refused |= bad
                asked = [each for each in asked if each not in bad]
        return {}, refused

    def _problem(self, campaign: Campaign, error: PalikaError) -> None:
        """What the service refuses for good ends the campaign; all else is tried again."""
        _log.warning("campaign %s cannot be loaded: %s", campaign.id, error)
        with self.begin() as session:
            found = locked(session, campaign.id)
            if found.state != CampaignState.LOADING:
                return
            if isinstance(error, Invalid | Forbidden | NotFound):
                end(found, CampaignState.CANCELLED, None, self.now())
            found.problem = str(error)[:300]


def _row(
    number: int,
    id_: str,
    contact: Mapping[str, Any] | None,
    refused: str | None,
    own: Mapping[str, Any] | None,
    checker: Checker,
) -> Row:
    if contact is None:
        rule = refused or "the service has no contact for it"
        return Row(number, None, [Wrong("id", rule)])
    said = {name: each for name, each in contact.items() if name != "id"}
    recipient, wrong = checker.check(said, own or {})
    return Row(number, recipient, wrong, id_, own)
