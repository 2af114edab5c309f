"""What was asked for under an id of the caller's is done once, though somebody has undone it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.root import begin_record
from services.eoffice.organisation_store import forget
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice import CE, DE, JE, NOW, emptied
from tests.support.eoffice_letters import OFFICE
from tests.support.eoffice_moves import ADMIN
from tests.support.eoffice_whole import Office, all_of, matter
from tests.support.receipts import REGISTRY


@pytest.fixture
def office(postgres: Postgres, tmp_path) -> Iterator[Office]:
    OFFICE.papers = Folder(tmp_path / "papers")
    with service_database(postgres, "eoffice") as found:
        with emptied(found).begin() as session:
            begin_record(session, NOW)
        yield Office(found, tmp_path)
    forget()


@pytest.fixture
def undone(office) -> Callable[..., None]:
    """Do a thing under an id, undo it, and ask again: nothing is done anew."""

    def check(name: str, asked: dict[str, Any], who: Identity, *undoing: tuple[Any, ...]) -> None:
        again = {**asked, "step": str(uuid7())}
        office.call(name, who, again, str(uuid4()))
        for method, by, how in undoing:
            office.call(method, by, how)
        before = all_of(office)
        with pytest.raises(Conflict, match="carried out already"):
            office.call(name, who, again, str(uuid4()))
        assert all_of(office) == before
        found: list = []
        with office.sessions() as session:
            verify(session, city_keys_of_record(), found.append)
        assert found == []

    return check


def test_a_tie_that_somebody_has_untied_is_not_made_anew(office, undone):
    tied = office.tied()
    untie = ("untie", JE, {**tied, "reason": "Moved"})
    office.call(*untie)
    undone("tie", tied, JE, untie)


def test_an_untying_that_somebody_has_tied_again_is_not_done_anew(office, undone):
    tied = office.tied()
    undone("untie", {**tied, "reason": "Moved"}, JE, ("tie", JE, tied))


def test_a_name_that_was_changed_back_is_not_given_anew(undone):
    back = ("rename", ADMIN, {"kind": "post", "code": "law", "en": "Chief Law Officer"})
    undone("rename", {"kind": "post", "code": "law", "en": "Chief of Law"}, ADMIN, back)


def test_a_line_that_was_changed_back_is_not_drawn_anew(undone):
    back = ("change_reporting", ADMIN, {"code": "law", "reports_to": "addl-commissioner"})
    undone("change_reporting", {"code": "law", "reports_to": "commissioner"}, ADMIN, back)


def test_what_was_recorded_otherwise_since_is_not_recorded_as_it_was_anew(office, undone):
    file = office.taken("close", office.file())
    otherwise = ("record_file", JE, {"id": file, "category": "B", "reason": "Wanted"})
    undone("record_file", {"id": file, "category": "C", "years": 5}, JE, otherwise)


def test_a_post_that_was_taken_again_is_not_vacated_anew(undone):
    seated = ("transfer_person", ADMIN, {"person": "a.jadhav2", "to": "roads-je"})
    undone("vacate_post", {"code": "roads-je"}, ADMIN, seated)


def test_a_receipt_that_was_opened_again_is_not_closed_anew(office, undone):
    receipt = office.receipt()
    again = ("reopen_receipt", JE, {"id": receipt, "remark": "Another letter"})
    undone("close_receipt", {"id": receipt, "remark": "Answered"}, JE, again)


def test_a_subject_that_was_put_back_is_not_corrected_anew(office, undone):
    file = office.file(subject="Lamps")
    back = ("correct_file", DE, {"id": file, "subject": "Lamps", "reason": "It was right"})
    undone("correct_file", {"id": file, "subject": "Roads", "reason": "Typed"}, JE, back)


def test_a_category_that_was_put_back_is_not_corrected_anew(office, undone):
    receipt = {"id": office.receipt(), "reason": "Typed"}
    back = ("correct_receipt", REGISTRY, {**receipt, "category": "complaint"})
    undone("correct_receipt", {**receipt, "category": "court"}, REGISTRY, back)


def test_a_receipt_that_was_taken_back_is_not_taken_to_the_other_file_anew(office, undone):
    receipt, one, other = office.receipt(), office.file(), office.file()
    office.call("put_in_file", JE, {"id": receipt, "file_id": one})
    asked = {"id": receipt, "reason": "Wrong"}
    back = ("refile_receipt", JE, {**asked, "file_id": one})
    undone("refile_receipt", {**asked, "file_id": other}, JE, back)


def test_a_paper_is_struck_out_once_and_answered_again(office):
    asked = {"id": office.added(), "reason": "Twice", "step": str(uuid7())}
    first = office.call("strike_paper", JE, asked, str(uuid4()))
    before = all_of(office)
    assert office.call("strike_paper", JE, asked, str(uuid4())) == first
    with pytest.raises(Conflict) as refused:
        office.call("strike_paper", JE, {**asked, "reason": "Wrong"}, str(uuid4()))
    assert refused.value.details["differs"] == ["reason"]
    assert all_of(office) == before


def test_what_was_so_already_when_it_was_asked_for_is_not_done_later(office):
    """Nothing was to be done the first time; that it was asked for is kept all the same."""
    asked = {"kind": "post", "code": "law", "en": "Chief Law Officer", "step": str(uuid7())}
    first = office.call("rename", ADMIN, asked, str(uuid4()))
    assert office.call("rename", ADMIN, asked, str(uuid4())) == first
    office.call("rename", ADMIN, {"kind": "post", "code": "law", "en": "Chief of Law"})
    before = all_of(office)
    with pytest.raises(Conflict, match="carried out already"):
        office.call("rename", ADMIN, asked, str(uuid4()))
    assert all_of(office) == before


def test_without_an_id_it_is_done_as_often_as_it_is_asked_for(office):
    tied = office.tied()
    for _ in range(2):
        office.call("untie", JE, {**tied, "reason": "Moved"}, str(uuid4()))
        office.call("tie", JE, tied, str(uuid4()))


def test_what_is_there_still_is_answered_again(office):
    asked = {"id": office.file(), "step": str(uuid7())}
    first = office.call("tie", JE, asked, str(uuid4()))
    asked |= matter(first)
    with pytest.raises(Conflict) as refused:
        office.call("tie", JE, asked, str(uuid4()))
    assert refused.value.details["differs"] == ["correlation_id"]
    tied = {**office.tied(), "step": str(uuid7())}
    assert office.call("tie", JE, tied, str(uuid4())) == office.call("tie", JE, tied, str(uuid4()))


def test_an_id_that_was_used_for_something_else_is_refused_naming_what_differs(office):
    tied, key = office.tied(), str(uuid7())
    office.call("untie", JE, {**tied, "reason": "Moved", "step": key}, str(uuid4()))
    for name, who, asked, differs in (
        ("untie", JE, {**tied, "reason": "x"}, ["reason"]),
        ("untie", CE, {**tied, "reason": "Moved"}, ["by"]),
        ("tie", JE, tied, ["method", "note", "reason"]),
    ):
        before = all_of(office)
        with pytest.raises(Conflict) as refused:
            office.call(name, who, {**asked, "step": key}, str(uuid4()))
        assert refused.value.details["differs"] == differs
        assert all_of(office) == before
