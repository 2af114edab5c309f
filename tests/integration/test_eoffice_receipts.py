"""Receipts (DAK): diarised without gaps, sent and received, put in files, seen by who may."""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.close import close_file
from services.eoffice.commands.diarise import diarise
from services.eoffice.commands.end_receipt import (
    close_receipt,
    follow_up_receipt,
    reopen_receipt,
)
from services.eoffice.commands.keep_paper import keep_paper
from services.eoffice.commands.move_receipt import (
    pull_back_receipt,
    receive_receipt,
    send_receipt,
)
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.put_in_file import put_in_file, start_file
from services.eoffice.commands.tend_papers import read_texts, sweep_papers
from services.eoffice.models import Act, File, Paper, PaperText, Receipt
from services.eoffice.organisation_store import current
from services.eoffice.papers import keep_piece
from services.eoffice.queries import papers, receipts
from services.eoffice.schemas import Closing, Opening
from services.eoffice.schemas import receipts as schemas
from tests.support.databases import service_database
from tests.support.eoffice import CLERK, JE, NOW, emptied
from tests.support.papers import pdf

REGISTRY = Identity.of("officer:registry-clerk", "officer")
COMMISSIONER = Identity.of("officer:commissioner", "officer")
LETTER = {
    "medium": "letter",
    "sender_name": "आशा पाटील",
    "subject": "रस्त्यावरील खड्डे",
    "category": "complaint",
}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


