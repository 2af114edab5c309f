"""What was entered wrongly is put right, and stays to be seen."""

from uuid import UUID

import pytest

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Correspondence, File
from services.eoffice.organisation_store import current
from services.eoffice.queries import kept_papers
from services.eoffice.queries.track import track
from services.eoffice.records.document import collect
from services.eoffice.records.format import Document
from services.eoffice.records.page import page
from services.eoffice.schemas.filing import NextVolume, OpeningPart
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW
from tests.support.eoffice_corrections import (
    WHY,
    added,
    desk,
    file_corrected,
    filed,
    found_by,
    grade,
    lines,
    refiled,
    said,
    struck,
)
from tests.support.eoffice_databases import database, sessions
from tests.support.eoffice_moves import HOUR, file_of, read, take
from tests.support.receipts import REGISTRY

__all__ = ["database", "desk", "sessions"]


# ---- a file


def test_a_subject_is_corrected_by_who_has_the_file_and_up_the_line_and_the_act_has_both(desk):
    file = desk.file(subject="Kerbstonez")
    for who in (ACCOUNTS, REGISTRY):
        with pytest.raises(Forbidden, match="it is with roads-je") as refused:
            file_corrected(desk, file, who, subject="Kerbstones")
        assert refused.value.details["may"][:2] == ["roads-je", "roads-de"]
    assert file_corrected(desk, file, DE, subject="Kerbstones").version == file.version + 1
    told = said(desk, file.id, "corrected")
    assert told["changed"] == {"subject": ["Kerbstonez", "Kerbstones"]}
    assert told["reason"] == WHY
    assert found_by(desk, JE, "Kerbstones") == ["file"]
    assert found_by(desk, JE, "Kerbstonez") == []
    # The same again is no change.
    assert file_corrected(desk, file, subject="Kerbstones").version == file.version + 1
    with pytest.raises(Conflict, match=r"has changed|is at version"):
        file_corrected(desk, file, subject="Kerb", version=1)
    take(desk.sessions, "close", file)
    with pytest.raises(Conflict, match="it is closed"):
        file_corrected(desk, file, subject="Kerb")


def test_a_file_is_made_secret_by_who_has_it_and_all_in_it_with_it(desk):
    file = desk.file(subject="Enquiry")
    receipt = filed(desk, file, subject="Kerbstones")
    with pytest.raises(Forbidden, match="reads up to normal"):
        file_corrected(desk, file, secrecy="secret")
    assert found_by(desk, ACCOUNTS, "Kerbstones") == ["paper", "receipt"]
    file_corrected(desk, file, CE, secrecy="secret")
    assert (file_of(desk.sessions, file).secrecy, grade(desk, receipt)) == (2, Secrecy.SECRET)
    for words in ("Kerbstones", "Enquiry"):
        assert found_by(desk, ACCOUNTS, words) == []
    assert said(desk, file.id, "corrected")["changed"] == {"secrecy": ["normal", "secret"]}
    assert said(desk, receipt.id, "graded")["file"] == file.number


def test_it_is_made_less_secret_by_level_and_clearance_alone(desk):
    file = desk.file(CE, subject="Enquiry", secrecy="confidential")
    receipt = filed(desk, file, CE, "roads-ce", subject="Kerbstones")
    take(desk.sessions, "forward", file, CE, to="roads-de")
    with desk.cleared("roads-de", Secrecy.SECRET), pytest.raises(Forbidden) as refused:
        file_corrected(desk, file, DE, secrecy="normal")
    assert refused.value.details["least"] == 4
    assert refused.value.details["may"][0] == "roads-ce"
    with pytest.raises(NotFound):
        file_corrected(desk, file, ACCOUNTS, secrecy="normal")
    file_corrected(desk, file, CE, secrecy="normal")
    # What the file had made confidential is what it was of itself.
    assert grade(desk, receipt) is Secrecy.NORMAL
    assert found_by(desk, ACCOUNTS, "Kerbstones") == ["paper", "receipt"]


