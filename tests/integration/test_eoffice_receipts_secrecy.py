"""Receipts and papers that are more secret than the file that they are to go to; and what was asked
for before."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence
from services.eoffice.organisation_store import current
from services.eoffice.queries import kept_papers, receipts
from services.eoffice.schemas.filing import AddingPaper
from services.eoffice.schemas.receipts import ListingReceipts
from tests.support.eoffice import CE, DE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import take
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database"]

READERS = (
    *("roads-je", "roads-de", "roads-ce", "drainage-ce", "tax-head", "law", "addl-commissioner"),
    "registry-clerk",
)


@pytest.fixture
def desk(database: sessionmaker[Session]) -> Desk:
    return Desk(emptied(database))


def added(desk, file, paper, who=DE) -> Correspondence:
    asked = {"file_id": str(file.id), "title": "copy", "paper_id": paper}
    with desk.sessions.begin() as session:
        return add_paper(session, who, AddingPaper().load(asked), NOW)


def test_a_secret_paper_is_put_in_no_file_that_more_may_read(desk):
    paper = desk.paper(REGISTRY, 2)
    receipt = desk.diarise(secrecy="confidential", papers=[paper])
    desk.receive(desk.send(receipt, "roads-de"), DE)
    with pytest.raises(Conflict, match=r"is confidential, and file .* only normal"):
        added(desk, desk.file(DE), paper)
    assert added(desk, desk.file(DE, secrecy="confidential"), paper).paper_id is not None


def test_a_number_of_a_file_that_one_may_not_read_tells_nothing(desk):
    secret = desk.file(CE, secrecy="secret")
    receipt = desk.receive(desk.send(desk.diarise(), "roads-je"))
    told = []
    for number in (secret.number, "ROADS/EST/GENERAL/2026/0999"):
        secret.number = number
        with pytest.raises(NotFound) as refused:
            desk.put(receipt, secret)
        told.append(refused.value.message.replace(number, "it"))
    assert told[0] == told[1]


def test_a_receipt_asked_for_again_with_other_papers_is_told(desk):
    key, papers = str(uuid4()), [desk.paper(REGISTRY, pages) for pages in (1, 2)]
    first = desk.diarise(id=key, papers=papers)
    assert desk.diarise(id=key, papers=papers).number == first.number
    with pytest.raises(Conflict) as refused:
        desk.diarise(id=key, papers=papers[:1])
    assert refused.value.details["differs"] == ["papers"]


def test_a_file_that_was_started_with_other_content_is_told(desk):
    receipt = desk.receive(desk.send(desk.diarise(), "roads-je"))
    key = str(uuid4())
    started = desk.start(receipt, file_id=key, subject="खड्डे")[1]
    assert desk.start(receipt, file_id=key, subject="खड्डे")[1].number == started.number
    with pytest.raises(Conflict) as refused:
        desk.start(receipt, file_id=key, subject="another", head="tender")
    assert refused.value.details["differs"] == ["head", "subject"]


def test_an_id_of_something_else_is_a_conflict(desk):
    with pytest.raises(Conflict) as refused:
        desk.diarise(id=str(desk.file().id))
    assert refused.value.details["kind"] == "file"
    assert desk.diarise().number == "DAK/CR/2026/00001"


def test_a_secret_receipt_goes_to_no_post_that_may_not_read_it(desk):
    receipt = desk.diarise(secrecy="secret")
    with pytest.raises(Invalid) as refused:
        desk.send(receipt, "roads-de")
    assert refused.value.fields == {
        "to": ["roads-de reads up to confidential; the receipt is secret"]
    }
    assert desk.send(receipt, "roads-ce").held_by == "roads-ce"
    # What the registry has diarised it may get back.
    desk.receive(receipt, CE)
    assert desk.send(receipt, "registry-clerk", CE).held_by == "registry-clerk"


def test_a_secret_receipt_is_read_by_who_is_cleared_and_needs_to_know(desk):
    """As a file is: clearance alone is not enough."""
    paper = desk.paper(REGISTRY, 2)
    receipt = desk.diarise(secrecy="confidential", papers=[paper])
    # Those of the registry's department, up the line from it, and the registry itself.
    assert readers(desk, receipt, paper) == {"law", "addl-commissioner", "registry-clerk"}
    desk.receive(desk.send(receipt, "roads-de"), DE)
    theirs = {"roads-de", "roads-ce", "addl-commissioner", "registry-clerk"}
    assert readers(desk, receipt, paper) == theirs
    file = desk.file(DE, secrecy="confidential")
    desk.put(receipt, file, DE)
    assert readers(desk, receipt, paper) == theirs
    # It is the concern of whom its file was sent to, and of those above; not of another head.
    take(desk.sessions, "forward", file, DE, to="tax-head")
    assert readers(desk, receipt, paper) == theirs | {"tax-head"}


def readers(desk, receipt, paper) -> set[str]:
    """Who reads a receipt, in person and in lists, and its paper."""
    found = {each for each in READERS if _told(desk, receipt, each)}
    with desk.sessions() as session:
        posts = current(session).posts
        papers = {each for each in READERS if _has(session, posts[each], paper)}
    assert found == papers == {each for each in READERS if desk.page(each)}
    return found


def _told(desk, receipt, post) -> bool:
    try:
        return bool(desk.get(receipt, post))
    except NotFound:
        return False


def _has(session, post, paper) -> bool:
    try:
        return bool(kept_papers.find(session, post, UUID(paper)))
    except NotFound:
        return False


def test_who_may_read_a_receipt_and_not_its_file_is_not_told_which_that_is(desk):
    """Who has diarised it has had it."""
    receipt, file = desk.diarise(), desk.file(CE, secrecy="secret")
    desk.receive(desk.send(receipt, "roads-ce"), CE)
    desk.put(receipt, file, CE)
    assert desk.get(receipt, "roads-ce")["file_id"] == str(file.id)
    told = desk.get(receipt, "registry-clerk")
    assert (told["number"], told["status"], told["file_id"]) == (receipt.number, "filed", None)
    for post, its, listed in (("roads-ce", str(file.id), 1), ("registry-clerk", None, 0)):
        with desk.sessions() as session:
            who = current(session).posts[post]
            found = receipts.page(session, who, ListingReceipts().load({}), NOW)["items"]
            assert [each["file_id"] for each in found] == [its]
        assert len(desk.page(post, file_id=str(file.id))) == listed


def test_a_file_is_started_from_a_secret_receipt_by_who_may_read_it_alone(desk):
    receipt = desk.diarise(secrecy="secret")
    with pytest.raises(Forbidden) as refused:
        desk.start(receipt, REGISTRY)
    assert refused.value.details == {
        "post": "registry-clerk",
        "clearance": "normal",
        "secrecy": "secret",
        "may": ["addl-commissioner", "commissioner"],
    }
    assert desk.get(receipt, "registry-clerk")["version"] == 1
    assert desk.verbs(receipt.id) == ["diarised"]
    desk.receive(desk.send(receipt, "roads-ce"), CE)
    assert desk.start(receipt, CE)[1].secrecy == Secrecy.SECRET


def test_nor_is_a_more_secret_file_started_than_one_may_read(desk):
    receipt = desk.receive(desk.send(desk.diarise(), "roads-ce"), CE)
    with pytest.raises(Forbidden, match="reads up to secret; the file would be top_secret"):
        desk.start(receipt, CE, secrecy="top_secret")
