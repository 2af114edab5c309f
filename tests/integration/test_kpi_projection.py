"""The projection on a real database: one statement a batch, exact whatever comes at once."""

import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.database import sessions
from palika.events import Event
from palika.migrate import upgrade
from palika.subscribe import Refuse
from services.kpi.commands.project import project

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def database(city) -> Iterator[sessionmaker[Session]]:
    """The KPI service's database, its measures empty."""
    sessions.cache_clear()
    upgrade("kpi")
    factory = sessions("kpi")
    with factory.begin() as session:
        session.execute(text("TRUNCATE measure"))
    yield factory
    factory.kw["bind"].dispose()
    sessions.cache_clear()


def filed(department: str, ward: str | None = "W1") -> Event:
    data = {"department": department, "ward": ward, "filed_at": "2026-04-01T05:00:00Z"}
    return Event(str(uuid7()), "grievance.filed.v1", "subject", NOW, data)


def measures(database: sessionmaker[Session]) -> dict:
    with database() as session:
        rows = session.execute(text("SELECT department, ward, value FROM measure"))
        return {(department, ward): value for department, ward, value in rows}


@pytest.mark.parametrize(
    "code", ["a,b", 'quo"te', "back\\slash", '\\"', "{curly}", "NULL", "पाणी", "it's", "%s", " a "]
)
def test_a_code_is_kept_letter_by_letter(database, code):
    with database.begin() as session:
        assert project(session, [filed(code, code), filed("plain"), filed(code, None)]) == {}
    assert measures(database) == {(code, code): 1, (code, ""): 1, ("plain", "W1"): 1}


def test_a_malformed_event_is_refused_by_name_and_its_neighbours_are_counted(database):
    bad = filed("water")
    del bad.data["filed_at"]
    with database.begin() as session:
        refused = project(session, [filed("water"), bad, filed("water")])
    assert refused == {bad.id: Refuse("filed_at: missing")}
    assert measures(database) == {("water", "W1"): 2}


def test_a_batch_of_nothing_but_malformed_events_writes_nothing(database):
    bad = filed("")
    with database.begin() as session:
        assert list(project(session, [bad])) == [bad.id]
    assert measures(database) == {}


def test_a_batch_that_rolls_back_has_counted_nothing(database):
    with database() as session:
        project(session, [filed("water")])
        session.rollback()
    assert measures(database) == {}


def test_consumers_side_by_side_neither_deadlock_nor_lose_a_count(database):
    departments = [f"d{number}" for number in range(30)]
    errors: list[BaseException] = []

    def consume(seed: int) -> None:
        rng = random.Random(seed)
        try:
            for _ in range(40):
                with database.begin() as session:
                    # Each consumer meets the departments in an order of its own.
                    project(session, [filed(each) for each in rng.sample(departments, 30)])
        except Exception as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=consume, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert measures(database) == {(each, "W1"): 6 * 40 for each in departments}
