"""Recovery on a real database: trained on the ledger, planned, approved, carried out, ended."""

import json
import math
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.tables import outbox
from palika.text import Name
from services.tax.commands.campaign import Kept, approve, cancel, create, sign
from services.tax.commands.carry_out import end_due, send_due, take, tell
from services.tax.commands.promise import promise
from services.tax.domain.contacts_cap import Contacts
from services.tax.domain.planner import Candidate, plan
from services.tax.domain.recovery import ACTIONS, Action, Prospect
from services.tax.ledger_store import entries_of
from services.tax.models import (
    CampaignItem,
    RecoveryAct,
    RecoveryHold,
    RecoveryModel,
    RecoveryScore,
    Service,
)
from services.tax.queries.lawful import NOT_LOOKED_AT, asked_now, by_days, first_days
from services.tax.queries.positions import positions
from services.tax.queries.recovery import brought, subjects
from services.tax.recovery import store
from services.tax.recovery.features import FEATURES, features
from services.tax.recovery.model import NotAModel
from services.tax.recovery.synthetic import generate
from services.tax.recovery.training import TooLittle
from services.tax.reference import recovery
from tests.support.databases import service_database
from tests.support.recovery import SEED, WARDS, rules, trained, write
from tests.support.taxes import OWNER, bill, clear, paid, register

PLANNER = Identity.of("officer:recovery-1", "officer")
BOSS = Identity.of("supervisor:recovery", "supervisor")
NOON = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
TODAY = date(2026, 12, 1)
AFTER = datetime(2026, 4, 15, 6, 30, tzinfo=UTC)
"""When the made-up city's last action was long enough ago."""


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    clear(database)
    return database


@pytest.fixture(scope="module")
def city(postgres: Postgres):
    """A made-up city of 600 as a real one: the database, and the city."""
    with service_database(postgres, "tax") as found:
        made = generate(600, 5, SEED, WARDS)
        write(found, made)
        yield found, made


def lawful(property_id, action, day):
    return None


def not_lawful(property_id, action, day):
    return Name("अद्याप नाही.", "Not before 10-12-2026.")


# ---- the model


def test_a_history_of_the_ledger_says_what_the_city_says(city):
    sessions, made = city
    day = made.day(50)
    with sessions() as session:
        found = {each.number: each for each in subjects(session)}
    assert len(found) == 600
    compared = 0
    for index in range(0, 600, 7):
        expected = made.history(index)
        own = found[expected.property_id].history
        for name, one, other in zip(
            FEATURES, features(expected, day), features(own, day), strict=True
        ):
            if name not in ("elsewhere", "years_owned"):
                assert one == other or (math.isnan(one) and math.isnan(other)), name
                compared += 1
        assert own.paid_within(day, 60) == expected.paid_within(day, 60)
    assert compared > 4000


def test_it_is_trained_on_the_ledger_and_kept_with_its_card(city):
    sessions, _ = city
    made = store.fit_ledger(rules(), trees=8, sessions=sessions, now=AFTER)
    assert not made.model.illustrative
    model, document = store.newest(sessions)
    assert document == made.document
    assert model.figures["judged"]["decisions"] > 300
    with sessions() as session:
        row = session.scalars(select(RecoveryModel)).one()
        assert row.version == made.version
        assert row.data_until == made.model.data_until
        assert "named person" in row.card["en"]
        assert "जप्ती" in row.card["mr"]
        assert store.keep(session, made) == row.id
    with pytest.raises(IntegrityError, match="append-only"), sessions.begin() as session:
        session.execute(text("UPDATE recovery_model SET document = ''"))


def test_a_plan_of_the_ledger_is_kept_with_scores_and_their_model(city):
    sessions, _ = city
    made = store.fit_ledger(rules(), trees=8, sessions=sessions, now=AFTER)
    planned = store.plan_ledger(made.model, rules(), 5, sessions=sessions, now=AFTER, salt="spring")
    assert planned.plan.choices
    assert {each.code for each in planned.plan.skips} >= {"control", "objection_open"}
    with sessions.begin() as session:
        model_id = store.keep_plan(session, made.sha256, planned, AFTER)
        assert store.keep_plan(session, made.sha256, planned, AFTER) == model_id
    with sessions() as session:
        rows = session.scalars(select(RecoveryScore)).all()
    assert {str(row.property_id) for row in rows} == set(planned.candidates)
    assert {(row.model_id, row.scored_on) for row in rows} == {(model_id, date(2026, 4, 15))}
    assert all(len(row.chances) == len(row.paise) == len(ACTIONS) for row in rows)
    chosen = {each.property_id for each in planned.plan.choices}
    assert all(not row.reasons for row in rows if str(row.property_id) not in chosen)
    assert any(row.reasons for row in rows)


