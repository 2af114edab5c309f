"""Who may not read a file finds none, whatever they want to do with it; who has something to do
with one secret file has nothing to do with the others."""

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Forbidden, NotFound
from services.eoffice import queries
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.approve import approve_file, refuse_file
from services.eoffice.commands.cancel_approval import cancel_approval
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.commands.return_with_amount import return_with_amount
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organisation_store import current
from services.eoffice.queries import kept_papers, late
from services.eoffice.schemas import Listing
from services.eoffice.schemas.approving import (
    Approving,
    CancellingApproval,
    Refusing,
    ReturningWithAmount,
)
from services.eoffice.schemas.delegating import EndingLeave, TakingLeave
from services.eoffice.schemas.filing import AddingPaper
from services.eoffice.schemas.reports import Overdue
from tests.support.eoffice import CE, DE, JE, NOW, PORTAL, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import read, take
from tests.support.receipts import Desk

__all__ = ["database"]


@pytest.fixture
def desk(database: sessionmaker[Session]) -> Desk:
    return Desk(emptied(database))


def test_the_list_has_ones_own_secret_file_and_no_other(desk):
    desk.file(CE, secrecy="secret")
    with desk.cleared("roads-je", Secrecy.SECRET):
        own = desk.file(JE, secrecy="secret")
    with desk.sessions() as session:
        found = queries.page(session, current(session).posts["roads-je"], Listing().load({}))
    assert [each["number"] for each in found["items"]] == [own.number]


def test_overdue_is_ones_own_secret_file_and_no_other(desk):
    desk.file(CE, secrecy="secret", due_on="2026-06-01")
    with desk.cleared("roads-je", Secrecy.SECRET):
        own = desk.file(JE, secrecy="secret", due_on="2026-06-01")
    with desk.sessions() as session:
        reader = Reader("roads-je", Secrecy.NORMAL)
        found = late.overdue(session, Overdue().load({}), reader, NOW)
    assert [each["number"] for each in found["items"]] == [own.number]


def test_a_paper_in_anothers_secret_file_is_not_read(desk):
    desk.file(JE)
    file, paper = desk.file(CE, secrecy="secret"), desk.paper(CE, 1)
    asked = AddingPaper().load({"file_id": str(file.id), "title": "Plan", "paper_id": paper})
    with desk.sessions.begin() as session:
        key = add_paper(session, CE, asked, NOW).paper_id
    with desk.sessions() as session:
        posts = current(session).posts
        assert kept_papers.find(session, posts["commissioner"], key).id == key
        with pytest.raises(NotFound):
            kept_papers.find(session, posts["roads-je"], key)


def test_who_has_a_secret_receipt_reads_no_other(desk):
    desk.diarise(CE, secrecy="secret")
    own = desk.diarise(JE, secrecy="secret")
    assert desk.page("roads-je") == [own.number]


STEPS = {
    "forward": {"to": "law"},
    "put_up": {},
    "send_back": {},
    "pull_back": {},
    "pull_up": {},
    "mark": {"posts": ["law"], "question": "?"},
    "answer": {"answer": "!"},
    "gather": {},
    "park": {"wake_on": "2026-07-09", "reason": "x"},
    "wake": {},
    "close": {},
    "reopen": {"remark": "x"},
    "priority": {"priority": "urgent"},
    "due": {"due_on": None},
    "follow": {},
}


