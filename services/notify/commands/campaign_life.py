"""What people do with a campaign: approve, start, pause, resume, cancel, try it out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.notify.commands.campaign_draft import Shop, locked, renew_estimate
from services.notify.commands.campaign_feed import begin_running, cancel_queued, end, hold, release
from services.notify.commands.request import REQUEST
from services.notify.domain import addresses, reasons
from services.notify.domain.campaign_steps import Step, check_state, check_who
from services.notify.domain.campaigns import HELD, MOST_TESTS, CampaignState, closed_until
from services.notify.domain.care import Lane
from services.notify.domain.policy import Policy
from services.notify.domain.states import State
from services.notify.domain.templates import Templates
from services.notify.models import Campaign, Delivery
from services.notify.queries.campaigns import standing
from services.notify.secrets import Secrets


def approve(
    session: Session, caller: Identity, campaign_id: UUID, templates: Templates, now: datetime
) -> Campaign:
    """Let a campaign begin at its moment, or when it is started.

    Raises:
        NotFound: no such campaign.
        Forbidden: the caller is no supervisor, or has made it, for this post or another.
        Conflict: it is no draft, has nobody to write to, or its template has changed since.
    """
    found = locked(session, campaign_id)
    check_who(Step.APPROVE, standing(found), caller)
    check_state(Step.APPROVE, standing(found))
    if not found.recipients:
        raise Conflict("It has nobody to write to.", {"rejected": found.rejected})
    newest = templates.named(found.template).version
    if newest != found.template_version:
        raise Conflict(
            f"{found.template} has changed since the recipients were checked: make another one.",
            {"checked": found.template_version, "newest": newest},
        )
    found.state = CampaignState.SCHEDULED
    found.approved_by, found.approved_at = caller.subject, now
    return found


def start(
    session: Session, caller: Identity, campaign_id: UUID, at: datetime | None, now: datetime
) -> Campaign:
    """Begin an approved campaign now, or at another moment than was planned.

    Raises:
        NotFound, Forbidden: as ``approve``; its maker may start what another has approved.
        Conflict: it is not approved, or has begun.
    """
    found = locked(session, campaign_id)
    check_who(Step.START, standing(found), caller)
    check_state(Step.START, standing(found))
    if at is not None and at > now:
        found.start_at = at
    else:
        found.start_at = now
        begin_running(found, now)
    return found


def pause(session: Session, campaign_id: UUID) -> Campaign:
    """Send nothing more until it is resumed; what a provider has in hand is not taken back.

    Raises:
        NotFound: no such campaign.
        Conflict: it is not running.
    """
    found = locked(session, campaign_id)
    check_state(Step.PAUSE, standing(found))
    found.state = CampaignState.PAUSED
    hold(session, found, HELD, HELD, reasons.CAMPAIGN_PAUSED)
    return found


def resume(
    session: Session, campaign_id: UUID, templates: Templates, policy: Policy, now: datetime
) -> Campaign:
    """Go on, with what the template says now.

    Raises:
        NotFound: no such campaign.
        Conflict: it is not paused.
    """
    found = locked(session, campaign_id)
    check_state(Step.RESUME, standing(found))
    found.template_version, found.problem = templates.named(found.template).version, None
    begin_running(found, now)
    opens = closed_until(found.hours_from, found.hours_to, now)
    release(session, found, policy, opens or now)
    return found


def cancel(session: Session, caller: Identity, campaign_id: UUID, now: datetime) -> Campaign:
    """End it as it is: who was not told is not told. The recipients that wait are forgotten.

    Raises:
        NotFound: no such campaign.
        Conflict: it has ended.
    """
    found = locked(session, campaign_id)
    check_state(Step.CANCEL, standing(found))
    end(found, CampaignState.CANCELLED, caller.subject, now)
    cancel_queued(session, found)
    return found


def estimate(session: Session, campaign_id: UUID, shop: Shop, now: datetime) -> Campaign:
    """Estimate again what it will cost, and how many could be told now.

    Raises:
        NotFound: no such campaign.
        Conflict: it is not loaded, or has begun.
    """
    found = locked(session, campaign_id)
    check_state(Step.ESTIMATE, standing(found))
    renew_estimate(session, found, shop, now)
    return found


def test(
    session: Session,
    campaign_id: UUID,
    phone: str,
    templates: Templates,
    policy: Policy,
    secrets: Secrets,
    now: datetime,
) -> Delivery:
    """Send what the first recipient would be told to a number of somebody who wants to see it.

    It is for the campaign's purpose, so the consent, quiet hours and caps of that number hold; the
    campaign's own hours and limit do not. The recipient's name does not go with it.

    Raises:
        NotFound: no such campaign.
        Invalid: not an Indian mobile number.
        Conflict: it is not loaded or has ended, or there were enough test messages.
    """
    found = locked(session, campaign_id)
    number = addresses.mobile(phone)
    if number is None:
        raise Invalid("not an Indian mobile", {"phone": ["must be an Indian mobile number"]})
    check_state(Step.TEST, standing(found))
    if found.sample is None:
        raise Conflict("There is no recipient to take for a test.", {"state": found.state})
    if found.tests >= MOST_TESTS:
        raise Conflict(f"{MOST_TESTS} test messages are enough.", {"tests": found.tests})
    found.tests += 1
    template = templates.named(found.template)
    sample = secrets.open(found.sample)
    sealed = {"contact": {**sample["contact"], "phone": number}, "fields": sample["fields"]}
    made = Delivery(
        id=uuid7(),
        event_id=uuid7(),
        event_type=REQUEST,
        template=template.name,
        purpose=template.purpose,
        lane=Lane.TRANSACTIONAL,
        audience=None,
        recipient_ref=secrets.recipient(number),
        sealed=secrets.seal(sealed),
        fields={},
        state=State.CREATED,
        next_attempt_at=now,
        of_use_until=policy.of_use_until(Lane.TRANSACTIONAL, now),
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
