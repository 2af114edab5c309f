"""Archives that come back in: all is checked, nothing is changed, and what goes out again is the
same."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.archive_file import archive_to_folder, imported_to_folder
from services.eoffice.commands.import_archive import BroughtIn, import_archive
from services.eoffice.commands.tend_papers import sweep_papers
from services.eoffice.domain.chaining import digest
from services.eoffice.models import File, Imported, ImportedPart
from services.eoffice.organisation_store import current
from services.eoffice.queries import archived, search
from services.eoffice.records.format import Document
from services.eoffice.records.page import page
from services.eoffice.records.signature import check_signature
from services.eoffice.schemas.archives import Importeds, MakingArchive
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import Keys, city_keys_of_record
from tests.support.databases import service_database
from tests.support.eoffice import CLERK, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, Scene, agreed, another_office, count, resealed
from tests.support.papers import with_script
from tests.support.receipts import COMMISSIONER, REGISTRY, Desk

__all__ = ["database", "scene"]


@pytest.fixture(scope="module")
def came(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[File, Path]]:
    with another_office(postgres, tmp_path_factory.mktemp("other")) as found:
        yield found


@pytest.fixture
def folder(came, tmp_path) -> Path:
    """A copy of the archive, to be changed."""
    shutil.copytree(came[1], tmp_path / "came")
    return tmp_path / "came"


def bring(scene, folder, who=REGISTRY, keys=None, dry_run=False, **said) -> BroughtIn:
    asked = {"post": None, "dry_run": dry_run, **said}
    known = keys or city_keys_of_record()
    return import_archive(scene.sessions.begin, scene.store, known, who, asked, folder, LATER)


def files(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def rewritten(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The archive with another document, made a bag again by somebody who knows how."""
    path = folder / "data" / "file.json"
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document), "utf-8")
    return resealed(folder)


def wrongs(scene, folder) -> list[str]:
    with pytest.raises(Invalid) as refused:
        bring(scene, folder)
    assert count(scene, Imported) == 0
    return refused.value.fields["archive"]


# ---- whole ones


def test_out_in_and_out_again_it_is_the_same(scene, came, tmp_path):
    file, out = came
    done = bring(scene, out)
    assert (done.imported.number, done.imported.codes, done.again) == (
        file.number,
        "checked",
        False,
    )
    asked = MakingArchive().load({"number": file.number})
    again = tmp_path / "again"
    imported_to_folder(scene.sessions.begin, scene.store, REGISTRY, asked, again, LATER)
    assert files(out) == files(again)
    assert scene.findings() == []
    assert bring(scene, again).again


def test_the_same_again_changes_nothing(scene, came):
    first = bring(scene, came[1])
    second = bring(scene, came[1])
    assert second.again
    assert second.imported.imported_at == first.imported.imported_at
    assert count(scene, Imported) == 1
    assert scene.findings() == []


def test_a_dry_run_brings_nothing_in(scene, came):
    done = bring(scene, came[1], dry_run=True)
    assert done.imported is None
    assert done.checked.codes == "checked"
    assert (count(scene, Imported), count(scene, ImportedPart)) == (0, 0)
    assert not (scene.store._folder).exists()


def test_of_another_office_the_codes_cannot_be_checked_and_that_is_told(scene, came):
    other = Keys([b"the key of another office, long enough"])
    signer = check_signature(came[1])
    agreed(scene, came[1], other, trust=signer.fingerprint)
    done = bring(scene, came[1], keys=other, trust=signer.fingerprint)
    assert done.imported.codes == "key not known"
    assert any("not known here" in each for each in done.checked.notices)


def test_it_is_found_by_words_and_by_number(scene, came):
    bring(scene, came[1])
    for words in ("सुशोभीकरण", came[0].number, "कसबा अंदाजपत्रक"):
        asked = Searching().load({"words": words, "post": "law"})
        with scene.sessions.begin() as session:
            (found,) = search.page(session, COMMISSIONER, asked | {"post": None}, LATER)["items"]
        assert (found["kind"], found["file"]["number"]) == ("archived", came[0].number)
        assert found["file"]["status"] == "archived"
    with scene.sessions() as session:
        post = current(session).posts["roads-clerk"]
        shown = archived.get(session, post, {"id": None, "number": came[0].number})
        listed = archived.page(session, post, Importeds().load({}))
    assert shown["origin"]
    assert "index.html" in {each["path"] for each in shown["parts"]}
    assert [each["number"] for each in listed["items"]] == [came[0].number]


