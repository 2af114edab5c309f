"""What was written keeps the names with which it was written, whoever is called what since."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from palika.auth import Identity
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.arrange_posts import rename
from services.eoffice.commands.import_organisation import import_organisation
from services.eoffice.domain.naming import Renaming, called, former_names
from services.eoffice.models import File
from services.eoffice.organisation_store import current
from services.eoffice.queries.archived_sheet import archived_sheet
from services.eoffice.queries.notes import note_sheet
from services.eoffice.queries.organisation_files import organisation_files
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.records.document import collect
from services.eoffice.records.format import Document
from services.eoffice.records.page import page
from services.eoffice.schemas.organisation import Renaming as RenamingArgs
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice import JE, NOW
from tests.support.eoffice_records import Scene

ADMIN = Identity.of("admin:palika", "admin")
LATER = NOW + timedelta(days=1)


@pytest.fixture
def scene(postgres: Postgres, tmp_path: Path) -> Iterator[Scene]:
    with service_database(postgres, "eoffice") as found:
        yield Scene.begun(found, Folder(tmp_path))


def renamed(scene: Scene, kind: str, code: str, now=LATER, **names: str) -> None:
    asked = RenamingArgs().load({"kind": kind, "code": code, **names})
    with scene.sessions.begin() as session:
        rename(session, ADMIN, asked, now)


def names_of(scene: Scene, code: str = "roads-je") -> tuple[str, str]:
    with scene.sessions() as session:
        city = current(session)
        holder = city.people[city.holder(code, NOW.date())]
        return city.posts[code].en, holder.en


def test_a_note_a_decision_and_their_archive_have_the_names_of_their_day(scene):
    post, person = names_of(scene)
    decided = names_of(scene, "roads-de")
    file = scene.whole()
    renamed(scene, "post", "roads-je", en="JE")
    with scene.sessions() as session:
        holder = current(session).holder("roads-je", NOW.date())
    renamed(scene, "person", holder, en="Another Name", mr="दुसरे नाव")
    renamed(scene, "post", "roads-de", en="DE")
    with scene.sessions() as session:
        file = session.get_one(File, file.id)
        sheet = sheet_paper(session, file, "en")
        assert (sheet.notes[0].post, sheet.notes[0].person) == (post, person)
        assert (sheet.decisions[0].post, sheet.decisions[0].person) == decided
        document = collect(session, file).document
        asked = {"id": file.id, "number": None}
        (first, _) = note_sheet(session, current(session).posts["roads-je"], asked)["notes"]
        assert (first["post_name"]["en"], first["person_name"]["en"]) == (post, person)
    Document().load(document)
    again = archived_sheet(document, "en")
    assert (again.notes[0].post, again.notes[0].person) == (post, person)
    assert again.decisions[0].post == decided[0]
    # Moves, questions and opinions too.
    assert sheet.moves or sheet.opinions
    assert "Another Name" not in f"{sheet}{again}"
    shown = page(document)
    assert person in shown
    assert "Another Name" not in shown
    told: list = []
    with scene.sessions() as session:
        verify(session, city_keys_of_record(), told.append)
    assert told == []


def test_what_is_written_since_has_the_new_name(scene):
    post, _ = names_of(scene)
    _, file = scene.started()
    renamed(scene, "post", "roads-je", now=NOW - timedelta(hours=2), en="JE", mr="क.अ.")
    scene.note(JE, file, "Text")
    with scene.sessions() as session:
        sheet = sheet_paper(session, session.get_one(File, file.id), "en")
    assert [each.post for each in sheet.notes] == ["JE"]
    assert post != "JE"


def test_an_import_renames_as_a_command_does(scene):
    post, _ = names_of(scene)
    _, file = scene.started()
    scene.note(JE, file, "Text")
    with scene.sessions.begin() as session:
        tables = organisation_files(session)
        texts = {}
        for name, rows in tables.items():
            lines = [",".join("" if cell is None else f'"{cell}"' for cell in row) for row in rows]
            texts[name] = "\n".join(lines).replace(f'"{post}"', '"JE"')
        import_organisation(session, ADMIN, None, texts, LATER.date(), LATER)
    with scene.sessions() as session:
        sheet = sheet_paper(session, session.get_one(File, file.id), "en")
        assert current(session).posts["roads-je"].en == "JE"
    assert [each.post for each in sheet.notes] == [post]


def test_each_of_several_names_is_of_its_own_time():
    what = ("post", "je")
    changes = [
        Renaming(LATER, what, None, "Second"),
        Renaming(NOW, what, "पहिला", "First"),
    ]
    former = former_names({what: ("तिसरा", "Third")}, changes)[what]
    hour = timedelta(hours=1)
    at = [called(("तिसरा", "Third"), former, each) for each in (NOW - hour, NOW, LATER, None)]
    assert at == [
        ("पहिला", "First"),
        ("तिसरा", "Second"),
        ("तिसरा", "Third"),
        ("तिसरा", "Third"),
    ]
