"""Carrying out a campaign: what is due is asked for, what was done written down, what was paid ends
it."""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.campaign import item_of, items_of, locked, must_be, stop_item
from services.tax.commands.once import alone
from services.tax.domain.contacts_cap import Contacts
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.late import late
from services.tax.domain.ledger.statement import balance
from services.tax.domain.planner import Lawful
from services.tax.domain.recovery import OUTCOMES, Action
from services.tax.ledger_store import entries_of
from services.tax.models import CampaignItem, Payment, Property, RecoveryAct
from services.tax.queries.campaigns import campaign
from services.tax.queries.recovery import contacts, holds, owner_key, stop_of
from services.tax.reference import recovery, rules
from services.tax.schemas.events import REMINDER_DUE
from services.tax.stays import stays_of

CHANNELS: Final[Mapping[Action, str]] = {Action.MESSAGE: "whatsapp", Action.CALL: "voice"}
"""What notify is asked for; a notice and an attachment are the office's own."""


class Place(NamedTuple):
    """Where an item stands among those of its campaign that are due."""

    day: date
    item_id: uuid.UUID


def send_due(
    session: Session,
    campaign_id: uuid.UUID,
    now: datetime,
    after: Place | None = None,
    most: int = 500,
) -> tuple[dict[str, int], Place | None]:
    """Ask for the messages and calls whose day has come, each after another look at what stops it.

    What is paid or held by now is stopped; whoever has heard enough waits. Run again, it goes on.
    Two at once come one after the other: what the first one sends counts for the caps of the other.

    Args:
        session: in the caller's transaction: the events are recorded in it.
        campaign_id: an approved one.
        now: aware.
        after: the place of the last item that was looked at; None is to begin.
        most: so many items at the most.

    Returns:
        How many were ``sent``, ``stopped``, and ``waiting`` for the caps; and the place of the last
        one, None when nothing was left to look at.

    Raises:
        NotFound: no such campaign.
        Conflict: it is not approved.
    """
    of = campaign(session, campaign_id)
    must_be(of, "approved")
    alone(session, "recovery contacts")
    today, caps = day_of(now), recovery().caps
    counts = Counter({"sent": 0, "stopped": 0, "waiting": 0})
    due = (
        select(CampaignItem, Property)
        .join(Property, Property.id == CampaignItem.property_id)
        .where(
            CampaignItem.campaign_id == of.id,
            CampaignItem.state == "planned",
            CampaignItem.day <= today,
            CampaignItem.action.in_([str(each) for each in CHANNELS]),
        )
        .order_by(CampaignItem.day, CampaignItem.id)
        .limit(most)
        .with_for_update(of=CampaignItem, skip_locked=True)
    )
    if after is not None:
        due = due.where(tuple_(CampaignItem.day, CampaignItem.id) > after)
    place = None
    rows = session.execute(due).all()
    several = [owed for _, owed in rows]
    held = holds(session, today, [owed.id for owed in several])
    heard = Contacts.of(caps, contacts(session, today, caps.counted, several))
    for item, owed in rows:
        place = Place(item.day, item.id)
        action = Action(item.action)
        arrears, due_on = _late(session, owed.id, today)
        stop = stop_of(held.get(owed.id, {}))
        if stop is None and arrears < recovery().least_overdue_paise:
            stop = "nothing_late"
        cap = heard.refusal(owner_key(owed), action, today)
        if stop is None and cap and today > of.last_day + timedelta(days=recovery().grace_days):
            stop = cap
        if stop is not None:
            stop_item(item, stop, today)
            counts["stopped"] += 1
        elif cap:
            counts["waiting"] += 1
        else:
            heard.add(owner_key(owed), action, today)
            _send(session, item, owed, arrears, due_on, now)
            counts["sent"] += 1
    return dict(counts), place


def take(
    session: Session,
    caller: Identity,
    item_id: uuid.UUID,
    outcome: str | None,
    lawful: Lawful,
    now: datetime,
) -> CampaignItem:
    """Write down that the office has done what was planned: a notice, or an attachment.

    Raises:
        NotFound: no such item.
        Invalid: it is a message or a call, or the outcome is none of its action.
        Conflict: the campaign is not approved, nobody has signed, something stops it, or it is not
            lawful today.
    """
    item, of = item_of(session, item_id)
    action, today = Action(item.action), day_of(now)
    if action in CHANNELS or action is Action.NONE:
        raise Invalid("not the office's", {"item_id": [f"it is a {item.action}"]})
    _check_outcome(action, outcome)
    must_be(of, "approved")
    if item.state != "planned":
        raise Conflict(f"the item is {item.state} already", {"state": item.state})
    if action is Action.ATTACHMENT and item.signed_by is None:
        raise Conflict("nobody has signed this attachment", {"item_id": str(item.id)})
    stop = stop_of(holds(session, today, [item.property_id]).get(item.property_id, {}))
    if stop is not None:
        raise Conflict(f"recovery from this property is stopped: {stop}", {"stop": stop})
    why = lawful(str(item.property_id), action, today)
    if why is not None:
        raise Conflict(f"it is not lawful today. {why.en}", {"mr": why.mr, "en": why.en})
    _done(session, item, caller.subject, outcome, today)
    return item


