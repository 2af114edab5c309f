"""Fixtures of the tests that run real processes."""

from collections.abc import Iterator

import pytest

from palika.local import Broker, Postgres
from tests.support.backbone import Backbone

QUICK = {
    "PALIKA_RETRY_DELAYS_MS": "100,300",
    "PALIKA_HEARTBEAT_S": "1",
    "PALIKA_RELAY_POLL_S": "0.2",
    "PALIKA_WORKERS": "10",
}
"""Settings of the tests' parts: what takes long in a city is short."""


@pytest.fixture(scope="module")
def backbone(
    broker: Broker, postgres: Postgres, amqp_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backbone]:
    """A virtual host and databases of the module's own; all parts that it starts end with it."""
    city = Backbone(broker, amqp_uri, postgres.url, tmp_path_factory.mktemp("parts"), QUICK)
    yield city
    city.close()
