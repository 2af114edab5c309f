"""What the tests of notify stand on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from palika.database import sessions
from palika.migrate import upgrade
from tests.support.notify import CONTACT, Desk, MailServer


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.controller.stop()


@pytest.fixture
def desk(city) -> Iterator[Desk]:
    sessions.cache_clear()
    upgrade("notify")
    factory = sessions("notify")
    with factory.begin() as session:
        session.execute(text("TRUNCATE delivery"))
    yield Desk(factory.begin, contact=dict(CONTACT))
    factory.kw["bind"].dispose()
    sessions.cache_clear()