def test_what_the_ladder_forbids_is_not_planned(city):
    sessions, _ = city
    made = store.fit_ledger(rules(), trees=8, sessions=sessions, now=AFTER)
    # No bill of this city was ever served: no step of the ladder is lawful.
    planned = store.plan_ledger(made.model, rules(), 5, sessions=sessions, now=AFTER)
    assert {each.action for each in planned.plan.choices} <= {Action.MESSAGE, Action.CALL}
    told = [each.words.en for each in planned.plan.skips if each.code == "not_lawful"]
    assert all("has been served for this debt" in each for each in told)


def test_the_ladder_opens_with_a_service(sessions):
    owed = owing(sessions)
    number = bill(sessions, owed).number
    with sessions() as session:
        first = first_days(session, {owed.id: entries_of(session, owed.id)}, TODAY)
        day, reason = first[str(owed.id), Action.NOTICE]
        assert day is None
        assert "No bill has been served" in reason.en
        assert by_days(first)(str(owed.id), Action.NOTICE, TODAY) == reason
        assert by_days({})(str(owed.id), Action.NOTICE, TODAY) is NOT_LOOKED_AT
    with sessions.begin() as session:
        session.add(
            Service(
                id=uuid.uuid4(), property_id=owed.id, kind="bill", number=number, how="hand",
                served_on=date(2026, 11, 20), by="officer:1", recorded_at=NOON,
            )
        )  # fmt: skip
    with sessions() as session:
        first = first_days(session, {owed.id: entries_of(session, owed.id)}, TODAY)
        day, _ = first[str(owed.id), Action.NOTICE]
        assert day == date(2026, 12, 6)
        lawful_on = by_days(first)
        assert lawful_on(str(owed.id), Action.NOTICE, day - timedelta(days=1)) is not None
        assert lawful_on(str(owed.id), Action.NOTICE, day) is None
        assert lawful_on(str(owed.id), Action.ATTACHMENT, day) is not None
        assert asked_now(session)(str(owed.id), Action.NOTICE, TODAY) is not None


def test_the_ledger_alone_is_judged_honestly(city):
    sessions, _ = city
    figures, _ = store.evaluate_ledger(rules(), 8, 1, sessions=sessions, now=AFTER)
    for row in figures["off_policy"].values():
        assert (row["refused"] is None) == (row["brought_rupees_per_action"] is not None)
        if row["refused"] is not None:
            assert "100 are needed" in row["refused"]
    assert {row["name"] for row in figures["fairness"]["wards"]} <= set(WARDS)


def test_one_property_is_scored(city):
    sessions, made = city
    model = replace(trained()[1].model, illustrative=False)
    late = next(
        index
        for index in range(600)
        if made.history(index).before(TODAY).overdue_paise(date(2026, 4, 15)) > 10_000_000
    )
    found = store.score_of_number(model, rules(), f"S{late:06d}", sessions, AFTER)
    assert found.owed_paise > 10_000_000
    assert [each.action for each in found.prospects] == list(ACTIONS)
    assert store.score_of_number(model, rules(), "nobody's", sessions, AFTER) is None


def test_an_empty_ledger_is_too_little(sessions):
    with pytest.raises(TooLittle, match="acted on 0 days"):
        store.fit_ledger(recovery(), sessions=sessions)
    assert store.newest(sessions) is None


def test_a_model_of_a_made_up_city_is_neither_kept_nor_used(sessions):
    with sessions() as session, pytest.raises(Conflict, match="made-up city"):
        store.keep(session, trained()[1])
    with pytest.raises(Conflict, match="made-up city"):
        store.plan_ledger(trained()[1].model, rules(), 5, sessions=sessions)
    with pytest.raises(Conflict, match="made-up city"):
        store.score_of_number(trained()[1].model, rules(), "P", sessions)


def test_a_model_that_was_exchanged_in_the_database_is_refused(sessions):
    a_model(sessions, document=trained()[1].document + b" ")
    with pytest.raises(NotAModel, match="hash"):
        store.newest(sessions)


