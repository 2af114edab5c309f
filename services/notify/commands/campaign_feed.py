"""Feeding: a running campaign's recipients become deliveries, so many at a time.

A recipient moves from one table to the other in one statement, in the transaction that notes how
far the feeding is: whatever is killed, nobody is told twice and nobody is missed. The campaign's
row is locked meanwhile, so that two processes never feed the same, and pausing waits for one chunk
at the most. There are never more than ``MOST_QUEUED`` deliveries due in the lane: the sender's
index stays small whatever the city's size, and pausing or cancelling has few to reach.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, text, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import NotFound
from services.notify.domain import reasons
from services.notify.domain.bucket import Bucket
from services.notify.domain.campaigns import HELD, UNBEGUN, CampaignState, closed_until, pace
from services.notify.domain.care import DAILY_CAP, QUIET_HOURS, Lane
from services.notify.domain.policy import Policy
from services.notify.domain.states import DUE, State
from services.notify.domain.templates import Templates
from services.notify.models import Campaign, CampaignRecipient, Delivery
from services.notify.queries.campaigns import CAMPAIGN

MOST_QUEUED = 2_000
"""With so many due in the lane nothing is fed."""
CHUNK = 500
_ROUNDS = 20
"""Then it is looked again which campaigns there are."""
_PUT_OFF = (
    QUIET_HOURS,
    DAILY_CAP,
    reasons.CAMPAIGN_HOURS,
    reasons.CAMPAIGN_PAUSED,
)
"""What waits for its hour or its day is in nobody's way."""
_WINDOW = timedelta(minutes=1)
_LATE = timedelta(days=3)
"""So long after a cancellation its deliveries are looked after: by then none can be due again."""

_FEED = text("""
    WITH taken AS (
        DELETE FROM campaign_recipient
        WHERE campaign_id = :campaign AND row_no IN (
            SELECT row_no FROM campaign_recipient
            WHERE campaign_id = :campaign AND row_no > :after ORDER BY row_no LIMIT :most
        )
        RETURNING row_no, recipient_ref, sealed, fields
    ), placed AS (
        SELECT *, row_number() OVER (ORDER BY row_no) AS place FROM taken
    ), made AS (
        INSERT INTO delivery (
            id, event_id, event_type, template, purpose, lane, audience, recipient_ref, sealed,
            fields, state, next_attempt_at, of_use_until, created_at
        )
        SELECT (CAST(:ids AS uuid[]))[place], :campaign, :kind, :template, :purpose, :lane,
            :audience, recipient_ref, sealed,
            CASE WHEN sealed IS NULL THEN
                CAST(:fixed AS jsonb) || coalesce(fields, CAST('{}' AS jsonb))
            ELSE CAST('{}' AS jsonb) END,
            'created', :now, :of_use_until, :now
        FROM placed
        ON CONFLICT ON CONSTRAINT uq_delivery_message DO NOTHING
    )
    SELECT count(*), max(row_no) FROM taken
""")


