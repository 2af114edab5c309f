"""Weeding: proposed by the record room, decided by another, destroyed, and on the record."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.store import Folder
from services.eoffice.commands.close import reopen_file
from services.eoffice.commands.hold import hold_file
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.commands.note import save_draft
from services.eoffice.commands.sign import sign_row
from services.eoffice.commands.tend_papers import read_texts
from services.eoffice.commands.weed import decide_weeding
from services.eoffice.domain.chaining import digest
from services.eoffice.domain.reading import What, chain_of
from services.eoffice.models import (
    Act,
    Approval,
    Correspondence,
    File,
    Holding,
    Letter,
    LetterVersion,
    Marking,
    Movement,
    Note,
    Paper,
    PaperText,
    Reading,
    Receipt,
    ReceiptPaper,
    Signature,
    WeededPaper,
    WeedingFile,
)
from services.eoffice.organisation_store import ORGANISATION, actor, current
from services.eoffice.queries import records
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.schemas import records as schemas
from services.eoffice.schemas.moving import Reopening
from services.eoffice.schemas.noting import DraftSaving
from services.eoffice.schemas.signing import Signing
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.record import row_of
from services.eoffice.sealing.verify import verify
from tests.support import eoffice_hands as hands
from tests.support.databases import service_database
from tests.support.eoffice import CE, DE, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_records import LATER, Scene, count
from tests.support.receipts import REGISTRY

__all__ = ["database", "scene"]

LAW = Identity.of("officer:law", "officer")
COMMISSIONER = Identity.of("officer:commissioner", "officer")
GONE = (Note, Correspondence, Paper, PaperText, ReceiptPaper, Approval, Marking, Signature)


@pytest.fixture
def due(scene):
    file = scene.whole()
    scene.recorded(file)
    return file


def held(scene, file):
    asked = {"file_id": str(file.id), "kind": "court", "remark": "दावा"}
    scene.do(hold_file, schemas.Holding, LAW, asked)


# ---- the list


def test_the_record_room_proposes_and_another_officer_decides(scene, due):
    with pytest.raises(Forbidden):
        scene.proposed(due, who=CE)
    weeding = scene.proposed(due)
    with pytest.raises(Forbidden):
        scene.decided(weeding, due, who=REGISTRY)
    with pytest.raises(Forbidden):
        scene.decided(weeding, due, who=DE)
    assert scene.decided(weeding, due).decided_by == "roads-ce"


@pytest.fixture
def both(scene):
    """Who sits in the record room has the chief engineer's post in additional charge."""
    with scene.sessions.begin() as session:
        person = current(session).holder("registry-clerk", LATER.date())
        held = Holding(
            id=uuid4(),
            post="roads-ce",
            person=person,
            kind="additional",
            since=LATER.date(),
            until=None,
        )
        session.add(held)
        act(session, ORGANISATION, "organisation", "given in charge", None, LATER)
    yield person
    with scene.sessions.begin() as session:
        session.delete(session.merge(held))
        act(session, ORGANISATION, "organisation", "taken back", None, LATER)


def test_who_proposed_does_not_decide_though_they_hold_a_post_that_may(scene, due, both):
    weeding = scene.proposed(due)
    asked = {"id": str(weeding.id), "file_id": str(due.id), "approve": True, "remark": "x"}
    person = Identity.of(f"officer:{both}", "officer")
    with pytest.raises(Forbidden, match="who has proposed"):
        scene.do(
            decide_weeding, schemas.DecidingWeeding, person, asked | {"post": "roads-ce"}, LATER
        )


def test_a_file_that_is_not_due_is_held_or_kept_for_good_is_on_no_list(scene, due):
    with pytest.raises(Conflict, match="kept until"):
        scene.proposed(due, now=NOW)
    held(scene, due)
    with pytest.raises(Conflict, match="held: court"):
        scene.proposed(due)
    other = scene.whole(head="legal")
    scene.recorded(other)
    with pytest.raises(Conflict, match="category B"):
        scene.proposed(other)


