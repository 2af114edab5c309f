"""What holds a receipt back from weeding, and its weeding beside what others do at that moment."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import select

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.end_receipt import reopen_receipt
from services.eoffice.commands.hold import hold_receipt, lift_hold
from services.eoffice.commands.remove_weeded import remove_weeded
from services.eoffice.commands.tend_papers import read_texts
from services.eoffice.commands.weed import decide_weeding
from services.eoffice.models import Paper, PaperText, Receipt, ReceiptHold, ReceiptPaper
from services.eoffice.organisation_store import current
from services.eoffice.queries import receipts_due, records
from services.eoffice.schemas import receipts as dak
from services.eoffice.schemas import records as schemas
from services.eoffice.schemas.filing import AddingPaper
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW
from tests.support.eoffice_databases import database, scene
from tests.support.eoffice_records import LATER, count
from tests.support.part import wait_for
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database", "scene"]

LAW = Identity.of("officer:law", "officer")
ADDITIONAL = Identity.of("officer:addl-commissioner", "officer")
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def due(scene) -> Receipt:
    return scene.closed_receipt()


def held(scene, receipt, who=LAW, kind="court", **said) -> ReceiptHold:
    asked = {"receipt_id": str(receipt.id), "kind": kind, "remark": "दावा 12/2026", **said}
    return scene.do(hold_receipt, schemas.HoldingReceipt, who, asked)


def lifted(scene, hold, who=LAW) -> ReceiptHold:
    asked = {"id": str(hold.id), "remark": "निकाल लागला"}
    return scene.do(lift_hold, schemas.Lifting, who, asked)


def known(scene, receipt, post="registry-clerk") -> dict:
    with scene.sessions() as session:
        return receipts_due.record_of(session, current(session).posts[post], receipt.id)


def waiting(scene) -> bool:
    # In a transaction of its own: one sees who waits as it was when it looked first.
    with scene.sessions() as session:
        return session.connection().exec_driver_sql(WAITING).scalar() == 1


# ---- holds


@pytest.mark.parametrize("kind", ["court", "audit", "inquiry", "appeal"])
def test_what_is_held_is_weeded_when_that_is_lifted(scene, due, kind):
    hold = held(scene, due, REGISTRY, kind)
    with pytest.raises(Conflict, match=f"cannot be weeded: it is held: {kind}"):
        scene.proposed(due)
    lifted(scene, hold, ADDITIONAL)
    scene.decided(scene.proposed(due), due)
    assert scene.findings() == []


def test_a_hold_that_was_placed_after_it_was_proposed_stops_it(scene, due):
    weeding = scene.proposed(due)
    held(scene, due)
    with pytest.raises(Conflict, match="held: court"):
        scene.decided(weeding, due)
    assert (count(scene, Paper), scene.findings()) == (2, [])


def test_what_the_record_room_knows_of_a_receipt_is_told(scene, due):
    weeding = scene.proposed(due)
    hold = held(scene, due)
    told = known(scene, due)
    assert (told["number"], told["due_on"]) == (due.number, "2029-07-01")
    assert (told["schedule"]["class"], told["schedule"]["source"]) == (
        *("applications", "illustrative"),
    )
    assert [(each["id"], each["kind"], each["lifted_by"]) for each in told["holds"]] == [
        (str(hold.id), "court", None)
    ]
    assert [each["weeding_id"] for each in told["weedings"]] == [str(weeding.id)]
    lifted(scene, hold)
    assert lifted(scene, hold).rev == 2
    assert [each["lifted_by"] for each in known(scene, due)["holds"]] == ["law"]
    secret = Desk(scene.sessions).diarise(LAW, secrecy="secret")
    with pytest.raises(NotFound):
        known(scene, secret)


def test_what_holds_a_receipt_holds_the_file_that_it_is_in(scene):
    file, other = scene.whole(), scene.whole(subject="दुसरी")
    for each in (file, other):
        scene.recorded(each)
    with scene.sessions() as session:
        receipt = session.scalars(select(Receipt).where(Receipt.file_id == file.id)).one()
    hold = held(scene, receipt)
    with scene.sessions() as session:
        asked = schemas.Due().load({})
        reader = current(session).posts["registry-clerk"]
        found = records.due(session, reader, asked, LATER)
        told = records.record_of(session, reader, file.id)
    assert [each["id"] for each in told["receipt_holds"]] == [str(hold.id)]
    held_back = {each["number"]: each["held"] for each in found["items"]}
    assert held_back == {file.number: True, other.number: False}
    with pytest.raises(Conflict, match=f"file {file.number} cannot be weeded: it is held: court"):
        scene.proposed(file)
    lifted(scene, hold)
    weeding = scene.proposed(file)
    again = held(scene, receipt, remark="अपील")
    with pytest.raises(Conflict, match="held: court"):
        scene.decided(weeding, file)
    lifted(scene, again)
    scene.decided(weeding, file)
    with pytest.raises(Conflict, match=f"cannot hold receipt {receipt.number}: it was weeded"):
        held(scene, receipt, remark="later")
    assert scene.findings() == []


def test_a_hold_asked_for_twice_is_one(scene, due):
    key = str(uuid4())
    assert held(scene, due, id=key).id == held(scene, due, id=key).id == held(scene, due).id
    again = str(uuid4())
    assert held(scene, due, id=again).id == held(scene, due, id=again).id != again
    assert count(scene, ReceiptHold) == 1
    with pytest.raises(Conflict) as refused:
        held(scene, due, id=key, remark="another")
    assert refused.value.details["differs"] == ["remark"]
    assert scene.findings() == []


def test_who_has_nothing_to_do_with_a_receipt_does_not_hold_it(scene):
    desk = Desk(scene.sessions)
    receipt = desk.close(desk.receive(desk.send(desk.diarise(), "roads-je")))
    for who, kind in ((CLERK, "court"), (ACCOUNTS, "court")):
        with pytest.raises(Forbidden, match=f"cannot hold receipt {receipt.number}"):
            held(scene, receipt, who, kind)
    for who in (JE, DE, REGISTRY, LAW):
        assert held(scene, receipt, who, remark=who.subject).receipt_id == receipt.id
    hold = held(scene, receipt, JE)
    with pytest.raises(Forbidden) as refused:
        lifted(scene, hold, DE)
    assert refused.value.details["may"] == ["addl-commissioner", "commissioner", "law", "roads-ce"]
    with pytest.raises(Invalid):
        held(scene, receipt, kind="whim")
    with pytest.raises(NotFound):
        lifted(scene, Receipt(id=uuid4()))


def test_a_weeded_receipt_is_not_held(scene, due):
    scene.decided(scene.proposed(due), due)
    with pytest.raises(Conflict, match="it was weeded"):
        held(scene, due)


# ---- at one moment


def test_taken_up_again_and_put_in_a_file_after_it_was_proposed_it_is_not_weeded(scene, due):
    desk = Desk(scene.sessions)
    weeding = scene.proposed(due)
    desk.reopen(due, REGISTRY)
    with pytest.raises(Conflict, match="it is not closed"):
        scene.decided(weeding, due)
    desk.put(due, desk.file(REGISTRY), REGISTRY)
    with pytest.raises(Conflict, match="it is in a file, and weeded with that"):
        scene.decided(weeding, due)
    assert (count(scene, ReceiptPaper), scene.findings()) == (2, [])
    assert scene.decided(weeding, due, approve=False).state == "refused"


def test_a_receipt_that_is_being_taken_up_again_is_not_weeded(scene, due):
    weeding = scene.proposed(due)
    asked = dak.WithReason().load({"id": str(due.id), "remark": "अपील"})
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            reopen_receipt(session, REGISTRY, asked, LATER)
            session.flush()
            deciding = pool.submit(scene.decided, weeding, due)
            wait_for(lambda: waiting(scene), 10, "the weeding waits for the receipt")
        with pytest.raises(Conflict, match="it is not closed"):
            deciding.result()
    assert (count(scene, Paper), scene.findings()) == (2, [])


def decision(weeding, receipt, approve=True) -> dict:
    asked = {"id": str(weeding.id), "receipt_id": str(receipt.id), "approve": approve}
    return schemas.DecidingWeeding().load({**asked, "remark": "पाहिले"})


def test_a_receipt_that_is_being_weeded_is_put_in_no_file(scene, due):
    weeding = scene.proposed(due)
    desk = Desk(scene.sessions)
    file = desk.file(REGISTRY)
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            decide_weeding(session, CE, decision(weeding, due), LATER)
            session.flush()
            putting = pool.submit(desk.put, due, file, REGISTRY)
            wait_for(lambda: waiting(scene), 10, "who files it waits for the weeding")
        with pytest.raises(Conflict, match="it is weeded"):
            putting.result()
    assert scene.findings() == []


@pytest.mark.parametrize("approve", [True, False])
def test_decided_by_two_at_once_it_is_decided_once(scene, due, approve):
    weeding = scene.proposed(due)
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            decide_weeding(session, CE, decision(weeding, due), LATER)
            session.flush()
            second = pool.submit(scene.decided, weeding, due, approve, ADDITIONAL)
            wait_for(lambda: waiting(scene), 10, "the second waits for the first")
        if approve:
            assert second.result().decided_by == "roads-ce"
        else:
            with pytest.raises(Conflict, match="was approved by roads-ce"):
                second.result()
    assert Desk(scene.sessions).verbs(due.id).count("weeded") == 1
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 2
    assert scene.findings() == []


def test_a_receipt_that_is_being_held_is_not_weeded(scene, due):
    weeding = scene.proposed(due)
    asked = {"receipt_id": str(due.id), "kind": "court", "remark": "दावा"}
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            hold_receipt(session, LAW, schemas.HoldingReceipt().load(asked), LATER)
            session.flush()
            deciding = pool.submit(scene.decided, weeding, due)
            wait_for(lambda: waiting(scene), 10, "the weeding waits for the receipt")
        with pytest.raises(Conflict, match="held: court"):
            deciding.result()
    assert (count(scene, Paper), scene.findings()) == (2, [])


def paper_of(scene, receipt) -> Paper:
    with scene.sessions() as session:
        key = session.get_one(ReceiptPaper, (receipt.id, 1)).paper_id
        return session.get_one(Paper, key)


def test_a_paper_of_it_that_is_being_put_in_a_file_stays_there(scene, due):
    paper, weeding = paper_of(scene, due), scene.proposed(due)
    file = Desk(scene.sessions).file()
    asked = {"file_id": str(file.id), "title": "प्रत", "paper_id": str(paper.id)}
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            add_paper(session, JE, AddingPaper().load(asked), NOW)
            session.flush()
            deciding = pool.submit(scene.decided, weeding, due)
            wait_for(lambda: waiting(scene), 10, "the weeding waits for the paper")
        assert deciding.result().state == "approved"
    with scene.sessions() as session:
        assert [each.id for each in session.scalars(select(Paper))] == [paper.id]
    assert remove_weeded(scene.sessions.begin, scene.store, lambda: LATER) == 1
    assert sum(len(page) for page in scene.store.pages()) == 1
    assert scene.findings() == []


def test_a_paper_of_it_that_is_weeded_meanwhile_is_put_nowhere(scene, due):
    paper, weeding = paper_of(scene, due), scene.proposed(due)
    file = Desk(scene.sessions).file()
    asked = {"file_id": str(file.id), "title": "प्रत", "paper_id": str(paper.id)}
    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            decide_weeding(session, CE, decision(weeding, due), LATER)
            session.flush()
            adding = pool.submit(scene.do, add_paper, AddingPaper, JE, asked)
            wait_for(lambda: waiting(scene), 10, "who adds it waits for the weeding")
        with pytest.raises(NotFound):
            adding.result()
    assert (count(scene, Paper), scene.findings()) == (0, [])


def test_the_text_of_what_is_weeded_meanwhile_is_not_kept(scene, due):
    weeding = scene.proposed(due)

    def read() -> int:
        return read_texts(scene.sessions.begin, scene.store, lambda: NOW, lambda: False)

    with ThreadPoolExecutor(1) as pool:
        with scene.sessions.begin() as session:
            decide_weeding(session, CE, decision(weeding, due), LATER)
            session.flush()
            reading = pool.submit(read)
            wait_for(lambda: waiting(scene), 10, "who reads it waits for the weeding")
        reading.result()
    assert (count(scene, PaperText), scene.findings()) == (0, [])
