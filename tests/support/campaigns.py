"""Campaigns of tests: a model, a plan, who owes, and what is sent."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select

from palika import events
from palika.auth import Identity
from palika.tables import outbox
from palika.text import Name
from services.tax.commands.campaign import Kept, approve, create
from services.tax.commands.carry_out import end_due, send_due
from services.tax.domain.contacts_cap import Contacts
from services.tax.domain.planner import Candidate, plan
from services.tax.domain.recovery import ACTIONS, Prospect
from services.tax.models import (
    CampaignItem,
    Hold,
    RecoveryModel,
)
from services.tax.reference import recovery
from tests.support.recovery import trained
from tests.support.taxes import OWNER, bill, register

PLANNER = Identity.of("officer:recovery-1", "officer")
BOSS = Identity.of("supervisor:recovery", "supervisor")
NOON = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
TODAY = date(2026, 12, 1)


def lawful(property_id, action, day) -> None:
    """A ladder that allows all."""


def not_lawful(property_id, action, day):
    """A ladder that allows nothing."""
    return Name("अद्याप नाही.", "Not before 10-12-2026.")


def a_model(sessions, document: bytes | None = None) -> uuid.UUID:
    """A model in the database; ``document`` in place of its own. Gives its id."""
    made = trained()[1]
    id_ = uuid.uuid4()
    with sessions.begin() as session:
        session.add(
            RecoveryModel(
                id=id_, version=made.version, sha256=made.sha256,
                document=document or made.document, trained_at=made.model.trained_at,
                data_until=made.model.data_until, figures={}, card={},
            )
        )  # fmt: skip
    return id_


def candidate(owed, **rupees: int) -> Candidate:
    """A property for a plan; ``rupees`` is what each action is expected to bring."""
    return Candidate(
        str(owed.id),
        str(owed.id),
        owed.ward,
        6_342_00,
        6_342_00,
        [Prospect(each, 0.4, rupees.get(str(each), 0) * 100) for each in ACTIONS],
    )


def planned(sessions, candidates, name="December", percent=0):
    """A campaign of these, not approved yet."""
    of = replace(recovery(), control_percent=percent)
    contacts = Contacts.of(of.caps, {})
    made = plan(candidates, of, [TODAY], lawful, contacts, name)
    by_id = {each.property_id: each for each in candidates}
    kept = Kept(name, a_model(sessions), made, by_id, (TODAY, TODAY), {"choices": 1})
    with sessions.begin() as session:
        session.expire_on_commit = False
        return create(session, PLANNER, kept, NOON)


def approved(sessions, *candidates, **options):
    """The same, approved."""
    of = planned(sessions, list(candidates), **options)
    with sessions.begin() as session:
        approve(session, BOSS, of.id, NOON)
    return of


def owing(sessions, number="P/1", **options):
    """A property with a bill that is late by ``TODAY``."""
    # Each its own owner: caps are of an owner, whom a telephone number tells.
    serial = number.rpartition("/")[2]
    owners = [OWNER | {"phone": f"98220 1{int(serial):04}"}]
    owed = register(sessions, number=number, owners=owners, **options)
    bill(sessions, owed)
    return owed


def items(sessions) -> dict[str, CampaignItem]:
    """All items, by property."""
    with sessions() as session:
        return {str(each.property_id): each for each in session.scalars(select(CampaignItem))}


def reminders(sessions) -> list[events.Event]:
    """The reminders that were asked for."""
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        found = [events.Event.from_json(body) for body in bodies]
    return [each for each in found if each.type == "tax.reminder_due.v1"]


def send(sessions, of, now=NOON):
    """Send what is due."""
    with sessions.begin() as session:
        return send_due(session, of.id, now)[0]


def end(sessions, of, now):
    """End what is over."""
    with sessions.begin() as session:
        return end_due(session, of.id, now)


def hold(sessions, owed, kind, until=None):
    """Stop recovery from a property since November."""
    with sessions.begin() as session:
        session.add(
            Hold(
                id=uuid.uuid4(), property_id=owed.id, kind=kind, since=date(2026, 11, 1),
                last_day=until, reference="WP 1234/2026", recorded_by="officer:law",
                recorded_at=NOON,
            )
        )  # fmt: skip
