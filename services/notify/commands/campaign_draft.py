"""A campaign's beginning: it is put down, then its recipients, chunk by chunk.

The chunk and how far the reading is are one transaction: whatever is killed, the next process goes
on behind the last row that is there, and two at once never put a row down twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import masking
from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from services.notify.commands.sending.carriers import Carriers
from services.notify.commands.sending.planning import values
from services.notify.domain.campaign_rows import CONTACT, Checker, Recipient, Wrong
from services.notify.domain.campaigns import CampaignState, least_minutes
from services.notify.domain.care import ALWAYS, Lane, Purpose
from services.notify.domain.policy import Policy
from services.notify.domain.routes import Channel
from services.notify.domain.templates import Template, Templates
from services.notify.models import Campaign, CampaignRecipient, CampaignRejection
from services.notify.queries.campaigns import estimated
from services.notify.secrets import Secrets

_RULE_MAX = 300
_ESTIMATE_S = 300


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is to be.

    Attributes:
        fields: the same for all.
        audience, query: the service and the query of it; None of a file.
        digest, rows: of the file; None of a query.
        start_at: aware; None: when somebody starts it.
        hours: of the day in India; None: all.
        per_minute: its own limit; None: as fast as the providers.
    """

    name: str
    template: str
    fields: Mapping[str, Any]
    audience: str | None = None
    query: Mapping[str, Any] | None = None
    digest: str | None = None
    rows: int | None = None
    start_at: datetime | None = None
    hours: tuple[time, time] | None = None
    per_minute: int | None = None


@dataclass(frozen=True)
class Shop:
    """What making a campaign needs."""

    templates: Templates
    carriers: Carriers
    policy: Policy
    secrets: Secrets

    def template(self, name: str) -> Template:
        """The template of a campaign.

        Raises:
            NotFound: there is none of this name.
            Invalid: it is for codes, which nobody sends to many.
        """
        found = self.templates.named(name)
        if found.lane is Lane.URGENT or found.purpose in ALWAYS:
            raise Invalid("not for many", {"template": ["is for codes, which are asked for"]})
        return found

    def checker(self, template: Template, fixed: Mapping[str, Any], *, strict: bool) -> Checker:
        """Decides which rows are good."""
        used = self.carriers.channels
        # A city that has the log alone tries its campaigns out: over all channels.
        over = frozenset(map(Channel, template.channels)) if Channel.LOG in used else used
        language = self.policy.default_language
        return Checker(template, over, fixed, language, self.secrets.recipient, values, strict)


def draft(session: Session, caller: Identity, plan: Plan, shop: Shop, now: datetime) -> Campaign:
    """Put a campaign down, in the caller's transaction; its recipients are loaded afterwards.

    Asked again by the same person for the same, it is the one that is there.

    Raises:
        NotFound: no template has that name.
        Invalid: a field is none of the template's or cannot be sent, the template is for codes, or
            there are no hours.
        Conflict: there is another one of this name.
    """
    template = shop.template(plan.template)
    unknown = sorted(
        plan.fields.keys() - template.fields.keys() | plan.fields.keys() & set(CONTACT)
    )
    if unknown:
        rule = f"is no field of {template.name} that may be the same for all"
        raise Invalid("unknown fields", {name: [rule] for name in unknown})
    if wrong := template.refused(plan.fields):
        # In every row it would be wrong, and nobody would be told.
        raise Invalid("fields that cannot be sent", wrong)
    if plan.hours and plan.hours[0] == plan.hours[1]:
        raise Invalid("no hours", {"hours": ["from and to must not be the same"]})
    hours = plan.hours or (None, None)
    asked = {
        "template": template.name,
        "fields": dict(plan.fields),
        "audience": plan.audience,
        "query": dict(plan.query) if plan.query is not None else None,
        "digest": plan.digest,
        "start_at": plan.start_at,
        "hours_from": hours[0],
        "hours_to": hours[1],
        "per_minute": plan.per_minute,
        "created_by": caller.subject,
    }
    counts = ("loaded_to", "recipients", "rejected", "tokens", "fed_to", "fed", "window_fed")
    made = upsert(Campaign).values(
        **asked,
        id=uuid7(),
        name=plan.name,
        state=CampaignState.LOADING,
        template_version=template.version,
        channels=list(template.channels),
        rows=plan.rows,
        filled_at=now,
        created_by_person=caller.person or None,
        created_at=now,
        tests=0,
        **dict.fromkeys(counts, 0),
    )
    session.execute(made.on_conflict_do_nothing(constraint="uq_campaign_name"))
    found = session.scalars(select(Campaign).where(Campaign.name == plan.name)).one()
    other = sorted(name for name, value in asked.items() if getattr(found, name) != value)
    if other or found.state not in (CampaignState.LOADING, CampaignState.DRAFT):
        raise Conflict(
            f"There is a campaign {plan.name!r} already.",
            {"name": plan.name, "state": found.state, "other": other},
        )
    return found