def test_its_parts_are_read_and_not_swept_away(scene, came):
    bring(scene, came[1])
    swept = sweep_papers(
        scene.sessions.begin, scene.store, LATER.replace(year=2040), everything=True
    )
    assert (swept.looked_at > 10, swept.unused) == (True, 0)
    with scene.sessions() as session:
        post = current(session).posts["roads-clerk"]
        asked = {"id": came[0].id, "path": "index.html"}
        part = archived.find_part(session, post, asked)
        with pytest.raises(NotFound):
            archived.find_part(session, post, asked | {"path": "../bagit.txt"})
    assert scene.store.get(part.key) == (came[1] / "data" / "index.html").read_bytes()


def test_a_new_file_does_not_get_its_number(scene, came):
    bring(scene, came[1])
    opened = Desk(scene.sessions).file(JE, head="tender")
    assert came[0].number.endswith("/0001")
    assert opened.number == came[0].number.replace("0001", "0002")
    assert scene.findings() == []


# ---- who may


def test_only_the_record_room_brings_in(scene, came):
    with pytest.raises(Forbidden):
        bring(scene, came[1], who=CLERK)


def test_a_secret_one_is_not_for_who_may_not_read_it(scene, postgres, tmp_path):
    with service_database(postgres, "eoffice") as other:
        there = Scene.begun(other, Folder(tmp_path / "other"))
        file = there.whole(secrecy="confidential")
        asked = MakingArchive().load({"number": file.number})
        archive_to_folder(other.begin, there.store, COMMISSIONER, asked, tmp_path / "out", NOW)
    with pytest.raises(Forbidden, match="reads up to normal"):
        bring(scene, tmp_path / "out")
    assert count(scene, Imported) == 0


# ---- what is here already


def test_a_number_that_is_taken_is_refused(scene, came):
    taken = Desk(scene.sessions).file(JE, head="tender")
    assert taken.number == came[0].number
    with pytest.raises(Conflict, match="here already"):
        bring(scene, came[1])


def test_a_changed_archive_of_the_same_file_is_refused_by_the_name_of_what_differs(
    scene, came, folder
):
    bring(scene, came[1])
    (folder / "data" / "README.txt").write_text("another")
    resealed(folder)
    with pytest.raises(Conflict) as refused:
        bring(scene, folder)
    assert refused.value.details["differs"] == ["README.txt"]


# ---- damaged ones, and forged ones


@pytest.mark.parametrize(
    "name", ["data/index.html", "data/note-sheet-mr.pdf", "bag-info.txt", "manifest-sha256.txt"]
)
def test_a_changed_byte_is_named(scene, folder, name):
    with (folder / name).open("ab") as file:
        file.write(b" ")
    assert any(name in each for each in wrongs(scene, folder))


def test_a_missing_file_and_one_too_many_are_named(scene, folder):
    (folder / "data" / "note-sheet-mr.pdf").unlink()
    (folder / "data" / "mine.exe").write_bytes(b"MZ")
    assert wrongs(scene, folder) == [
        "data/mine.exe: is in no manifest",
        "data/note-sheet-mr.pdf: is not there",
    ]


def test_a_file_that_no_archive_has_is_refused_though_the_manifest_names_it(scene, folder):
    (folder / "data" / "mine.exe").write_bytes(b"MZ")
    resealed(folder)
    assert wrongs(scene, folder) == ["mine.exe: is nothing that an archive has"]


def test_what_leads_out_of_the_folder_is_refused(scene, folder):
    manifest = folder / "manifest-sha256.txt"
    manifest.write_text(manifest.read_text() + f"{'0' * 64}  data/../../etc/passwd\n")
    assert any("is no digest of a file of this bag" in each for each in wrongs(scene, folder))
    (folder / "data" / "link").symlink_to("/etc/passwd")
    assert wrongs(scene, folder) == ["data/link: is a link"]


