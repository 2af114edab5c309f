"""What was diarised wrongly is put right; what is in a wrong file is taken to the right one."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.hold import hold_file, lift_hold
from services.eoffice.commands.record_file import record_file
from services.eoffice.commands.weed import propose_weeding
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organisation_store import current
from services.eoffice.queries import kept_papers, receipts
from services.eoffice.schemas import records
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW
from tests.support.eoffice_corrections import (
    WHY,
    added,
    corrections_of,
    desk,
    do,
    filed,
    found_by,
    grade,
    lines,
    receipt_corrected,
    refiled,
    said,
)
from tests.support.eoffice_databases import database, sessions
from tests.support.eoffice_moves import HOUR, LAW, file_of, take
from tests.support.eoffice_records import LATER
from tests.support.receipts import COMMISSIONER, REGISTRY

__all__ = ["database", "desk", "sessions"]

TODAY = NOW.date()


def test_what_was_diarised_wrongly_is_corrected_by_the_registry_and_shown(desk):
    key = str(uuid4())
    receipt = desk.diarise(id=key, subject="Kerbstonez", sender_phone="+919812345610")
    desk.receive(desk.send(receipt, "roads-je"))
    with pytest.raises(Forbidden, match="that is for registry-clerk, which diarised it"):
        receipt_corrected(desk, receipt, JE, subject="Kerbstones")
    new = {"subject": "Kerbstones", "sender_phone": "+919812345611", "category": "court"}
    receipt_corrected(desk, receipt, **new)
    shown = desk.get(receipt, "roads-je")
    assert {name: shown[name] for name in new} == new
    # A court waits for seven days; the earlier day counts.
    assert shown["due_on"] == str(TODAY + timedelta(days=7))
    told = [(each["name"], each["was"], each["became"]) for each in shown["corrections"]]
    assert ("sender_phone", "+919812345610", "+919812345611") in told
    assert shown["corrections"][0]["reason"] == WHY
    # The act outlives the weeding: it has no number of the citizen's.
    act = said(desk, receipt.id, "corrected")
    assert act["names"] == ["category", "sender_phone", "subject"]
    assert "+91" not in str(act)
    # Asked again as it was diarised, it is the same receipt.
    again = desk.diarise(id=key, subject="Kerbstonez", sender_phone="+919812345610")
    assert again.id == receipt.id
    with pytest.raises(Conflict):
        desk.diarise(id=key, subject="Lamps", sender_phone="+919812345610")
    with pytest.raises(Invalid):
        receipt_corrected(desk, receipt, category="none")


def test_how_long_a_closed_receipt_is_kept_is_lowered_by_who_lowers_it_of_files(desk):
    receipt = desk.close(desk.diarise(category="court"), REGISTRY)
    with pytest.raises(Forbidden, match="may not lower B to C-1") as refused:
        receipt_corrected(desk, receipt, category="general")
    assert refused.value.details["may"]
    assert desk.get(receipt, "registry-clerk")["category"] == "court"
    # Longer it may be kept by who corrects it.
    other = desk.close(desk.diarise(category="general"), REGISTRY)
    receipt_corrected(desk, other, category="court")
    assert said(desk, other.id, "corrected")["category"] == ["general", "court"]


def test_asked_again_with_the_day_that_was_given_it_is_the_same_receipt(desk):
    key = str(uuid4())
    asked = {"id": key, "category": "general", "due_on": "2026-07-30"}
    receipt = desk.diarise(**asked)
    receipt_corrected(desk, receipt, category="court")
    told = [(each["name"], each["was"], each["became"]) for each in corrections_of(desk, receipt)]
    assert ("due_on", "2026-07-30", "2026-07-08") in told
    assert desk.diarise(**asked).id == receipt.id
    with pytest.raises(Conflict) as refused:
        desk.diarise(**{**asked, "due_on": "2026-07-31"})
    assert refused.value.details["differs"] == ["due_on"]


def test_asked_again_with_another_grade_than_it_was_diarised_with_it_is_another(desk):
    asked = {"id": str(uuid4()), "secrecy": "confidential"}
    receipt = desk.diarise(COMMISSIONER, **asked)
    receipt = desk.receive(desk.send(receipt, "roads-ce", COMMISSIONER), CE)
    desk.put(receipt, desk.file(CE, secrecy="secret"), CE)
    assert desk.diarise(COMMISSIONER, **asked).id == receipt.id
    for other in ("normal", "secret"):
        with pytest.raises(Conflict) as refused:
            desk.diarise(COMMISSIONER, **{**asked, "secrecy": other})
        assert refused.value.details["differs"] == ["secrecy"]


def test_in_a_file_its_line_and_the_files_day_follow(desk):
    file = desk.file()
    receipt = filed(desk, file, subject="Kerbstonez", category="general")
    assert file_of(desk.sessions, file).due_on is None
    receipt_corrected(desk, receipt, subject="Kerbstones", category="court")
    assert [each["title"] for each in lines(desk, file)] == ["Kerbstones"]
    assert file_of(desk.sessions, file).due_on == date(2026, 7, 8)
    assert said(desk, file.id, "receipt_corrected")["receipt"] == receipt.number


def test_of_a_closed_file_nothing_is_changed_and_of_a_recorded_one_not_the_receipt(desk):
    file = desk.file(head="complaint")
    receipt = filed(desk, file, category="general", subject="Kerbstonez")
    take(desk.sessions, "close", file)
    was = file_of(desk.sessions, file)
    receipt_corrected(desk, receipt, subject="Kerbstone", category="court")
    found = file_of(desk.sessions, file)
    assert desk.get(receipt, "roads-je")["subject"] == "Kerbstone"
    assert [each["title"] for each in lines(desk, file)] == ["Kerbstonez"]
    assert (found.version, found.due_on, found.watch_on) == (was.version, was.due_on, was.watch_on)
    recorded = {"id": file.id, "reason": None}
    do(desk, record_file, records.RecordingFile, JE, NOW + 2 * HOUR, **recorded)
    with pytest.raises(Conflict, match="is closed and recorded") as refused:
        receipt_corrected(desk, receipt, subject="Kerbstones")
    assert refused.value.details["legal"] == ["reopen"]
    # Who corrects it may be one who may not read the file.
    assert file.number not in str(refused.value)
    take(desk.sessions, "reopen", file, JE, NOW + 3 * HOUR, remark="A letter came")
    receipt_corrected(desk, receipt, subject="Kerbstones")
    assert [each["title"] for each in lines(desk, file)] == ["Kerbstones"]


def test_what_is_on_a_list_to_be_weeded_is_corrected_once_that_is_decided(desk):
    receipt = desk.close(desk.diarise(category="general"), REGISTRY)
    asked = {"receipts": [receipt.id], "remark": "Old"}
    with desk.sessions.begin() as session:
        propose_weeding(session, REGISTRY, records.Proposing().load(asked), LATER)
    with pytest.raises(Conflict, match="is proposed, and not decided"):
        receipt_corrected(desk, receipt, sender_name="Asha Patil")


def test_a_name_that_is_corrected_leaves_what_a_senior_has_said_of_the_file(desk):
    file = desk.file()
    receipt = filed(desk, file, priority="urgent")
    take(desk.sessions, "due", file, CE, due_on="2026-08-20", remark="The survey is late")
    take(desk.sessions, "priority", file, CE, priority="ordinary")
    receipt_corrected(desk, receipt, sender_name="Asha Patil")
    found = file_of(desk.sessions, file)
    assert (found.due_on, found.due_by, found.priority) == (date(2026, 8, 20), "roads-ce", 0)
    # Another category has told the sender an earlier day: that holds, and nothing else.
    receipt_corrected(desk, receipt, category="court")
    found = file_of(desk.sessions, file)
    assert (found.due_on, found.due_by, found.priority) == (date(2026, 7, 8), "roads-ce", 0)


def test_a_receipt_is_taken_out_of_a_wrong_file_and_its_pages_stay_taken(desk):
    wrong, right = desk.file(), desk.file()
    paper = desk.paper(REGISTRY, 3)
    receipt = filed(desk, wrong, papers=[paper])
    added(desk, wrong, pages=2)
    moved = refiled(desk, receipt, right)
    assert (moved.file_id, moved.state) == (right.id, "filed")
    first, second = lines(desk, wrong)
    assert (first["moved_to"], first["paper_id"], first["struck_why"]) == (right.number, None, WHY)
    assert (first["last_page"], second["first_page"]) == (3, 4)
    (line,) = lines(desk, right)
    assert (line["paper_id"], line["receipt_id"]) == (paper, str(receipt.id))
    assert said(desk, wrong.id, "receipt_taken_out")["to"] == right.number
    assert refiled(desk, receipt, right).version == moved.version
    with pytest.raises(Forbidden):
        refiled(desk, receipt, desk.file(DE))


def test_out_of_a_file_that_is_held_back_nothing_is_taken_until_that_is_lifted(desk):
    held, free = desk.file(), desk.file()
    receipt = filed(desk, held)
    asked = {"file_id": str(held.id), "kind": "court", "remark": "Suit 2"}
    with desk.sessions.begin() as session:
        hold = hold_file(session, JE, records.Holding().load(asked), NOW)
    with pytest.raises(Conflict, match=r"court \(Suit 2, by roads-je\)") as refused:
        refiled(desk, receipt, free)
    assert refused.value.details["holds"] == [str(hold.id)]
    with desk.sessions.begin() as session:
        lifting = {"id": str(hold.id), "remark": "Over"}
        lift_hold(session, LAW, records.Lifting().load(lifting), NOW)
    assert refiled(desk, receipt, free).file_id == free.id


def test_out_of_a_secret_file_it_is_what_it_was_and_into_one_nobody_learns_of_it(desk):
    secret = desk.file(CE, secrecy="secret", subject="Enquiry")
    normal = desk.file(CE)
    paper = desk.paper(REGISTRY, 1)
    receipt = filed(desk, secret, CE, "roads-ce", subject="Kerbstones", papers=[paper])
    refiled(desk, receipt, normal, CE)
    assert grade(desk, receipt) is Secrecy.NORMAL
    refiled(desk, receipt, secret, CE)
    assert grade(desk, receipt) is Secrecy.SECRET
    assert found_by(desk, ACCOUNTS, "Kerbstones") == []
    (line,) = lines(desk, normal, "accounts")
    assert (line["title"], line["moved_to"]) == (receipt.number, None)
    assert "to" not in said(desk, normal.id, "receipt_taken_out")
    with desk.sessions() as session:
        accounts = current(session).posts["accounts"]
        for find, key in ((receipts.find, {"id": receipt.id}), (kept_papers.find, UUID(paper))):
            with pytest.raises(NotFound):
                find(session, accounts, key)


def test_what_it_is_about_is_left_in_no_file_that_it_was_taken_out_of(desk):
    """It may become secret later, in a file further on."""
    first, then, secret = desk.file(CE), desk.file(CE), desk.file(CE, secrecy="secret")
    receipt = filed(desk, first, CE, "roads-ce", subject="Kerbstones")
    refiled(desk, receipt, then, CE)
    assert [each["title"] for each in lines(desk, first)] == [receipt.number]
    refiled(desk, receipt, secret, CE)
    for file in (first, then):
        assert [each["title"] for each in lines(desk, file, "accounts")] == [receipt.number]
    assert found_by(desk, ACCOUNTS, "Kerbstones") == []


def test_what_came_secret_goes_into_no_file_that_is_not(desk):
    secret, normal = desk.file(CE, secrecy="secret"), desk.file(CE)
    receipt = desk.receive(
        desk.send(desk.diarise(COMMISSIONER, secrecy="secret"), "roads-ce", COMMISSIONER), CE
    )
    desk.put(receipt, secret, CE)
    with pytest.raises(Conflict, match=r"and file .* only normal"):
        refiled(desk, receipt, normal, CE)
