"""Archives are signed by the office that made them, and believed when that office is known."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from palika.config import settings
from palika.errors import Conflict, Invalid
from palika.local import Postgres
from services.eoffice.commands.archive_file import imported_to_folder
from services.eoffice.commands.import_archive import BroughtIn, import_archive
from services.eoffice.domain.chaining import digest
from services.eoffice.models import Act, File, Imported, ImportedPart
from services.eoffice.organisation_store import current
from services.eoffice.queries import archived
from services.eoffice.records.bag import close_bag, sha256_of
from services.eoffice.records.signature import SIGNATURE, check_signature
from services.eoffice.schemas.archives import Importeds, MakingArchive
from services.eoffice.sealing import Keys, city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import AGREED, LATER, agreed, another_office, resealed
from tests.support.papers import pdf
from tests.support.receipts import REGISTRY

__all__ = ["database", "scene"]

HERE = Keys([b"the key of the city that it comes to"])
FORGER = Keys([b"a key that somebody has made himself"])


@pytest.fixture(scope="module")
def came(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[File, Path]]:
    with another_office(postgres, tmp_path_factory.mktemp("other")) as found:
        yield found


@pytest.fixture
def folder(came, tmp_path) -> Path:
    """A copy of the archive, to be changed."""
    return Path(shutil.copytree(came[1], tmp_path / "came"))


def bring(scene, folder, keys=None, **said) -> BroughtIn:
    asked = {"post": None, "dry_run": False, **said}
    known = keys or city_keys_of_record()
    if not asked["dry_run"] and ("trust" in said or "unsigned" in said):
        agreed(scene, folder, keys, **said)
    return import_archive(scene.sessions.begin, scene.store, known, REGISTRY, asked, folder, LATER)


def refusal(scene, folder, keys=None, **said) -> Invalid:
    with pytest.raises(Invalid) as refused:
        bring(scene, folder, keys, **said)
    with scene.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Imported)) == 0
    return refused.value


def on_record(scene, file) -> dict:
    with scene.sessions() as session:
        said = select(Act.data).where(Act.chain_id == file.id, Act.verb == "brought in")
        return session.scalar(said)["signature"]


@contextmanager
def listed(fingerprint: str, whose: str, tmp_path, monkeypatch) -> Iterator[None]:
    path = tmp_path / "offices"
    path.write_text(f"# by letter\n\n{fingerprint} {whose}\n")
    monkeypatch.setenv("PALIKA_EOFFICE_TRUSTED_OFFICES", str(path))
    settings.cache_clear()
    try:
        yield
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def renamed(folder: Path, origin: dict[str, str]) -> None:
    path = folder / "data" / "file.json"
    document = json.loads(path.read_bytes()) | {"origin": origin}
    path.write_text(json.dumps(document), "utf-8")


def forged(folder: Path) -> Path:
    """Another sum is sanctioned, and everything that has no key agrees with it."""
    path = folder / "data" / "file.json"
    document = json.loads(path.read_bytes())
    (row,) = document["rows"]["approval"]
    row["amount_paise"] = 99_999_900
    for chain in document["record"]["chains"]:
        for act in chain["acts"]:
            if (name := f"approval:{row['id']}") in act["rows"]:
                act["rows"][name] = [row["rev"], digest(row)]
    path.write_text(json.dumps(document), "utf-8")
    return folder


@pytest.mark.parametrize("name", ["note-sheet-mr.pdf", "note-sheet-en.pdf", "index.html"])
@pytest.mark.parametrize("said", [{}, {"unsigned": True}])
def test_another_sheet_in_a_bag_that_was_closed_again_is_refused(scene, folder, name, said):
    (folder / "data" / name).write_bytes(pdf(1))
    close_bag(folder, {"External-Identifier": "x"})
    (told,) = refusal(scene, folder, **said).fields["archive"]
    assert told.startswith("tagmanifest-sha256.txt: is not what was signed")
    assert "something else was signed" in told


def test_all_that_differs_is_named_together(scene, folder):
    (folder / "data" / "index.html").write_bytes(b"x")
    with (folder / "tagmanifest-sha256.txt").open("a") as tags:
        tags.write("\n")
    told = refusal(scene, folder).fields["archive"]
    assert told[0].startswith("tagmanifest-sha256.txt: is not what was signed")
    assert "data/index.html: is not what it was" in told


@pytest.mark.parametrize("said", [b"", b"0\x03\x02\x01\x01", b"no signature" * 10_000])
def test_what_is_no_signature_is_refused_by_its_name(scene, folder, said):
    (folder / SIGNATURE).write_bytes(said)
    told = refusal(scene, folder, unsigned=True).fields["archive"]
    assert told[0].startswith(f"{SIGNATURE}: is no signature of an archive")


def test_a_forged_sanction_is_not_checked_where_the_office_is_not_known(scene, came, folder):
    genuine = check_signature(came[1])
    resealed(forged(folder), FORGER)
    error = refusal(scene, folder, HERE, trust=genuine.fingerprint)
    assert error.message.endswith("this city does not know who signed it")
    told = "\n".join(error.fields["archive"])
    assert check_signature(folder).fingerprint in told
    assert f"--trust named another certificate: {genuine.fingerprint}" in told


def test_with_the_offices_name_in_the_certificate_it_is_no_more_known(scene, came, folder):
    office = json.loads((folder / "data" / "file.json").read_bytes())["origin"]["code"]
    resealed(forged(folder), FORGER, office)
    assert check_signature(folder).subject == check_signature(came[1]).subject
    refusal(scene, folder, HERE)


def test_what_is_trusted_by_hand_says_so_on_the_record(scene, came):
    signer = check_signature(came[1])
    spelled = ":".join(signer.fingerprint[each : each + 2].upper() for each in range(0, 64, 2))
    done = bring(scene, came[1], HERE, trust=spelled)
    said = {
        "how": "trusted by hand",
        "subject": signer.subject,
        "certificate": signer.fingerprint,
        **AGREED,
    }
    assert on_record(scene, came[0]) == said
    assert any("trusted by hand" in each for each in done.checked.notices)
    with scene.sessions() as session:
        post = current(session).posts["roads-clerk"]
        shown = archived.get(session, post, {"id": came[0].id, "number": None})
        (listed,) = archived.page(session, post, Importeds().load({}))["items"]
    assert shown["signature"] == listed["signature"] == said


def test_one_of_an_office_that_the_city_has_listed_is_checked(scene, came, tmp_path, monkeypatch):
    with listed(check_signature(came[1]).fingerprint, "Water board", tmp_path, monkeypatch):
        done = bring(scene, came[1], HERE)
    assert on_record(scene, came[0])["how"] == "known office"
    # It is called what the city calls it, whatever it calls itself.
    assert (done.imported.origin, on_record(scene, came[0])["office"]) == ("Water board",) * 2
    assert any("the city has listed 'Water board'" in each for each in done.checked.notices)


@pytest.mark.parametrize("origin", ["code", "en"])
def test_a_known_office_does_not_speak_for_another(scene, folder, tmp_path, monkeypatch, origin):
    office = json.loads((folder / "data" / "file.json").read_bytes())["origin"]
    if origin == "en":
        renamed(folder, {"mr": office["mr"], "en": office["en"]})
    resealed(folder, FORGER, "water-board")
    with listed(check_signature(folder).fingerprint, "", tmp_path, monkeypatch):
        (told,) = refusal(scene, folder, HERE).fields["archive"]
    assert told == (
        f"file.json: origin: it says that it is of {office[origin]!r}, and is signed with the "
        "certificate of 'water-board'"
    )
    told = refusal(scene, folder, HERE, trust=check_signature(folder).fingerprint)
    assert told.fields["archive"][0].startswith("file.json: origin: ")


def test_one_of_before_there_were_codes_is_taken(scene, folder, tmp_path, monkeypatch):
    office = json.loads((folder / "data" / "file.json").read_bytes())["origin"]
    renamed(folder, {"mr": office["mr"], "en": office["en"]})
    resealed(folder, FORGER, office["en"])
    with listed(check_signature(folder).fingerprint, "", tmp_path, monkeypatch):
        done = bring(scene, folder, HERE)
    assert (done.imported.origin, on_record(scene, done.imported)["how"]) == (
        office["en"],
        "known office",
    )


def test_the_offices_own_needs_no_word_after_the_key_was_changed(scene, came):
    keys = Keys([b"the key that is in use after it was changed", *_secrets()])
    bring(scene, came[1], keys)
    assert on_record(scene, came[0])["how"] == "own"


def _secrets() -> tuple[bytes, ...]:
    from palika.keys import city_keys

    return city_keys("eoffice_keys", settings("eoffice").eoffice_keys)


def test_one_without_a_signature_is_marked_and_stays_so_when_it_goes_out(scene, folder, tmp_path):
    (folder / SIGNATURE).unlink()
    told = refusal(scene, folder).fields["archive"]
    assert told[0].startswith(f"{SIGNATURE}: is not there")
    done = bring(scene, folder, unsigned=True)
    assert any("not signed" in each for each in done.checked.notices)
    assert on_record(scene, done.imported) == {"how": "unsigned", **AGREED}
    asked = MakingArchive().load({"number": done.checked.number})
    again = tmp_path / "again"
    imported_to_folder(scene.sessions.begin, scene.store, REGISTRY, asked, again, LATER)
    assert not (again / SIGNATURE).exists()


@pytest.mark.parametrize("path", [f"/{SIGNATURE}", "note-sheet-en.pdf", "/bag-info.txt"])
def test_what_is_not_as_it_came_does_not_go_out(scene, came, tmp_path, path):
    bring(scene, came[1])
    with scene.sessions() as session:
        key = session.get_one(ImportedPart, (came[0].id, path)).key
    (tmp_path / "papers" / key).write_bytes(b"x")
    asked = MakingArchive().load({"number": came[0].number})
    again = tmp_path / "again"
    with pytest.raises(Invalid) as refused:
        imported_to_folder(scene.sessions.begin, scene.store, REGISTRY, asked, again, LATER)
    assert refused.value.fields == {path: ["is not what came"]}
    assert not again.exists()


def test_what_came_before_archives_were_signed_goes_out_in_a_new_bag_that_is_not(
    scene, came, tmp_path
):
    done = bring(scene, came[1])
    with scene.sessions.begin() as session:
        session.execute(text("DELETE FROM imported_part WHERE path LIKE '/%'"))
    asked = MakingArchive().load({"number": came[0].number})
    again = tmp_path / "again"
    imported_to_folder(scene.sessions.begin, scene.store, REGISTRY, asked, again, LATER)
    assert not (again / SIGNATURE).exists()
    assert sha256_of(again / "manifest-sha256.txt") == done.checked.sha256


def test_what_goes_out_again_is_signed_by_who_made_it(scene, folder, tmp_path):
    resealed(forged(folder), FORGER, "municipal-corporation")
    signer = check_signature(folder)
    # The codes of the acts are the forger's own, of a key that is not known here.
    done = bring(scene, folder, HERE, trust=signer.fingerprint)
    asked = MakingArchive().load({"number": done.checked.number})
    again = tmp_path / "again"
    imported_to_folder(scene.sessions.begin, scene.store, REGISTRY, asked, again, LATER)
    assert check_signature(again) == signer


# ---- proved later


def shown(scene, file) -> dict:
    with scene.sessions() as session:
        post = current(session).posts["roads-clerk"]
        return archived.get(session, post, {"id": file.id, "number": None})


def out_again(scene, number, to: Path) -> Path:
    asked = MakingArchive().load({"number": number})
    imported_to_folder(scene.sessions.begin, scene.store, REGISTRY, asked, to, LATER)
    return to


def all_findings(scene) -> list:
    found: list = []
    with scene.sessions() as session:
        verify(session, city_keys_of_record(), found.append, store=scene.store)
    return [each for each in found if not each.row.startswith("certificate:")]


def test_what_came_unsigned_is_proved_by_its_signed_form(scene, came, folder, tmp_path):
    (folder / SIGNATURE).unlink()
    first = bring(scene, folder, unsigned=True)
    assert shown(scene, came[0])["signature"] == {"how": "unsigned", **AGREED}
    dry = bring(scene, came[1], dry_run=True)
    assert (dry.again, dry.proved) == (True, True)
    assert shown(scene, came[0])["signature"] == {"how": "unsigned", **AGREED}
    done = bring(scene, came[1])
    assert (done.again, done.proved) == (True, True)
    assert done.imported.imported_at == first.imported.imported_at
    signer = check_signature(came[1])
    said = {"how": "own", "subject": signer.subject, "certificate": signer.fingerprint}
    assert shown(scene, came[0])["signature"] == said
    assert all_findings(scene) == []
    again = out_again(scene, came[0].number, tmp_path / "again")
    assert check_signature(again) == signer
    # Once is enough, and nothing takes the proof away again.
    assert not bring(scene, came[1]).proved
    assert not bring(scene, folder, unsigned=True).proved
    assert shown(scene, came[0])["signature"] == said
    with scene.sessions() as session:
        verbs = select(Act.verb).where(Act.chain_id == came[0].id).order_by(Act.position)
        assert list(session.scalars(verbs)) == ["brought in", "proved", "archived"]


def test_another_bag_around_the_same_content_gives_way_to_the_one_that_is_signed(
    scene, came, folder, tmp_path
):
    close_bag(folder, {"External-Identifier": "x"})
    (folder / SIGNATURE).unlink()
    bring(scene, folder, unsigned=True)
    assert bring(scene, came[1]).proved
    with scene.sessions() as session:
        said = select(Act.data).where(Act.chain_id == came[0].id, Act.verb == "proved")
        told = session.scalar(said)
    assert told["replaced"] == ["/bag-info.txt", "/tagmanifest-sha256.txt"]
    assert all_findings(scene) == []
    again = out_again(scene, came[0].number, tmp_path / "again")
    assert check_signature(again) == check_signature(came[1])


def test_what_came_before_archives_were_signed_is_proved_later(scene, came, tmp_path):
    bring(scene, came[1])
    with scene.sessions.begin() as session:
        session.execute(text("DELETE FROM imported_part WHERE path LIKE '/%'"))
        session.execute(text("UPDATE act SET data = data - 'signature' WHERE verb = 'brought in'"))
    assert shown(scene, came[0])["signature"] is None
    assert bring(scene, came[1]).proved
    assert shown(scene, came[0])["signature"]["how"] == "own"
    again = out_again(scene, came[0].number, tmp_path / "again")
    assert check_signature(again) == check_signature(came[1])


def test_what_was_trusted_by_hand_is_proved_when_the_office_is_listed(
    scene, came, tmp_path, monkeypatch
):
    print_ = check_signature(came[1]).fingerprint
    bring(scene, came[1], HERE, trust=print_)
    assert not bring(scene, came[1], HERE, trust=print_).proved
    assert shown(scene, came[0])["unproved"] == "trusted by hand"
    with listed(print_, "Water board", tmp_path, monkeypatch):
        assert bring(scene, came[1], HERE).proved
    assert shown(scene, came[0])["unproved"] is None
    assert shown(scene, came[0])["signature"]["how"] == "known office"


def test_another_content_proves_nothing_of_what_is_here(scene, came, folder):
    (folder / SIGNATURE).unlink()
    bring(scene, folder, unsigned=True)
    resealed(forged(folder))
    with pytest.raises((Invalid, Conflict)):
        bring(scene, folder)
    assert shown(scene, came[0])["signature"] == {"how": "unsigned", **AGREED}