class Desk:
    """Takes steps as the desks do."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions

    def diarise(self, who: Identity = REGISTRY, **said: Any) -> Receipt:
        return self._do(diarise, schemas.Diarising, who, {**LETTER, **said})

    def send(self, receipt: Receipt, to: str, who: Identity = REGISTRY, **said: Any) -> Receipt:
        return self._do(send_receipt, schemas.Sending, who, {"id": receipt.id, "to": to, **said})

    def receive(self, receipt: Receipt, who: Identity = JE) -> Receipt:
        return self._do(receive_receipt, schemas.ReceiptStep, who, {"id": receipt.id})

    def pull_back(self, receipt: Receipt, who: Identity = REGISTRY) -> Receipt:
        return self._do(pull_back_receipt, schemas.PullingBack, who, {"id": receipt.id})

    def put(self, receipt: Receipt, file: File, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "file_number": file.number}
        return self._do(put_in_file, schemas.PuttingInFile, who, asked)

    def start(self, receipt: Receipt, who: Identity = JE, **said: Any) -> tuple[Receipt, File]:
        return self._do(start_file, schemas.StartingFile, who, {"id": receipt.id, **said})

    def close(self, receipt: Receipt, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "remark": "उत्तर दिले"}
        return self._do(close_receipt, schemas.WithReason, who, asked)

    def reopen(self, receipt: Receipt, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "remark": "still open"}
        return self._do(reopen_receipt, schemas.WithReason, who, asked)

    def follow_up(self, receipt: Receipt, on: date | None, who: Identity = JE) -> Receipt:
        asked = {"id": receipt.id, "on": on and on.isoformat()}
        return self._do(follow_up_receipt, schemas.FollowingUp, who, asked)

    def file(self, who: Identity = JE, **said: Any) -> File:
        return self._do(open_file, Opening, who, {"subject": "खड्डे", **said})

    def get(self, receipt: Receipt, post: str) -> dict[str, Any]:
        with self.sessions() as session:
            asked = schemas.GettingReceipt().load({"number": receipt.number})
            return receipts.get(session, current(session).posts[post], asked)

    def page(self, post: str, **filters: Any) -> list[str]:
        with self.sessions() as session:
            asked = schemas.ListingReceipts().load(filters)
            found = receipts.page(session, current(session).posts[post], asked, NOW)
            return [each["number"] for each in found["items"]]

    def pending(self, post: str, by: str, **filters: Any) -> list[dict[str, Any]]:
        with self.sessions() as session:
            asked = schemas.PendingReceipts().load({"by": by, **filters})
            return receipts.pending(session, current(session).posts[post], asked, NOW)

    def verbs(self, key: Any) -> list[str]:
        with self.sessions() as session:
            found = select(Act.verb).where(Act.chain_id == key).order_by(Act.position)
            return list(session.scalars(found))

    def _do(
        self, step: Callable[..., Any], schema: type[Any], who: Identity, asked: dict[str, Any]
    ) -> Any:
        loaded = schema().load({key: _wire(value) for key, value in asked.items()})
        with self.sessions.begin() as session:
            return step(session, who, loaded, NOW)


def _wire(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | list) else str(value)


@pytest.fixture
def desk(sessions: sessionmaker[Session]) -> Desk:
    return Desk(sessions)


@pytest.fixture
def keep(sessions: sessionmaker[Session], store: Folder) -> Callable[..., Paper]:
    def kept(who: Identity = REGISTRY, content: bytes = b"", **said: Any) -> Paper:
        carried = base64.b64encode(content or pdf()).decode()
        asked = {"name": "scan.pdf", "content_base64": carried, **said}
        return keep_paper(sessions.begin, store, who, schemas.KeepingPaper().load(asked), NOW)

    return kept


# ---- numbers


def test_each_office_numbers_by_itself_without_gaps_by_year(desk):
    numbers = [desk.diarise().number, desk.diarise(CLERK).number, desk.diarise().number]
    assert numbers == ["DAK/CR/2026/00001", "DAK/EST/2026/00001", "DAK/CR/2026/00002"]


def test_what_is_refused_takes_no_number(desk):
    desk.diarise()
    with pytest.raises(Invalid, match="category"):
        desk.diarise(category="none")
    with pytest.raises(Invalid, match="papers"):
        desk.diarise(papers=[str(uuid4())])
    assert desk.diarise().number == "DAK/CR/2026/00002"


def test_many_at_once_get_numbers_without_gaps(desk):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: desk.diarise().number, range(12)))
    assert sorted(made) == [f"DAK/CR/2026/{serial:05d}" for serial in range(1, 13)]


def test_what_is_asked_twice_is_diarised_once(desk):
    key = str(uuid4())
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: desk.diarise(id=key).number, range(3)))
    assert set(made) == {"DAK/CR/2026/00001"}
    with pytest.raises(Conflict) as error:
        desk.diarise(id=key, subject="Another", vip=True)
    assert error.value.details["differs"] == ["subject", "vip"]
    assert desk.diarise().number == "DAK/CR/2026/00002"


def test_the_answer_is_due_by_category_or_as_said(desk):
    assert desk.diarise().due_on == date(2026, 7, 16)
    assert desk.diarise(due_on="2026-07-03").due_on == date(2026, 7, 3)
    assert desk.diarise(category="general").due_on is None


@pytest.mark.parametrize(
    "days",
    [
        {"received_on": "2026-07-02"},
        {"received_on": "2026-06-01", "dated": "2026-06-02"},
        {"due_on": "2026-06-30"},
    ],
)
def test_days_that_cannot_be_are_refused(desk, days):
    with pytest.raises(Invalid):
        desk.diarise(**days)


# ---- from desk to desk


def test_paper_is_received_before_it_is_acted_on(desk):
    receipt = desk.send(desk.diarise(), "roads-je")
    for step in (desk.close, desk.start):
        with pytest.raises(Conflict, match="received first; legal now: receive") as error:
            step(receipt)
        assert error.value.details["legal"] == ["receive"]
    desk.receive(receipt)
    assert desk.close(receipt).state == "closed"
    assert desk.verbs(receipt.id) == ["diarised", "sent", "received", "closed"]


def test_an_email_is_there_at_once_and_acting_on_it_opens_it(desk):
    receipt = desk.send(desk.diarise(medium="email"), "roads-je")
    closed = desk.close(receipt)
    assert (closed.state, closed.seen_at) == ("closed", NOW)
    assert desk.get(receipt, "roads-je")["movements"][0]["seen_at"] is not None


def test_it_is_pulled_back_until_it_is_received_and_no_longer(desk):
    receipt = desk.send(desk.diarise(), "roads-je")
    with pytest.raises(Forbidden, match="sent by registry-clerk, not roads-je"):
        desk.pull_back(receipt, JE)
    back = desk.pull_back(receipt)
    assert (back.held_by, back.moves) == ("registry-clerk", 2)
    desk.send(receipt, "roads-je")
    desk.receive(receipt)
    with pytest.raises(Conflict, match="roads-je has received it"):
        desk.pull_back(receipt)
    kinds = [each["kind"] for each in desk.get(receipt, "roads-je")["movements"]]
    assert kinds == ["send", "pull_back", "send"]


def test_only_the_post_that_has_it_acts_and_is_told_what_it_may(desk):
    receipt = desk.diarise()
    with pytest.raises(Forbidden, match="with registry-clerk, not roads-je") as error:
        desk.send(receipt, "roads-de", JE)
    assert error.value.details["held_by"] == "registry-clerk"
    legal = desk.get(receipt, "registry-clerk")["legal"]
    assert legal == ["send", "put_in_file", "close", "follow_up"]


def test_two_officers_on_one_desk_do_not_overwrite_each_other(desk):
    receipt = desk.diarise()
    desk.send(receipt, "roads-je", version=1)
    desk.pull_back(receipt)
    with pytest.raises(Conflict, match="at version 3, not 1") as error:
        desk.send(receipt, "roads-de", version=1)
    assert error.value.details == {"version": 3, "expected": 1}


def test_a_closed_one_is_taken_up_again_and_not_moved_before(desk):
    receipt = desk.diarise(CLERK)
    desk.close(receipt, CLERK)
    with pytest.raises(Conflict, match="it is closed; legal now: reopen"):
        desk.send(receipt, "roads-je", CLERK)
    assert desk.reopen(receipt, CLERK).ended_at is None


def test_it_is_followed_up_on_a_day_to_come(desk):
    receipt = desk.diarise(CLERK)
    with pytest.raises(Invalid, match="today or later"):
        desk.follow_up(receipt, date(2026, 6, 30), CLERK)
    desk.follow_up(receipt, date(2026, 7, 1), CLERK)
    desk.follow_up(desk.diarise(CLERK), date(2026, 7, 2), CLERK)
    assert desk.page("roads-clerk", follow_up=True) == [receipt.number]


# ---- files


def test_it_is_put_in_a_file_that_the_post_has(desk):
    receipt = desk.diarise(CLERK)
    with pytest.raises(Forbidden, match="is with roads-je"):
        desk.put(receipt, desk.file(JE), CLERK)
    file = desk.file(CLERK)
    filed = desk.put(receipt, file, CLERK)
    assert (filed.state, filed.file_id, filed.ended_at) == ("filed", file.id, NOW)
    assert desk.verbs(file.id) == ["opened", "receipt_added"]
    assert desk.page("roads-clerk", file_id=str(file.id)) == [receipt.number]
    with pytest.raises(Conflict, match="it is filed; legal now: nothing"):
        desk.put(receipt, file, CLERK)


def test_it_is_not_put_in_a_closed_file_nor_in_a_less_secret_one(desk):
    file = desk.file(CLERK)
    with pytest.raises(Conflict, match="is secret, and file"):
        desk.put(desk.diarise(CLERK, secrecy="secret"), file, CLERK)
    with desk.sessions.begin() as session:
        close_file(session, CLERK, Closing().load({"id": str(file.id)}), NOW)
    with pytest.raises(Conflict, match="it is closed"):
        desk.put(desk.diarise(CLERK), file, CLERK)
    with pytest.raises(NotFound):
        desk.put(desk.diarise(CLERK), File(number="X/1"), CLERK)


def test_a_file_is_started_from_it_once(desk):
    receipt = desk.diarise(CLERK, secrecy="secret", priority="urgent")
    key = str(uuid4())
    filed, file = desk.start(receipt, CLERK, head="complaint", file_id=key)
    assert (file.subject, file.secrecy, file.priority) == (receipt.subject, 2, 1)
    assert (filed.file_id, str(file.id), file.number) == (
        file.id,
        key,
        "ROADS/EST/COMPLAINT/2026/0001",
    )
    assert desk.start(receipt, CLERK, head="complaint", file_id=key)[1].number == file.number
    assert desk.verbs(receipt.id) == ["diarised", "taken_up", "put_in_file"]


def test_a_file_that_cannot_be_started_leaves_the_receipt_as_it_was(desk):
    receipt = desk.diarise(CLERK, secrecy="secret")
    with pytest.raises(Invalid, match="subject head"):
        desk.start(receipt, CLERK, head="none")
    with pytest.raises(Conflict, match="as secret"):
        desk.start(receipt, CLERK, secrecy="normal")
    assert desk.get(receipt, "roads-clerk")["version"] == 1


# ---- papers


def test_its_papers_are_shown_in_order_and_belong_to_it_alone(desk, keep):
    first, second = keep(name="letter"), keep(name="map", content=pdf(3))
    receipt = desk.diarise(papers=[str(first.id), str(second.id)])
    shown = desk.get(receipt, "registry-clerk")["papers"]
    assert [(each["name"], each["pages"]) for each in shown] == [("letter", 1), ("map", 3)]
    with pytest.raises(Conflict, match="of a receipt already"):
        desk.diarise(papers=[str(first.id)])
    with pytest.raises(Invalid, match="roads-clerk has kept no paper"):
        desk.diarise(CLERK, papers=[str(keep().id)])


def test_a_paper_that_is_sent_twice_is_kept_once(keep, sessions):
    key = str(uuid4())
    assert keep(id=key).id == keep(id=key).id
    with pytest.raises(Conflict, match="received_sha256"):
        keep(id=key, content=pdf(2))
    with sessions() as session:
        assert session.execute(text("SELECT count(*) FROM paper")).scalar_one() == 1


def test_a_paper_is_read_by_who_may_read_its_receipt(desk, keep, store):
    content = pdf(5)
    paper = keep(content=content)
    desk.diarise(secrecy="secret", papers=[str(paper.id)])
    with desk.sessions() as session:
        posts = current(session).posts
        with pytest.raises(NotFound):
            papers.find(session, posts["roads-je"], paper.id)
        for post in ("registry-clerk", "commissioner"):
            found = papers.find(session, posts[post], paper.id)
    read, start = b"", 0
    while start is not None:
        part = papers.part(store, found, {"start": start, "length": 1_000})
        read, start = read + base64.b64decode(part["content_base64"]), part["next"]
    assert read == content


def test_who_speaks_for_no_post_keeps_nothing(keep, store):
    with pytest.raises(Forbidden):
        keep(Identity.of("officer:nobody", "officer"))
    assert list(store.pages()) == []


def test_the_text_of_papers_is_read_once_and_written_down(desk, keep, sessions, store):
    paper = keep(content=pdf(2, lambda page: f"Ward {page} of Pune"))
    lost = keep(content=pdf(7))
    store.delete([lost.key])
    read = lambda: read_texts(sessions.begin, store, lambda: NOW, lambda: False)  # noqa: E731
    assert (read(), read()) == (2, 0)
    with sessions() as session:
        found = session.get(PaperText, paper.id)
        assert (found.pages, found.cut) == (["Ward 1 of Pune", "Ward 2 of Pune"], False)
        assert session.get(PaperText, lost.id).pages == []
    assert desk.verbs(paper.id) == ["kept", "read"]


def test_what_is_no_paper_is_swept_away_when_its_day_is_over(keep, sessions, store):
    paper, piece = keep(), keep_piece(store, b"%PDF", NOW)
    assert sweep_papers(sessions.begin, store, NOW).unused == 0
    assert sweep_papers(sessions.begin, store, NOW + timedelta(days=3)).unused == 1
    assert store.get(paper.key).startswith(b"%PDF")
    with pytest.raises(NotFound):
        store.get(piece)


# ---- who sees what, and what waits


def test_a_secret_receipt_is_seen_by_clearance_or_by_who_has_or_had_it(desk):
    receipt = desk.diarise(secrecy="secret")
    for post in ("roads-je", "accounts"):
        if post == "roads-je":
            with pytest.raises(NotFound):
                desk.get(receipt, post)
            assert desk.page(post) == []
    assert desk.page("commissioner") == [receipt.number]
    desk.send(receipt, "roads-je")
    assert desk.page("roads-je") == [receipt.number]
    desk.receive(receipt)
    desk.send(receipt, "roads-de", JE)
    assert desk.page("roads-je") == [receipt.number]
    assert desk.pending("roads-clerk", "post") == []


def test_what_waits_is_counted_by_post_and_age(desk):
    desk.send(desk.diarise(due_on="2026-07-01"), "roads-je")
    desk.diarise(vip=True)
    old = desk.diarise()
    desk.close(desk.diarise(), REGISTRY)
    with desk.sessions.begin() as session:
        # Behind the record's back: only time is wanted here.
        session.execute(
            text("UPDATE receipt SET diarised_at = :at, due_on = :due WHERE id = :id"),
            {"at": NOW - timedelta(days=20), "due": date(2026, 6, 25), "id": old.id},
        )
    registry, je = desk.pending("commissioner", "post")
    assert (registry["post"], registry["pending"], registry["overdue"]) == ("registry-clerk", 2, 1)
    assert registry["ages"] == {"0-7": 1, "8-15": 0, "16-30": 1, "31+": 0}
    assert (registry["vip"], je["post"], je["unseen"]) == (1, "roads-je", 1)
    assert desk.page("commissioner", overdue=True) == [old.number]
    (late,) = desk.pending("commissioner", "category", overdue=True)
    assert (late["category"], late["pending"]) == ("complaint", 1)


def test_a_long_list_comes_a_page_at_a_time(desk):
    numbers = [desk.diarise().number for _ in range(5)]
    seen, cursor = [], None
    while True:
        with desk.sessions() as session:
            asked = schemas.ListingReceipts().load(
                {"limit": 2, "cursor": cursor} if cursor else {"limit": 2}
            )
            found = receipts.page(session, current(session).posts["commissioner"], asked, NOW)
        seen += [each["number"] for each in found["items"]]
        cursor = found["next"]
        if cursor is None:
            break
    assert sorted(seen) == numbers


def test_the_sender_is_told_the_number(desk):
    receipt = desk.diarise(subject="{number} {0}")
    with desk.sessions() as session:
        post = current(session).posts["registry-clerk"]
        asked = schemas.Acknowledging().load({"number": receipt.number, "language": "en"})
        told = receipts.acknowledgement(session, post, asked)
    assert told["text"] == (
        "Your letter was received on 01-07-2026. Its diary number is DAK/CR/2026/00001. "
        "Subject: {number} {0}"
    )


def test_what_is_diarised_is_told_without_names(desk, sessions):
    desk.diarise(sender_phone="98220 11223")
    with sessions() as session:
        (told,) = session.execute(text("SELECT type, body FROM outbox")).all()
    assert told[0] == "eoffice.receipt_diarised.v1"
    assert json.loads(told[1])["data"]["number"] == "DAK/CR/2026/00001"
    assert "आशा" not in told[1]
    assert "11223" not in told[1]
