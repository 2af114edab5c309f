"""Archives: folders that open without this software, and come back in as they went out."""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands import archive_file as archiving
from services.eoffice.commands.archive_file import archive_to_folder
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.models import Act, Archive, Certificate, Correspondence, File, Paper
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.records.signature import check_signature
from services.eoffice.records.writing import shipped
from services.eoffice.schemas import Closing
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.schemas.delegating import Delegating, Revoking
from services.eoffice.schemas.moving import Reopening
from services.eoffice.sealing import act
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_records import Scene, sums
from tests.support.receipts import COMMISSIONER, REGISTRY

__all__ = ["database", "scene"]


@pytest.fixture(scope="module")
def made(postgres: Postgres, tmp_path_factory) -> Iterator[tuple[Scene, File, Path]]:
    """A whole file with a signed note, and its archive; only to be read."""
    place = tmp_path_factory.mktemp("archive")
    with service_database(postgres, "eoffice") as sessions:
        scene = Scene.begun(sessions, Folder(place / "papers"))
        file = scene.whole(store_in(place), subject="कसबा पेठ: रस्ता <दुरुस्ती> & खड्डे")
        scene.recorded(file)
        folder = place / "out"
        archive(scene, file, folder)
        yield scene, file, folder


def archive(scene, file, folder, who=DE, now=NOW, **said) -> Archive:
    asked = MakingArchive().load({"number": file.number, **said})
    return archive_to_folder(scene.sessions.begin, scene.store, who, asked, folder, now)


def document(folder: Path) -> dict:
    return json.loads((folder / "data" / "file.json").read_bytes())


def test_it_is_a_bag_as_rfc_8493_wants_it(made):
    _, file, folder = made
    assert {each.name for each in folder.iterdir()} == {"data", "archive-signature.p7s", *TAGS}
    assert (folder / "bagit.txt").read_bytes() == (
        b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    )
    files = [each for each in (folder / "data").rglob("*") if each.is_file()]
    manifest = (folder / "manifest-sha256.txt").read_text().splitlines()
    assert sorted(each.split("  ")[1] for each in manifest) == sorted(
        each.relative_to(folder).as_posix() for each in files
    )
    info = dict(
        each.split(": ", 1) for each in (folder / "bag-info.txt").read_text("utf-8").splitlines()
    )
    assert info["External-Identifier"] == file.number
    assert info["Payload-Oxum"] == f"{sum(each.stat().st_size for each in files)}.{len(files)}"
    tags = (folder / "tagmanifest-sha256.txt").read_text().splitlines()
    assert {each.split("  ")[1] for each in tags} == TAGS - {"tagmanifest-sha256.txt"}
    assert sums(folder) == 0


TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}


def test_its_document_is_as_its_schema_says(made):
    _, file, folder = made
    schema = json.loads((folder / "data" / "file.schema.json").read_bytes())
    found = document(folder)
    jsonschema_rs.validator_for(schema).validate(found)
    assert found["file"]["number"] == file.number
    assert {len(each) > 0 for each in found["rows"].values()} >= {True}
    for table in ("note", "correspondence", "letter", "approval", "marking", "receipt", "paper"):
        assert found["rows"][table], table


def test_every_row_has_the_digest_that_its_last_act_tells_by_the_way_of_the_readme(made):
    _, _, folder = made
    found = document(folder)
    told = {}
    for chain in found["record"]["chains"]:
        for each in chain["acts"]:
            for name, state in each["rows"].items():
                told[name] = max(told.get(name, [0, ""]), state)
    checked = 0
    for row in found["rows"]["note"] + found["rows"]["paper"] + found["rows"]["receipt"]:
        table = "note" if "markup" in row else "receipt" if "sender_name" in row else "paper"
        said = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(said.encode()).hexdigest()
        assert told[f"{table}:{row['id']}"] == [row["rev"], digest]
        checked += 1
    assert checked == 6
    assert "python3 -c" in shipped("README.txt").decode()


def test_papers_are_there_byte_for_byte(made):
    scene, _, folder = made
    with scene.sessions() as session:
        papers = session.scalars(select(Paper)).all()
    paths = document(folder)["paths"]
    assert len(papers) == 3
    for each in papers:
        assert (folder / "data" / paths[f"paper:{each.id}"]).read_bytes() == scene.store.get(
            each.key
        )


