"""Verification reads the bytes of papers in their store, which no row of the database shows."""

import pytest
from sqlalchemy import select, text

from palika.errors import NotFound
from services.eoffice.commands.archive_file import archive_to_store
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.models import ImportedPart, Paper
from services.eoffice.queries.kept_papers import part
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, another_office
from tests.support.receipts import REGISTRY

__all__ = ["database", "scene"]


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


def brought_in(scene, postgres, place):
    with another_office(postgres, place) as (file, folder):
        asked = {"post": None, "dry_run": False}
        rest = (city_keys_of_record(), REGISTRY, asked, folder, LATER)
        import_archive(scene.sessions.begin, scene.store, *rest)
    return file


def test_other_bytes_of_an_archive_that_was_brought_in_are_found(scene, postgres, tmp_path):
    file = brought_in(scene, postgres, tmp_path)
    done, found = findings(scene)
    with scene.sessions() as session:
        parts = session.scalars(select(ImportedPart).order_by(ImportedPart.path)).all()
    assert (found, done.rows["parts of archives read in the store"]) == ([], len(parts))
    by_path = {each.path: each.key for each in parts}
    scene.store._path(by_path["file.json"]).write_bytes(b"{}")
    scene.store._path(by_path["/archive-signature.p7s"]).unlink()
    told = [
        ("removed", f"imported_part:{file.id},/archive-signature.p7s"),
        ("changed", f"imported_part:{file.id},file.json"),
    ]
    assert findings(scene)[1] == told
    assert findings(scene, only=file.id)[1] == told


def test_of_an_archive_that_was_brought_in_a_row_more_is_found(scene, postgres, tmp_path):
    file = brought_in(scene, postgres, tmp_path)
    assert findings(scene, only=file.id)[1] == []
    with scene.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO imported_part SELECT imported_id, 'more.pdf', key, size, sha256, rev "
                "FROM imported_part WHERE path = 'index.html'"
            )
        )
    told = ("inserted", f"imported_part:{file.id},more.pdf")
    assert told in findings(scene, only=file.id)[1]


def test_other_bytes_of_a_zip_are_found(scene):
    file = scene.whole()
    asked = MakingArchive().load({"number": file.number})
    made = archive_to_store(scene.sessions.begin, scene.store, REGISTRY, asked, LATER)
    done, found = findings(scene, only=file.id)
    assert (found, done.rows["zips of archives read in the store"]) == ([], 1)
    with scene.store._path(made.key).open("r+b") as kept:
        kept.write(b"x")
    assert findings(scene, only=file.id)[1] == [("changed", f"archive:{made.id}")]
    assert findings(scene)[1] == [("changed", f"archive:{made.id}")]
