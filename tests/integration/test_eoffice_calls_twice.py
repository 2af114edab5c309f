"""A call that is delivered twice is carried out once: every method that writes, one after another.

Which those are is written down here; a new method has to be put in one list or the other.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import resources
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.rpc import rpc_methods
from palika.store import Folder
from services.eoffice import archiving, certifying, diarising, lettering, record_room
from services.eoffice.organisation_store import forget
from services.eoffice.service import EofficeService
from tests.support.databases import service_database
from tests.support.eoffice import CE, DE, JE, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE
from tests.support.eoffice_moves import ADMIN, LAW
from tests.support.eoffice_records import LATER
from tests.support.eoffice_whole import Office, all_of
from tests.support.papers import pdf
from tests.support.receipts import REGISTRY

__all__ = ["database"]

READING = {
    *("acknowledgement", "acknowledgement_pdf", "approvals", "archive_content", "archived_file"),
    *("archived_files", "archived_part", "contacts", "contents", "count", "cover", "delegations"),
    *("desk", "diary", "directory", "draft", "drafts", "forms", "get", "history"),
    *("holders", "inbox"),
    *("leaves", "letter", "letter_difference", "letter_pdf", "letters", "list", "marked"),
    *("matters_of", "my_posts", "note_sheet", "note_sheet_pdf", "overdue", "paper"),
    *("paper_content", "parked", "posts", "powers", "readings", "receipt", "receipts"),
    "receipts_pending",
    *("record_of", "record_of_receipt", "records_due", "report", "report_file", "resolve"),
    *("routes", "search", "sent"),
    *("signatures", "suggest", "tied", "track", "unsent_letters", "weeding", "weedings"),
    "with_others",
}
UNDER_ITS_DIGEST = {"upload_piece"}
"""A piece is kept under the digest of its bytes: twice is once, and nothing is in the database."""


NEW = "2126-04-01"
FILES = ("departments", "sections", "posts", "people", "holdings")
_PDF = base64.b64encode(pdf(1)).decode()
_MAIL = base64.b64encode(
    b"From: Asha <asha@example.org>\r\nTo: x@example.org\r\nSubject: Potholes\r\n"
    b"Date: Wed, 01 Jul 2026 10:00:00 +0530\r\nMessage-ID: <1@example.org>\r\n\r\nSee.\r\n"
).decode()
_POST = {"department": "roads", "section": "est", "level": 2, "reports_to": "roads-de"}

# Who calls, and with what; none of it has an id of the caller's: the tests of that put one in.
WRITING: dict[str, Callable[[Office], tuple[Identity, dict[str, Any]]]] = {
    "abolish_post": lambda o: (ADMIN, {"code": "law"}),
    "add_paper": lambda o: (JE, {"file_id": o.file(), "title": "Sketch", "pages": 2}),
    "add_person": lambda o: (ADMIN, {"code": "n.new1", "mr": "क", "en": "K"}),
    "add_post": lambda o: (ADMIN, {"code": "roads-ae", "mr": "क", "en": "K", **_POST}),
    "answer": lambda o: (
        LAW,
        {"id": o.taken("mark", o.file(), posts=["law"], question="?"), "answer": "Yes"},
    ),
    "approve": lambda o: (DE, {"id": o.file(DE), "power": "works", "amount_paise": 5}),
    "approve_letter": lambda o: (JE, {"id": o.letter(), "version": 1}),
    "cancel_approval": lambda o: (DE, o.sanctioned()),
    "change_reporting": lambda o: (ADMIN, {"code": "law", "reports_to": "commissioner"}),
    "close": lambda o: (JE, {"id": o.file()}),
    "close_receipt": lambda o: (JE, {"id": o.receipt(), "remark": "Answered"}),
    "confirm_note": lambda o: (JE, {"id": o.draft()}),
    "decide_weeding": lambda o: (CE, {**o.listed(), "approve": False, "remark": "Wait"}),
    "correct_file": lambda o: (JE, {"id": o.file(), "subject": "Lamps", "reason": "Typed"}),
    "correct_receipt": lambda o: (
        REGISTRY,
        {"id": o.receipt(), "category": "court", "reason": "Typed"},
    ),
    "delegate": lambda o: (CE, {"to": "roads-je", "what": ["works"], "most_paise": 7}),
    "diarise": lambda o: (
        REGISTRY,
        {"medium": "letter", "sender_name": "Asha", "subject": "Potholes"},
    ),
    "diarise_mail": lambda o: (REGISTRY, {"content_base64": _MAIL}),
    "discard_draft": lambda o: (JE, {"id": o.draft()}),
    "discard_letter": lambda o: (JE, {"id": o.letter(), "version": 1}),
    "dispatch_letter": lambda o: (JE, {"id": o.approved(), "version": 1, "channel": "post"}),
    "draft_letter": lambda o: (JE, {"file_id": o.file(), "to_name": "Asha"}),
    "end_leave": lambda o: (DE, {"id": o.leave()}),
    "follow_route": lambda o: (JE, {"id": o.file(), "route": o.route()}),
    "follow_up_receipt": lambda o: (JE, {"id": o.receipt(), "on": "2126-07-09"}),
    "forward": lambda o: (JE, {"id": o.file(), "to": "law"}),
    "gather": lambda o: (
        JE,
        {"id": o.taken("mark", o.file(), posts=["law"], question="?"), "withdraw": True},
    ),
    "hold_file": lambda o: (JE, {"file_id": o.file(), "kind": "court", "remark": "Suit 2"}),
    "hold_receipt": lambda o: (
        JE,
        {"receipt_id": o.receipt(), "kind": "court", "remark": "Suit 2"},
    ),
    "import_organisation": lambda o: (ADMIN, {"since": NEW, **_shipped()}),
    "keep_paper": lambda o: (JE, {"name": "x", "content_base64": _PDF}),
    "lift_hold": lambda o: (LAW, {"id": o.held(), "remark": "Over"}),
    "make_archive": lambda o: (DE, {"id": str(o.recorded().id)}),
    "mark": lambda o: (JE, {"id": o.file(), "posts": ["law"], "question": "?"}),
    "next_volume": lambda o: (JE, {"file_id": o.bulky()}),
    "open": lambda o: (DE, {"id": o.taken("forward", o.file(), to="roads-de")}),
    "open_file": lambda o: (JE, {"subject": "Estimate"}),
    "open_part": lambda o: (DE, {"file_id": o.file()}),
    "park": lambda o: (JE, {"id": o.file(), "wake_on": _soon(), "reason": "Awaits"}),
    "propose_weeding": lambda o: (REGISTRY, {"files": [str(o.recorded().id)], "remark": "Old"}),
    "pull_back": lambda o: (JE, {"id": o.taken("forward", o.file(), to="roads-de")}),
    "pull_back_receipt": lambda o: (
        REGISTRY,
        {"id": str(o.desk.send(o.desk.diarise(), "roads-je").id)},
    ),
    "pull_up": lambda o: (CE, {"id": o.file()}),
    "pull_up_receipt": lambda o: (DE, {"id": o.receipt()}),
    "put_in_file": lambda o: (JE, {"id": o.receipt(), "file_id": o.file()}),
    "put_up": lambda o: (JE, {"id": o.file()}),
    "receive_receipt": lambda o: (JE, {"id": str(o.desk.send(o.desk.diarise(), "roads-je").id)}),
    "record_file": lambda o: (JE, {"id": o.taken("close", o.file())}),
    "refile_receipt": lambda o: (JE, {**o.filed(), "file_id": o.file(), "reason": "Wrong"}),
    "refuse": lambda o: (JE, {"id": o.file(), "remark": "No"}),
    "remove_route": lambda o: (JE, {"id": o.route()}),
    "rename": lambda o: (ADMIN, {"kind": "post", "code": "law", "en": "Chief of Law"}),
    "reopen": lambda o: (JE, {"id": o.taken("close", o.file()), "remark": "Audit"}),
    "reopen_receipt": lambda o: (
        JE,
        {"id": str(o.desk.close(SimpleNamespace(id=o.receipt())).id), "remark": "Again"},
    ),
    "return_letter": lambda o: (JE, {"id": o.approved(), "version": 1}),
    "return_with_amount": lambda o: (
        DE,
        {
            "id": o.taken("forward", o.file(), to="roads-de"),
            "power": "works",
            "amount_paise": 5,
            "remark": "Less",
        },
    ),
    "revise_letter": lambda o: (JE, {"id": o.letter(), "version": 1, "body": "Done."}),
    "revoke_delegation": lambda o: (CE, {"id": o.delegation()}),
    "save_draft": lambda o: (JE, {"file_id": o.file(), "markup": "See"}),
    "save_route": lambda o: (JE, {"name": "x", "desks": [{"post": "law", "days": 1}]}),
    "send_back": lambda o: (DE, {"id": o.taken("forward", o.file(), to="roads-de")}),
    "send_receipt": lambda o: (JE, {"id": o.receipt(), "to": "law"}),
    "set_due": lambda o: (JE, {"id": o.file(), "due_on": "2126-07-09"}),
    "set_priority": lambda o: (JE, {"id": o.file(), "priority": "urgent"}),
    "sign": lambda o: (JE, {"row": o.signer()}),
    "start_file": lambda o: (JE, {"id": o.receipt(), "section": "est"}),
    "submit": lambda o: (JE, {"acts": _acts(o)}),
    "strike_paper": lambda o: (JE, {"id": o.added(), "reason": "Twice"}),
    "take_back_note": lambda o: (JE, {"id": o.note()}),
    "take_leave": lambda o: (DE, {"linked": "a.jadhav2", "since": NEW, "until": NEW}),
    "tie": lambda o: (JE, {"id": o.file()}),
    "transfer_custody": lambda o: (
        ADMIN,
        {"from_post": _vacated(o), "to": "roads-de", "remark": "Vacant", "post": "commissioner"},
    ),
    "transfer_person": lambda o: (
        ADMIN,
        {"person": "a.jadhav2", "to": "roads-clerk", "additional": True, "since": NEW},
    ),
    "untie": lambda o: (JE, {**o.tied(), "reason": "Moved"}),
    "vacate_post": lambda o: (ADMIN, {"code": "law"}),
    "wake": lambda o: (JE, {"id": o.taken("park", o.file(), wake_on="2026-07-09", reason="x")}),
}


def _shipped() -> dict[str, str]:
    """The shipped organisation with one more officer."""
    place = resources.files("services.eoffice") / "data" / "organisation"
    texts = {each: (place / f"{each}.csv").read_text(encoding="utf-8") for each in FILES}
    head, _, rest = texts["people"].partition("\n")
    new = {"code": "n.new1", "mr": "क", "en": "K"}
    line = ",".join(new.get(each, "") for each in head.split(","))
    return texts | {"people": f"{head}\n{line}\n{rest}"}


def _soon() -> str:
    return str((datetime.now(UTC) + timedelta(days=9)).date())


def _vacated(office: Office) -> str:
    office.file()
    office.call("vacate_post", ADMIN, {"code": "roads-je"})
    return "roads-je"


def _acts(office: Office) -> list[dict[str, Any]]:
    return [
        {
            "id": str(uuid7()),
            "file_id": office.file(),
            "method": method,
            "args": args,
        }
        for method, args in (("put_up", {}), ("set_due", {"due_on": "2126-07-09"}))
    ]


CHANGING = {
    *("abolish_post", "add_person", "add_post", "change_reporting", "import_organisation"),
    *("rename", "take_leave", "transfer_custody", "transfer_person", "vacate_post"),
}
"""What changes the organisation has a database of its own."""


@pytest.fixture
def sessions(postgres: Postgres, request) -> Iterator[sessionmaker[Session]]:
    asked = getattr(request.node, "callspec", None)
    if asked is None or asked.params["name"] not in CHANGING:
        yield emptied(request.getfixturevalue("database"))
        return
    with service_database(postgres, "eoffice") as own:
        yield emptied(own)
    forget()


@pytest.fixture
def office(sessions, tmp_path, monkeypatch) -> Office:
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    for module in (archiving, lettering, record_room):
        monkeypatch.setattr(module, "store", lambda: OFFICE.papers, raising=False)
    monkeypatch.setattr(diarising.papers, "store", lambda: OFFICE.papers)
    for module in (lettering, certifying):
        monkeypatch.setattr(module, "city_store", lambda: OFFICE.keys)
    monkeypatch.setattr(record_room, "datetime", SimpleNamespace(now=lambda _: LATER))
    return Office(sessions, tmp_path)


def test_each_method_writes_or_does_not() -> None:
    every = {each.name for each in rpc_methods(EofficeService)}
    assert every == READING | WRITING.keys() | UNDER_ITS_DIGEST
    assert not READING & WRITING.keys()


@pytest.mark.parametrize("name", WRITING)
def test_delivered_twice_it_writes_once(office, name) -> None:
    who, asked = WRITING[name](office)
    call, before = str(uuid4()), all_of(office)
    office.call(name, who, asked, call)
    once = all_of(office)
    assert once != before
    # It may be refused, and says why in one of our own errors.
    with suppress(Conflict, Forbidden, Invalid, NotFound):
        office.call(name, who, asked, call)
    twice = all_of(office)
    assert {each: twice[each] for each in twice if twice[each] != once[each]} == {}


def own_id(name: str) -> str:
    """The argument in which a method takes an id of its caller's making."""
    (method,) = (each for each in rpc_methods(EofficeService) if each.name == name)
    assert method.schema is not None
    there = method.schema.fields
    for each in ("step", "decision_id", "id"):
        if each in there and not there[each].required:
            return each
    # Each of its acts has one.
    assert name == "submit", f"{name} takes no id of the caller's"
    return "acts"


