"""Receipts that were closed without a file are weeded as files are: listed, decided by another,
destroyed, and on the record."""

from uuid import uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import select

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.remove_weeded import remove_weeded
from services.eoffice.commands.tend_papers import read_texts
from services.eoffice.domain.chaining import digest
from services.eoffice.models import (
    Act,
    Paper,
    PaperText,
    Receipt,
    ReceiptMovement,
    ReceiptPaper,
    SearchWords,
    WeededReceiptPaper,
    WeedingReceipt,
)
from services.eoffice.organisation_store import current
from services.eoffice.queries import receipts as asking
from services.eoffice.queries import records
from services.eoffice.queries.papers import slip_paper
from services.eoffice.schemas import receipts as dak
from services.eoffice.schemas import records as schemas
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.record import row_of
from services.eoffice.sealing.verify import verify
from tests.support import eoffice_hands as hands
from tests.support.eoffice import CE, DE, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, count, receipts_due
from tests.support.eoffice_search import counted, found, suggested
from tests.support.receipts import LETTER, REGISTRY, Desk

__all__ = ["database", "scene"]

GONE = (ReceiptPaper, Paper, PaperText, SearchWords)
EMPTIED = ("sender_address", "sender_phone", "sender_email", "ref", "dated", "message_id", "body")
PERSONAL = ("आशा", "+919812345610", "खड्डे", "उत्तर")


@pytest.fixture
def due(scene) -> Receipt:
    return scene.closed_receipt()


def weeded(scene, receipt) -> Receipt:
    scene.decided(scene.proposed(receipt), receipt)
    with scene.sessions() as session:
        return session.get_one(Receipt, receipt.id)


def shown(scene, weeding, post="registry-clerk") -> dict:
    with scene.sessions() as session:
        return records.weeding(session, current(session).posts[post], weeding.id)


# ---- from the diary to what is left


def test_a_receipt_goes_from_the_diary_to_its_number(scene, due):
    read_texts(scene.sessions.begin, scene.store, lambda: NOW, lambda: False)
    assert found(scene.sessions, "Map", REGISTRY)
    assert suggested(scene.sessions, "खड्", REGISTRY) == ["खड्डे"]
    (item,) = receipts_due(scene)["items"]
    assert (item["number"], item["keeping"], item["due_on"]) == (due.number, "C-3", "2029-07-01")
    weeding = scene.proposed(due)
    assert [each["listed"] for each in receipts_due(scene)["items"]] == [True]
    scene.decided(weeding, due)
    assert {each.__tablename__: count(scene, each) for each in GONE} == {
        each.__tablename__: 0 for each in GONE
    }
    with scene.sessions() as session:
        left = session.get_one(Receipt, due.id)
        assert (left.number, left.received_on, left.category) == (
            *(due.number, due.received_on, "complaint"),
        )
        assert (left.state, left.sender_name, left.subject) == ("weeded", "", "")
        assert {getattr(left, each) for each in (*EMPTIED, "remark", "end_remark")} == {None}
    assert sum(len(page) for page in scene.store.pages()) == 2
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: NOW) == 0
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 2
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 0
    assert sum(len(page) for page in scene.store.pages()) == 0
    assert receipts_due(scene)["items"] == []
    assert Desk(scene.sessions).verbs(due.id) == [
        *("diarised", "closed", "proposed for weeding", "weeding approved", "weeded"),
        "papers removed",
    ]
    assert scene.findings() == []


def test_a_search_finds_nothing_of_it(scene, due):
    other = scene.closed_receipt(subject="दुसरे निवेदन")
    weeded(scene, due)
    for words in (due.number, "खड्डे", "आशा पाटील", "Map"):
        titles = found(scene.sessions, words, REGISTRY)
        assert set(titles) <= {other.subject}
        assert counted(scene.sessions, words, REGISTRY)["count"] == len(titles)
    assert suggested(scene.sessions, "खड्", REGISTRY) == []


def test_the_list_of_what_was_destroyed_says_no_more_than_which_and_who(scene, due):
    weeding = scene.proposed(due)
    scene.decided(weeding, due)
    told = shown(scene, weeding)
    (line,) = told["receipts"]
    assert told["files"] == []
    assert (line["number"], line["received_on"], line["category"]) == (
        *(due.number, "2026-07-01", "complaint"),
    )
    assert (line["state"], line["decided_by"], line["position"]) == ("approved", "roads-ce", 1)
    assert told["proposed_by"] == "registry-clerk"
    assert not [each for each in PERSONAL if each in repr(told)]


