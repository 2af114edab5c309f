"""No two files have one number, whether they were opened here or brought in as archives."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from uuid6 import uuid7

from palika.errors import Conflict
from palika.local import Postgres
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, Imported
from services.eoffice.schemas import Opening
from services.eoffice.schemas.filing import NextVolume, OpeningPart
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.searching import index
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, another_office
from tests.support.part import wait_for
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database", "scene"]


@pytest.fixture(scope="module")
def came(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[File, Path]]:
    with another_office(postgres, tmp_path_factory.mktemp("other")) as found:
        yield found


def brought(scene, number) -> None:
    """A row as the import of an archive with that number makes it."""
    said = dict.fromkeys(("subject", "department", "head", "origin", "codes", "text"), "x")
    with scene.sessions.begin() as session:
        row = Imported(
            id=uuid7(),
            number=number,
            secrecy=0,
            opened_at=NOW,
            closed_at=NOW,
            sha256="x",
            imported_by="registry-clerk",
            imported_person=None,
            imported_at=NOW,
            **said,
        )
        session.add(row)
        index(session, Kind.ARCHIVED, row.id)
        act(session, row.id, "imported", "brought in", None, NOW)


def test_a_new_part_does_not_get_its_number(scene):
    file = Desk(scene.sessions).file(JE, head="tender")
    brought(scene, f"{file.number}/P2")
    part = scene.do(open_part, OpeningPart, JE, {"file_id": str(file.id)})
    assert part.number == f"{file.number}/P3"
    assert scene.findings() == []


def test_a_new_volume_whose_number_is_taken_is_refused(scene, monkeypatch):
    monkeypatch.setattr("services.eoffice.commands.continue_file.check_bulky", lambda *_: None)
    file = Desk(scene.sessions).file(JE, head="tender")
    brought(scene, f"{file.number}/V2")
    with pytest.raises(Conflict, match=r"there is a file .*/V2 here already"):
        scene.do(next_volume, NextVolume, JE, {"file_id": str(file.id)})
    assert scene.findings() == []


def test_one_that_comes_while_a_file_gets_its_number_is_refused(scene, came):
    with ThreadPoolExecutor(1) as pool, scene.sessions() as session:
        opened = open_file(session, JE, Opening().load({"subject": "x", "head": "tender"}), NOW)
        session.flush()
        asked = {"post": None, "dry_run": False}
        keys, begin = city_keys_of_record(), scene.sessions.begin
        coming = pool.submit(
            import_archive, begin, scene.store, keys, REGISTRY, asked, came[1], LATER
        )
        wait_for(lambda: waits(scene), 60, "the import waits for the number")
        number = opened.number
        session.commit()
        with pytest.raises(Conflict, match=f"there is a file {number} here already"):
            coming.result(60)
    assert scene.findings() == []


def waits(scene) -> bool:
    """Whether a transaction of this database waits for another."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with scene.sessions() as session:
        found: int = session.execute(text(waiting)).scalar_one()
        return found > 0
