"""What the tests stand on: a real broker and a real database, started by the tests themselves.

One of each a test process (pytest-xdist runs several), in a temporary directory, gone at the end.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as of_hypothesis

from palika import keystore
from palika.local import Broker, Postgres
from palika.local.docker import private_broker
from palika.reached import ask_again

_numbers = itertools.count(1)
pytest_plugins = [
    "tests.support.fixtures",
    "tests.support.grievances",
    "tests.support.kpi_databases",
    "tests.support.kpi_pages",
    "tests.support.portal",
    "tests.support.portal_accounts",
    "tests.support.scorecards",
]

# Nothing of the machine's own set-up may reach a test.
for _name in [n for n in os.environ if n.startswith("PALIKA_") or n.endswith("DATABASE_URL")]:
    del os.environ[_name]
os.environ.pop("AMQP_URI", None)

# One set of keys that vouch for callers for the tests of a process and all that they start: they
# call as the operator does, who vouches for anybody.
_KEYS = tempfile.TemporaryDirectory(prefix="palika-identities-")
os.environ["PALIKA_IDENTITY_KEYSTORE"] = _KEYS.name
keystore.make(Path(_KEYS.name), {*keystore.signers(), "probe"})


# How long an example takes is the machine's affair, which may have other work.
of_hypothesis.register_profile(
    "palika", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
of_hypothesis.load_profile("palika")


@pytest.fixture(autouse=True)
def _notify_is_asked() -> None:
    """That notify was away in one test is forgotten in the next."""
    ask_again()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A running private RabbitMQ node. A test that kills it starts it again."""
    node = private_broker(tmp_path_factory.mktemp("broker"))
    node.start()
    yield node
    node.stop()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A running PostgreSQL. A test that kills it starts it again."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def amqp_uri(broker: Broker) -> Iterator[str]:
    """The address of a fresh virtual host, one for each test module; deleted after it."""
    name = f"t{next(_numbers)}"
    yield broker.add_vhost(name)
    broker.delete_vhost(name)


@pytest.fixture(scope="module")
def database_url_base(postgres: Postgres) -> str:
    """The address of the PostgreSQL server; its database name is replaced by each service's."""
    return postgres.url()


@pytest.fixture
def city(
    amqp_uri: str, database_url_base: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """AMQP_URI and DATABASE_URL in the environment, so that `palika.config.settings()` and every
    process that a test starts use the tests' broker and database; gives these variables."""
    from palika.config import settings
    from palika.database import sessions

    def forget() -> None:
        # Also the engines: one of an earlier test is of a server that may be gone.
        settings.cache_clear()
        sessions.cache_clear()

    variables = {"AMQP_URI": amqp_uri, "DATABASE_URL": database_url_base}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget()
    yield variables
    forget()


@pytest.fixture
def root() -> Path:
    """The project's directory."""
    return Path(__file__).parent.parent
