"""The demo's entered values: plausible, checked, and the same again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.kpi import seed as kpi
from services.kpi.models import Batch, Measure, Reading, SignOff
from services.kpi.reference import city_catalogue
from tests.support.databases import service_database

NOW = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
DEPARTMENTS = 7


@pytest.fixture(scope="module")
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A database of its own, with the values of the first departments."""
    with service_database(postgres, "kpi") as found:
        assert kpi.seed(found, DEPARTMENTS, 1, NOW) == DEPARTMENTS
        yield found


def everything(sessions: sessionmaker[Session]) -> list[Any]:
    columns = (Reading.department, Reading.measure, Reading.place, Reading.period, Reading.value)
    with sessions() as session:
        return sorted(tuple(row) for row in session.execute(select(*columns, Reading.state)))


def test_a_second_run_adds_nothing(sessions):
    before = everything(sessions)
    assert kpi.seed(sessions, DEPARTMENTS, 1, NOW) == 0
    assert everything(sessions) == before


def test_the_same_seed_gives_the_same_city_and_another_another_one(sessions, postgres):
    with service_database(postgres, "kpi") as again:
        kpi.seed(again, 1, 1, NOW)
        first = everything(again)
    assert first == [row for row in everything(sessions) if row[0] == first[0][0]]
    with service_database(postgres, "kpi") as other:
        kpi.seed(other, 1, 2, NOW)
        assert everything(other) != first


def test_most_is_approved_some_waits_some_was_sent_back_and_nothing_is_to_come(sessions):
    with sessions() as session:
        counted = dict(
            session.execute(select(Reading.state, func.count()).group_by(Reading.state)).all()
        )
        assert set(counted) == {"approved", "submitted", "sent_back"}
        assert counted["approved"] > counted["submitted"] + counted["sent_back"]
        decided = select(func.count()).where(Reading.decided_by == Batch.entered_by)
        assert session.scalar(decided.where(Reading.batch_id == Batch.id)) == 0
        assert session.scalar(select(func.max(Reading.decided_at))) <= NOW
        assert session.scalar(select(func.max(Batch.entered_at))) <= NOW
        assert session.scalar(select(func.count()).select_from(SignOff)) > DEPARTMENTS


def test_all_departments_but_a_few_have_the_last_month(sessions):
    with sessions() as session:
        open_ = session.scalars(
            select(Reading.department).where(Reading.state != "approved").distinct()
        )
        departments = list(city_catalogue().departments)
        assert sorted(map(departments.index, open_)) == [4, 6]
    # Of forty departments no more are open than these and two others.
    assert set(kpi.WAITING) | set(kpi.SENT_BACK) == {5, 7, 25, 28}


def test_what_is_approved_counts(sessions):
    with sessions() as session:
        in_force = select(func.sum(Reading.value)).where(Reading.in_force, Reading.kind == "sum")
        measures = city_catalogue().measures.values()
        sums = [each.code for each in measures if each.manual and each.kind == "sum"]
        counted = select(func.sum(Measure.value)).where(Measure.measure.in_(sums))
        assert session.scalar(in_force) == session.scalar(counted) > 0