def test_nothing_of_its_acts_tells_of_who_wrote(scene, due):
    weeded(scene, due)
    with scene.sessions() as session:
        acts = session.scalars(select(Act).where(Act.chain_id == due.id)).all()
    assert not [each for each in PERSONAL if each in repr([(a.data, a.rows) for a in acts])]


def test_numbers_go_on_without_a_gap(scene, due):
    weeded(scene, due)
    after = Desk(scene.sessions).diarise()
    assert (due.number[-5:], after.number[-5:]) == ("00001", "00002")
    assert scene.findings() == []


def test_movements_stay_without_remarks(scene):
    desk = Desk(scene.sessions)
    receipt = desk.receive(desk.send(desk.diarise(), "roads-je", remark="आशा पाटील यांना कळवा"))
    desk.close(receipt)
    weeded(scene, receipt)
    with scene.sessions() as session:
        (moved,) = session.scalars(select(ReceiptMovement))
    assert (moved.from_post, moved.to_post, moved.remark) == ("registry-clerk", "roads-je", None)
    assert scene.findings() == []


def test_the_digests_stay_so_that_a_copy_is_still_told_from_a_forgery(scene, due):
    with scene.sessions() as session:
        copy = row_of(session.get_one(Receipt, due.id))
        papers = {each.sha256 for each in session.scalars(select(Paper))}
    weeded(scene, due)
    with scene.sessions() as session:
        acts = session.scalars(select(Act).where(Act.chain_id == due.id)).all()
        states = [each.rows.get(f"receipt:{due.id}") for each in acts]
        assert [copy["rev"], digest(copy)] in states
        assert {each.sha256 for each in session.scalars(select(WeededReceiptPaper))} == papers
    told = []
    with scene.sessions() as session:
        done = verify(session, city_keys_of_record(), told.append)
    # Two papers, and that they were of the receipt.
    assert (told, done.weeded) == ([], 4)


def test_bytes_that_another_receipt_has_too_stay(scene, due):
    scene.closed_receipt(subject="दुसरे निवेदन")
    # One of their two scans is the same.
    assert sum(len(page) for page in scene.store.pages()) == 3
    weeded(scene, due)
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 2
    assert sum(len(page) for page in scene.store.pages()) == 2


# ---- the same rules as for files


def test_the_record_room_proposes_and_another_officer_decides(scene, due):
    with pytest.raises(Forbidden):
        scene.proposed(due, who=CE)
    weeding = scene.proposed(due)
    for who in (REGISTRY, DE, JE):
        with pytest.raises(Forbidden):
            scene.decided(weeding, due, who=who)
    assert scene.decided(weeding, due).decided_by == "roads-ce"


def test_a_list_may_have_files_and_receipts(scene, due):
    file = scene.whole()
    scene.recorded(file)
    key = str(uuid4())
    weeding = scene.proposed(file, due, id=key)
    assert scene.proposed(file, due, id=key).id == weeding.id
    with pytest.raises(Conflict) as refused:
        scene.proposed(file, id=key)
    assert refused.value.details["differs"] == ["receipts"]
    told = shown(scene, weeding)
    assert [each["position"] for each in (*told["files"], *told["receipts"])] == [1, 2]
    scene.decided(weeding, due)
    with scene.sessions() as session:
        reader = current(session).posts["roads-ce"]
        (counts,) = records.weedings(session, reader, schemas.Weedings().load({"open": True}))[
            "items"
        ]
    assert (counts["files"], counts["receipts"]) == ({"proposed": 1}, {"approved": 1})
    scene.decided(weeding, file)
    assert scene.findings() == []


def test_an_open_list_is_open_for_a_receipt_alone(scene, due):
    scene.proposed(due)
    for post, left in (("roads-ce", 1), ("roads-clerk", 1)):
        with scene.sessions() as session:
            reader = current(session).posts[post]
            asked = schemas.Weedings().load({"open": True})
            assert len(records.weedings(session, reader, asked)["items"]) == left


def test_refused_it_stays_as_it_is_and_may_be_proposed_again(scene, due):
    weeding = scene.proposed(due)
    assert scene.decided(weeding, due, approve=False).state == "refused"
    assert scene.decided(weeding, due, approve=False).rev == 2
    with pytest.raises(Conflict, match=f"receipt {due.number} was refused by roads-ce"):
        scene.decided(weeding, due)
    assert count(scene, Paper) == 2
    assert weeded(scene, due).state == "weeded"