def _nothing_but_not_found(refused, file) -> None:
    assert (refused.value.details, file.number in refused.value.message) == (
        *({"id": str(file.id)}, False),
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_step_on_a_secret_file_says_nothing_of_it(desk, step):
    # The deputy engineer is up the line from the junior one, and reads up to confidential.
    with desk.cleared("roads-je", Secrecy.SECRET):
        file = desk.file(JE, secrecy="secret")
    with pytest.raises(NotFound) as refused:
        take(desk.sessions, step, file, DE, **STEPS[step])
    _nothing_but_not_found(refused, file)


def test_nor_does_opening_it_or_deciding_on_it(desk):
    with desk.cleared("roads-je", Secrecy.SECRET):
        file = desk.file(JE, secrecy="secret")
    asked = {"id": str(file.id)}
    money = {"power": "works", "amount_paise": 1, "remark": "x"}
    for command, schema, more in (
        (approve_file, Approving, {}),
        (refuse_file, Refusing, {"remark": "x"}),
        (return_with_amount, ReturningWithAmount, money),
        (cancel_approval, CancellingApproval, {"approval_id": str(uuid7()), "remark": "x"}),
    ):
        with pytest.raises(NotFound) as refused, desk.sessions.begin() as session:
            command(session, DE, schema().load(asked | more), NOW)
        _nothing_but_not_found(refused, file)
    with pytest.raises(NotFound) as refused:
        read(desk.sessions, file, DE)
    _nothing_but_not_found(refused, file)


def test_the_number_of_a_secret_file_is_not_found_out_with_a_receipt(desk):
    file, receipt = desk.file(CE, secrecy="secret"), desk.diarise(JE)
    with pytest.raises(NotFound) as refused:
        desk.put(receipt, file)
    assert "roads-ce" not in str(refused.value.to_dict())


@pytest.mark.parametrize("grade", list(Secrecy)[1:], ids=lambda grade: grade.code)
def test_no_post_opens_a_file_that_it_could_not_read(desk, grade):
    may = {
        Secrecy.CONFIDENTIAL: ["roads-de", "roads-ce", "addl-commissioner", "commissioner"],
        Secrecy.SECRET: ["roads-ce", "addl-commissioner", "commissioner"],
        Secrecy.TOP_SECRET: ["addl-commissioner", "commissioner"],
    }[grade]
    with pytest.raises(Forbidden) as refused:
        desk.file(JE, secrecy=grade.code)
    assert refused.value.message == (
        f"roads-je reads up to normal; the file would be {grade.code}; {may[0]} may open it"
    )
    assert refused.value.details == {
        "post": "roads-je",
        "clearance": "normal",
        "secrecy": grade.code,
        "may": may,
    }
    # Nor is a number used up.
    assert desk.file(JE).number == "ROADS/EST/GENERAL/2026/0001"


def test_a_service_opens_it_for_a_post_that_may_read_it_alone(desk):
    with pytest.raises(Forbidden):
        desk.file(PORTAL, secrecy="secret", post="roads-de")
    assert desk.file(PORTAL, secrecy="secret", post="roads-ce").held_by == "roads-ce"


def test_a_linked_officer_opens_what_the_post_and_they_may_read(desk):
    """The post has the clearance, and who looks after it not more of it than of their own."""
    away = {"person": "v.deshpande4", "linked": "m.shinde3"}
    days = {"since": "2026-07-01", "until": "2026-07-03"}
    who = Identity.of("officer:m.shinde3", "officer")
    with desk.sessions.begin() as session:
        leave = take_leave(session, CE, TakingLeave().load(away | days), NOW).id
    try:
        with pytest.raises(Forbidden):
            desk.file(who, secrecy="secret", post="roads-de")
        with pytest.raises(Forbidden, match="who looks after roads-ce reads up to confidential"):
            desk.file(who, secrecy="secret", post="roads-ce")
        opened = desk.file(who, secrecy="confidential", post="roads-ce")
        assert opened.held_by == "roads-ce"
    finally:
        with desk.sessions.begin() as session:
            end_leave(session, CE, EndingLeave().load({"id": str(leave)}), NOW)


def test_asked_again_it_is_the_file_that_was_opened_whatever_the_clearance_is_by_now(desk):
    key = str(uuid7())
    with desk.cleared("roads-je", Secrecy.SECRET):
        file = desk.file(JE, secrecy="secret", id=key)
    assert desk.file(JE, secrecy="secret", id=key).number == file.number