def test_a_letter_is_there_as_it_went_or_set_again_where_nothing_was_kept(scene, tmp_path):
    file = scene.whole()
    archive(scene, file, tmp_path / "kept")
    paths = document(tmp_path / "kept")["paths"]
    (letter,) = [each for each in paths if each.startswith("letter:")]
    assert [name for name, path in paths.items() if path == paths[letter]] != [letter]
    with scene.sessions.begin() as session:
        sent = select(Correspondence).where(Correspondence.letter_id.is_not(None))
        session.scalars(sent).one().paper_id = None
        act(session, file.id, "file", "sent of old", None, NOW)
    archive(scene, file, tmp_path / "set")
    paths = document(tmp_path / "set")["paths"]
    assert paths[letter] == "letters/001.pdf"
    assert (tmp_path / "set" / "data" / paths[letter]).read_bytes().startswith(b"%PDF-")


def test_the_note_sheet_is_pdf_a_in_both_languages(made):
    _, file, folder = made
    for language in ("mr", "en"):
        reader = PdfReader(folder / "data" / f"note-sheet-{language}.pdf")
        said = reader.trailer["/Root"]["/Metadata"].get_data().decode()
        assert re.search(r"<pdfaid:part>2</pdfaid:part>", said)
        assert re.search(r"<pdfaid:conformance>A</pdfaid:conformance>", said)
        assert "/OutputIntents" in reader.trailer["/Root"]
        assert file.number in "".join(page.extract_text() for page in reader.pages)


def test_the_note_sheet_shows_decisions_and_who_has_signed(made):
    scene, file, folder = made
    with scene.sessions() as session:
        (own,) = session.scalars(select(Certificate).where(Certificate.person.is_not(None)))
        paper = sheet_paper(session, session.get_one(File, file.id), "mr")
    (signed,) = paper.notes[0].signatures
    assert own.subject == "2.5.4.5=a.jadhav2,CN=a.jadhav2,O=Pune"
    named = "serialNumber=a.jadhav2,CN=a.jadhav2,O=Pune"
    assert (signed.certificate, signed.serial, signed.counts) == (named, own.serial, True)
    said = PdfReader(folder / "data" / "note-sheet-en.pdf").pages[0].extract_text()
    for expected in ("Decisions", "₹1.00", "the post's own", "Digital signature", own.serial):
        assert expected in said


@pytest.mark.parametrize(
    ("delegated", "said"),
    [
        (False, "the post&#39;s own"),
        (True, "delegated by:</span> मुख्य अभियंता"),
    ],
)
def test_the_page_says_by_whose_power_an_approval_was_made(scene, tmp_path, delegated, said):
    if delegated:
        asked = {"to": "roads-de", "what": ["works"], "most_paise": 50_000_000}
        given = scene.do(delegate, Delegating, CE, asked)
    file = scene.whole()
    archive(scene, file, tmp_path / "out")
    if delegated:
        scene.do(revoke, Revoking, CE, {"id": str(given.id)})
    page = (tmp_path / "out" / "data" / "index.html").read_text("utf-8")
    told = page[page.index('id="approvals"') :]
    assert said in told[: told.index("</table>")]


def test_the_page_links_to_everything_and_to_nothing_that_is_not_there(made):
    _, _, folder = made
    page = (folder / "data" / "index.html").read_text("utf-8")
    assert "<script" not in page
    assert "javascript:" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "रस्ता &lt;दुरुस्ती&gt; &amp; खड्डे" in page
    linked = set(re.findall(r'(?:href="|url\(")([^"#]+)"', page))
    there = {
        each.relative_to(folder / "data").as_posix()
        for each in (folder / "data").rglob("*")
        if each.is_file()
    }
    assert linked <= there
    assert there - linked == {"index.html", "signatures/001.json"}
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors


