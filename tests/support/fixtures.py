"""Fixtures of the tests that run real processes."""

from collections.abc import Iterator

import pytest

from palika import dead_letters
from palika.dead_letters import DeadLetter
from palika.local import Broker, Postgres
from tests.support.backbone import Backbone, ping
from tests.support.mailbox import Mailbox
from tests.support.part import wait_for

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


class Probe:
    """The test service with its relay, running."""

    QUEUE = "probe.pings"

    def __init__(self, backbone: Backbone, **options: str) -> None:
        """Migrate and start; wait until both are ready."""
        self.backbone = backbone.migrate("probe")
        self.service = backbone.service("probe", **options)
        self.relay = backbone.relay("probe", **options)
        self.service.wait_ready()
        self.relay.wait_ready()
        self._number = 0

    def numbers(self, count: int = 1) -> list[int]:
        """Numbers that no ping has had yet."""
        first = self._number + 1
        self._number += count
        return list(range(first, first + count))

    def ping(self, *treats: str) -> list[int]:
        """Record a ping for each treatment, in one transaction; their numbers."""
        numbers = self.numbers(len(treats))
        self.backbone.record("probe", *map(ping, numbers, treats))
        return numbers

    def counted(self, *numbers: int) -> list[int]:
        """How often each of these pings was counted."""
        rows = self.backbone.query(
            "probe", "SELECT number, times FROM ping WHERE number = ANY(%s)", list(numbers)
        )
        times = dict(rows)
        return [times.get(number, 0) for number in numbers]

    def wait_counted(self, *numbers: int, timeout_s: float = 20) -> None:
        """Wait until each of these pings was counted; more than once fails."""
        wait_for(lambda: all(self.counted(*numbers)), timeout_s, "all pings are counted")
        assert set(self.counted(*numbers)) == {1}

    def dead(self) -> dict[int, DeadLetter]:
        """The probe's dead letters by the number of their ping."""
        letters = dead_letters.browse(self.backbone.amqp_uri, self.QUEUE)
        return {letter.event.data["number"]: letter for letter in letters if letter.event}


@pytest.fixture(scope="module")
def probe(backbone: Backbone) -> Probe:
    """The test service and its relay."""
    return Probe(backbone)


@pytest.fixture(scope="module")
def migrated(backbone: Backbone) -> Backbone:
    """The test service's database, and nothing that runs."""
    return backbone.migrate("probe")


@pytest.fixture
def mailbox(migrated: Backbone) -> Iterator[Mailbox]:
    """What the probe pings, from now on; its outbox is empty."""
    migrated.query("probe", "TRUNCATE outbox")
    box = Mailbox(migrated, "kept")
    yield box
    box.delete()