def tell(session: Session, item_id: uuid.UUID, outcome: str, now: datetime) -> RecoveryAct:
    """Write down how a message, a call or a notice ended; the first word stands.

    Raises:
        NotFound: no such item, or nothing was done about it yet.
        Invalid: the outcome is none of its action.
        Conflict: another outcome was told before.
    """
    act = session.scalar(
        select(RecoveryAct).where(RecoveryAct.item_id == item_id).with_for_update()
    )
    if act is None:
        raise NotFound(f"nothing was done about the item {item_id}", {"item_id": str(item_id)})
    _check_outcome(Action(act.action), outcome)
    if act.outcome is not None and act.outcome != outcome:
        raise Conflict(f"it has ended already: {act.outcome}", {"outcome": act.outcome})
    if act.outcome is None:
        act.outcome, act.told_on = outcome, day_of(now)
    return act


def end_due(session: Session, campaign_id: uuid.UUID, now: datetime) -> dict[str, int]:
    """End the items whose time is over by what was paid in it, and the campaign with the last.

    What counts are payments that stand, by the day on which they were received: a cheque that came
    back was none. Of what was stopped it is kept what was paid, too: the effect of a campaign is
    measured on all for whom something was planned (``domain.effect``).

    Returns:
        How many ended as ``paid``, ``not_paid``, ``stopped``, and of how many the time is not over
        (``open``).

    Raises:
        NotFound: no such campaign.
    """
    of = locked(session, campaign_id)
    today, wait = day_of(now), timedelta(days=of.wait_days)
    counts = Counter({"paid": 0, "not_paid": 0, "stopped": 0, "open": 0})
    is_over = today > of.last_day + timedelta(days=recovery().grace_days)
    for item in items_of(session, of.id, "planned") if is_over else ():
        stop_item(item, "not_done", today)
        counts["stopped"] += 1
    over = [
        item
        for item in items_of(session, of.id, "sent", "control", "stopped")
        if item.paid_paise is None and item.day + wait < today
    ]
    paid = _paid(session, over, wait)
    for item in over:
        item.paid_paise = paid.get(item.id, 0)
        if item.state == "stopped":
            continue
        item.ended_on = today
        enough = item.paid_paise >= recovery().paid.of(item.owed_paise)
        item.state = "paid" if enough else "not_paid"
        counts[item.state] += 1
    session.flush()
    left = session.scalar(
        select(func.count())
        .select_from(CampaignItem)
        .where(CampaignItem.campaign_id == of.id, CampaignItem.paid_paise.is_(None))
    )
    counts["open"] = left or 0
    if not left and of.state == "approved":
        of.state = "closed"
        of.version += 1
    return dict(counts)


def _paid(session: Session, items: list[CampaignItem], wait: timedelta) -> dict[uuid.UUID, int]:
    """What was received in the time of each item, in paise."""
    if not items:
        return {}
    by_property: dict[uuid.UUID, list[tuple[date, int]]] = {}
    rows = session.execute(
        select(Payment.property_id, Payment.received_on, Payment.amount_paise).where(
            Payment.property_id.in_([item.property_id for item in items]),
            Payment.state == "received",
            Payment.received_on >= min(item.day for item in items),
        )
    )
    for property_id, received_on, amount in rows:
        by_property.setdefault(property_id, []).append((received_on, amount))
    return {
        item.id: sum(
            amount
            for received_on, amount in by_property.get(item.property_id, ())
            if item.day <= received_on <= item.day + wait
        )
        for item in items
    }


def _late(session: Session, property_id: uuid.UUID, today: date) -> tuple[int, date]:
    """What is late, interest included, and the last day on which the oldest of it was not."""
    book = Book.of(entries_of(session, property_id), today)
    open_ = balance(book, today, rules(today).interest, stays_of(session, property_id))
    found = late(book, open_, today)
    oldest = book.taxes[found.dues[0].half_year] if found.dues else ()
    days = [each.late_from for each in oldest if each.late_from is not None]
    return found.total_paise, min(days) - timedelta(days=1) if days else today


def _send(
    session: Session,
    item: CampaignItem,
    owed: Property,
    arrears: int,
    due_on: date,
    now: datetime,
) -> None:
    _done(session, item, "campaign", None, day_of(now))
    record(
        session,
        REMINDER_DUE.new(
            subject=str(item.id),
            sequence=1,
            time=now,
            data={
                "property_id": owed.id,
                "campaign_id": item.campaign_id,
                "item_id": item.id,
                "ward": owed.ward,
                "action": item.action,
                "channel": CHANNELS[Action(item.action)],
                "language": owed.language,
                "arrears_paise": arrears,
                "due_on": due_on.isoformat(),
                "reminded_at": now,
            },
        ),
    )


def _done(session: Session, item: CampaignItem, by: str, outcome: str | None, today: date) -> None:
    item.state, item.day = "sent", today
    session.add(
        RecoveryAct(
            id=uuid7(),
            property_id=item.property_id,
            action=item.action,
            taken_on=today,
            outcome=outcome,
            told_on=today if outcome else None,
            item_id=item.id,
            by=by,
        )
    )


def _check_outcome(action: Action, outcome: str | None) -> None:
    if outcome is not None and outcome not in OUTCOMES[action]:
        known = ", ".join(sorted(OUTCOMES[action]))
        raise Invalid("no such outcome", {"outcome": [f"must be one of {known}"]})
