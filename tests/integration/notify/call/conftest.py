"""What the tests of calls stand on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from services.notify.channels.loopback.telephony import Telephony
from tests.support.calls import TABLES, Calls, Portal


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Telephony, Portal]]:
    with Telephony() as telephony, Portal() as portal:
        yield telephony, portal


@pytest.fixture
def calls(database: sessionmaker[Session], servers: tuple[Telephony, Portal]) -> Calls:
    """The voice bot, with nothing to do."""
    telephony, portal = servers
    telephony.faults.clear()
    telephony.scripts.clear()
    telephony.played.clear()
    telephony.asked.clear()
    telephony.requests.clear()
    telephony.rings = True
    portal.faults.clear()
    portal.requests.clear()
    with database.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    return Calls(database, telephony, portal)