# ---- positions


def test_every_property_is_looked_at_with_its_interest(sessions):
    one = register(sessions, number="P/1")
    register(sessions, number="P/2")
    bill(sessions, one)
    with sessions() as session:
        (found,) = positions(session, TODAY, 2026)
    assert found.ward == "aundh-baner"
    assert found.use == "residential"
    assert sum(found.other.values()) == sum(found.tax_by_head.values()) == 6_342_00
    # From 2 July on: five months of the first half, none of the second.
    assert sum(found.interest.values()) == 315_00


# ---- campaigns


def a_model(sessions, document: bytes | None = None) -> uuid.UUID:
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
    return Candidate(
        str(owed.id),
        str(owed.id),
        owed.ward,
        6_342_00,
        6_342_00,
        [Prospect(each, 0.4, rupees.get(str(each), 0) * 100) for each in ACTIONS],
    )


def planned(sessions, candidates, name="December", percent=0):
    of = replace(recovery(), control_percent=percent)
    contacts = Contacts.of(of.caps, {})
    made = plan(candidates, of, [TODAY], lawful, contacts, name)
    by_id = {each.property_id: each for each in candidates}
    kept = Kept(name, a_model(sessions), made, by_id, (TODAY, TODAY), {"choices": 1})
    with sessions.begin() as session:
        session.expire_on_commit = False
        return create(session, PLANNER, kept, NOON)


def approved(sessions, *candidates, **options):
    of = planned(sessions, list(candidates), **options)
    with sessions.begin() as session:
        approve(session, BOSS, of.id, NOON)
    return of


def owing(sessions, number="P/1", **options):
    owed = register(
        sessions, number=number, owners=[OWNER | {"phone": f"98220 1{number[-1] * 4}"}], **options
    )
    bill(sessions, owed)
    return owed


def items(sessions) -> dict[str, CampaignItem]:
    with sessions() as session:
        return {str(each.property_id): each for each in session.scalars(select(CampaignItem))}


def reminders(sessions) -> list[events.Event]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        found = [events.Event.from_json(body) for body in bodies]
    return [each for each in found if each.type == "tax.reminder_due.v1"]


def send(sessions, of, now=NOON):
    with sessions.begin() as session:
        return send_due(session, of.id, now)


def end(sessions, of, now):
    with sessions.begin() as session:
        return end_due(session, of.id, now)


def test_nothing_is_sent_before_another_person_has_approved(sessions):
    of = planned(sessions, [candidate(owing(sessions), call=2000)])
    with sessions() as session, pytest.raises(Conflict, match="is planned, not approved"):
        send_due(session, of.id, NOON)
    with sessions() as session, pytest.raises(Forbidden, match="by a supervisor"):
        approve(session, PLANNER, of.id, NOON)
    both = Identity.of(PLANNER.subject, "supervisor")
    with sessions() as session, pytest.raises(Forbidden, match="does not approve it"):
        approve(session, both, of.id, NOON)
    service = Identity.of("service:tax", "service")
    with sessions() as session, pytest.raises(Forbidden, match="by a supervisor"):
        approve(session, service, of.id, NOON)
    assert not reminders(sessions)
    with sessions.begin() as session:
        assert approve(session, BOSS, of.id, NOON).state == "approved"
        assert approve(session, BOSS, of.id, NOON).version == 2
    assert send(sessions, of) == {"sent": 1, "stopped": 0, "waiting": 0}


def test_a_reminder_says_what_is_owed_and_not_who_owes_it(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000, message=100))
    send(sessions, of)
    (event,) = reminders(sessions)
    assert event.data["property_id"] == str(owed.id)
    assert event.data["campaign_id"] == str(of.id)
    assert event.data["action"] == "call"
    assert event.data["channel"] == "voice"
    assert event.data["arrears_paise"] == 6_342_00 + 315_00
    assert event.data["due_on"] == bill(sessions, owed).due_on.isoformat()
    written = json.dumps(event.data)
    assert "Asha" not in written
    assert "98220" not in written
    assert send(sessions, of) == {"sent": 0, "stopped": 0, "waiting": 0}
    assert len(reminders(sessions)) == 1


