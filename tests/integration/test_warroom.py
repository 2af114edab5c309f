"""The commands of the war room."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from tests.support.databases import service_database
from tests.support.warroom import Room, emptied


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


def test_a_project_comes_in_with_its_event_and_its_colour(room):
    added = room.add()
    assert added.version == 1
    assert added.health.light == "amber"
    assert [each.code for each in added.health.reasons if each.light == "amber"] == ["no_plan"]
    (told,) = room.told("project_added")
    assert told["code"] == "RD-01"
    assert room.told("project_turned")[0]["light_before"] is None
    assert room.told("project_changed")[0]["action"] == "add_project"
