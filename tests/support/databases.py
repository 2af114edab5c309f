"""Databases of services, made by their migrations once a test process and copied from then on."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import psycopg2
import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.config import settings
from palika.database import create_engine
from palika.local import Postgres
from tests.support import commands
from tests.support.commands import PYTHONPATH

_numbers = count(1)
_templates: set[str] = set()


def provide(url_of: Callable[[str], str], service: str, name: str) -> None:
    """Make the database ``name`` as ``palika migrate SERVICE`` does; one that is there stays.

    Args:
        url_of: the address of the database of a name, on the tests' server.
    """
    template = f"migrated_{service}"
    if url_of(template) not in _templates:
        _migrate(service, url_of(template))
        _templates.add(url_of(template))
    connection = psycopg2.connect(url_of("postgres"), connect_timeout=5)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        connection.close()


@contextmanager
def service_database(postgres: Postgres, service: str) -> Iterator[sessionmaker[Session]]:
    """A database of the service's own, while the context lasts; gives its sessions."""
    name = f"test_{service}_{next(_numbers)}"
    provide(postgres.url, service, name)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(f"{service.upper()}_DATABASE_URL", postgres.url(name))
        settings.cache_clear()
        engine = create_engine(settings(service))
    settings.cache_clear()
    yield sessionmaker(engine, expire_on_commit=False)
    engine.dispose()


def _migrate(service: str, url: str) -> None:
    variable = f"{service.upper()}_DATABASE_URL"
    environment = os.environ | {"DATABASE_URL": url, variable: url, "PYTHONPATH": PYTHONPATH}
    done = commands.run(["migrate", service], environment)
    assert done.returncode == 0, done.stderr
