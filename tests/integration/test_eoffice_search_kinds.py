"""Notes, papers, receipts and letters are found by their words, as long as they are there."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from palika.store import Folder
from services.eoffice.commands.continue_file import open_part
from services.eoffice.commands.keep_paper import keep_paper
from services.eoffice.commands.tend_papers import read_texts
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import PaperText, SearchWords
from services.eoffice.schemas.filing import OpeningPart
from services.eoffice.schemas.receipts import KeepingPaper
from services.eoffice.searching import How, reindex
from tests.support.eoffice import CE, CLERK, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_search import asked, counted, counted_by_kind, found, suggested
from tests.support.eoffice_search_office import Office
from tests.support.papers import pdf

__all__ = ["database"]


@pytest.fixture
def office(database: sessionmaker[Session]) -> Iterator[Office]:
    office = Office(emptied(database))
    yield office
    assert office.wrong() == []


def only(office, words, caller=JE, **args):
    (hit,) = asked(office.sessions, words, caller, **args)["items"]
    return hit


def test_a_green_note_is_found_in_either_language_and_a_yellow_one_is_not(office):
    file = office.file(subject="Road")
    office.draft(file, "निविदेचा मसुदा")
    assert found(office.sessions, "tender") == []
    office.note(file, "पहिली टिपणी")
    office.note(file, "**नि**विदेला मंजुरी द्यावी, see {n:1}\n\n| काम | रक्कम |\n| खड्डे | 500 |")
    hit = only(office, "tender approval 500")
    assert (hit["kind"], hit["number"], hit["ref"], hit["page"]) == ("note", "2", "n:2", None)
    assert hit["file"]["number"] == file.number
    marked = "<mark>निविदेला</mark> <mark>मंजुरी</mark> द्यावी, see n1 काम रक्कम खड्डे <mark>500</mark>"
    assert hit["excerpt"]["html"] == marked
    assert office.resolve(hit)["note"]["number"] == 2
    assert found(office.sessions, "मसुदा") == []


def test_a_note_taken_back_is_found_no_longer(office):
    file = office.file(subject="Road")
    note = office.note(file, "Bridge")
    office.take_back(note)
    assert asked(office.sessions, "bridge")["items"] == []
    assert counted(office.sessions, "bridge")["count"] == 0


def test_a_paper_is_found_by_its_title_and_page_by_page_once_it_is_read(office):
    file = office.file(subject="Road")
    office.add(file, title="Cover", pages=3)
    paper = office.paper(JE, 3)
    office.add(file, title="Detailed project report", paper_id=paper)
    hit = only(office, "project")
    assert (hit["kind"], hit["page"], hit["ref"]) == ("paper", 1, "c:4")
    assert found(office.sessions, "culvert") == []
    assert office.read(paper, "Contents", "", "A culvert for वॉर्ड ५")
    hit = only(office, "culvert ward 5")
    assert (hit["page"], hit["ref"], hit["paper"]) == (3, "c:6", {"id": paper, "page": 3})
    assert hit["excerpt"]["html"] == "A <mark>culvert</mark> for <mark>वॉर्ड</mark> <mark>५</mark>"
    (goal,) = office.resolve(hit)["papers"]
    assert (goal["paper_id"], goal["from_page"]) == (paper, 3)
    # The title is of the first page alone.
    assert only(office, "project")["excerpt"]["html"].startswith("Detailed <mark>project</mark>")
    assert not office.read(paper, "again")


def test_pages_of_one_paper_come_in_their_order_and_no_page_of_the_list_loses_one(office):
    file, paper = office.file(subject="Road"), office.paper(JE, 30)
    office.add(file, title="Survey", paper_id=paper)
    office.read(paper, *[f"culvert {number}" for number in range(1, 31)])
    shown, cursor = [], None
    for _ in range(9):
        page = asked(office.sessions, "culvert", limit=7, cursor=cursor)
        shown += [each["page"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert shown == list(range(1, 31))


def test_a_paper_in_two_files_is_found_in_each(office):
    paper = office.paper(JE, 1)
    office.read(paper, "culvert")
    one, two = office.file(subject="One"), office.file(subject="Two")
    for file in (one, two):
        office.add(file, title="Plan", paper_id=paper)
    hits = asked(office.sessions, "culvert")["items"]
    assert {each["file"]["number"] for each in hits} == {one.number, two.number}
    assert {each["ref"] for each in hits} == {"c:1"}


def test_a_receipt_is_found_by_subject_sender_number_and_papers_until_it_is_in_a_file(office):
    first, second = office.paper(CLERK, 2), office.paper(CLERK, 1)
    office.read(first, "", "culvert")
    receipt = office.diarise(
        CLERK, medium="hand", ref="ABC/77/2026", subject="Broken bridge", papers=[first, second]
    )
    office.read(second, "parapet")
    for words in ("bridge", "आशा पाटील", receipt.number.lower(), "abc/७७/2026"):
        hit = only(office, words)
        assert (hit["kind"], hit["id"], hit["page"]) == ("receipt", str(receipt.id), None)
        assert (hit["number"], hit["ref"], hit["file"]) == (receipt.number, None, None)
    assert suggested(office.sessions, "brok") == ["broken"]
    hit = only(office, "parapet")
    assert (hit["kind"], hit["page"], hit["paper"]) == ("receipt", 3, {"id": second, "page": 1})
    assert hit["receipt_id"] == str(receipt.id)
    file = office.file(CLERK, subject="Road")
    office.put(receipt, file, CLERK)
    hit = only(office, "parapet")
    assert (hit["kind"], hit["ref"], hit["receipt_id"]) == ("paper", "c:3", str(receipt.id))
    # The receipt itself stays one, and says where it is.
    assert only(office, "bridge", kinds=["receipt"])["file"]["number"] == file.number
    assert only(office, "culvert")["ref"] == "c:2"


def test_a_file_started_from_a_receipt_has_its_papers(office):
    paper = office.paper(CLERK, 1)
    office.read(paper, "culvert")
    receipt = office.diarise(CLERK, medium="hand", subject="Bridge", papers=[paper])
    _, file = office.start(receipt, CLERK)
    assert only(office, "culvert")["file"]["number"] == file.number
    assert [each["kind"] for each in asked(office.sessions, "bridge")["items"]].count("file") == 1


def test_a_letter_is_found_as_its_newest_version_and_by_its_number_when_it_is_gone(office):
    file = office.file(subject="Road")
    letter = office.letter(file, subject="Reply", body="The culvert is broken.")
    office.revise(letter, "The parapet is broken.")
    assert found(office.sessions, "culvert") == []
    hit = only(office, "parapet Jadhav")
    assert (hit["kind"], hit["number"], hit["ref"]) == ("letter", None, None)
    gone = office.dispatch(office.letter(file, subject="Answer", body="The handrail."))
    hit = only(office, "handrail")
    assert (hit["number"], hit["ref"]) == (gone.number, "c:1")
    assert office.resolve(hit)["papers"][0]["title"] == "Answer"
    assert only(office, gone.number)["id"] == str(gone.id)
    given_up = office.letter(file, subject="Draft", body="The balustrade.")
    office.discard(given_up)
    assert found(office.sessions, "balustrade") == []


def test_parts_are_found_too(office):
    file = office.file(subject="Road")
    with office.sessions.begin() as session:
        asked_for = OpeningPart().load({"file_id": str(file.id), "subject": "Bridge"})
        part = open_part(session, JE, asked_for, NOW)
    assert only(office, "bridge")["number"] == part.number == f"{file.number}/P2"


def test_what_is_found_is_counted_by_kind(office):
    file = office.file(subject="Bridge")
    for number in range(3):
        office.note(file, f"bridge {number}")
    office.add(file, title="Bridge")
    office.diarise(CLERK, subject="Bridge")
    one, none = ({"count": count, "more": False} for count in (1, 0))
    assert counted_by_kind(office.sessions, "bridge") == {
        "count": 6,
        "more": False,
        "kinds": {
            "file": one,
            "paper": one,
            "receipt": one,
            "letter": none,
            "archived": none,
            "note": {"count": 3, "more": False},
        },
    }
    some = counted_by_kind(office.sessions, "bridge", kinds=["note", "letter"])
    assert (some["count"], sorted(some["kinds"])) == (3, ["letter", "note"])
    assert counted_by_kind(office.sessions, "nowhere")["kinds"]["file"] == none


def test_nothing_that_was_written_is_markup_where_it_is_shown(office):
    file = office.file(subject="<b>bridge</b>")
    office.note(file, '<img src=x onerror="alert(1)"> bridge & <script>x</script>')
    office.diarise(CLERK, subject="bridge <i>", sender_name="</mark><a href=//x>A</a>")
    for hit in asked(office.sessions, "bridge")["items"]:
        html = hit["excerpt"]["html"].replace("<mark>", "").replace("</mark>", "")
        assert not set("<>") & set(html)
        assert "<mark>bridge</mark>" in hit["excerpt"]["html"]
    for words in ("<script>", "bridge' OR 1=1 --", "{bridge}", '"bridge"', "%bridge_", "bridge\\"):
        asked(office.sessions, words)
    assert len(asked(office.sessions, "<b>bridge", kinds=["file"])["items"]) == 1


# -- all of it, anew -----------------------------------------------------------------------------


def scene(office) -> None:
    """Something of each kind."""
    paper, loose = office.paper(JE, 3), office.paper(JE, 2)
    office.read(paper, "one culvert", "two culverts", "three")
    office.read(loose, "a parapet", "")
    file = office.file(JE, subject="Road")
    office.note(file, "bridge", JE)
    office.dispatch(office.letter(file, JE, body="handrail"), JE)
    office.put(office.diarise(JE, subject="Filed", papers=[paper]), file, JE)
    office.diarise(JE, subject="Open", papers=[loose])


def rows(office) -> list[dict[str, object]]:
    with office.sessions() as session:
        found = select(SearchWords.__table__).order_by(SearchWords.id)
        return [dict(each) for each in session.execute(found).mappings()]


def test_a_database_from_before_is_brought_to_it(office):
    scene(office)
    office.archived("Old culvert", Secrecy.NORMAL)
    there = rows(office)
    assert {each["kind"] for each in there} == set(Kind)
    with office.sessions.begin() as session:
        session.execute(delete(SearchWords))
    missing = office.wrong()
    assert {each.how for each in missing} == {How.REMOVED}
    looked: list[int] = []
    assert reindex(office.sessions, looked.append)[How.REMOVED] == len(missing) == len(there)
    assert rows(office) == there
    assert looked[-1] == len(there)


def test_what_was_stopped_goes_on(office, monkeypatch):
    scene(office)
    there = rows(office)
    with office.sessions.begin() as session:
        session.execute(delete(SearchWords))
    monkeypatch.setattr("services.eoffice.searching.checking._MENDED", 2)
    monkeypatch.setattr("services.eoffice.searching.checking.FETCHED", 4)

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reindex(office.sessions, stop)
    kept = len(rows(office))
    assert 0 < kept < len(there)
    assert reindex(office.sessions)[How.REMOVED] == len(there) - kept
    assert rows(office) == there


def test_a_paper_that_is_read_while_it_is_put_in_files_is_found_in_all_of_them(office):
    papers = [office.paper(JE, 1) for _ in range(6)]
    files = [office.file(subject="Road") for _ in range(3)]

    def read(paper: str) -> None:
        while not office.read(paper, "culvert"):
            with office.sessions() as session:
                if session.get(PaperText, paper) is not None:
                    return

    def put(each: tuple[int, str]) -> None:
        office.add(files[each[0] % 3], title="Plan", paper_id=each[1])

    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(read, each) for each in papers]
        done += [pool.submit(put, each) for each in enumerate(papers * 2)]
        for each in done:
            each.result()
    assert counted(office.sessions, "culvert")["count"] == 12


def test_the_text_of_a_real_paper_is_found(office, tmp_path):
    store = Folder(tmp_path)
    content = base64.b64encode(pdf(2, lambda page: f"Culvert {page} of Pune")).decode()
    loaded = KeepingPaper().load({"name": "plan", "content_base64": content})
    paper = keep_paper(office.sessions.begin, store, CE, loaded, NOW)
    file = office.file(CE, subject="Road")
    office.add(file, CE, paper_id=str(paper.id))
    assert read_texts(office.sessions.begin, store, lambda: NOW, lambda: False) == 1
    assert only(office, "culvert 2", CE)["page"] == 2