def test_no_file_is_less_secret_than_what_came_secret_of_itself(desk):
    file = desk.file(CE, subject="Enquiry", secrecy="secret")
    receipt = desk.receive(desk.send(desk.diarise(secrecy="confidential"), "roads-ce"), CE)
    desk.put(receipt, file, CE)
    with pytest.raises(Conflict) as refused:
        file_corrected(desk, file, CE, secrecy="normal")
    assert refused.value.details["secret"] == [receipt.number]
    file_corrected(desk, file, CE, secrecy="confidential")
    assert grade(desk, receipt) is Secrecy.CONFIDENTIAL


def test_public_is_taken_away_by_who_has_it_and_given_from_a_level_on(desk):
    file = desk.file(public=True)
    with pytest.raises(Invalid) as refused:
        file_corrected(desk, file, CE, secrecy="secret")
    assert "public" in refused.value.fields
    file_corrected(desk, file, public=False)
    with desk.sessions() as session, pytest.raises(NotFound):
        track(session, file.number, NOW)
    # That it was public stays in the record.
    assert said(desk, file.id, "corrected")["changed"] == {"public": [True, False]}
    with pytest.raises(Forbidden, match="from level 4 on"):
        file_corrected(desk, file, public=True)
    assert file_corrected(desk, file, CE, public=True).public


def test_the_volumes_of_a_file_are_corrected_together_the_closed_ones_too(desk):
    first = desk.file(CE, subject="Enquiry")
    receipt = filed(desk, first, CE, "roads-ce", subject="Kerbstones")
    added(desk, first, CE)
    with desk.sessions.begin() as session:
        asked = {"file_id": str(first.id)}
        second = next_volume(session, CE, NextVolume().load(asked), NOW + HOUR)
    file_corrected(desk, second, CE, subject="Enquiry 2", secrecy="secret")
    for each in (first, second):
        found = file_of(desk.sessions, each)
        assert (found.subject, found.secrecy) == ("Enquiry 2", Secrecy.SECRET)
        assert said(desk, each.id, "corrected")["changed"]["secrecy"] == ["normal", "secret"]
    assert file_of(desk.sessions, first).state == "closed"
    assert grade(desk, receipt) is Secrecy.SECRET
    for words in ("Kerbstones", "Enquiry"):
        assert found_by(desk, ACCOUNTS, words) == []
    # By the number of any of them.
    assert file_corrected(desk, first, CE, secrecy="normal").id == first.id
    assert {file_of(desk.sessions, each).secrecy for each in (first, second)} == {0}
    assert grade(desk, receipt) is Secrecy.NORMAL
    with pytest.raises(Forbidden):
        file_corrected(desk, first, ACCOUNTS, subject="Lamps")


def test_no_file_is_made_more_secret_than_its_parts_which_the_refusal_names(desk):
    file = desk.file(CE, subject="Enquiry")
    with desk.sessions.begin() as session:
        asked = {"file_id": str(file.id)}
        part = open_part(session, CE, OpeningPart().load(asked), NOW)
    with pytest.raises(Conflict, match="less secret are its parts") as refused:
        file_corrected(desk, file, CE, secrecy="secret")
    assert refused.value.details["parts"] == [part.number]
    file_corrected(desk, part, CE, secrecy="secret")
    assert file_corrected(desk, file, CE, secrecy="secret").secrecy == Secrecy.SECRET


# ---- a paper


def test_a_paper_that_was_added_twice_is_struck_out_and_its_pages_stay(desk):
    file = desk.file()
    paper = desk.paper(JE, 2)
    first, twice = added(desk, file), added(desk, file, pages=None, paper_id=paper)
    struck(desk, twice)
    assert struck(desk, twice).struck_at == NOW + HOUR
    shown = lines(desk, file)
    assert [each["struck_why"] for each in shown] == [None, WHY]
    assert shown[1]["paper_id"] == paper
    assert added(desk, file, pages=1).first_page == first.last_page + 3
    assert said(desk, file.id, "struck a paper out")["pages"] == "c:502-503"
    with desk.sessions() as session:
        assert kept_papers.find(session, current(session).posts["roads-de"], UUID(paper))


