"""An e-mail is kept as it came: never shown, never lost, and gone when its file is weeded."""

import base64
import hashlib
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from palika.errors import Invalid, NotFound
from palika.store import Folder
from services.eoffice.commands import diarise_mail as diarising
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.archive_file import archive_to_folder
from services.eoffice.commands.close import close_file
from services.eoffice.commands.diarise_mail import diarise_mail
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.commands.remove_weeded import remove_weeded
from services.eoffice.commands.tend_papers import read_texts
from services.eoffice.models import (
    Act,
    Correspondence,
    File,
    Paper,
    PaperText,
    Receipt,
    SearchWords,
    WeededPaper,
    WeededReceiptPaper,
)
from services.eoffice.organisation_store import current
from services.eoffice.papers import check_mail, keep_mail
from services.eoffice.queries import kept_papers, search
from services.eoffice.schemas import Closing
from services.eoffice.schemas import receipts as schemas
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.schemas.filing import AddingPaper
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import How, verify
from tests.support.eoffice import DE, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, Scene, resealed
from tests.support.papers import pdf
from tests.support.receipts import COMMISSIONER, REGISTRY, Desk

__all__ = ["database", "scene"]

ZIP = b"PK\x03\x04"
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def mail(body: str = "चार दिवस पाणी नाही.", attached: bytes = ZIP) -> bytes:
    message = EmailMessage()
    message["From"] = "आशा पाटील <asha@example.org>"
    message["Subject"] = "पाणी येत नाही"
    message["Message-ID"] = "<1@example.org>"
    message["Received"] = "from mx.example.org by mail.palika.example; 30 Jun 2026 23:00:00 +0000"
    message.set_content(body)
    message.add_attachment(pdf(2), maintype="application", subtype="pdf", filename="नकाशा.pdf")
    message.add_attachment(attached, maintype="application", subtype="zip", filename="c.zip")
    message.set_boundary("b")
    return message.as_bytes()


def diarised(scene: Scene, content: bytes, **said: str) -> Receipt:
    asked = {"content_base64": base64.b64encode(content).decode(), **said}
    loaded = schemas.DiarisingMail().load(asked)
    return diarise_mail(scene.sessions.begin, scene.store, REGISTRY, loaded, NOW).receipt


def original(scene: Scene) -> Paper:
    with scene.sessions() as session:
        return session.scalars(select(Paper).where(Paper.source == "message/rfc822")).one()


def filed(scene: Scene) -> File:
    """The file that was opened from an e-mail, closed."""
    desk = Desk(scene.sessions)
    receipt = desk.send(diarised(scene, mail()), "roads-je")
    _, file = desk.start(receipt, section="est", head="tender")
    return scene.do(close_file, Closing, JE, {"id": str(file.id)})


def test_it_is_the_last_paper_of_its_receipt_and_its_digest_is_on_the_record(scene):
    receipt = diarised(scene, mail())
    (attached, kept) = Desk(scene.sessions).get(receipt, "registry-clerk")["papers"]
    assert (attached["role"], attached["name"]) == ("paper", "नकाशा.pdf")
    assert (kept["role"], kept["name"], kept["pages"]) == ("original", "original.eml", 0)
    assert scene.store.get(original(scene).key) == mail()
    with scene.sessions() as session:
        said = select(Act.data).where(Act.chain_id == receipt.id, Act.verb == "diarised")
        assert session.scalar(said)["original"] == hashlib.sha256(mail()).hexdigest()
    assert scene.findings() == []


