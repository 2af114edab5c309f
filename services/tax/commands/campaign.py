"""Campaigns of recovery: a plan is kept, and a person approves it, or stops it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.roles import same_post
from services.tax.domain.planner import Candidate, Plan
from services.tax.domain.recovery import Action
from services.tax.models import Campaign, CampaignItem
from services.tax.queries.campaigns import campaign
from services.tax.reference import recovery

APPROVERS: Final = frozenset({"supervisor", "admin"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan with what belongs to it, to be kept.

    Attributes:
        name: of the campaign; unique.
        model_id: by whose scores it was made.
        candidates: by property, of all that the plan has looked at.
        days: the first and the last.
        figures: of the plan, for people.
    """

    name: str
    model_id: uuid.UUID
    plan: Plan
    candidates: Mapping[str, Candidate]
    days: tuple[date, date]
    figures: Mapping[str, object]


def create(session: Session, caller: Identity, kept: Kept, now: datetime) -> Campaign:
    """Keep a plan as a campaign, for another person to approve. Nothing is done by it yet.

    Raises:
        Conflict: there is one of this name.
        Invalid: the plan does nothing.
    """
    if not kept.plan.choices:
        raise Invalid("an empty plan", {"plan": ["it has no action"]})
    if session.scalar(select(exists().where(Campaign.name == kept.name))):
        raise Conflict(f"there is a campaign {kept.name!r} already", {"name": kept.name})
    made = Campaign(
        id=uuid7(),
        name=kept.name,
        state="planned",
        model_id=kept.model_id,
        first_day=kept.days[0],
        last_day=kept.days[1],
        wait_days=recovery().paid.days,
        figures=dict(kept.figures),
        planned_by=caller.subject,
        planned_at=now,
        version=1,
    )
    session.add(made)
    session.flush()
    rows = [
        {
            "id": uuid7(),
            "campaign_id": made.id,
            "property_id": uuid.UUID(each.property_id),
            "action": str(each.action),
            "day": each.day,
            "state": "planned",
            "code": each.code,
            "words": {"mr": each.words.mr, "en": each.words.en},
            "chance": each.chance,
            "gain_paise": each.gain_paise,
            "cost_paise": each.cost_paise,
            "owed_paise": kept.candidates[each.property_id].owed_paise,
        }
        for each in kept.plan.choices
    ]
    words = {each.property_id: each.words for each in kept.plan.skips if each.code == "control"}
    rows += [
        {
            "id": uuid7(),
            "campaign_id": made.id,
            "property_id": uuid.UUID(each.property_id),
            "action": str(Action.NONE),
            # Their time is that of what would have been done.
            "day": each.day,
            "state": "control",
            "code": "control",
            "words": {"mr": words[each.property_id].mr, "en": words[each.property_id].en},
            "chance": 0.0,
            "gain_paise": 0,
            "cost_paise": 0,
            "owed_paise": kept.candidates[each.property_id].owed_paise,
        }
        for each in kept.plan.controls
    ]
    session.execute(insert(CampaignItem), rows)
    return made


def approve(session: Session, caller: Identity, campaign_id: uuid.UUID, now: datetime) -> Campaign:
    """Let a campaign begin. It is a person's decision, and another's than who planned it.

    Raises:
        NotFound: no such campaign.
        Forbidden: the caller is no supervisor, or has planned it.
        Conflict: it is not planned any more.
    """
    of = locked(session, campaign_id)
    if not caller.has_any(APPROVERS):
        raise Forbidden("a campaign is approved by a supervisor")
    if same_post(caller.subject, of.planned_by):
        raise Forbidden("who has planned a campaign does not approve it")
    if of.state == "approved" and of.approved_by == caller.subject:
        return of
    must_be(of, "planned")
    of.state, of.approved_by, of.approved_at = "approved", caller.subject, now
    of.version += 1
    return of


def cancel(session: Session, caller: Identity, campaign_id: uuid.UUID, now: datetime) -> Campaign:
    """Stop a campaign: what was not done yet is not done; what was done ends in its time.

    Raises:
        NotFound: no such campaign.
        Forbidden: the caller is no supervisor.
        Conflict: it has ended already.
    """
    of = locked(session, campaign_id)
    if not caller.has_any(APPROVERS):
        raise Forbidden("a campaign is cancelled by a supervisor")
    must_be(of, "planned", "approved")
    for item in items_of(session, of.id, "planned"):
        stop_item(item, "cancelled", day_of(now))
    of.state = "cancelled"
    of.version += 1
    return of


def sign(session: Session, caller: Identity, item_id: uuid.UUID, now: datetime) -> CampaignItem:
    """Sign the attachment of one property: one signature, one property, by name.

    Raises:
        NotFound: no such item.
        Forbidden: the caller is no supervisor.
        Invalid: it is no attachment.
        Conflict: the campaign is not approved, or the item has ended.
    """
    item, of = item_of(session, item_id)
    if not caller.has_any(APPROVERS):
        raise Forbidden("an attachment is signed by a supervisor, by name")
    if item.action != Action.ATTACHMENT:
        raise Invalid("nothing to sign", {"item_id": [f"it is a {item.action}"]})
    must_be(of, "approved")
    if item.state != "planned":
        raise Conflict(f"the item is {item.state} already", {"state": item.state})
    if item.signed_by is None:
        item.signed_by, item.signed_at = caller.subject, now
    return item


def must_be(of: Campaign, *states: str) -> None:
    """Refuse a campaign in another state. Raises Conflict."""
    if of.state not in states:
        raise Conflict(
            f"the campaign {of.name!r} is {of.state}, not {' or '.join(states)}",
            {"state": of.state},
        )


def locked(session: Session, campaign_id: uuid.UUID) -> Campaign:
    """A campaign, locked. Raises NotFound."""
    found = session.scalar(select(Campaign).where(Campaign.id == campaign_id).with_for_update())
    if found is None:
        raise NotFound(f"there is no campaign {campaign_id}", {"campaign_id": str(campaign_id)})
    return found


def item_of(session: Session, item_id: uuid.UUID) -> tuple[CampaignItem, Campaign]:
    """An item, locked, and its campaign. Raises NotFound."""
    found = session.scalar(select(CampaignItem).where(CampaignItem.id == item_id).with_for_update())
    if found is None:
        raise NotFound(f"there is no item {item_id}", {"item_id": str(item_id)})
    return found, campaign(session, found.campaign_id)


def items_of(session: Session, campaign_id: uuid.UUID, *states: str) -> list[CampaignItem]:
    """The items of a campaign in some states, locked."""
    return list(
        session.scalars(
            select(CampaignItem)
            .where(CampaignItem.campaign_id == campaign_id, CampaignItem.state.in_(states))
            .order_by(CampaignItem.id)
            .with_for_update()
        )
    )


def stop_item(item: CampaignItem, code: str, today: date) -> None:
    """Let nothing be done about an item; ``code`` says why."""
    item.state, item.stopped_by, item.ended_on = "stopped", code, today