def test_once_the_file_has_moved_on_it_is_for_who_is_above(desk):
    file = desk.file()
    paper = added(desk, file)
    take(desk.sessions, "forward", file, to="accounts")
    read(desk.sessions, file, ACCOUNTS)
    for who in (JE, ACCOUNTS):
        with pytest.raises(Forbidden, match="the file has moved since") as refused:
            struck(desk, paper, who)
        assert refused.value.details["may"][:2] == ["roads-de", "roads-ce"]
    assert struck(desk, paper, DE).struck_by == "roads-de"


def test_what_a_decision_rests_on_is_taken_out_by_who_is_above_alone(desk):
    file, other = desk.file(DE), desk.file(DE)
    receipt = filed(desk, file, DE, "roads-de")
    paper = added(desk, file, DE, pages=2)
    how = {"power": "works", "amount_paise": 100, "remark": "As c:1"}
    take(desk.sessions, "approve", file, DE, **how)
    later = added(desk, file, DE, pages=2)
    with pytest.raises(Forbidden, match="the file was approved") as refused:
        struck(desk, paper, DE)
    assert refused.value.details["may"][0] == "roads-ce"
    with pytest.raises(Forbidden, match="since it was put in the file was approved") as refused:
        refiled(desk, receipt, other, DE)
    assert refused.value.details["may"][0] == "roads-ce"
    # On what was added since nothing rests.
    assert struck(desk, later, DE).struck_by == "roads-de"
    assert struck(desk, paper, CE).struck_by == "roads-ce"
    for each in (file, other):
        take(desk.sessions, "pull_up", each, CE)
    assert refiled(desk, receipt, other, CE).file_id == other.id


def test_what_came_in_or_is_not_to_be_read_is_struck_out_by_nobody(desk):
    file = desk.file()
    filed(desk, file)
    (line,) = lines(desk, file)
    with desk.sessions() as session:
        paper = session.get_one(Correspondence, UUID(line["id"]))
    with pytest.raises(Conflict) as refused:
        struck(desk, paper)
    assert refused.value.details["legal"] == ["refile_receipt"]
    hidden = added(desk, desk.file(CE, secrecy="secret"), CE)
    with pytest.raises(NotFound):
        struck(desk, hidden, ACCOUNTS)


def test_nobody_strikes_out_unseen(desk, database):
    file = desk.file()
    paper = added(desk, file)
    struck(desk, paper)
    update = "UPDATE correspondence SET struck_why = %s WHERE id = %s"
    found: list = []
    with database.begin() as session:
        session.connection().exec_driver_sql(update, ("another", paper.id))
    with database() as session:
        verify(session, city_keys_of_record(), found.append)
    with database.begin() as session:
        session.connection().exec_driver_sql(update, (WHY, paper.id))
    assert [each.row for each in found] == [f"correspondence:{paper.id}"]


def test_an_archive_shows_what_was_struck_out_and_what_was_taken_elsewhere(desk):
    file, right = desk.file(), desk.file()
    receipt = filed(desk, file)
    struck(desk, added(desk, file))
    refiled(desk, receipt, right)
    take(desk.sessions, "close", file, JE, NOW + 2 * HOUR)
    with desk.sessions() as session:
        document = collect(session, session.get_one(File, file.id)).document
    Document().load(document)
    shown = page(document)
    assert "moved to another file" in shown
    assert "struck out" in shown
    assert shown.count(WHY) >= 2
    rows = {each["position"]: each for each in document["rows"]["correspondence"]}
    assert (rows[1]["moved_to"], rows[2]["struck_by"]) == (str(right.id), "roads-je")
