"""What is put in a secret file is as secret as the file from then on."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, NotFound
from palika.local import Postgres
from services.eoffice.commands.raise_grades import raise_grades
from services.eoffice.commands.root import begin_record
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Receipt, SearchWords
from services.eoffice.organisation_store import current
from services.eoffice.queries import kept_papers, receipts
from services.eoffice.queries import search as finding
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import act, city_keys_of_record
from services.eoffice.sealing.verify import verify
from services.eoffice.searching import index
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW, emptied
from tests.support.receipts import REGISTRY, Desk

SUBJECT = "Kerbstones of the culvert"


@pytest.fixture
def desk(postgres: Postgres) -> Iterator[Desk]:
    with service_database(postgres, "eoffice") as found:
        sessions: sessionmaker[Session] = emptied(found)
        with sessions.begin() as session:
            begin_record(session, NOW)
        yield Desk(sessions)


def found_by(desk, who) -> list[str]:
    """The kinds of what a post finds, with what it may suggest."""
    asked = Searching().load({"words": "Kerbstones"})
    with desk.sessions.begin() as session:
        items = finding.page(session, who, asked, NOW)["items"]
    return sorted(each["kind"] for each in items)


def grade_of(desk, receipt) -> Secrecy:
    with desk.sessions() as session:
        return Secrecy(session.get_one(Receipt, receipt.id).secrecy)


def findings(desk) -> list[str]:
    told: list = []
    with desk.sessions() as session:
        verify(session, city_keys_of_record(), told.append)
    return [each.row for each in told if not each.row.startswith("paper:")]


def test_a_normal_receipt_becomes_as_secret_as_the_file_and_is_found_no_more(desk):
    paper, key = desk.paper(REGISTRY, 2), str(uuid4())
    receipt = desk.diarise(subject=SUBJECT, papers=[paper], id=key)
    desk.receive(desk.send(receipt, "roads-ce"), CE)
    assert found_by(desk, ACCOUNTS) == found_by(desk, JE) == ["receipt"]
    desk.put(receipt, desk.file(CE, secrecy="secret", subject="Enquiry"), CE)
    assert grade_of(desk, receipt) is Secrecy.SECRET
    for who in (ACCOUNTS, JE, DE):
        assert found_by(desk, who) == []
    assert found_by(desk, CE) == ["paper", "receipt"]
    with desk.sessions() as session:
        accounts = current(session).posts["accounts"]
        with pytest.raises(NotFound):
            receipts.find(session, accounts, {"id": receipt.id})
        with pytest.raises(NotFound):
            kept_papers.find(session, accounts, UUID(paper))
        said = select(Act.data).where(Act.chain_id == receipt.id, Act.verb == "put_in_file")
        assert session.scalar(said)["secrecy"] == "secret"
        # The registry has had it, and a desk that asks again is told of no other content.
        registry = current(session).posts["registry-clerk"]
        assert receipts.find(session, registry, {"id": receipt.id}).id == receipt.id
    assert desk.diarise(subject=SUBJECT, papers=[paper], id=key).id == receipt.id
    with pytest.raises(Conflict) as refused:
        desk.diarise(subject="Another", papers=[paper], id=key)
    assert refused.value.details["differs"] == ["subject"]
    assert findings(desk) == []


def test_a_file_that_is_started_more_secret_makes_its_receipt_so(desk):
    receipt = desk.diarise(subject=SUBJECT)
    desk.receive(desk.send(receipt, "roads-ce"), CE)
    desk.start(receipt, CE, secrecy="confidential", subject="Enquiry")
    assert grade_of(desk, receipt) is Secrecy.CONFIDENTIAL
    assert found_by(desk, ACCOUNTS) == []


def test_a_receipt_in_a_file_of_its_own_grade_says_nothing_of_it(desk):
    receipt = desk.receive(desk.send(desk.diarise(subject=SUBJECT), "roads-je"))
    desk.put(receipt, desk.file())
    with desk.sessions() as session:
        said = select(Act.data).where(Act.chain_id == receipt.id, Act.verb == "put_in_file")
        assert "secrecy" not in session.scalar(said)
    assert "receipt" in found_by(desk, ACCOUNTS)


def test_those_of_before_are_made_as_secret_once(desk):
    receipt = desk.diarise(subject=SUBJECT)
    desk.receive(desk.send(receipt, "roads-ce"), CE)
    desk.put(receipt, desk.file(CE, secrecy="secret", subject="Enquiry"), CE)
    with desk.sessions.begin() as session:
        # As it was left before.
        row = session.get_one(Receipt, receipt.id)
        row.secrecy, row.own_secrecy = Secrecy.NORMAL, None
        index(session, Kind.RECEIPT, row.id)
        act(session, row.id, "receipt", "put_in_file", None, NOW)
    assert found_by(desk, ACCOUNTS) == ["receipt"]
    done = []
    for _ in range(3):
        with desk.sessions.begin() as session:
            done.append(raise_grades(session, NOW))
    assert done == [1, 0, 0]
    assert (grade_of(desk, receipt), found_by(desk, ACCOUNTS)) == (Secrecy.SECRET, [])
    with desk.sessions() as session:
        said = select(Act.data).where(Act.chain_id == receipt.id, Act.verb == "graded")
        assert session.scalar(said)["secrecy"] == "secret"
        graded = select(SearchWords.grade).where(SearchWords.receipt_id == receipt.id)
        assert set(session.scalars(graded)) == {Secrecy.SECRET}
        # What it is of itself is known: in a file that is not secret it is that again.
        assert session.get_one(Receipt, receipt.id).own_secrecy == Secrecy.NORMAL
    assert findings(desk) == []
