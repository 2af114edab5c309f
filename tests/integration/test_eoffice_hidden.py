"""What a post may not read is, for every method, as if it were not there."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, PalikaError
from palika.rpc import CallContext, rpc_methods
from palika.store import Folder
from services.eoffice.commands.asked_again import made_before
from services.eoffice.commands.letter import draft_letter
from services.eoffice.commands.note import save_draft
from services.eoffice.commands.sign import sign_row
from services.eoffice.commands.submit import WAYS, submit
from services.eoffice.models import (
    Archive,
    Correspondence,
    File,
    Hold,
    Movement,
    Receipt,
    ReceiptHold,
    Weeding,
    WeedingFile,
    WeedingReceipt,
)
from services.eoffice.organisation_store import current
from services.eoffice.queries import records
from services.eoffice.schemas.letters import DraftingLetter
from services.eoffice.schemas.noting import DraftSaving
from services.eoffice.schemas.offline import Submitting
from services.eoffice.schemas.records import Weedings
from services.eoffice.sealing import act
from services.eoffice.service import EofficeService
from services.eoffice.signing.city import city_store
from tests.support import eoffice_calls, eoffice_paper_calls
from tests.support.eoffice import CE, JE, NOW
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import opened, take
from tests.support.eoffice_records import Scene
from tests.support.receipts import COMMISSIONER, REGISTRY, Desk
from tests.support.tax_calls import NOBODY

__all__ = ["database"]

ADDITIONAL = Identity.of("officer:addl-commissioner", "officer")
RIGHT = eoffice_calls.RIGHT | eoffice_paper_calls.RIGHT
LAW = Identity.of("officer:law", "officer")
NUMBERS = ("number", "file_number")
# Nothing that these name is secret.
OTHERS = {"contacts", "delegate", "end_leave", "remove_route", "revoke_delegation", "take_leave"}
OTHERS |= {"transfer_person", "submit", "track"}


class Hidden:
    """Everything there can be, of the highest grade."""

    def __init__(self, scene: Scene) -> None:
        self.sessions = scene.sessions
        desk = Desk(scene.sessions)
        paper = desk.paper(COMMISSIONER, 2)
        self.receipt: Receipt = desk.diarise(
            COMMISSIONER, secrecy="top_secret", papers=[paper], medium="hand"
        )
        self.loose: Receipt = desk.diarise(COMMISSIONER, secrecy="top_secret")
        _, self.file = desk.start(self.receipt, COMMISSIONER)
        self.note = scene.note(COMMISSIONER, self.file, "गुप्त टिप्पणी")
        to = {"to": "addl-commissioner"}
        take(self.sessions, "forward", self.file, COMMISSIONER, **to)
        self.draft = self._made(save_draft, DraftSaving, markup="अर्धवट").id
        self.letter = self._made(draft_letter, DraftingLetter, to_name="क").id
        closed = opened(self.sessions, COMMISSIONER, secrecy="top_secret")
        self.closed = take(self.sessions, "close", closed, COMMISSIONER)
        scene.recorded(self.closed, COMMISSIONER)
        self.weeding, self.hold, self.held, self.archive = (uuid7() for _ in range(4))
        with self.sessions.begin() as session:
            self._room(session)
            place = session.query(Correspondence).filter_by(file_id=self.file.id).first()
            assert place is not None
            self.ids = {
                "file": self.file.id,
                "closed": self.closed.id,
                "note": self.note,
                "receipt": self.receipt.id,
                "loose": self.loose.id,
                "draft": self.draft,
                "letter": self.letter,
                "paper": UUID(paper),
                "place": place.id,
                "weeding": self.weeding,
                "hold": self.hold,
                "held": self.held,
                "archive": self.archive,
            }
        self.numbers = [self.file.number, self.receipt.number, self.loose.number]

    def _made(self, command: Any, schema: Any, **said: Any) -> Any:
        with self.sessions.begin() as session:
            asked = schema().load({"file_id": str(self.file.id), **said})
            return command(session, ADDITIONAL, asked, NOW)

    def _room(self, session: Session) -> None:
        """What only the record room makes, which reads nothing of it."""
        by: dict[str, Any] = {"placed_by": "law", "placed_person": None, "placed_at": NOW}
        lifted = dict.fromkeys(("lifted_by", "lifted_person", "lifted_at", "lifted_remark"))
        said = {"id": self.hold, "file_id": self.closed.id, "kind": "court", "remark": "1"}
        session.add(Hold(**said, **by, **lifted))
        made = {"proposed_by": "registry-clerk", "proposed_person": None, "proposed_at": NOW}
        session.add(Weeding(id=self.weeding, remark="यादी", **made))
        session.flush()
        undecided = dict.fromkeys(
            ("decided_by", "decided_person", "decided_at", "remark", "archive")
        )
        line = {"weeding_id": self.weeding, "file_id": self.closed.id, "position": 1}
        session.add(WeedingFile(**line, state="proposed", **undecided))
        del undecided["archive"]
        line = {"weeding_id": self.weeding, "receipt_id": self.loose.id, "position": 2}
        session.add(WeedingReceipt(**line, state="proposed", **undecided))
        said = {"id": self.held, "receipt_id": self.loose.id, "kind": "court", "remark": "1"}
        session.add(ReceiptHold(**said, **by, **lifted))
        kept = {"acts": 1, "sha256": "0" * 64, "key": "2026-07-01/0", "size": 1}
        who = {"made_by": "commissioner", "made_person": None, "made_at": NOW}
        session.add(Archive(id=self.archive, file_id=self.closed.id, **kept, **who))
        act(session, self.closed.id, "file", "proposed for weeding", None, NOW)


@pytest.fixture(scope="module")
def hidden(database: sessionmaker[Session], tmp_path_factory: Any) -> Hidden:
    return Hidden(Scene.begun(database, Folder(tmp_path_factory.mktemp("papers"))))


class Undone:
    """The database, as the service has it; nothing that is done there stays."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self._sessions() as session:
            try:
                yield session
            finally:
                session.rollback()