def test_a_list_is_asked_for_twice_and_is_one(scene, due):
    key = str(uuid4())
    assert scene.proposed(due, id=key).id == scene.proposed(due, id=key).id
    with pytest.raises(Conflict) as refused:
        scene.proposed(due, id=key, remark="another")
    assert refused.value.details["differs"] == ["remark"]
    with pytest.raises(Conflict, match="proposed already"):
        scene.proposed(due)
    with pytest.raises(Invalid):
        scene.proposed(due, due)


def test_what_stops_it_after_it_was_proposed_stops_it(scene, due):
    weeding = scene.proposed(due)
    held(scene, due)
    with pytest.raises(Conflict, match="held: court"):
        scene.decided(weeding, due)
    assert count(scene, Note) == 2


def test_reopened_after_it_was_proposed_it_is_not_weeded(scene, due):
    weeding = scene.proposed(due)
    scene.do(reopen_file, Reopening, DE, {"id": str(due.id), "remark": "अपील"}, LATER)
    with pytest.raises(Conflict, match="not closed"):
        scene.decided(weeding, due)


def test_refused_it_stays_as_it_is_and_may_be_proposed_again(scene, due):
    weeding = scene.proposed(due)
    assert scene.decided(weeding, due, approve=False).state == "refused"
    assert scene.decided(weeding, due, approve=False).rev == 2
    with pytest.raises(Conflict, match="was refused by roads-ce"):
        scene.decided(weeding, due)
    assert count(scene, Note) == 2
    scene.decided(scene.proposed(due), due)
    assert count(scene, Note) == 0


def test_a_confidential_file_is_on_no_list_of_who_may_not_read_it(scene):
    file = scene.whole(secrecy="confidential")
    scene.recorded(file)
    with pytest.raises(NotFound):
        scene.proposed(file)


# ---- what is left


def test_its_content_is_gone_and_its_record_stays(scene, due):
    store = scene.store
    read_texts(scene.sessions.begin, store, lambda: NOW, lambda: False)
    assert count(scene, PaperText) == 3
    weeding = scene.proposed(due)
    scene.decided(weeding, due)
    assert {each.__tablename__: count(scene, each) for each in GONE} == {
        each.__tablename__: 0 for each in GONE
    }
    with scene.sessions() as session:
        file = session.get(File, due.id)
        assert (file.number, file.subject) == (due.number, due.subject)
        letter = session.scalars(select(Letter)).one()
        assert letter.number
        assert (letter.to_name, letter.to_address, letter.tracking) == ("", None, None)
        assert [each.body for each in session.scalars(select(LetterVersion))] == [""]
        receipt = session.scalars(select(Receipt)).one()
        assert receipt.number
        assert (receipt.sender_name, receipt.sender_phone, receipt.subject) == ("", None, "")
        moves = session.scalars(select(Movement)).all()
        assert [(each.to_post, each.remark) for each in moves] == [("roads-de", None)]
        told = records.weeding(session, current(session).posts["law"], weeding.id)
        assert [(each["number"], each["state"], each["decided_by"]) for each in told["files"]] == [
            (due.number, "approved", "roads-ce")
        ]
    assert scene.findings() == []


def test_who_has_read_it_goes_with_it(scene, due):
    with scene.sessions.begin() as session:
        who = actor(session, Identity.of("officer:health-head", "officer"), None, NOW)
        keep_reading(session, who, due.id, What.NOTE_SHEET, NOW)
    assert (count(scene, Reading), scene.findings()) == (1, [])
    scene.decided(scene.proposed(due), due)
    assert (count(scene, Reading), scene.findings()) == (0, [])
    with scene.sessions() as session:
        # Nor do the acts, which stay, say who it was.
        (kept,) = session.scalars(select(Act).where(Act.chain_id == chain_of(due.id)))
        assert (kept.verb, kept.post, kept.person, kept.data) == ("read", None, None, {})


