"""The KPI service's database, as tests in one process use it."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.database import sessions
from palika.migrate import upgrade


@pytest.fixture
def kpi_sessions(city: dict[str, str]) -> Iterator[sessionmaker[Session]]:
    """Sessions on it, with every table as it is now; what other tests left is still in them."""
    upgrade("kpi")
    factory = sessions("kpi")
    yield factory
    factory.kw["bind"].dispose()