def test_no_folder_of_an_archive_is_told_to_be_none(scene, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "is no bag" in wrongs(scene, tmp_path / "empty")[0]


def edit_note(document):
    document["rows"]["note"][0]["markup"] = "दुसरेच काही"


def seal_again(document):
    """As ``edit_note``, with the digest in the act put right: only the key finds it out."""
    edit_note(document)
    row = document["rows"]["note"][0]
    for act in document["record"]["chains"][0]["acts"]:
        if (name := f"note:{row['id']}") in act["rows"]:
            act["rows"][name] = [row["rev"], digest(row)]


def drop_note(document):
    document["rows"]["note"].pop()


def add_note(document):
    row = document["rows"]["note"][0]
    document["rows"]["note"].append(row | {"id": "0197a000-0000-7000-8000-000000000009"})


def drop_last_acts(document):
    del document["record"]["chains"][0]["acts"][-4:]


def drop_first_act(document):
    document["record"]["chains"][0]["acts"].pop(0)


def edit_number(document):
    document["file"]["number"] = "ROADS/EST/TENDER/2026/0999"


def edit_signature(document):
    row = document["rows"]["signature"][0]
    row["cms"] = "00" + row["cms"][2:]


def other_paper(document):
    one, two, _ = [each for each in document["paths"] if each.startswith("paper:")]
    paths = document["paths"]
    paths[one], paths[two] = paths[two], paths[one]


def strange_member(document):
    document["rows"]["spell"] = []


def half_a_letter(document):
    document["rows"]["note"][0]["markup"] = "\ud800"


def no_text(document):
    """As of an office whose key is not known here, which writes what it likes."""
    row = document["rows"]["note"][0]
    del row["markup"]
    for act in document["record"]["chains"][0]["acts"]:
        act["key"] = "another"
        if (name := f"note:{row['id']}") in act["rows"]:
            act["rows"][name] = [row["rev"], digest(row)]


def number_as_text(document):
    document["record"]["chains"][0]["acts"][0]["position"] = "1"


def other_version(document):
    document["version"] = 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (edit_note, "is not what its last act has written"),
        (seal_again, "is not what was written"),
        (drop_note, "was written down and is not there"),
        (add_note, "no act made note:"),
        (drop_last_acts, "is not what its last act has written"),
        (drop_first_act, "not counted from 1"),
        (edit_number, "number is not that of its row"),
        (edit_signature, "is not what its last act has written"),
        (other_paper, "is not the paper"),
        (strange_member, "spell"),
        (number_as_text, "position"),
        (half_a_letter, "cannot be stored"),
        (no_text, "cannot be shown: KeyError: 'markup'"),
        (other_version, "is no palika-eoffice-archive of version 1"),
    ],
)
def test_a_forged_document_in_a_whole_bag_is_refused(scene, folder, change, why):
    rewritten(folder, change)
    assert any(why in each for each in wrongs(scene, folder))


def test_a_page_that_is_not_ours_is_told(scene, folder):
    path = folder / "data" / "index.html"
    path.write_text(path.read_text("utf-8").replace("कसबा", "कोथरूड"), "utf-8")
    resealed(folder)
    assert any("index.html" in each for each in bring(scene, folder).checked.notices)


def test_a_paper_with_a_script_is_refused_as_if_it_were_handed_in(scene, folder):
    (folder / "data" / "note-sheet-mr.pdf").write_bytes(with_script())
    resealed(folder)
    assert any(each.startswith("note-sheet-mr.pdf:") for each in wrongs(scene, folder))


def test_the_schema_and_the_reader_refuse_the_same(came):
    data = came[1] / "data"
    judge = jsonschema_rs.validator_for(json.loads((data / "file.schema.json").read_bytes()))
    document = json.loads((data / "file.json").read_bytes())
    assert judge.is_valid(document)
    assert Document().validate(document) == {}
    for change in (strange_member, number_as_text, other_version):
        changed = json.loads(json.dumps(document))
        change(changed)
        assert not judge.is_valid(changed), change
        assert Document().validate(changed), change


def test_the_same_document_gives_the_same_page(came):
    data = came[1] / "data"
    document = json.loads((data / "file.json").read_bytes())
    assert page(document).encode() == (data / "index.html").read_bytes()