def test_the_digests_stay_so_that_a_copy_is_still_told_from_a_forgery(scene, due):
    with scene.sessions() as session:
        copy = row_of(session.scalars(select(Note).where(Note.number == 1)).one())
        papers = {each.sha256 for each in session.scalars(select(Paper))}
    scene.decided(scene.proposed(due), due)
    with scene.sessions() as session:
        found = select(Act).where(Act.chain_id == due.id).order_by(Act.position)
        acts = session.scalars(found).all()
        states = [each.rows.get(f"note:{copy['id']}") for each in acts]
        assert [each for each in states if each] == [[1, digest(copy)], [2, "weeded"]]
        assert {each.sha256 for each in session.scalars(select(WeededPaper))} == papers


def test_verify_counts_what_was_weeded_and_finds_what_was_removed(scene):
    scene.weeded()
    other = scene.whole(subject="दुसरी")
    found = []
    with scene.sessions() as session:
        done = verify(session, city_keys_of_record(), found.append)
    assert found == []
    # 2 notes, 3 correspondence, 3 papers, 2 of the receipt's, an approval, a question
    assert done.weeded == 12
    with scene.sessions() as session:
        note = session.scalars(select(Note).where(Note.file_id == other.id)).first()
    table = Note.__table__
    with hands.behind(scene.sessions, table) as session:
        hands.remove(session, table, {"id": note.id})
        found = {each.row: each.how for each in scene.findings()}
        assert found[f"note:{note.id}"] == "removed"


def test_a_weeded_row_that_is_put_back_is_found_out(scene, due):
    with scene.sessions() as session:
        row = row_of(session.scalars(select(Note).where(Note.number == 1)).one())
    scene.decided(scene.proposed(due), due)
    table = Note.__table__
    with hands.behind(scene.sessions, table) as session:
        session.execute(table.insert().values(row))
        session.commit()
        found = {each.row: each.why for each in scene.findings()}
        assert found[f"note:{row['id']}"] == "an act has weeded it"


def test_a_weeding_without_an_approval_is_found_out(scene):
    scene.weeded()
    table = WeedingFile.__table__
    with hands.behind(scene.sessions, table) as session:
        session.execute(table.update().values(state="refused"))
        session.commit()
        whys = [each.why for each in scene.findings()]
        assert "it weeded a file, and no list was approved" in whys


def test_nothing_is_done_with_a_weeded_file(scene):
    file = scene.weeded()
    with pytest.raises(Conflict, match="was weeded on 01-01-2038"):
        scene.do(reopen_file, Reopening, DE, {"id": str(file.id), "remark": "x"}, LATER)
    asked = {"file_id": str(file.id), "markup": "x"}
    with pytest.raises(Conflict, match="was weeded"):
        scene.do(save_draft, DraftSaving, JE, asked, LATER)
    with pytest.raises(Conflict, match="was weeded"):
        scene.recorded(file, category="A", reason="x")
    with pytest.raises(Conflict, match="weeded already"):
        scene.proposed(file)
    with scene.sessions() as session, pytest.raises(Conflict, match="only its record is left"):
        sheet_paper(session, session.get_one(File, file.id), "mr")


def test_nothing_of_a_weeded_file_is_signed(scene, due, tmp_path):
    scene.decided(scene.proposed(due), due)
    asked = Signing().load({"row": f"movement:{due.id},1"})
    with scene.sessions() as session, pytest.raises(Conflict, match="it was weeded on"):
        sign_row(session, store_in(tmp_path), JE, asked, LATER)


def test_its_signatures_go_too(postgres, tmp_path):
    with service_database(postgres, "eoffice") as sessions:
        _signatures_go(Scene.begun(sessions, Folder(tmp_path / "papers")), tmp_path)


def _signatures_go(scene, tmp_path):
    file = scene.whole(store_in(tmp_path))
    assert count(scene, Signature) == 1
    scene.recorded(file)
    scene.decided(scene.proposed(file), file)
    assert count(scene, Signature) == 0
    assert scene.findings() == []
