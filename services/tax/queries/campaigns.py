"""Reads of campaigns of recovery: what they do, and what they have brought."""

import uuid
from typing import Any

from sqlalchemy import Numeric, cast, func, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.tax.domain.effect import Group, effect
from services.tax.domain.recovery import Action
from services.tax.models import Campaign, CampaignItem


def campaign(session: Session, campaign_id: uuid.UUID) -> Campaign:
    """One of them.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Campaign, campaign_id)
    if found is None:
        raise NotFound(f"there is no campaign {campaign_id}", {"campaign_id": str(campaign_id)})
    return found


def brought(session: Session, campaign_id: uuid.UUID) -> dict[str, Any]:
    """What a campaign has brought so far, by action, beside those who were left alone by chance.

    Returns:
        ``actions``: by action how many items there are in each state, what was expected of those
        that have ended, and ``recovered_paise`` with ``per_action_paise``; ``control``: the same of
        those left alone; ``effect``: what was paid more for an item, with its 95 % interval, as
        ``domain.effect`` has it, None while there is too little; ``state`` and ``name``.

    Raises:
        NotFound: there is no such campaign.
    """
    of = campaign(session, campaign_id)
    rows = session.execute(
        select(
            CampaignItem.action,
            CampaignItem.state,
            func.count(),
            func.coalesce(func.sum(CampaignItem.paid_paise), 0),
            func.coalesce(func.sum(CampaignItem.gain_paise), 0),
            func.coalesce(func.sum(CampaignItem.owed_paise), 0),
        )
        .where(CampaignItem.campaign_id == campaign_id)
        .group_by(CampaignItem.action, CampaignItem.state)
    )
    actions: dict[str, dict[str, Any]] = {}
    for action, state, count, paid, gain, owed in rows:
        row = actions.setdefault(
            action,
            {"states": {}, "ended": 0, "recovered_paise": 0, "expected_paise": 0, "owed_paise": 0},
        )
        row["states"][state] = count
        if state in ("paid", "not_paid"):
            row["ended"] += count
            row["recovered_paise"] += int(paid)
            row["expected_paise"] += int(gain)
            row["owed_paise"] += int(owed)
    for row in actions.values():
        row["per_action_paise"] = (
            round(row["recovered_paise"] / row["ended"]) if row["ended"] else None
        )
    control = actions.pop(Action.NONE, None)
    return {
        "name": of.name,
        "state": of.state,
        "actions": actions,
        "control": control,
        "effect": _effect(session, campaign_id),
    }


def _effect(session: Session, campaign_id: uuid.UUID) -> dict[str, int] | None:
    alone = CampaignItem.action == str(Action.NONE)
    paid = CampaignItem.paid_paise
    groups = {False: Group(0, 0, 0), True: Group(0, 0, 0)}
    for of, count, paise, squares in session.execute(
        select(alone, func.count(), func.sum(paid), func.sum(cast(paid, Numeric) * paid))
        .where(CampaignItem.campaign_id == campaign_id, paid.is_not(None))
        .group_by(alone)
    ):
        groups[of] = Group(count, int(paise), int(squares))
    found = effect(groups[False], groups[True])
    if found is None:
        return None
    return {
        "planned": found.planned,
        "alone": found.alone,
        "more_paise": found.more,
        "low_paise": found.low,
        "high_paise": found.high,
        "in_all_paise": found.in_all,
    }


def item_view(item: CampaignItem) -> dict[str, Any]:
    """What a campaign does about one property, as the office sees it."""
    return {
        "id": str(item.id),
        "campaign_id": str(item.campaign_id),
        "property_id": str(item.property_id),
        "action": item.action,
        "day": item.day.isoformat(),
        "state": item.state,
        "words": item.words,
        "signed_by": item.signed_by,
        "stopped_by": item.stopped_by,
        "paid_paise": item.paid_paise,
    }