def test_what_was_paid_or_held_since_is_stopped(sessions):
    settled, held, free = (owing(sessions, f"P/{each}") for each in (1, 2, 3))
    of = approved(sessions, *(candidate(each, call=2000) for each in (settled, held, free)))
    paid(sessions, settled, 6_723_00, "UPI-1", now=NOON - timedelta(hours=3))
    hold(sessions, held, "court_case")
    assert send(sessions, of) == {"sent": 1, "stopped": 2, "waiting": 0}
    found = items(sessions)
    assert found[str(settled.id)].stopped_by == "nothing_late"
    assert found[str(held.id)].stopped_by == "court_case"
    assert found[str(free.id)].state == "sent"


def hold(sessions, owed, code, until=None):
    with sessions.begin() as session:
        session.add(
            RecoveryHold(
                id=uuid.uuid4(), property_id=owed.id, code=code, from_day=date(2026, 11, 1),
                until=until, reason="WP 1234/2026", by="officer:law", recorded_at=NOON,
            )
        )  # fmt: skip


def test_who_has_heard_enough_waits(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000))
    with sessions.begin() as session:
        for days in (2, 3):
            session.add(
                RecoveryAct(
                    id=uuid.uuid4(), property_id=owed.id, action="call", by="officer:other",
                    taken_on=TODAY - timedelta(days=days),
                )
            )  # fmt: skip
    assert send(sessions, of)["waiting"] == 1
    assert send(sessions, of, NOON + timedelta(days=5)) == {"sent": 1, "stopped": 0, "waiting": 0}


def test_an_item_ends_by_what_was_paid_in_its_time(sessions):
    all_ = [owing(sessions, f"P/{each}") for each in (1, 2, 3, 4)]
    of = approved(sessions, *(candidate(each, call=2000) for each in all_))
    send(sessions, of)
    pays, little, late, bounces = all_
    paid(sessions, pays, 3_000_00, "UPI-1", now=NOON + timedelta(days=3))
    paid(sessions, pays, 1_000_00, "UPI-2", now=NOON + timedelta(days=60))
    paid(sessions, little, 100_00, "UPI-3", now=NOON + timedelta(days=3))
    paid(sessions, late, 3_000_00, "UPI-4", now=NOON + timedelta(days=61))
    cheque = paid(sessions, bounces, 3_000_00, "CHQ-5", "cheque", NOON + timedelta(days=2))
    with sessions.begin() as session:
        session.execute(
            text("UPDATE payment SET state = 'bounced' WHERE id = :id"), {"id": cheque.id}
        )
    assert end(sessions, of, NOON + timedelta(days=60)) == {
        "paid": 0, "not_paid": 0, "stopped": 0, "open": 4,
    }  # fmt: skip
    counts = end(sessions, of, NOON + timedelta(days=62))
    assert counts == {"paid": 1, "not_paid": 3, "stopped": 0, "open": 0}
    found = items(sessions)
    assert found[str(pays.id)].paid_paise == 4_000_00
    assert found[str(little.id)].paid_paise == 100_00
    assert found[str(little.id)].state == "not_paid"
    assert found[str(late.id)].paid_paise == 0
    assert found[str(bounces.id)].paid_paise == 0
    with sessions() as session:
        report = brought(session, of.id)
    assert report["state"] == "closed"
    call = report["actions"]["call"]
    assert call["states"] == {"paid": 1, "not_paid": 3}
    assert call["recovered_paise"] == 4_100_00
    assert call["per_action_paise"] == 1_025_00


def test_who_is_left_alone_by_chance_is_counted_beside(sessions):
    all_ = [owing(sessions, f"P/{each}") for each in range(1, 9)]
    of = approved(sessions, *(candidate(each, call=2000) for each in all_), percent=50, name="half")
    found = items(sessions)
    alone = [owed for owed in all_ if found[str(owed.id)].state == "control"]
    assert 0 < len(alone) < 8
    assert send(sessions, of)["sent"] == 8 - len(alone)
    assert str(alone[0].id) not in {each.data["property_id"] for each in reminders(sessions)}
    paid(sessions, alone[0], 3_000_00, "UPI-1", now=NOON + timedelta(days=3))
    end(sessions, of, NOON + timedelta(days=62))
    with sessions() as session:
        report = brought(session, of.id)
    assert report["control"]["ended"] == len(alone)
    assert report["control"]["recovered_paise"] == 3_000_00