def test_among_the_other_files_is_not_the_file_itself(scene, tmp_path):
    _, other = scene.started()
    _, file = scene.started()
    own = file.number.lower()
    scene.note(JE, file, f"पहा {{f:{file.number}}}, {{f:{own}}} व {{f:{other.number}}}")
    scene.do(close_file, Closing, JE, {"id": str(file.id)})
    archive(scene, file, tmp_path / "out", JE)
    page = (tmp_path / "out" / "data" / "index.html").read_text("utf-8")
    others = page[page.index('id="others"') : page.index('id="record"')]
    assert re.findall(r"<li[^>]*>([^<]+)</li>", others) == [other.number]
    anchors = re.findall(r'id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    assert {f"f-{each}" for each in (file.number, own, other.number)} <= set(anchors)


def test_openssl_finds_the_signature_good_with_what_is_in_the_folder(made, tmp_path):
    _, _, folder = made
    data = folder / "data"
    authority = next(each for each in document(folder)["certificates"] if not each["person"])
    pem = tmp_path / "authority.pem"
    subprocess.run(
        [
            *("openssl", "x509", "-inform", "DER", "-out", str(pem)),
            *("-in", str(data / "certificates" / f"{authority['fingerprint']}.cer")),
        ],
        check=True,
    )
    command = [
        *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any"),
        *("-in", "signatures/001.cms", "-content", "signatures/001.json"),
        *("-CAfile", str(pem), "-attime", str(int(NOW.timestamp())), "-out", str(tmp_path / "x")),
    ]
    done = subprocess.run(command, cwd=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_openssl_finds_the_archives_own_signature_good_by_the_commands_of_its_readme(
    made, tmp_path
):
    folder = Path(shutil.copytree(made[2], tmp_path / "out"))
    readme = (folder / "data" / "README.txt").read_text("utf-8")
    commands = re.search(r"( +openssl pkcs7 .*?-out tags\.txt\n)", readme, re.DOTALL)[1]

    def run():
        return subprocess.run(
            ["sh", "-ec", commands], cwd=folder, capture_output=True, text=True, check=False
        )

    done = run()
    assert done.returncode == 0, done.stderr
    with (folder / "tagmanifest-sha256.txt").open("a") as tags:
        tags.write("\n")
    assert run().returncode != 0
    said = done.stdout.lower().replace(":", "")
    assert check_signature(made[2]).fingerprint in said


def test_it_is_on_the_record_of_the_file(scene, tmp_path):
    file = scene.whole()
    found = archive(scene, file, tmp_path / "out")
    manifest = (tmp_path / "out" / "manifest-sha256.txt").read_bytes()
    assert found.sha256 == hashlib.sha256(manifest).hexdigest()
    with scene.sessions() as session:
        last = session.scalars(select(Act).where(Act.chain_id == file.id)).all()[-1]
    assert (last.verb, last.data["manifest"]) == ("archived", found.sha256)
    assert scene.findings() == []


def test_made_again_it_differs_in_the_record_alone(scene, tmp_path):
    file = scene.whole()
    archive(scene, file, tmp_path / "one")
    archive(scene, file, tmp_path / "two", now=NOW + timedelta(days=1))
    one, two = (_parts(tmp_path / each / "data") for each in ("one", "two"))
    differ = {name for name in one.keys() | two.keys() if one.get(name) != two.get(name)}
    assert differ == {"file.json", "index.html"}
    old, new = document(tmp_path / "one"), document(tmp_path / "two")
    extra = new["record"]["chains"][0]["acts"].pop()
    assert extra["verb"] == "archived"
    assert old == new


def _parts(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }


def test_only_a_closed_file_is_archived(scene, tmp_path):
    file = scene.whole()
    scene.do(reopen_file, Reopening, DE, {"id": str(file.id), "remark": "अपील"})
    with pytest.raises(Conflict) as refused:
        archive(scene, file, tmp_path / "out")
    assert "close" in refused.value.details["legal"]


def test_a_weeded_file_has_none_and_its_record_names_the_last(scene, tmp_path):
    file = scene.whole()
    made = archive(scene, file, tmp_path / "out")
    scene.recorded(file)
    line = scene.decided(scene.proposed(file), file)
    assert line.archive == made.sha256
    with pytest.raises(Conflict, match="only its record is left"):
        archive(scene, file, tmp_path / "again")


def test_who_has_neither_the_role_nor_the_clearance_makes_none(scene, tmp_path):
    file = scene.whole(secrecy="confidential")
    with pytest.raises(NotFound):
        archive(scene, file, tmp_path / "out", REGISTRY)
    with pytest.raises(Forbidden):
        archive(scene, file, tmp_path / "out", ACCOUNTS)
    # It had the file, and so reads it; an archive is made by who has the clearance.
    with pytest.raises(Forbidden):
        archive(scene, file, tmp_path / "out", JE)
    with pytest.raises(NotFound):
        archive(scene, file, tmp_path / "out", CLERK)
    assert not (tmp_path / "out").exists()
    assert archive(scene, file, tmp_path / "out", COMMISSIONER).made_by == "commissioner"


def test_a_paper_that_is_not_what_was_kept_stops_it_and_nothing_is_left(scene, tmp_path):
    file = scene.whole()
    with scene.sessions() as session:
        key = session.scalars(select(Paper.key)).first()
    (tmp_path / "papers" / key).write_bytes(b"%PDF-1.7 another")
    with pytest.raises(Invalid, match="is not what was kept"):
        archive(scene, file, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["papers"]


def test_a_folder_with_something_in_it_is_left_alone(scene, tmp_path):
    file = scene.whole()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        archive(scene, file, tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_what_was_done_meanwhile_is_not_left_out_unseen(scene, tmp_path, monkeypatch):
    file = scene.whole()

    def meanwhile(folder, *more):
        scene.recorded(file)
        return closed_bag(folder, *more)

    closed_bag = archiving.close
    monkeypatch.setattr(archiving, "close", meanwhile)
    with pytest.raises(Conflict, match="make the archive again"):
        archive(scene, file, tmp_path / "out")
    assert not (tmp_path / "out").exists()
