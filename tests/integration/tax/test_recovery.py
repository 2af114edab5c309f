"""Recovery on a real database: trained on the ledger, kept, scored, planned within the law."""

import math
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from palika.errors import Conflict
from palika.local import Postgres
from services.tax.domain.recovery import ACTIONS, Action
from services.tax.ledger_store import entries_of
from services.tax.models import (
    RecoveryAct,
    RecoveryModel,
    RecoveryScore,
    Service,
)
from services.tax.queries.lawful import NOT_LOOKED_AT, asked_now, by_days, first_days
from services.tax.queries.positions import positions
from services.tax.queries.recovery import subjects
from services.tax.recovery import store
from services.tax.recovery.features import FEATURES, features
from services.tax.recovery.model import NotAModel
from services.tax.recovery.synthetic import generate
from services.tax.recovery.training import TooLittle
from services.tax.reference import recovery
from tests.support.campaigns import NOON, TODAY, a_model, hold, owing
from tests.support.databases import service_database
from tests.support.recovery import SEED, WARDS, rules, trained, write
from tests.support.taxes import bill, register

AFTER = datetime(2026, 4, 15, 6, 30, tzinfo=UTC)
"""When the made-up city's last action was long enough ago."""


@pytest.fixture(scope="module")
def city(postgres: Postgres):
    """A made-up city of 600 as a real one: the database, and the city."""
    with service_database(postgres, "tax") as found:
        made = generate(600, 5, SEED, WARDS)
        write(found, made)
        yield found, made


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


def test_a_decision_sees_no_dispute_that_was_written_down_later(sessions):
    owed = owing(sessions)
    # The hold is of November, and was written down on the first of December.
    hold(sessions, owed, "court_case", until=date(2026, 11, 20))
    with sessions() as session:
        (found,) = subjects(session, only=owed.id)
    assert not found.history.before(TODAY).disputes
    (later,) = found.history.before(TODAY + timedelta(days=1)).disputes
    assert later.opened_on == TODAY


def test_a_decision_sees_no_service_that_was_written_down_later(sessions):
    owed, served_on = owing(sessions), date(2026, 11, 20)
    with sessions.begin() as session:
        common = {"id": uuid.uuid4(), "property_id": owed.id, "by": "officer:1"}
        session.add(RecoveryAct(action="notice", taken_on=served_on, **common))
        session.add(
            Service(
                kind="notice", number="N-1", served_on=served_on, how="hand", recorded_at=NOON,
                **common,
            )
        )  # fmt: skip
    with sessions() as session:
        (found,) = subjects(session, only=owed.id)
    assert not found.history.before(TODAY).acts
    (act,) = found.history.before(TODAY + timedelta(days=1)).acts
    assert act.on == served_on


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
    assert {each.code for each in planned.plan.skips} >= {"control", "dispute"}
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
    assert sum(found.other.values()) == sum(found.taxes.values()) == 6_342_00
    # From 2 July on: five months of the first half, none of the second.
    assert sum(found.interest.values()) == 315_00
