"""A file that was brought in can be cited, and a reference to it leads to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from palika.errors import Invalid, NotFound
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.models import File
from services.eoffice.organisation_store import actor
from services.eoffice.queries import references, search
from services.eoffice.schemas.noting import Resolving
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import city_keys_of_record
from tests.support.databases import service_database
from tests.support.eoffice import CLERK, JE
from tests.support.eoffice_records import LATER, Scene, another_office
from tests.support.receipts import REGISTRY


@pytest.fixture(scope="module")
def came(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[File, Path]]:
    with another_office(postgres, tmp_path_factory.mktemp("other")) as found:
        yield found


@pytest.fixture
def scene(postgres: Postgres, tmp_path: Path) -> Iterator[Scene]:
    with service_database(postgres, "eoffice") as found:
        yield Scene.begun(found, Folder(tmp_path / "papers"))


@pytest.fixture
def imported(scene: Scene, came) -> File:
    """The file, in this office."""
    asked = {"post": None, "dry_run": False}
    keys = city_keys_of_record()
    import_archive(scene.sessions.begin, scene.store, keys, REGISTRY, asked, came[1], LATER)
    return came[0]


def secret(scene: Scene) -> None:
    with scene.sessions.begin() as session:
        session.execute(text("UPDATE imported SET secrecy = 3"))


def resolved(scene: Scene, who, **asked):
    with scene.sessions() as session:
        post = actor(session, who, None, LATER).post
        return references.resolve(session, post, Resolving().load(asked))


def test_what_the_search_finds_of_it_leads_to_it(scene, imported):
    with scene.sessions() as session:
        asked = Searching().load({"words": imported.subject, "kinds": ["archived"]})
        (hit,) = search.page(session, REGISTRY, asked, LATER)["items"]
    for place in ({"id": hit["file"]["id"]}, {"number": hit["file"]["number"]}):
        found = resolved(scene, REGISTRY, ref=hit["ref"], **place)
        assert found["file"] == {
            "id": str(imported.id),
            "number": imported.number,
            "subject": imported.subject,
            "status": "archived",
        }
        assert (found["note"], found["papers"]) == (None, [])


def test_its_number_in_a_note_is_a_reference_that_goes_somewhere(scene, imported):
    _, file = scene.started()
    assert scene.note(JE, file, f"पहा {{f:{imported.number}}}")
    found = resolved(scene, JE, id=str(file.id), ref=f"f:{imported.number}")
    assert found["file"]["id"] == str(imported.id)
    own = resolved(scene, JE, id=str(file.id), ref=f"f:{file.number}")
    assert (own["file"]["id"], own["file"]["status"]) == (str(file.id), "open")


def test_to_who_may_not_read_it_it_is_not_there(scene, imported):
    _, file = scene.started()
    secret(scene)
    refused = []
    for number in (imported.number, "NO/2026/0001"):
        with pytest.raises(NotFound) as error:
            resolved(scene, JE, id=str(file.id), ref=f"f:{number}")
        refused.append((error.value.message.replace(number, "X"), error.value.details.keys()))
        with pytest.raises(Invalid, match="references that go nowhere"):
            scene.note(JE, file, f"पहा {{f:{number}}}")
    assert refused[0] == refused[1]
    with pytest.raises(NotFound, match=f"there is no file {imported.id}"):
        resolved(scene, CLERK, id=str(imported.id), ref=f"f:{imported.number}")


@pytest.mark.parametrize("ref", ["n:1", "c:1"])
def test_its_notes_and_pages_are_in_its_archive(scene, imported, ref):
    with pytest.raises(NotFound, match="was brought in"):
        resolved(scene, REGISTRY, id=str(imported.id), ref=ref)
