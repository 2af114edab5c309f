"""The record room beside the other commands: volumes, papers that are in two files, letters as they
went out, and who locks what."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy import select

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, NotFound
from palika.store import Folder
from services.eoffice.commands import weed
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.archive_file import archive_to_folder, archive_to_store
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.continue_file import next_volume
from services.eoffice.commands.hold import hold_receipt
from services.eoffice.commands.import_archive import import_archive
from services.eoffice.commands.sign import sign_row
from services.eoffice.commands.weed import decide_weeding
from services.eoffice.domain.able import Able
from services.eoffice.models import Correspondence, File, Letter, Paper, Recording, Signature
from services.eoffice.organisation_store import current
from services.eoffice.queries import archived, contents, notes, records, references
from services.eoffice.queries.letters import issued_paper
from services.eoffice.records.document import collect
from services.eoffice.records.page import page
from services.eoffice.reference import city_retention, volume_pages
from services.eoffice.schemas import Closing
from services.eoffice.schemas import records as schemas
from services.eoffice.schemas.archives import MakingArchive
from services.eoffice.schemas.filing import AddingPaper, NextVolume
from services.eoffice.schemas.moving import Reopening
from services.eoffice.schemas.signing import Signing
from services.eoffice.sealing import city_keys_of_record
from tests.support.databases import service_database
from tests.support.eoffice import CE, DE, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_keys import issued, store_in
from tests.support.eoffice_records import LATER, Scene
from tests.support.part import wait_for
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database", "scene"]

LAW = Identity.of("officer:law", "officer")
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def due(scene):
    file = scene.whole()
    scene.recorded(file)
    return file


def reopened(scene, file, who=DE, now=NOW) -> File:
    return scene.do(reopen_file, Reopening, who, {"id": str(file.id), "remark": "अपील"}, now)


def added(scene, file, who=JE, pages=1, now=NOW, **said) -> Correspondence:
    counted = {} if "paper_id" in said else {"pages": pages}
    asked = {"file_id": str(file.id), "title": "प्रत", **counted, **said}
    return scene.do(add_paper, AddingPaper, who, asked, now)


def volume(scene, file, who=JE, now=NOW) -> File:
    added(scene, file, who, volume_pages() + 1, now)
    return scene.do(next_volume, NextVolume, who, {"file_id": str(file.id)}, now)


def recording(scene, file) -> Recording:
    with scene.sessions() as session:
        return session.get_one(Recording, file.id)


def waiting(scene) -> bool:
    # In a transaction of its own: one sees who waits as it was when it looked first.
    with scene.sessions() as session:
        return session.connection().exec_driver_sql(WAITING).scalar() == 1


# ---- volumes


def test_the_years_of_a_volume_begin_anew_when_the_next_one_begins(scene, due):
    reopened(scene, due)
    assert recording(scene, due).due_on is None
    volume(scene, due, DE)
    assert recording(scene, due).due_on == NOW.date().replace(year=2036)
    assert scene.findings() == []


@pytest.fixture
def volumes(scene) -> tuple[File, File]:
    """Two, of which the second was closed four years after the first; both recorded."""
    _, first = scene.started()
    scene.note(JE, first, "पहिली")
    second = volume(scene, first)
    closed = {"id": str(second.id)}
    scene.do(close_file, Closing, JE, closed, NOW.replace(year=2030))
    scene.recorded(first, JE)
    scene.recorded(second, JE)
    return first, second


def test_a_volume_is_not_weeded_before_what_goes_on_from_it(scene, volumes):
    first, second = volumes
    with pytest.raises(Conflict, match=f"goes on from it: file {second.number} .* kept until"):
        scene.proposed(first)
    late = LATER.replace(year=2041)
    weeding = scene.proposed(first, second, now=late)
    scene.decided(weeding, first, now=late)
    scene.decided(weeding, second, now=late)
    assert scene.findings() == []


def test_a_volume_after_a_weeded_one_is_not_opened_again(scene, volumes):
    first, second = volumes
    late = LATER.replace(year=2041)
    scene.decided(scene.proposed(first, now=late), first, now=late)
    with pytest.raises(Conflict, match=f"{second.number}: {first.number} was weeded"):
        reopened(scene, second, JE, late)


# ---- papers that are in two files


def test_a_paper_that_is_being_put_in_another_file_is_not_weeded(scene, due):
    with scene.sessions() as session:
        paper = session.scalars(select(Paper).where(Paper.pages == 2)).one()
    other = Desk(scene.sessions).file()
    asked = {"file_id": str(other.id), "title": "प्रत", "paper_id": str(paper.id)}
    weeding = scene.proposed(due)
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            add_paper(session, JE, AddingPaper().load(asked), NOW)
            session.flush()
            deciding = pool.submit(scene.decided, weeding, due)
            wait_for(lambda: waiting(scene), 10, "the weeding waits for the paper")
        deciding.result()
    with scene.sessions() as session:
        assert session.get(Paper, paper.id) is not None
    assert scene.findings() == []


def test_a_paper_that_is_weeded_meanwhile_is_put_nowhere(scene, due):
    with scene.sessions() as session:
        paper = session.scalars(select(Paper).where(Paper.pages == 2)).one()
    other = Desk(scene.sessions).file()
    weeding = scene.proposed(due)
    loaded = {"id": str(weeding.id), "file_id": str(due.id), "approve": True, "remark": "x"}
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            decide_weeding(session, CE, schemas.DecidingWeeding().load(loaded), LATER)
            session.flush()
            adding = pool.submit(added, scene, other, paper_id=str(paper.id))
            wait_for(lambda: waiting(scene), 10, "who adds it waits for the weeding")
        with pytest.raises(NotFound):
            adding.result()


def test_what_came_in_with_a_file_is_locked_before_the_file(scene, due):
    """As by all who lock both: they wait for each other, and none is thrown out."""
    weeding = scene.proposed(due)
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            run = session.connection().exec_driver_sql
            run("SELECT id FROM receipt FOR SHARE")
            deciding = pool.submit(scene.decided, weeding, due)
            wait_for(lambda: waiting(scene), 10, "the weeding waits for the receipt")
            run("SELECT id FROM file WHERE id = %s FOR SHARE NOWAIT", (due.id,))
        assert deciding.result().state == "approved"


# ---- what is left of it


def test_what_is_weeded_is_not_shown_as_if_it_had_never_been(scene, due):
    scene.decided(scene.proposed(due), due)
    asked = {"id": due.id, "number": None}
    with scene.sessions() as session:
        post = current(session).posts["roads-de"]
        for ask in (
            lambda: notes.note_sheet(session, post, asked),
            lambda: contents.contents(session, post, asked),
            lambda: references.resolve(session, post, asked | {"ref": "n:1"}),
        ):
            with pytest.raises(Conflict, match="was weeded on 01-01-2038"):
                ask()


def test_nobody_signs_in_a_weeded_file(postgres, tmp_path):
    with service_database(postgres, "eoffice") as sessions:
        scene, keys = Scene.begun(sessions, Folder(tmp_path / "papers")), store_in(tmp_path)
        file = scene.weeded()
        with sessions() as session:
            person = current(session).holder("roads-je", NOW.date())
        issued(sessions, keys, person, NOW)
        asked = Signing().load({"row": f"movement:{file.id},1"})
        with pytest.raises(Conflict, match="was weeded"), sessions.begin() as session:
            sign_row(session, keys, JE, asked, NOW)
        with sessions() as session:
            assert session.scalars(select(Signature)).all() == []


def test_lists_tell_of_no_file_that_the_post_may_not_read(scene, due, monkeypatch):
    city = replace(city_retention(), record_room=Able(frozenset({"law"}), None))
    # The package's own `readable` is the function.
    for module in (weed, import_module("services.eoffice.queries.readable")):
        monkeypatch.setattr(module, "city_retention", lambda: city)
    secret = scene.whole(secrecy="confidential")
    scene.recorded(secret)
    weeding = scene.proposed(due, secret, who=LAW)
    with scene.sessions() as session:
        posts = current(session).posts
        listed = {
            code: records.weedings(session, posts[code], schemas.Weedings().load({}))["items"]
            for code in ("roads-ce", "roads-clerk")
        }
    assert listed["roads-ce"][0]["files"] == {"proposed": 2}
    assert listed["roads-clerk"][0]["files"] == {"proposed": 1}
    told = []
    for file_id in (secret.id, UUID(int=7)):
        asked = {"id": str(weeding.id), "file_id": str(file_id), "approve": True, "remark": "x"}
        with pytest.raises(NotFound) as refused, scene.sessions.begin() as session:
            decide_weeding(session, REGISTRY, schemas.DecidingWeeding().load(asked), LATER)
        told.append(refused.value.message.replace(str(file_id), "it"))
    assert told[0] == told[1]


# ---- archives


def archive(scene, file, folder, who=DE):
    asked = MakingArchive().load({"number": file.number})
    return archive_to_folder(scene.sessions.begin, scene.store, who, asked, folder, NOW)


def test_the_letters_of_an_archive_are_those_that_went_out(scene, due):
    with scene.sessions() as session:
        letter = session.scalars(select(Letter)).one()
        paper = issued_paper(session, letter)
        content = collect(session, session.get_one(File, due.id))
    assert content.letters == []
    paths = content.document["paths"]
    assert paths[f"letter:{letter.id}"] == paths[f"paper:{paper.id}"]
    kept = {each.path: each.sha256 for each in content.papers}
    assert kept[paths[f"letter:{letter.id}"]] == paper.sha256


def test_an_archive_with_a_letter_of_another_file_is_whole(scene, due, tmp_path, postgres):
    with scene.sessions() as session:
        paper = issued_paper(session, session.scalars(select(Letter)).one())
    other = Desk(scene.sessions).file()
    added(scene, other, paper_id=str(paper.id))
    scene.do(close_file, Closing, JE, {"id": str(other.id)}, NOW + timedelta(hours=1))
    archive(scene, other, tmp_path / "out", JE)
    with service_database(postgres, "eoffice") as sessions:
        there = Scene.begun(sessions, Folder(tmp_path / "there"))
        keys, asked = city_keys_of_record(), {"post": None, "dry_run": False}
        begin = there.sessions.begin
        done = import_archive(begin, there.store, keys, REGISTRY, asked, tmp_path / "out", LATER)
    assert done.checked.number == other.number


def test_an_archive_with_a_receipt_that_was_held_and_on_a_list_is_whole(scene, tmp_path, postgres):
    desk = Desk(scene.sessions)
    receipt = scene.closed_receipt()
    weeding = scene.proposed(receipt)
    scene.decided(weeding, receipt, approve=False)
    asked = {"receipt_id": str(receipt.id), "kind": "court", "remark": "दावा"}
    scene.do(hold_receipt, schemas.HoldingReceipt, REGISTRY, asked)
    desk.reopen(receipt, REGISTRY)
    file = desk.file(REGISTRY)
    desk.put(receipt, file, REGISTRY)
    scene.do(close_file, Closing, REGISTRY, {"id": str(file.id)}, NOW + timedelta(hours=1))
    archive(scene, file, tmp_path / "out", REGISTRY)
    with service_database(postgres, "eoffice") as sessions:
        there = Scene.begun(sessions, Folder(tmp_path / "there"))
        keys, asked = city_keys_of_record(), {"post": None, "dry_run": False}
        begin = there.sessions.begin
        done = import_archive(begin, there.store, keys, REGISTRY, asked, tmp_path / "out", LATER)
    assert done.checked.number == file.number


def test_the_page_of_an_archive_tells_each_decision_as_it_was_and_its_signature(scene, due):
    with scene.sessions() as session:
        document = collect(session, session.get_one(File, due.id)).document
    (row,) = document["rows"]["approval"]
    row["decision"] = "returned"
    document["rows"]["signature"] = [{"id": "x", "row": f"approval:{row['id']}"}]
    document["paths"]["signature:x"] = "signatures/001.cms"
    shown = page(document)
    assert "returned with the amount that would be sanctioned" in shown
    assert ">refused<" not in shown
    assert 'href="signatures/001.cms"' in shown


def test_the_bytes_of_an_archive_are_for_those_who_may_make_one(scene, due):
    asked = MakingArchive().load({"number": due.number})
    made = archive_to_store(scene.sessions.begin, scene.store, DE, asked, NOW)
    with scene.sessions() as session:
        posts = current(session).posts
        for code in ("roads-de", "roads-ce", "registry-clerk"):
            assert archived.find_archive(session, posts[code], {"id": made.id}).key == made.key
        with pytest.raises(Forbidden, match="roads-clerk may not have"):
            archived.find_archive(session, posts["roads-clerk"], {"id": made.id})