def locked(session: Session, campaign_id: UUID) -> Campaign:
    """A campaign, locked until the caller's transaction ends.

    Raises:
        NotFound: there is none of that id.
    """
    found = session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"There is no campaign {campaign_id}.", {"id": str(campaign_id)})
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """A row that has been checked.

    Attributes:
        number: in the file, or in the answers of a query.
        recipient: None: it is refused, for what is ``wrong``.
        ref: the id that the service knows them by; None of a file.
        own: fields that the service gave.
    """

    number: int
    recipient: Recipient | None
    wrong: Sequence[Wrong] = ()
    ref: str | None = None
    own: Mapping[str, Any] | None = None


def put(session: Session, campaign: Campaign, rows: Sequence[Row], to: int, shop: Shop) -> None:
    """Put checked rows down, in the transaction in which the caller has locked the campaign.

    Those that are there already are left out. Who is in the campaign already is a rejection.

    Args:
        rows: all rows behind the last that is there, up to ``to``; before it there may be more.
        to: the last row that was read.
    """
    new = [each for each in rows if each.number > campaign.loaded_to]
    refused = [each for each in new if each.recipient is None]
    good = {each.number: _row_of(campaign, each, shop) for each in new if each.recipient}
    kept: set[int] = set()
    if good:
        statement = upsert(CampaignRecipient).on_conflict_do_nothing(
            constraint="uq_campaign_recipient_once"
        )
        kept = set(
            session.scalars(statement.returning(CampaignRecipient.row_no), list(good.values()))
        )
    twice = {number: row["recipient_ref"] for number, row in good.items() if number not in kept}
    firsts = _rows_by_ref(session, campaign, set(twice.values()))
    refused += [
        Row(number, None, [Wrong("row", f"the same recipient as in row {firsts[ref]}")])
        for number, ref in twice.items()
    ]
    wrong = [
        {
            "campaign_id": campaign.id,
            "row_no": row.number,
            "place": place,
            "field": each.field,
            # What a rule quotes may be a number or an address.
            "rule": masking.mask(each.rule)[:_RULE_MAX],
            "value": each.value[:100],
        }
        for row in refused
        for place, each in enumerate(row.wrong)
    ]
    if wrong:
        session.execute(insert(CampaignRejection), wrong)
    if campaign.sample is None and kept:
        first = next(each for each in new if each.number == min(kept))
        campaign.sample = _sample(first, shop.secrets)
    campaign.recipients += len(kept)
    campaign.rejected += len(refused)
    campaign.loaded_to = max(campaign.loaded_to, to)


def finish(session: Session, campaign: Campaign, shop: Shop, now: datetime) -> None:
    """All rows are there: a draft, with an estimate of what it will cost."""
    session.flush()
    # The estimate reads them all: the planner has to know how many they have become, and for lakhs
    # it takes longer than a caller would wait.
    session.execute(text(f"SET LOCAL statement_timeout = '{_ESTIMATE_S}s'"))
    session.execute(text("ANALYZE campaign_recipient"))
    campaign.state, campaign.problem = CampaignState.DRAFT, None
    renew_estimate(session, campaign, shop, now)


def renew_estimate(session: Session, campaign: Campaign, shop: Shop, now: datetime) -> None:
    """Estimate again, by today's consents, prices and providers: beside what ``estimated`` has,
    ``least_minutes`` and ``quiet`` (the hours of India in which nothing of its purpose goes out;
    None: there are none)."""
    found = estimated(session, campaign, shop.templates, shop.carriers)
    rates, carriers = shop.carriers.plan.rates, shop.carriers
    per_s = {row["channel"]: rates[carriers.of(Channel(row["channel"]))[0]].per_s
             for row in found["channels"]}  # fmt: skip
    quiet = shop.policy.care.quiet.get(Purpose(shop.templates.named(campaign.template).purpose))
    campaign.estimate = found | {
        "least_minutes": least_minutes(found, campaign.per_minute, per_s),
        "quiet": quiet and {"from": f"{quiet.begins:%H:%M}", "to": f"{quiet.ends:%H:%M}"},
    }
    campaign.estimated_at = now


def _row_of(campaign: Campaign, row: Row, shop: Shop) -> dict[str, Any]:
    found = row.recipient
    assert found is not None
    keys = [*found.keys, None]
    of_file = row.ref is None
    told = {"contact": dict(found.contact), "fields": dict(found.fields)}
    return {
        "campaign_id": campaign.id,
        "row_no": row.number,
        "recipient_ref": row.ref or keys[0],
        "recipient_key": None if of_file else keys[0],
        "other_key": keys[1],
        "language": found.language,
        "units": list(found.units),
        "sealed": shop.secrets.seal(told) if of_file else None,
        "fields": None if of_file else dict(row.own or {}),
    }


def _sample(row: Row, secrets: Secrets) -> bytes:
    found = row.recipient
    assert found is not None
    # What a service's contact says beside who they are (a property's number) is a field here.
    own = {name: each for name, each in found.contact.items() if name not in CONTACT}
    contact = {"language": found.language}
    return secrets.seal({"contact": contact, "fields": {**found.fields, **own}})


def _rows_by_ref(session: Session, campaign: Campaign, refs: set[Any]) -> dict[str, int]:
    if not refs:
        return {}
    rows = session.execute(
        select(CampaignRecipient.recipient_ref, CampaignRecipient.row_no).where(
            CampaignRecipient.campaign_id == campaign.id, CampaignRecipient.recipient_ref.in_(refs)
        )
    )
    return {row.recipient_ref: row.row_no for row in rows}
