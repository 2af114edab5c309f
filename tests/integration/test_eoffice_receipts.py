"""Receipts (DAK): diarised without gaps, sent and received, put in files, seen by who may."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.store import Folder
from services.eoffice.commands.close import close_file
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence, File
from services.eoffice.organisation_store import current
from services.eoffice.queries import receipts
from services.eoffice.schemas import Closing
from services.eoffice.schemas import receipts as schemas
from services.notify.commands.sending.planning import values
from services.notify.reference import city_templates
from tests.support.eoffice import CE, CLERK, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def desk(sessions: sessionmaker[Session]) -> Desk:
    return Desk(sessions)


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
        with pytest.raises(Conflict, match="received first; legal now: receive_receipt") as error:
            step(receipt)
        assert error.value.details["legal"] == ["receive_receipt"]
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
    assert legal == [
        *("send_receipt", "put_in_file", "close_receipt", "follow_up_receipt", "start_file"),
    ]


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
    with pytest.raises(Conflict, match="it is closed; legal now: reopen_receipt"):
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
    assert desk.verbs(file.id) == ["opened", "receipt_added", "due"]
    assert desk.page("roads-clerk", file_id=str(file.id)) == [receipt.number]
    with pytest.raises(Conflict, match=r"it is filed \(refile_receipt .*\); legal now: nothing"):
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
    receipt = desk.diarise(CE, secrecy="secret", priority="urgent")
    key = str(uuid4())
    filed, file = desk.start(receipt, CE, head="complaint", file_id=key)
    assert (file.subject, file.secrecy, file.priority) == (receipt.subject, 2, 1)
    assert (filed.file_id, str(file.id), file.number) == (
        file.id,
        key,
        "ROADS/EST/COMPLAINT/2026/0001",
    )
    assert desk.start(receipt, CE, head="complaint", file_id=key)[1].number == file.number
    assert desk.verbs(receipt.id) == ["diarised", "taken_up", "put_in_file"]


def test_its_papers_stand_in_the_files_correspondence_one_behind_the_other(desk):
    file = desk.file(CLERK)
    scan, plan = desk.paper(CLERK, 3), desk.paper(CLERK, 2)
    desk.put(desk.diarise(CLERK, papers=[scan, plan], subject="Potholes"), file, CLERK)
    desk.put(desk.diarise(CLERK, subject="By hand"), file, CLERK)
    with desk.sessions() as session:
        rows = session.scalars(
            select(Correspondence)
            .where(Correspondence.file_id == file.id)
            .order_by(Correspondence.position)
        ).all()
    assert [(each.kind, each.first_page, each.last_page) for each in rows] == [
        ("receipt", 1, 3),
        ("enclosure", 4, 5),
        ("receipt", 6, 6),
    ]
    assert [each.title for each in rows][::2] == ["Potholes", "By hand"]


def test_a_file_that_cannot_be_started_leaves_the_receipt_as_it_was(desk):
    receipt = desk.diarise(CE, secrecy="secret")
    with pytest.raises(Invalid, match="subject head"):
        desk.start(receipt, CE, head="none")
    with pytest.raises(Invalid, match="another department numbers there"):
        desk.start(receipt, CE, section="drn")
    with pytest.raises(Conflict, match="as secret"):
        desk.start(receipt, CE, secrecy="normal")
    assert desk.get(receipt, "roads-ce")["version"] == 1


# ---- who sees what, and what waits


def test_a_secret_receipt_is_seen_by_clearance_or_by_who_has_or_had_it(desk):
    receipt = desk.diarise(secrecy="secret")
    for post in ("roads-je", "accounts"):
        if post == "roads-je":
            with pytest.raises(NotFound):
                desk.get(receipt, post)
            assert desk.page(post) == []
    assert desk.page("commissioner") == [receipt.number]
    with desk.cleared("roads-je", Secrecy.SECRET):
        desk.send(receipt, "roads-je")
    assert desk.page("roads-je") == [receipt.number]
    desk.receive(receipt)
    desk.send(receipt, "roads-ce", JE)
    assert desk.page("roads-je") == [receipt.number]
    assert desk.page("registry-clerk") == [receipt.number]
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


@pytest.mark.parametrize("secrecy", ["confidential", "secret", "top_secret"])
def test_the_number_of_a_secret_receipt_is_told_to_its_sender_alone(desk, sessions, secrecy):
    receipt = desk.diarise(secrecy=secrecy, sender_phone="98220 11223")
    with sessions() as session:
        (body,) = session.scalars(text("SELECT body FROM outbox")).all()
        (contact,) = receipts.contacts(session, [receipt.id])
    told = json.loads(body)["data"]
    assert told["number"] == ""
    assert receipt.number not in body
    acknowledgement = city_templates().named("eoffice.receipt_diarised")
    said = acknowledgement.render("sms", "en", values(told, contact))
    assert receipt.number in said.body


def test_only_who_has_left_an_address_is_written_to(desk, sessions):
    silent, told = desk.diarise(), desk.diarise(sender_phone="98220 11223", language="en")
    with sessions() as session:
        (found,) = receipts.contacts(session, [silent.id, told.id, uuid4()])
    assert (found["id"], found["phone"]) == (str(told.id), "+919822011223")
    assert (found["number"], found["language"]) == ("DAK/CR/2026/00002", "en")
