"""What desks offer in their forms, and what is legal for a post without opening the file."""

import pytest

from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.root import begin_record
from services.eoffice.domain.phrases import phrases
from services.eoffice.organisation_store import forget
from tests.support.databases import service_database
from tests.support.eoffice import CE, CLERK, DE, JE, NOW, emptied
from tests.support.eoffice_letters import OFFICE
from tests.support.eoffice_whole import Office


@pytest.fixture(scope="module")
def office(postgres: Postgres, tmp_path_factory):
    OFFICE.papers = Folder(tmp_path_factory.mktemp("papers"))
    with service_database(postgres, "eoffice") as found:
        with emptied(found).begin() as session:
            begin_record(session, NOW)
        yield Office(found, tmp_path_factory.mktemp("keys"))
    forget()


def test_forms_have_what_the_citys_files_say_in_both_languages(office):
    told = office.call("forms", JE, {})
    assert (told["department"], told["section"]) == ("roads", "est")
    for name in ("departments", "sections", "heads", "categories", "senders", "letters", "phrases"):
        assert told[name], name
        assert all(each["mr"] and each["en"] for each in told[name]), name
    assert {"code": "tender", "mr": "निविदा", "en": "Tenders"} in told["heads"]
    assert {each["code"] for each in told["letters"]} >= {"letter", "reminder", "order"}


def test_grades_are_those_that_the_post_is_cleared_for(office):
    assert office.call("forms", JE, {})["grades"] == ["normal"]
    assert office.call("forms", DE, {})["grades"] == ["normal", "confidential"]
    assert office.call("forms", CE, {})["grades"] == ["normal", "confidential", "secret"]


def test_get_tells_what_is_legal_and_opens_nothing(office):
    file = office.file(JE)
    office.call("put_up", JE, {"id": file})
    assert "pull_back" in office.call("get", JE, {"id": file})["legal"]
    mine = office.call("get", DE, {"id": file})
    assert {"open", "put_up", "send_back", "approve"} <= set(mine["legal"])
    assert mine["seen_at"] is None
    assert "pull_up" in office.call("get", CE, {"id": file})["legal"]
    assert office.call("get", CLERK, {"id": file})["legal"] == []


def test_letters_tell_what_is_legal_for_the_post_that_asks(office):
    letter = office.letter()
    mine = office.call("letter", JE, {"id": letter})
    assert mine["legal"] == ["revise_letter", "approve_letter", "discard_letter"]
    listed = office.call("letters", CE, {"id": mine["file_id"]})
    assert [each["legal"] for each in listed["items"]] == [[]]


def test_a_phrase_that_could_not_stand_in_a_note_is_a_mistake():
    with pytest.raises(ValueError, match="''"):
        phrases({"phrases": [{"mr": "", "en": "Submitted."}]})
