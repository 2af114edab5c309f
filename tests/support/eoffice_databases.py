"""The e-office's database with a record that has begun, as tests in one process use it."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.eoffice.commands.root import begin_record
from tests.support.databases import service_database
from tests.support.eoffice import NOW, emptied


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