@pytest.mark.parametrize("name", WRITING)
def test_asked_again_under_its_id_in_another_call_it_writes_no_more(office, name) -> None:
    who, asked = WRITING[name](office)
    if own_id(name) != "acts":
        asked = {**asked, own_id(name): str(uuid7())}
    before = all_of(office)
    office.call(name, who, asked, str(uuid4()))
    once = all_of(office)
    assert once != before
    for _ in range(2):
        with suppress(Conflict):
            office.call(name, who, asked, str(uuid4()))
        twice = all_of(office)
        assert {each: twice[each] for each in twice if twice[each] != once[each]} == {}


@pytest.mark.parametrize("name", ["submit"])
def test_what_was_left_of_a_call_that_died_in_the_middle_is_done_when_it_comes_again(office, name):
    acts, call = _acts(office), str(uuid4())
    # The first time it came no further than the first act.
    office.call(name, JE, {"acts": acts[:1]}, call)
    told = office.call(name, JE, {"acts": acts}, call)["acts"]
    assert [(each["status"], each["repeated"]) for each in told] == [
        ("done", True),
        ("done", False),
    ]


def test_what_keeps_that_it_was_read_is_answered_again_and_kept_once(office):
    """Who asks the second time is no first reader: the acts of the call do not count that one."""
    file, call = office.file(), str(uuid4())
    first = office.call("note_sheet", LAW, {"id": file}, call)
    once = all_of(office)
    assert len(once["reading"]) == 1
    assert not any(call in each for each in once["act"])
    assert office.call("note_sheet", LAW, {"id": file}, call) == first
    assert all_of(office) == once
