"""What most tests of the war room begin with: its database, empty, a review to come, a road."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from tests.support.databases import service_database
from tests.support.warroom import emptied
from tests.support.warroom_reviews import ReviewRoom


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    """An empty war room whose reviews are in the calendar."""
    return ReviewRoom(emptied(database), tmp_path / "store")


@pytest.fixture
def road(room: ReviewRoom) -> str:
    """A project with two milestones to come, in good order."""
    added = room.add()
    room.milestone(added.id, planned_on="2026-09-01")
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01")
    return str(added.id)
