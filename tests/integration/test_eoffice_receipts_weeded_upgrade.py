"""A database of before receipts were weeded: what is on its record stays as it was written down."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from sqlalchemy.orm import Session, sessionmaker

from palika.local import Postgres
from palika.migrate import alembic_config, migrations_of
from palika.store import Folder
from services.eoffice.commands.hold import hold_file
from services.eoffice.schemas import records as schemas
from tests.support.databases import service_database
from tests.support.eoffice_records import Scene
from tests.support.receipts import REGISTRY


def migrated(sessions: sessionmaker[Session], run: Callable[..., Any], revision: str) -> None:
    """Take the database to a revision, all or nothing."""
    config = alembic_config("eoffice", migrations_of("eoffice"))
    with sessions.kw["bind"].begin() as connection:
        config.attributes["connection"] = connection
        run(config, revision)


def changed(scene: Scene) -> set[str]:
    """The tables with rows that are not as written; to whom a version of a letter was, which is
    newer, is lost on the way down."""
    found = {each.row.partition(":")[0] for each in scene.findings()}
    return found - {"letter_version"}


def test_rows_of_before_are_as_they_were_written_and_what_is_recorded_is_not_taken_back(
    postgres: Postgres, tmp_path
):
    with service_database(postgres, "eoffice") as sessions:
        scene = Scene.begun(sessions, Folder(tmp_path / "papers"))
        scene.weeded()
        other = scene.whole(subject="दुसरी")
        asked = {"file_id": str(other.id), "kind": "court", "remark": "दावा"}
        scene.do(hold_file, schemas.Holding, REGISTRY, asked)
        migrated(sessions, command.downgrade, "eoffice_0018")
        migrated(sessions, command.upgrade, "head")
        assert changed(scene) == set()
        receipt = scene.closed_receipt()
        scene.decided(scene.proposed(receipt), receipt)
        with pytest.raises(RuntimeError, match="what is recorded is not deleted"):
            migrated(sessions, command.downgrade, "eoffice_0018")
        assert changed(scene) == set()