def test_an_attachment_is_signed_by_a_person_one_by_one(sessions):
    one, two = owing(sessions, "P/1"), owing(sessions, "P/2")
    of = approved(sessions, *(candidate(each, attachment=90_000) for each in (one, two)))
    assert send(sessions, of) == {"sent": 0, "stopped": 0, "waiting": 0}
    found = items(sessions)
    item = found[str(one.id)].id
    with sessions() as session, pytest.raises(Conflict, match="nobody has signed"):
        take(session, PLANNER, item, "done", lawful, NOON)
    for nobody in (PLANNER, Identity.of("service:tax", "service")):
        with sessions() as session, pytest.raises(Forbidden, match="by name"):
            sign(session, nobody, item, NOON)
    with sessions.begin() as session:
        sign(session, BOSS, item, NOON)
    with sessions() as session, pytest.raises(Conflict, match="Not before 10-12-2026"):
        take(session, PLANNER, item, "done", not_lawful, NOON)
    with sessions.begin() as session:
        assert take(session, PLANNER, item, "done", lawful, NOON).state == "sent"
    found = items(sessions)
    assert found[str(one.id)].signed_by == BOSS.subject
    assert found[str(two.id)].signed_by is None
    assert found[str(two.id)].state == "planned"
    assert not reminders(sessions)


def test_the_database_knows_no_attachment_without_a_signature(sessions):
    of = approved(sessions, candidate(owing(sessions), attachment=90_000))
    with (
        pytest.raises(IntegrityError, match="ck_campaign_item_signed"),
        sessions.begin() as session,
    ):
        session.execute(
            text("UPDATE campaign_item SET state = 'sent' WHERE campaign_id = :id"), {"id": of.id}
        )


def test_how_a_call_ended_is_told_once(sessions):
    owed = owing(sessions)
    of = approved(sessions, candidate(owed, call=2000))
    item = items(sessions)[str(owed.id)].id
    with sessions() as session, pytest.raises(NotFound):
        tell(session, item, "promised", NOON)
    send(sessions, of)
    with sessions() as session, pytest.raises(Invalid, match="must be one of"):
        tell(session, item, "delivered", NOON)
    with sessions.begin() as session:
        assert tell(session, item, "promised", NOON).told_on == TODAY
        assert tell(session, item, "promised", NOON).outcome == "promised"
    with sessions() as session, pytest.raises(Conflict, match="promised"):
        tell(session, item, "refused", NOON)


def test_a_campaign_is_stopped_by_a_supervisor(sessions):
    one, two = owing(sessions, "P/1"), owing(sessions, "P/2")
    of = approved(sessions, candidate(one, call=2000), candidate(two, notice=2000))
    send(sessions, of)
    with sessions() as session, pytest.raises(Forbidden):
        cancel(session, PLANNER, of.id, NOON)
    with sessions.begin() as session:
        cancel(session, BOSS, of.id, NOON)
    found = items(sessions)
    assert found[str(one.id)].state == "sent"
    assert found[str(two.id)].stopped_by == "cancelled"
    assert end(sessions, of, NOON + timedelta(days=62))["not_paid"] == 1
    with sessions() as session, pytest.raises(Conflict, match="cancelled"):
        send_due(session, of.id, NOON)


def test_a_name_is_given_once_and_an_empty_plan_is_none(sessions):
    owed = owing(sessions)
    planned(sessions, [candidate(owed, call=2000)])
    with sessions.begin() as session:
        session.execute(text("ALTER TABLE recovery_model DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE recovery_model SET version = 'x', sha256 = 'x'"))
        session.execute(text("ALTER TABLE recovery_model ENABLE TRIGGER append_only"))
    with pytest.raises(Conflict, match="already"):
        planned(sessions, [candidate(owed, call=2000)])


def test_a_promise_is_waited_for_and_not_longer_than_ninety_days(sessions):
    owed = owing(sessions)
    args = {"property_id": owed.id, "until": TODAY + timedelta(days=10), "reason": "by telephone"}
    with sessions.begin() as session:
        session.expire_on_commit = False
        first = promise(session, PLANNER, args, NOON)
        assert promise(session, PLANNER, args, NOON).id == first.id
    for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=91)):
        with sessions() as session, pytest.raises(Invalid, match="90 days ahead"):
            promise(session, PLANNER, args | {"until": until}, NOON)
    of = approved(sessions, candidate(owed, call=2000))
    assert send(sessions, of) == {"sent": 0, "stopped": 1, "waiting": 0}
    assert items(sessions)[str(owed.id)].stopped_by == "promised"