def test_it_is_saved_and_not_shown(scene):
    diarised(scene, mail(), secrecy="secret")
    args = {"start": 0, "length": 4_000_000}
    with scene.sessions() as session:
        post = current(session).posts["registry-clerk"]
        paper = kept_papers.find(session, post, original(scene).id)
        posts = current(session).posts.values()
        stranger = next(each for each in posts if each.clearance == 0)
        with pytest.raises(NotFound):
            kept_papers.find(session, stranger, paper.id)
    given = kept_papers.part(scene.store, paper, args)
    assert base64.b64decode(given["content_base64"]) == mail()
    assert given["headers"]["Content-Type"] == "message/rfc822"
    assert given["headers"]["Content-Disposition"].startswith("attachment")
    assert given["headers"]["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_it_is_not_found_by_search_a_second_time(scene):
    receipt = diarised(scene, mail())
    assert read_texts(scene.sessions.begin, scene.store, lambda: NOW, lambda: False) == 1
    with scene.sessions() as session:
        assert session.get(PaperText, original(scene).id) is None
        rows = select(SearchWords.page).where(SearchWords.thing == receipt.id)
        assert sorted(session.scalars(rows)) == [0, 1, 2]
    assert scene.findings() == []


@pytest.mark.parametrize("content", [mail(EICAR), mail(attached=EICAR.encode())])
def test_one_that_looks_infected_is_left_out_and_the_rest_is_diarised(scene, content):
    receipt = diarised(scene, content)
    found = Desk(scene.sessions).get(receipt, "registry-clerk")
    assert [each["role"] for each in found["papers"]] == ["paper"]
    assert "looks infected" in found["left_out"]["original.eml"]


def test_it_is_no_page_of_a_file(scene):
    file = filed(scene)
    with scene.sessions() as session:
        placed = select(Correspondence).where(Correspondence.file_id == file.id)
        assert [(each.first_page, each.last_page) for each in session.scalars(placed)] == [(1, 2)]
    other = Desk(scene.sessions).file()
    asked = {"file_id": str(other.id), "kind": "note", "title": "x"}
    asked |= {"paper_id": str(original(scene).id)}
    with pytest.raises(Invalid, match="no paper of a file"):
        scene.do(add_paper, AddingPaper, JE, asked)


def test_a_paper_that_is_no_email_has_pages(scene):
    diarised(scene, mail())
    change = text("UPDATE paper SET pages = 0 WHERE source = 'application/pdf'")
    with scene.sessions() as session, pytest.raises(IntegrityError, match="ck_paper_pages"):
        session.execute(change)


def test_other_bytes_in_the_store_are_found_out(scene):
    diarised(scene, mail())
    scene.store._path(original(scene).key).write_bytes(b"From: forged@example.org\r\n\r\n")
    found = []
    with scene.sessions() as session:
        verify(session, city_keys_of_record(), found.append, store=scene.store)
    assert [(each.how, each.row) for each in found] == [
        (How.CHANGED, f"paper:{original(scene).id}")
    ]


def archived(scene: Scene, folder: Path) -> Path:
    """The archive of a file that began with an e-mail."""
    asked = MakingArchive().load({"number": filed(scene).number})
    archive_to_folder(scene.sessions.begin, scene.store, DE, asked, folder, NOW)
    return folder


def bring(scene: Scene, folder: Path):
    asked = {"post": None, "dry_run": False}
    known = city_keys_of_record()
    return import_archive(scene.sessions.begin, scene.store, known, REGISTRY, asked, folder, LATER)


def elsewhere(scene: Scene, tmp_path: Path) -> Scene:
    return Scene.begun(scene.sessions, Folder(tmp_path / "others"))


def test_an_archive_has_it_to_be_saved_and_comes_back_in(scene, tmp_path):
    folder = archived(scene, tmp_path / "out")
    (came,) = (folder / "data").rglob("*.eml")
    assert came.read_bytes() == mail()
    page = (folder / "data" / "index.html").read_text("utf-8")
    link = f'<a href="correspondence/{came.name}" download>DAK/CR/2026/00001</a>'
    assert link in page
    assert "चार दिवस पाणी नाही." in page
    assert bring(elsewhere(scene, tmp_path), folder).imported is not None


def test_what_an_email_said_is_found_where_its_archive_is_brought_in(scene, tmp_path):
    folder = archived(scene, tmp_path / "out")
    bring(elsewhere(scene, tmp_path), folder)
    for words in ("चार दिवस पाणी", "पाणी येत नाही", "आशा पाटील"):
        asked = Searching().load({"words": words}) | {"post": None}
        with scene.sessions.begin() as session:
            found = search.page(session, COMMISSIONER, asked, LATER)["items"]
        assert [each["kind"] for each in found] == ["archived"], words


def test_what_is_no_email_does_not_come_back_in(scene, monkeypatch, tmp_path):
    monkeypatch.setattr(diarising, "keep_mail", lambda store, _, now: keep_mail(store, ZIP, now))
    folder = archived(scene, tmp_path / "out")
    with pytest.raises(Invalid) as refused:
        bring(elsewhere(scene, tmp_path), folder)
    (told,) = refused.value.fields["archive"]
    assert told.endswith("is no e-mail: it does not say from whom it is")


def test_one_that_looks_infected_does_not_come_back_in(tmp_path):
    (tmp_path / "a.eml").write_bytes(mail(EICAR))
    with pytest.raises(Invalid) as refused:
        check_mail(tmp_path / "a.eml")
    assert "looks infected" in refused.value.fields["content"][0]


def test_a_paper_under_another_name_does_not_come_back_in(scene, tmp_path):
    folder = archived(scene, tmp_path / "out")
    (came,) = (folder / "data").rglob("*.eml")
    document = folder / "data" / "file.json"
    document.write_text(document.read_text("utf-8").replace(came.name, "a.html"), "utf-8")
    shutil.move(came, came.with_name("a.html"))
    resealed(folder)
    with pytest.raises(Invalid) as refused:
        bring(elsewhere(scene, tmp_path), folder)
    assert any("has another name" in each for each in refused.value.fields["archive"])


def test_it_is_weeded_with_its_file(scene):
    file = filed(scene)
    scene.recorded(file, who=JE)
    kept = original(scene)
    scene.decided(scene.proposed(file), file)
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 2
    with scene.sessions() as session:
        assert session.get(Paper, kept.id) is None
        assert session.get_one(WeededPaper, kept.id).sha256 == hashlib.sha256(mail()).hexdigest()
    with pytest.raises(NotFound):
        scene.store.get(kept.key)
    assert scene.findings() == []


def test_it_is_weeded_with_a_receipt_that_is_in_no_file(scene):
    receipt = Desk(scene.sessions).close(diarised(scene, mail()), REGISTRY)
    kept = original(scene)
    scene.decided(scene.proposed(receipt), receipt)
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 2
    with scene.sessions() as session:
        left = session.get_one(Receipt, receipt.id)
        assert (left.sender_email, left.message_id, left.body) == (None, None, None)
        sha256 = hashlib.sha256(mail()).hexdigest()
        assert session.get_one(WeededReceiptPaper, kept.id).sha256 == sha256
    with pytest.raises(NotFound):
        scene.store.get(kept.key)
    assert scene.findings() == []