@dataclass(frozen=True)
class Feeder:
    """Moves campaigns on; any number of processes may do so at once.

    Attributes:
        begin: opens a transaction on the service's database.
        templates: say for what purpose a campaign is.
        now: the present moment, aware.
        most_queued: deliveries due in the lane.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    templates: Templates
    policy: Policy
    now: Callable[[], datetime]
    most_queued: int = MOST_QUEUED
    chunk: int = CHUNK
    stopping: Callable[[], bool] = lambda: False

    def run(self) -> int:
        """Move each campaign on as far as it goes now; returns how many deliveries were made.

        The campaigns take turns, a chunk each, so that none waits for the end of another.
        """
        fed = 0
        busy = self._open()
        for _ in range(_ROUNDS):
            if not busy or self.stopping():
                break
            still = []
            for campaign_id in busy:
                made = self._step(campaign_id)
                fed += made
                if made:
                    still.append(campaign_id)
            busy = still
        return fed

    def _open(self) -> list[UUID]:
        now = self.now()
        unbegun = (CampaignState.LOADING, CampaignState.DRAFT, CampaignState.SCHEDULED)
        asked = select(Campaign.id).where(
            or_(
                Campaign.state.in_((CampaignState.RUNNING, CampaignState.PAUSED)),
                (Campaign.state == CampaignState.SCHEDULED) & (Campaign.start_at <= now),
                (Campaign.state == CampaignState.CANCELLED) & (Campaign.ended_at > now - _LATE),
                Campaign.state.in_(unbegun) & (Campaign.created_at < now - UNBEGUN),
            )
        )
        with self.begin() as session:
            return list(session.scalars(asked.order_by(Campaign.id)))

    def _step(self, campaign_id: UUID) -> int:
        """One chunk of one campaign, in one transaction."""
        with self.begin() as session:
            campaign = session.scalars(
                select(Campaign).where(Campaign.id == campaign_id).with_for_update(skip_locked=True)
            ).one_or_none()
            return 0 if campaign is None else self._move(session, campaign)

    def _move(self, session: Session, campaign: Campaign) -> int:
        now = self.now()
        due = campaign.start_at is not None and campaign.start_at <= now
        if campaign.state == CampaignState.SCHEDULED and due:
            begin_running(campaign, now)
        match campaign.state:
            case CampaignState.RUNNING:
                return self._feed(session, campaign, now)
            case CampaignState.PAUSED:
                hold(session, campaign, HELD, HELD, reasons.CAMPAIGN_PAUSED)
            case CampaignState.CANCELLED:
                cancel_queued(session, campaign)
                return self._forget(session, campaign)
            case CampaignState.LOADING | CampaignState.DRAFT | CampaignState.SCHEDULED:
                planned = campaign.start_at is not None and campaign.start_at > now
                if campaign.created_at < now - UNBEGUN and not planned:
                    end(campaign, CampaignState.CANCELLED, None, now)
                    campaign.problem = f"not begun within {UNBEGUN.days} days"
        return 0

    def _feed(self, session: Session, campaign: Campaign, now: datetime) -> int:
        opens = closed_until(campaign.hours_from, campaign.hours_to, now)
        if opens is not None:
            use = self.policy.of_use_until(Lane.BULK, opens)
            hold(session, campaign, opens, use, reasons.CAMPAIGN_HOURS)
            return 0
        fed = campaign.fed >= campaign.recipients
        if fed and not self._is_going(session, campaign):
            end(campaign, CampaignState.DONE, None, now)
            return 0
        try:
            template = self.templates.named(campaign.template)
        except NotFound as error:
            # It is no longer sound, say by the city's register: the other campaigns go on.
            self._wait(session, campaign, str(error))
            return 0
        if template.version != campaign.template_version:
            # Nobody has approved what it says now: what waits in the lane would say it too.
            problem = f"{template.name} has changed: it says something else now"
            self._wait(session, campaign, problem)
            return 0
        if fed:
            return 0
        quiet = self.policy.care.quiet.get(template.purpose)
        if quiet is not None and quiet.until(now) is not None:
            return 0
        most = self._room(session, campaign, now)
        if most < 1:
            return 0
        made, last = session.execute(
            _FEED,
            {
                "campaign": campaign.id,
                "after": campaign.fed_to,
                "most": most,
                "ids": [str(uuid7()) for _ in range(most)],
                "kind": CAMPAIGN,
                "template": template.name,
                "purpose": template.purpose.value,
                "lane": Lane.BULK.value,
                "audience": campaign.audience,
                "fixed": json.dumps(campaign.fields),
                "now": now,
                "of_use_until": self.policy.of_use_until(Lane.BULK, now),
            },
        ).one()
        campaign.fed += made
        campaign.fed_to = last if last is not None else campaign.fed_to
        campaign.tokens -= made
        if campaign.window_at is None or now - campaign.window_at >= _WINDOW:
            _turn_window(campaign, now)
        return int(made)

    @staticmethod
    def _wait(session: Session, campaign: Campaign, problem: str) -> None:
        """For somebody who looks into it."""
        campaign.state, campaign.problem = CampaignState.PAUSED, problem
        hold(session, campaign, HELD, HELD, reasons.CAMPAIGN_PAUSED)

    def _room(self, session: Session, campaign: Campaign, now: datetime) -> int:
        """How many may be fed now: by the lane's queue, and by the campaign's own limit."""
        most = min(self.chunk, self.most_queued - self._queued(session, now, self.most_queued))
        if campaign.per_minute is None:
            return most
        rate = pace(campaign.per_minute)
        # What waits for its provider is not added to: it would all go at once later.
        most = min(most, rate.burst - self._queued(session, now, rate.burst, campaign.id))
        bucket = Bucket(campaign.tokens, campaign.filled_at)
        _, filled = bucket.take(0, now, rate, urgent=True)
        campaign.tokens, campaign.filled_at = filled.tokens, filled.at
        return min(most, int(filled.tokens))

    def _queued(
        self, session: Session, now: datetime, most: int, campaign_id: UUID | None = None
    ) -> int:
        """How many deliveries of the lane, or of a campaign, are due or are being tried again;
        counted up to ``most``."""
        soon = now + timedelta(seconds=self.policy.longest_delay_s)
        due = select(Delivery.id).where(
            Delivery.lane == Lane.BULK,
            Delivery.state.in_(DUE),
            Delivery.next_attempt_at <= soon,
            func.coalesce(Delivery.reason, "").not_in(_PUT_OFF),
        )
        if campaign_id is not None:
            due = due.where(Delivery.event_id == campaign_id)
        return session.scalar(select(func.count()).select_from(due.limit(most).subquery())) or 0

    def _is_going(self, session: Session, campaign: Campaign) -> bool:
        going = select(Delivery.id).where(
            Delivery.event_id == campaign.id,
            Delivery.event_type == CAMPAIGN,
            Delivery.state.in_((*DUE, State.SENDING)),
        )
        return session.scalar(going.limit(1)) is not None

    def _forget(self, session: Session, campaign: Campaign) -> int:
        """Who was not told yet is not kept; as many at a time as are fed at a time."""
        some = (
            select(CampaignRecipient.row_no)
            .where(
                CampaignRecipient.campaign_id == campaign.id,
                CampaignRecipient.row_no > campaign.fed_to,
            )
            .order_by(CampaignRecipient.row_no)
            .limit(self.chunk)
        )
        gone = session.scalars(
            delete(CampaignRecipient)
            .where(
                CampaignRecipient.campaign_id == campaign.id,
                CampaignRecipient.row_no.in_(some.scalar_subquery()),
            )
            .returning(CampaignRecipient.row_no)
            .execution_options(synchronize_session=False)
        ).all()
        campaign.fed_to = max(gone, default=campaign.fed_to)
        return len(gone)


def begin_running(campaign: Campaign, now: datetime) -> None:
    """It begins, or goes on: what its own limit allows counts from now on."""
    campaign.state = CampaignState.RUNNING
    campaign.started_at = campaign.started_at or now
    campaign.tokens, campaign.filled_at = 0.0, now
    campaign.window_at, campaign.window_fed, campaign.last_rate = now, campaign.fed, None


def end(campaign: Campaign, state: CampaignState, by: str | None, now: datetime) -> None:
    """It is over; the sample of its first recipient is not needed any more."""
    campaign.state, campaign.ended_by, campaign.ended_at = state, by, now
    campaign.sample = None


def hold(
    session: Session, campaign: Campaign, until: datetime, of_use_until: datetime, reason: str
) -> None:
    """Put off what waits to be sent; what a sender has in hand is held when it has come back.

    Rows that somebody else has locked are left for the next time: this comes every second.
    """
    waiting = _waiting(campaign).where(Delivery.next_attempt_at < until).cte("waiting")
    session.execute(
        update(Delivery)
        .where(Delivery.id == waiting.c.id)
        .values(next_attempt_at=until, of_use_until=of_use_until, reason=reason)
        .execution_options(synchronize_session=False)
    )


def release(session: Session, campaign: Campaign, policy: Policy, at: datetime) -> None:
    """What was held is due at a moment, and of use from then on as long as if it were new."""
    held = _waiting(campaign, skip_locked=False).where(Delivery.next_attempt_at == HELD).cte("held")
    session.execute(
        update(Delivery)
        .where(Delivery.id == held.c.id)
        .values(next_attempt_at=at, of_use_until=policy.of_use_until(Lane.BULK, at), reason=None)
        .execution_options(synchronize_session=False)
    )


def cancel_queued(session: Session, campaign: Campaign) -> None:
    """What waits to be sent is not sent."""
    waiting = _waiting(campaign).cte("waiting")
    session.execute(
        update(Delivery)
        .where(Delivery.id == waiting.c.id)
        .values(state=State.CANCELLED, reason=reasons.CAMPAIGN_CANCELLED, detail=None, sealed=None)
        .execution_options(synchronize_session=False)
    )


def _waiting(campaign: Campaign, *, skip_locked: bool = True) -> Select[tuple[UUID]]:
    # Locked in the order in which everybody locks them.
    return (
        select(Delivery.id)
        .where(
            Delivery.event_id == campaign.id,
            Delivery.event_type == CAMPAIGN,
            Delivery.state.in_(DUE),
        )
        .order_by(Delivery.id)
        .with_for_update(skip_locked=skip_locked)
    )


def _turn_window(campaign: Campaign, now: datetime) -> None:
    if campaign.window_at is not None:
        minutes = (now - campaign.window_at) / _WINDOW
        campaign.last_rate = (campaign.fed - campaign.window_fed) / minutes
    campaign.window_at, campaign.window_fed = now, campaign.fed
