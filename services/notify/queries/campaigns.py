"""What campaigns are, how far they are, what they cost, and which rows could not be used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.india import readable
from palika.roles import Caller
from services.notify.domain.campaign_steps import Standing, may
from services.notify.domain.campaigns import CampaignState, Group, estimate
from services.notify.domain.care import Purpose
from services.notify.domain.provider_plan import ProviderPlan
from services.notify.domain.routes import Channel
from services.notify.domain.states import State
from services.notify.domain.templates import Template, Templates
from services.notify.models import Campaign, CampaignRejection, Delivery
from services.notify.schemas.campaigns import CampaignOut

CAMPAIGN = "campaign"
"""The ``event_type`` of a campaign's deliveries."""
_YOUNG = timedelta(seconds=15)
"""A window of so little says less of the speed than the one before."""
_out = CampaignOut()


class Using(Protocol):
    """Which providers the city has."""

    @property
    def plan(self) -> ProviderPlan:
        """With their prices."""
        ...

    @property
    def channels(self) -> frozenset[Channel]:
        """That the city uses."""
        ...

    def of(self, channel: Channel) -> tuple[str, ...]:
        """Of a channel."""
        ...


# Who has opted out by one address has by all (commands/sending/people.py).
_GROUPS = text("""
    WITH said AS (
        SELECT DISTINCT ON (recipient_key) recipient_key, agreed FROM consent
        WHERE purpose = :purpose ORDER BY recipient_key, id DESC
    ), words AS (
        SELECT r.language, r.units, CASE
            WHEN a.agreed IS NULL THEN b.agreed
            WHEN b.agreed IS NULL THEN a.agreed
            ELSE a.agreed AND b.agreed END AS said
        FROM campaign_recipient AS r
        LEFT JOIN said AS a ON a.recipient_key = coalesce(r.recipient_key, r.recipient_ref)
        LEFT JOIN said AS b ON b.recipient_key = r.other_key
        WHERE r.campaign_id = :campaign
    )
    SELECT language, units, said, count(*) FROM words GROUP BY language, units, said
""")


def estimated(
    session: Session, campaign: Campaign, templates: Templates, using: Using
) -> dict[str, Any]:
    """What a campaign of which nothing has been sent would cost now: ``domain.campaigns.estimate``.

    A channel costs what the first of its providers takes.
    """
    template = templates.named(campaign.template)
    groups = [
        Group(language, tuple(units), said, count)
        for language, units, said, count in session.execute(
            _GROUPS, {"campaign": campaign.id, "purpose": template.purpose.value}
        )
    ]
    prices = {
        channel: using.plan.prices[names[0]] for channel in Channel if (names := using.of(channel))
    }
    spoken = {group.language for group in groups}
    usable = {each: _usable(template, each, templates, using) for each in spoken}
    purpose = Purpose(template.purpose)
    return estimate(groups, purpose, campaign.channels, usable.__getitem__, prices)


def _usable(
    template: Template, language: str, templates: Templates, using: Using
) -> Sequence[Channel]:
    if Channel.LOG in using.channels:
        return (Channel.LOG,) if using.of(Channel.LOG) else ()
    return [
        Channel(each) for each in templates.order(template, language) if using.of(Channel(each))
    ]


def campaigns(session: Session, args: Mapping[str, Any]) -> dict[str, Any]:
    """Campaigns, the newest first, and ``next``: what to give as ``after`` for the page behind."""
    query = select(Campaign).order_by(Campaign.id.desc()).limit(args["limit"] + 1)
    if args["state"] is not None:
        query = query.where(Campaign.state == args["state"])
    if args["after"] is not None:
        query = query.where(Campaign.id < args["after"])
    found = session.scalars(query).all()
    page = found[: args["limit"]]
    more = len(found) > len(page)
    return {
        "campaigns": [_out.dump(each) for each in page],
        "next": str(page[-1].id) if more else None,
    }


def by_id(session: Session, campaign_id: UUID) -> Campaign:
    """A campaign.

    Raises:
        NotFound: there is none of that id.
    """
    found = session.get(Campaign, campaign_id)
    if found is None:
        raise NotFound(f"There is no campaign {campaign_id}.", {"id": str(campaign_id)})
    return found