def said(sessions: sessionmaker[Session], who: Identity, name: str, given: Any, key: str) -> str:
    """What a method answers, with what was asked for taken out."""
    service: Any = EofficeService.__new__(EofficeService)
    service.db = Undone(sessions)
    service.caller = CallContext.within("eoffice", who)
    service.rpc = SimpleNamespace(notify=SimpleNamespace(send=None))
    method = getattr(EofficeService, name)
    try:
        answer = repr(method.__wrapped__(service, method.rpc_method.schema.load(given)))
    except PalikaError as error:
        answer = repr((type(error).__name__, error.to_dict()))
    return answer.replace(key, "…")


def placed(given: Any, where: Any, key: str) -> Any:
    """The arguments with a key where another stands; None: none does."""
    asked, found = copy.deepcopy(given), False
    for name, value in asked.items():
        if value == where:
            asked[name], found = key, True
        elif value == [where]:
            asked[name], found = [key], True
    return asked if found else None


def calls(post: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every method, with arguments that are taken."""
    for method in rpc_methods(EofficeService):
        given = RIGHT.get(f"eoffice.{method.name}")
        if given is None or method.name in OTHERS or "".join(method.roles) == "admin":
            continue
        asked = {**given, **({"post": post} if "post" in method.schema.fields else {})}
        yield method.name, asked


@pytest.mark.parametrize("who", [JE, CE, REGISTRY], ids=["junior", "chief", "registry"])
def test_an_id_tells_nobody_who_may_not_read_it_that_it_is_one(hidden, who):
    post = who.subject.removeprefix("officer:")
    asked = 0
    for name, given in calls(post):
        absent = str(uuid7())
        if (without := placed(given, NOBODY, absent)) is None:
            continue
        nothing = said(hidden.sessions, who, name, without, absent)
        for what, key in hidden.ids.items():
            if (name, what) == ("weeding", "weeding"):
                continue  # a list may be looked at: what is on it is not shown
            with_it = placed(given, NOBODY, str(key))
            told = said(hidden.sessions, who, name, with_it, str(key))
            assert told == nothing, f"{name} of a {what}"
            asked += 1
    assert asked > 500


@pytest.mark.parametrize("who", [JE, CE, REGISTRY], ids=["junior", "chief", "registry"])
def test_a_number_tells_nobody_who_may_not_read_it_that_it_is_one(hidden, who):
    post = who.subject.removeprefix("officer:")
    # It has a receipt of its own, which it may want to put into a file.
    own = str(Desk(hidden.sessions).diarise(who, medium="email").id)
    asked = 0
    for name, given in calls(post):
        for field in NUMBERS:
            if field not in given:
                continue
            told = []
            for number in ["GAD/EST/GENERAL/2099/0001", *hidden.numbers]:
                args = {**given, field: number}
                if name == "put_in_file":
                    args["id"] = own
                told.append(said(hidden.sessions, who, name, args, number))
                asked += 1
            assert len(set(told)) == 1, f"{name}: {told}"
    assert asked > 40


@pytest.mark.parametrize("method", sorted(WAYS))
def test_an_act_of_a_desk_that_was_away_tells_no_more(hidden, method):
    sent = []
    for file in (hidden.file.id, uuid7()):
        way, given = WAYS[method], RIGHT[f"eoffice.{method}"]
        left = {"post", "id", "file_id", "step", "decision_id"}
        args = {name: value for name, value in given.items() if name not in left}
        if way.own or way.needs == "id":
            made = {"confirm_note": hidden.draft, "take_back_note": hidden.note}
            args["id"] = str(made.get(method, hidden.letter))
        one = {"id": str(uuid7()), "file_id": str(file), "method": method, "args": args}
        asked = Submitting().load({"acts": [one]})
        if method == "open_file" and file != hidden.file.id:
            continue
        (outcome,) = submit(Undone(hidden.sessions).begin, JE, asked, NOW)
        shown = outcome.shown()
        assert shown["status"] != "done"
        assert shown.get("now") is None
        text = repr(shown["error"])
        assert hidden.file.number not in text
        assert "commissioner" not in text
        sent.append(text.replace(str(file), "…"))
    assert len(set(sent)) == 1


def away(hidden: Hidden, method: str, file: object, **args: Any) -> dict[str, Any]:
    one = {"id": str(uuid7()), "file_id": str(file), "method": method, "args": args}
    asked = Submitting().load({"acts": [one]})
    (outcome,) = submit(hidden.sessions.begin, JE, asked, NOW)
    return outcome.shown()


@pytest.mark.parametrize("what", ["note", "draft"])
def test_a_draft_under_the_id_of_a_hidden_note_is_not_answered_with_that(hidden, what):
    own = opened(hidden.sessions)
    told = away(hidden, "save_draft", own.id, id=str(hidden.ids[what]), markup="x")
    assert told["status"] == "conflict"
    assert told["now"] is None
    assert told["error"]["details"]["differs"] == ["file_id"]


def test_a_letter_under_the_id_of_a_hidden_one_is_not_answered_with_that(hidden):
    own = opened(hidden.sessions)
    told = away(hidden, "draft_letter", own.id, id=str(hidden.letter), to_name="x")
    assert told["status"] == "conflict"
    assert told["now"] is None
    assert told["error"]["details"]["differs"] == ["file_id"]


@pytest.mark.parametrize(
    ("method", "what"),
    [("confirm_note", "draft"), ("take_back_note", "note"), ("revise_letter", "letter")],
)
def test_an_act_on_ones_own_file_does_not_tell_what_is_of_a_hidden_one(hidden, method, what):
    own = opened(hidden.sessions)
    more: Mapping[str, Any] = {
        "take_back_note": {"draft_id": str(uuid7())},
        "revise_letter": {"body": "x", "version": 1},
    }.get(method, {})
    texts = []
    for key in (str(hidden.ids[what]), str(uuid7())):
        told = away(hidden, method, own.id, id=key, **more)
        texts.append((told["status"], repr(told["error"]).replace(key, "…")))
    assert texts[0] == texts[1]


NAMED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "decide_weeding",
        "closed",
        {"id": "weeding", "file_id": "?", "approve": False, "remark": "x"},
    ),
    (
        "decide_weeding",
        "loose",
        {"id": "weeding", "receipt_id": "?", "approve": False, "remark": "x"},
    ),
    ("propose_weeding", "loose", {"receipts": ["?"], "remark": "x"}),
    ("put_in_file", "file", {"id": "own", "file_id": "?"}),
    ("add_paper", "paper", {"file_id": "mine", "title": "x", "paper_id": "?"}),
    ("propose_weeding", "closed", {"files": ["?"], "remark": "x"}),
    ("resolve", "number", {"id": "mine", "ref": "f:?"}),
    ("receipts", "file", {"file_id": "?"}),
    ("search", "number", {"words": "?"}),
    ("count", "number", {"words": "?"}),
    ("track", "number", {"number": "?"}),
]


@pytest.mark.parametrize("who", [JE, CE, REGISTRY], ids=["junior", "chief", "registry"])
@pytest.mark.parametrize(
    ("name", "what", "given"), NAMED, ids=[f"{name} {what}" for name, what, _ in NAMED]
)
def test_what_is_named_beside_what_one_has_is_as_if_it_were_not_there(
    hidden, who, name, what, given
):
    desk = Desk(hidden.sessions)
    mine = str(opened(hidden.sessions, who).id)
    own = str(desk.diarise(who, medium="email").id)
    known = {"own": own, "mine": mine, "weeding": str(hidden.weeding)}
    there, absent = str(hidden.ids.get(what)), str(uuid7())
    if what == "number":
        there, absent = hidden.file.number, "GAD/EST/GENERAL/2099/0001"
    told = []
    for key in (there, absent):
        asked = {
            field: [key]
            if value == ["?"]
            else known.get(value, value.replace("?", key))
            if isinstance(value, str)
            else value
            for field, value in given.items()
        }
        told.append(said(hidden.sessions, who, name, asked, key))
    assert told[0] == told[1]


def test_a_row_that_may_not_be_read_is_none_to_sign(hidden):
    with hidden.sessions() as session:
        move = session.query(Movement).filter_by(file_id=hidden.file.id).one()
    rows = [f"note:{hidden.note}", f"movement:{move.file_id},{move.position}"]
    for row in rows:
        asked = {"row": row, "post": None, "id": None}
        with hidden.sessions() as session, pytest.raises(Invalid) as refused:
            sign_row(session, city_store(), JE, asked, NOW)
        assert refused.value.fields == {"row": [f"there is no {row}"]}


def test_what_was_made_by_another_under_an_id_is_not_compared(hidden):
    file = hidden.file
    for subject in (file.subject, "something else"):
        asked = {"subject": subject, "opened_by": "roads-je"}
        with hidden.sessions() as session, pytest.raises(Conflict) as refused:
            made_before(session, File, file.id, asked)
        assert refused.value.details["differs"] == ["opened_by"]


def test_what_is_hidden_of_a_list_is_not_counted(hidden):
    counted = {}
    for post in ("roads-je", "commissioner"):
        with hidden.sessions() as session:
            reader = current(session).posts[post]
            found = records.weedings(session, reader, Weedings().load({}))["items"]
            left = records.weedings(session, reader, Weedings().load({"open": True}))["items"]
        counted[post] = [(each["files"], each["receipts"]) for each in found], len(left)
    one = {"proposed": 1}
    assert counted == {"roads-je": ([({}, {})], 0), "commissioner": ([(one, one)], 1)}


def test_who_may_read_it_is_still_told_why_not(hidden):
    with pytest.raises(Forbidden, match="it is with addl-commissioner"):
        take(hidden.sessions, "close", hidden.file, COMMISSIONER)
    with pytest.raises(NotFound):
        take(hidden.sessions, "close", hidden.file, LAW)
