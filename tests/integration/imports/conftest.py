"""What the tests of the import stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from palika.config import settings
from palika.database import create_engine
from palika.database import sessions as sessions_of
from palika.local import Postgres
from palika.migrate import upgrade
from tests.support.imports import Import


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[str]:
    """The address of the service's own database, built by its migrations."""
    url = postgres.url("test_import")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GRIEVANCE_DATABASE_URL", url)
        settings.cache_clear()
        upgrade("grievance")
    settings.cache_clear()
    return url


@pytest.fixture
def imports(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """An empty database, and the command on it."""
    monkeypatch.setenv("GRIEVANCE_DATABASE_URL", database)
    settings.cache_clear()
    sessions_of.cache_clear()
    engine = create_engine(settings("grievance"))
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE grievance, outbox CASCADE"))
    yield Import(tmp_path, sessionmaker(engine, expire_on_commit=False))
    engine.dispose()
    sessions_of("grievance").kw["bind"].dispose()
    settings.cache_clear()
    sessions_of.cache_clear()