def test_what_is_not_to_be_weeded_is_on_no_list_and_the_rule_is_named(scene, due):
    desk = Desk(scene.sessions)
    with pytest.raises(Conflict, match="cannot be weeded: it is kept until 01-07-2029"):
        scene.proposed(due, now=NOW)
    with pytest.raises(Conflict, match="cannot be weeded: it is not closed"):
        scene.proposed(desk.diarise())
    filed, _ = scene.started()
    with pytest.raises(Conflict, match="it is in a file, and weeded with that"):
        scene.proposed(filed)
    with pytest.raises(Conflict, match="category B, which is kept for good"):
        scene.proposed(scene.closed_receipt(category="court"))
    with pytest.raises(Invalid, match="a receipt is on the list once"):
        scene.proposed(due, due)
    with pytest.raises(NotFound):
        scene.proposed(Receipt(id=uuid4()))
    scene.proposed(due)
    with pytest.raises(Conflict, match="proposed already"):
        scene.proposed(due)
    assert count(scene, WeedingReceipt) == 1


def test_a_list_is_of_something_and_a_decision_about_one_thing():
    asked = {"remark": "x"}
    with pytest.raises(ValidationError, match="from 1 to 200"):
        schemas.Proposing().load(asked)
    many = {"files": [str(uuid4())] * 100, "receipts": [str(uuid4())] * 101}
    with pytest.raises(ValidationError, match="from 1 to 200"):
        schemas.Proposing().load(asked | many)
    decision = {"id": str(uuid4()), "approve": True, "remark": "x"}
    both = {"file_id": str(uuid4()), "receipt_id": str(uuid4())}
    for given in ({}, both):
        with pytest.raises(ValidationError, match="and not both"):
            schemas.DecidingWeeding().load(decision | given)


def test_nothing_is_done_with_a_weeded_receipt(scene, due):
    desk = Desk(scene.sessions)
    weeded(scene, due)
    for step in (desk.reopen, desk.close):
        with pytest.raises(Conflict, match="it is weeded; legal now: nothing"):
            step(due, REGISTRY)
    with pytest.raises(Conflict, match="it is weeded"):
        desk.put(due, desk.file(REGISTRY), REGISTRY)
    with pytest.raises(Conflict, match="was weeded already"):
        scene.proposed(due)
    asked = dak.Acknowledging().load({"number": due.number})
    with scene.sessions() as session:
        receipt, post = session.get_one(Receipt, due.id), current(session).posts["registry-clerk"]
        with pytest.raises(Conflict, match="only its record is left"):
            slip_paper(session, receipt)
        with pytest.raises(Conflict, match="only its record is left"):
            asking.acknowledgement(session, post, asked)
    told = desk.get(due, "registry-clerk")
    assert (told["status"], told["papers"], told["legal"]) == ("weeded", [], [])
    assert desk.page("registry-clerk", status="weeded") == [due.number]
    assert desk.page("registry-clerk", status="closed") == []


# ---- what hands of others would do


def test_a_weeding_without_an_approval_is_found_out(scene, due):
    weeded(scene, due)
    table = WeedingReceipt.__table__
    with hands.behind(scene.sessions, table) as session:
        session.execute(table.update().values(state="refused"))
        session.commit()
        whys = [each.why for each in scene.findings()]
        assert "it weeded a receipt, and no list was approved" in whys


def test_what_is_put_back_is_found_out(scene, due):
    with scene.sessions() as session:
        before = row_of(session.get_one(Receipt, due.id))
    weeded(scene, due)
    table = Receipt.__table__
    with hands.behind(scene.sessions, table) as session:
        session.execute(table.update().values({each: before[each] for each in LETTER}))
        session.commit()
        assert f"receipt:{due.id}" in {each.row for each in scene.findings()}


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ("UPDATE receipt SET subject = 'changed'", "receipt:"),
        ("UPDATE paper SET name = 'changed'", "paper:"),
        ("UPDATE act SET post = 'roads-ce' WHERE verb = 'closed'", "act:"),
        ("DELETE FROM receipt_paper WHERE position = 2", "receipt_paper:"),
        (
            "INSERT INTO receipt_movement (receipt_id, position, kind, from_post, to_post, by_post,"
            " moved_at, minutes_held, rev) SELECT id, 1, 'send', 'law', 'law', 'law', now(), 0, 1"
            " FROM receipt",
            "receipt_movement:",
        ),
    ],
)
def test_what_was_falsified_is_not_destroyed_and_may_be_refused(scene, due, changed, row):
    weeding = scene.proposed(due)
    with scene.sessions.begin() as session:
        assert session.connection().exec_driver_sql(changed).rowcount
    with pytest.raises(Conflict, match=f"receipt {due.number} is not as it was") as refused:
        scene.decided(weeding, due)
    assert refused.value.details["findings"][0]["row"].startswith(row)
    assert count(scene, Paper) == 2
    assert scene.decided(weeding, due, approve=False).state == "refused"
