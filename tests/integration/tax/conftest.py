"""What most tests of tax begin with: its database, empty, and a property with a bill."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.models import Property
from tests.support.databases import service_database
from tests.support.razorpay import gateway_running
from tests.support.taxes import APRIL, bill, clear, register


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


@pytest.fixture
def owed(sessions: sessionmaker[Session]) -> Property:
    """A property with its bill of 2026-27."""
    found = register(sessions)
    bill(sessions, found)
    return found


@pytest.fixture(scope="module")
def running() -> Iterator[LoopbackServer]:
    """A gateway on the loopback; its clock stands at the morning of the bills."""
    with gateway_running(now=APRIL.timestamp) as found:
        yield found


@pytest.fixture
def server(running: LoopbackServer) -> LoopbackServer:
    """The same, well."""
    running.faults.clear()
    running.requests.clear()
    running.auto_capture = True
    return running
