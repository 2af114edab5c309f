"""Verification reads the bytes of papers in their store, which no row of the database shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import NotFound
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.models import Paper
from services.eoffice.queries.kept_papers import part
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice_records import Scene


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def scene(database: sessionmaker[Session], tmp_path: Path) -> Scene:
    return Scene.begun(database, Folder(tmp_path / "papers"))


def findings(scene, only=None):
    found = []
    with scene.sessions() as session:
        done = verify(session, city_keys_of_record(), found.append, only=only, store=scene.store)
    return done, [(each.how, each.row) for each in found]


def test_other_bytes_and_lost_ones_are_found_and_not_given_out(scene):
    file = scene.whole()
    with scene.sessions() as session:
        forged, longer, lost = session.scalars(select(Paper).order_by(Paper.id)).all()
    done, found = findings(scene)
    assert (found, done.rows["papers read in the store"]) == ([], 3)
    scene.store._path(forged.key).write_bytes(b"x" * forged.size)
    with scene.store._path(longer.key).open("ab") as kept:
        kept.write(b" ")
    scene.store._path(lost.key).unlink()
    told = [
        ("changed", f"paper:{forged.id}"),
        ("changed", f"paper:{longer.id}"),
        ("removed", f"paper:{lost.id}"),
    ]
    assert findings(scene)[1] == told
    assert findings(scene, only=file.id)[1] == told
    for paper in (forged, longer):
        with pytest.raises(NotFound, match="is not what was kept"):
            part(scene.store, paper, {"start": 0, "length": 100})


def test_papers_of_another_file_are_not_read_for_one(scene):
    scene.whole()
    other = scene.whole(subject="दुसरी")
    done, found = findings(scene, only=other.id)
    assert (found, done.rows["papers read in the store"]) == ([], 3)
