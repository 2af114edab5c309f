"""What the tests of notify stand on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from tests.support.databases import service_database
from tests.support.notify import TABLES, Carrying, Desk, carrying


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "notify") as found:
        yield found


@pytest.fixture(scope="module")
def providers() -> Iterator[Carrying]:
    """All providers, on this machine."""
    with carrying() as found:
        yield found


@pytest.fixture
def desk(database: sessionmaker[Session], providers: Carrying) -> Iterator[Desk]:
    """The service, with nothing to do."""
    providers.reset()
    with database.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    found = Desk(database.begin, providers)
    yield found
    found.pool.shutdown()
