"""The e-office's database with a record that has begun, as tests in one process use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.root import begin_record
from tests.support.databases import service_database
from tests.support.eoffice import NOW, emptied
from tests.support.eoffice_records import Scene
from tests.support.receipts import Desk


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """Sessions on a database of the test file's own."""
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, emptied, with the beginning of the record."""
    emptied(database)
    with database.begin() as session:
        begin_record(session, NOW)
    return database


@pytest.fixture
def scene(database: sessionmaker[Session], tmp_path: Path) -> Scene:
    """An office whose record has begun there, with a store for its papers."""
    return Scene.begun(database, Folder(tmp_path / "papers"))


@pytest.fixture
def desk(sessions: sessionmaker[Session]) -> Desk:
    """Desks at which receipts are handled there."""
    return Desk(sessions)
