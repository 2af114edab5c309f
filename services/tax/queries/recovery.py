"""Reads for recovery: histories of the ledger, who may be addressed."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.domain.holding import OBJECTION
from services.tax.domain.holding import Hold as Held
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.mutations import APPLIED
from services.tax.domain.objections import OPEN
from services.tax.domain.planner import STOPS
from services.tax.domain.recovery import Act, Action, Amnesty, Dispute, Facts, History
from services.tax.domain.recovery_ledger import history_of
from services.tax.domain.register import use_of
from services.tax.ledger_store import entry_of
from services.tax.models import (
    Campaign,
    CampaignItem,
    Hold,
    LedgerEntry,
    Mutation,
    Objection,
    ObjectionStep,
    Owner,
    Property,
    PropertyState,
    RecoveryAct,
    RecoveryPromise,
    RegisterOrder,
    Service,
)
from services.tax.reference import rates
from services.tax.register_store import state_of
from services.tax.stays import holds_of, recorded_of

_TOGETHER = 1000
_CONTACTS_DAYS = 30
_INHERITANCE = "inheritance"
_DISPUTED = ("stay", "court_case", "dispute")
_CODES = {
    "stay": "court_case",
    "court_case": "court_case",
    "dispute": "dispute",
    "merged_village": "merged_village",
    OBJECTION: "objection_open",
}
"""By kind of a hold, which of ``STOPS`` it is."""


class Subject(NamedTuple):
    """A property with its history, and what else a plan has to know of it.

    Attributes:
        owner: an id of who pays, the same for all properties with one telephone number.
        entries: of the ledger.
    """

    id: uuid.UUID
    number: str
    ward: str
    owner: str
    reachable: bool
    history: History
    entries: list[Entry]


def subjects(
    session: Session, only: uuid.UUID | None = None, since: uuid.UUID | None = None
) -> Iterator[Subject]:
    """All properties that were ever billed, in the order of their ids, so many at a time.

    Args:
        session: on the service's database; the whole is read as of one moment if its transaction
            is.
        only: this one alone.
        since: begin after this id.
    """
    last = since
    while True:
        found = select(Property).order_by(Property.id).limit(_TOGETHER)
        if only is not None:
            found = found.where(Property.id == only)
        if last is not None:
            found = found.where(Property.id > last)
        rows = session.scalars(found).all()
        if not rows:
            return
        yield from _subjects(session, rows)
        last = rows[-1].id
        # What was read is not needed again: memory stays bounded.
        session.expunge_all()


def _subjects(session: Session, rows: Sequence[Property]) -> Iterator[Subject]:
    ids = [row.id for row in rows]
    entries: dict[uuid.UUID, list[Entry]] = defaultdict(list)
    for entry in session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.property_id.in_(ids))
        .order_by(LedgerEntry.posted_at, LedgerEntry.id)
    ):
        if entry.property_id is not None:
            entries[entry.property_id].append(entry_of(entry))
    states = _states(session, ids)
    owners = _owners(session, ids)
    acts = _acts(session, ids)
    disputes = _disputes(session, ids)
    for row in rows:
        if row.id not in entries:
            continue
        facts = _facts(row, states.get(row.id, ()), owners.get(row.id, []))
        history = history_of(
            str(row.id), entries[row.id], facts, acts.get(row.id, ()), disputes.get(row.id, ())
        )
        yield Subject(
            row.id,
            row.number,
            row.ward,
            owner_key(row),
            row.owner_phone is not None,
            history,
            entries[row.id],
        )


def _acts(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Act]]:
    """What was done, by day. A service is often written down days later."""
    served: dict[tuple[uuid.UUID, date], date] = {}
    for row in session.scalars(
        select(Service).where(Service.property_id.in_(ids), Service.kind == "notice")
    ):
        key, known_on = (row.property_id, row.served_on), day_of(row.recorded_at)
        served[key] = min(served.get(key, known_on), known_on)
    found: dict[uuid.UUID, list[Act]] = defaultdict(list)
    for act in session.scalars(
        select(RecoveryAct)
        .where(RecoveryAct.property_id.in_(ids))
        .order_by(RecoveryAct.taken_on, RecoveryAct.id)
    ):
        # What a campaign did was written down on its day.
        known_on = served.get((act.property_id, act.taken_on)) if act.item_id is None else None
        done = Act(act.taken_on, Action(act.action), act.outcome, act.told_on, known_on)
        found[act.property_id].append(done)
    return found


def _disputes(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Dispute]]:
    """Cases, disputes and objections, ended ones too, from the day on which the city knew of each,
    in that order: a decision sees nothing that was written down after it."""
    found: dict[uuid.UUID, list[Dispute]] = defaultdict(list)
    held = recorded_of(session, ids, _DISPUTED)
    references = {each.reference for of in held.values() for each in of}
    written = {
        (row.kind, row.reference, row.property_id): row
        for row in session.scalars(select(Hold).where(Hold.reference.in_(references)))
    }
    for property_id, of in held.items():
        for each in of:
            # A property's own, or else its zone's.
            row = written.get((each.kind, each.reference, property_id))
            row = row or written[each.kind, each.reference, None]
            known_on = day_of(row.recorded_at)
            lifted_on = day_of(row.lifted_at) if row.lifted_at else known_on
            found[property_id].append(_dispute(each.since, known_on, each.until, lifted_on))
    objected = (
        select(Objection, func.max(ObjectionStep.at))
        .join(ObjectionStep, ObjectionStep.objection_id == Objection.id)
        .where(Objection.property_id.in_(ids))
        .group_by(Objection.id)
    )
    for each, last in session.execute(objected):
        ended = None if each.state in OPEN else day_of(last)
        known_on = day_of(each.filed_at)
        found[each.property_id].append(_dispute(each.received_on, known_on, ended, known_on))
    return {id_: sorted(each, key=lambda one: one.opened_on) for id_, each in found.items()}


def _dispute(began: date, known_on: date, ended: date | None, end_known_on: date) -> Dispute:
    opened_on = max(began, known_on)
    return Dispute(opened_on, None if ended is None else max(ended, end_known_on, opened_on))


class _Owning(NamedTuple):
    since: date
    known_on: date
    kind: str
    reachable: bool


def _owners(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[_Owning]]:
    """Who the bill went to, from when on, and since when that was known."""
    found: dict[uuid.UUID, list[_Owning]] = defaultdict(list)
    rows = session.execute(
        select(
            Owner.property_id,
            RegisterOrder.effective_from,
            RegisterOrder.recorded_at,
            Owner.kind,
            Owner.phone,
        )
        .join(RegisterOrder, RegisterOrder.id == Owner.order_id)
        .where(Owner.property_id.in_(ids), Owner.position == 1)
        .order_by(RegisterOrder.recorded_at, Owner.id)
    )
    for row in rows:
        found[row.property_id].append(
            _Owning(row.effective_from, day_of(row.recorded_at), row.kind, row.phone is not None)
        )
    return found


def _states(
    session: Session, ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[date, str, str, str]]]:
    """Since when it was known that a property has a ward, a zone, a use."""
    found: dict[uuid.UUID, list[tuple[date, str, str, str]]] = defaultdict(list)
    for row in session.scalars(
        select(PropertyState).where(PropertyState.property_id.in_(ids)).order_by(PropertyState.id)
    ):
        use = use_of(state_of(row).floors) or "mixed"
        known_on = max(day_of(row.recorded_at), row.effective_from)
        found[row.property_id].append((known_on, row.ward, row.zone, use))
    return found


def _facts(
    row: Property, states: Sequence[tuple[date, str, str, str]], owners: Sequence[_Owning]
) -> list[Facts]:
    """What was known of a property, from each day on which something new became known.

    Whether an owner lives elsewhere the register does not say.
    """
    days = sorted({each[0] for each in states} | {each.known_on for each in owners})
    found = []
    for day in days or [day_of(row.registered_at)]:
        state = [each for each in states if each[0] <= day][-1:]
        owner = [each for each in owners if each.known_on <= day][-1:]
        _, ward, zone, use = state[0] if state else (day, row.ward, row.zone or "", row.use or "")
        since = owner[0].since if owner else day
        kind = owner[0].kind if owner else "person"
        reachable = owner[0].reachable if owner else row.owner_phone is not None
        found.append(Facts(day, use, ward, zone, kind, since, False, reachable))
    return found


def amnesties() -> tuple[Amnesty, ...]:
    """Those of the rate sheet, with the days on which they were announced."""
    return tuple(
        Amnesty(offer.basis.decided_on, offer.first_day, offer.last_day)
        for scheme in rates().amnesty.values()
        for offer in scheme.offers
    )


def acted_days(session: Session, until: date) -> list[date]:
    """The days on which the city acted, up to one."""
    days = select(RecoveryAct.taken_on).where(RecoveryAct.taken_on <= until).distinct()
    return sorted(session.scalars(days))


def holds(
    session: Session, day: date, only: Sequence[uuid.UUID] | None = None
) -> dict[uuid.UUID, dict[str, date | None]]:
    """What holds recovery on a day: by property the codes, each with its last day.

    Args:
        session: on the service's database.
        day: in Asia/Kolkata.
        only: of these properties; None is of all.
    """
    found: dict[uuid.UUID, dict[str, date | None]] = defaultdict(dict)
    # Of several promises the last one counts.
    promised = (
        select(RecoveryPromise.property_id, RecoveryPromise.until)
        .where(RecoveryPromise.from_day <= day, RecoveryPromise.until >= day)
        .order_by(RecoveryPromise.until)
    )
    # Whose owner has died: a letter to them reaches nobody who could pay.
    changing = select(Mutation.property_id).where(
        Mutation.state == APPLIED, Mutation.reason == _INHERITANCE
    )
    # Whoever acts about those that a campaign leaves alone by chance measures nothing with them.
    left_alone = (
        select(CampaignItem.property_id)
        .join(Campaign, Campaign.id == CampaignItem.campaign_id)
        .where(CampaignItem.state == "control", Campaign.state == "approved")
    )
    if only is not None:
        left_alone = left_alone.where(CampaignItem.property_id.in_(only))
        promised = promised.where(RecoveryPromise.property_id.in_(only))
        changing = changing.where(Mutation.property_id.in_(only))
    for property_id, hold in _held(session, day, only):
        found[property_id].setdefault(_CODES[hold.kind], hold.until)
    for property_id, until in session.execute(promised):
        found[property_id]["promised"] = until
    for property_id in session.scalars(changing):
        found[property_id]["mutation_pending"] = None
    for property_id in session.scalars(left_alone):
        found[property_id]["left_alone"] = None
    return found


def _held(
    session: Session, day: date, only: Sequence[uuid.UUID] | None
) -> Iterator[tuple[uuid.UUID, Held]]:
    """What is recorded against recovery, and open objections; of the holds of one kind the one that
    lasts longest first."""
    ids = _maybe_held(session) if only is None else only
    for at in range(0, len(ids), _TOGETHER):
        for property_id, several in holds_of(session, ids[at : at + _TOGETHER], day).items():
            for each in sorted(several, key=lambda one: one.until or date.max, reverse=True):
                yield property_id, each


def _maybe_held(session: Session) -> Sequence[uuid.UUID]:
    """All properties of which a hold is recorded, or of a zone in which they have lain, or an
    objection is open."""
    zones = select(Hold.zone).where(Hold.zone.is_not(None))
    own = select(Hold.property_id).where(Hold.property_id.is_not(None))
    lain = select(PropertyState.property_id).where(PropertyState.zone.in_(zones))
    objected = select(Objection.property_id).where(Objection.state.in_(OPEN))
    return session.scalars(own.union(lain, objected)).all()


def stop_of(held: dict[str, date | None]) -> str | None:
    """The first code that stops all, or ``promised``."""
    return next((code for code in (*STOPS, "promised") if code in held), None)


def contacts(
    session: Session,
    day: date,
    counted: Collection[Action],
    only: Sequence[Property] | None = None,
) -> dict[str, list[date]]:
    """By owner the days of the 30 before a day on which they were addressed, by actions that count
    as a contact.

    Args:
        session: on the service's database.
        day: in Asia/Kolkata.
        counted: the actions.
        only: of who owns these properties, about all that they own; None is of everybody.
    """
    found: dict[str, list[date]] = defaultdict(list)
    acted = (
        select(RecoveryAct.taken_on, Property)
        .join(Property, Property.id == RecoveryAct.property_id)
        .where(
            RecoveryAct.taken_on > day - timedelta(days=_CONTACTS_DAYS),
            RecoveryAct.taken_on <= day,
            RecoveryAct.action.in_([str(each) for each in counted]),
        )
    )
    if only is not None:
        phones = [owed.owner_phone for owed in only if owed.owner_phone]
        ids = [owed.id for owed in only]
        acted = acted.where(or_(Property.owner_phone.in_(phones), Property.id.in_(ids)))
    for taken_on, owed in session.execute(acted):
        found[owner_key(owed)].append(taken_on)
    return found


def owner_key(owed: Property) -> str:
    """Who is addressed about a property: one telephone number is one owner. It is kept nowhere."""
    return hashlib.sha256((owed.owner_phone or str(owed.id)).encode()).hexdigest()[:16]