def named(session: Session, name_or_id: str) -> Campaign:
    """A campaign by its name, or by its id.

    Raises:
        NotFound: there is none.
    """
    found = session.scalars(select(Campaign).where(Campaign.name == name_or_id)).one_or_none()
    if found is None:
        try:
            found = session.get(Campaign, UUID(name_or_id))
        except ValueError:
            found = None
    if found is None:
        raise NotFound(f"There is no campaign {name_or_id!r}.", {"campaign": name_or_id})
    return found


def standing(found: Campaign) -> Standing:
    """A campaign as its steps see it."""
    return Standing(CampaignState(found.state), found.created_by, found.created_by_person)


def campaign(
    session: Session, found: Campaign, now: datetime, caller: Caller | None = None
) -> dict[str, Any]:
    """A campaign, and how far it is.

    Args:
        caller: who asks; None: a terminal, where what may be done is not told.

    Returns:
        What ``CampaignOut`` has, ``starts`` (the moment as India has it), ``may`` (the methods that
        the caller may call with it now: ``domain/campaign_steps.py``), and ``progress``:
        ``states`` (how many recipients by the state of their delivery, ``waiting``: they have none
        yet, ``forgotten``: longer ago than messages are kept; they add up to ``recipients``),
        ``ended`` (of them nothing more is to be handed over),
        ``rate`` (deliveries a minute of late; None while nothing is known) and ``left_s`` (at that
        rate, closed hours left out).
    """
    shown: dict[str, Any] = _out.dump(found)
    shown["starts"] = readable(found.start_at) if found.start_at else None
    if caller is not None:
        shown["may"] = may(standing(found), caller)
    return shown | {"progress": progress(session, found, now)}


def progress(session: Session, found: Campaign, now: datetime) -> dict[str, Any]:
    """The ``progress`` of ``campaign``."""
    counts = select(Delivery.state, func.count()).where(
        Delivery.event_id == found.id, Delivery.event_type == CAMPAIGN
    )
    states = {row[0]: row[1] for row in session.execute(counts.group_by(Delivery.state))}
    states["forgotten"] = found.fed - sum(states.values())
    unfed = found.recipients - found.fed
    name = State.CANCELLED if found.state == CampaignState.CANCELLED else "waiting"
    states[name] = states.get(name, 0) + unfed
    going = (State.CREATED, State.SENDING, State.FAILED_TEMPORARY, "waiting")
    left = sum(states.get(each, 0) for each in going)
    rate = _rate(found, now)
    rate = round(rate, 1) if rate is not None else None
    return {
        "states": {str(state): count for state, count in sorted(states.items()) if count},
        "ended": found.recipients - left,
        "rate": rate,
        "left_s": round(left / rate * 60) if rate else None,
    }


def _rate(found: Campaign, now: datetime) -> float | None:
    if found.state != CampaignState.RUNNING or found.window_at is None:
        return None
    age = now - found.window_at
    if age < _YOUNG:
        return found.last_rate
    return (found.fed - found.window_fed) / age.total_seconds() * 60


def rejections(session: Session, found: Campaign, after: int, limit: int) -> dict[str, Any]:
    """Rows that nothing is sent for, in their order, and ``next``: ``after`` of the page behind.

    Args:
        after: the number of a row; a page never ends within one.
        limit: rows.
    """
    numbers = (
        select(CampaignRejection.row_no)
        .where(CampaignRejection.campaign_id == found.id, CampaignRejection.row_no > after)
        .distinct()
        .order_by(CampaignRejection.row_no)
        .limit(limit)
    )
    rows: Iterable[Row[Any]] = session.execute(
        select(
            CampaignRejection.row_no,
            CampaignRejection.field,
            CampaignRejection.rule,
            CampaignRejection.value,
        )
        .where(
            CampaignRejection.campaign_id == found.id,
            CampaignRejection.row_no.in_(numbers.scalar_subquery()),
        )
        .order_by(CampaignRejection.row_no, CampaignRejection.place)
    )
    page = [
        {"row": row.row_no, "field": row.field, "rule": row.rule, "value": row.value}
        for row in rows
    ]
    full = len({row["row"] for row in page}) == limit
    return {"rejections": page, "next": page[-1]["row"] if full else None}
