"""What a post may not read it does not find: no kind of thing, of no grade, in no answer."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Forbidden
from services.eoffice.domain.searching import Kind
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, SearchWords
from services.eoffice.organisation_store import current
from services.eoffice.queries import search
from services.eoffice.queries.readable import findable
from services.eoffice.schemas.search import Searching
from services.eoffice.sealing import act
from services.eoffice.searching import secrecy_changed
from tests.support.eoffice import CE, CLERK, DE, JE, NOW, PORTAL, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import LAW
from tests.support.eoffice_search import asked, counted, counted_by_kind, suggested
from tests.support.eoffice_search_office import Office
from tests.support.receipts import REGISTRY

__all__ = ["database"]

ADDITIONAL = Identity.of("officer:addl-commissioner", "officer")
READERS = {
    CLERK: Secrecy.NORMAL,
    DE: Secrecy.CONFIDENTIAL,
    CE: Secrecy.SECRET,
    ADDITIONAL: Secrecy.TOP_SECRET,
}
OF_EACH = {"file": 1, "note": 1, "paper": 2, "receipt": 2, "letter": 1, "archived": 1}


@pytest.fixture
def office(database: sessionmaker[Session]) -> Iterator[Office]:
    office = Office(emptied(database))
    yield office
    assert office.wrong() == []


def one_of_each(office, grade: Secrecy, word: str = "culvert") -> File:
    """Of each kind what says the word: in a file that the law officer has and that is of the roads
    department, a receipt in none, that lies there, and a file of that department that was brought
    in: all readers need to know of them."""
    who = LAW
    said = {"post": "law", "department": "roads", "subject": f"The {word}"}
    with office.cleared("law", Secrecy.TOP_SECRET):
        file = office.file(PORTAL, secrecy=grade.code, **said)
    office.note(file, f"{word} noted", who)
    first, loose = office.paper(who, 2), office.paper(who, 1)
    office.add(file, who, title=f"{word} drawn", paper_id=first)
    office.read(first, "", f"{word} measured")
    office.letter(file, who, subject="Reply", body=f"{word} told")
    said = {"medium": "hand", "subject": word, "secrecy": grade.code, "papers": [loose]}
    receipt = office.diarise(who, **said)
    with office.cleared("roads-je", Secrecy.TOP_SECRET):
        office.send(receipt, "roads-je", who)
    office.read(loose, f"{word} complained of")
    office.archived(f"Old {word}", grade)
    return file


def kinds_of(page) -> dict[str, int]:
    kinds = [each["kind"] for each in page["items"]]
    return {str(kind): kinds.count(str(kind)) for kind in Kind}


@pytest.mark.parametrize("grade", Secrecy, ids=lambda grade: grade.code)
def test_of_each_grade_each_kind_is_found_by_who_is_cleared_and_by_nobody_else(office, grade):
    one_of_each(office, grade)
    for reader, clearance in READERS.items():
        seen = clearance >= grade
        wanted = OF_EACH if seen else dict.fromkeys(OF_EACH, 0)
        page = asked(office.sessions, "culvert", reader)
        assert (kinds_of(page), page["next"]) == (wanted, None), reader
        told = counted_by_kind(office.sessions, "culvert", reader)
        assert told["count"] == sum(wanted.values())
        assert {kind: each["count"] for kind, each in told["kinds"].items()} == wanted
        assert suggested(office.sessions, "culv", reader) == (["culvert"] if seen else [])
        for kind in Kind:
            alone = asked(office.sessions, "culvert", reader, kinds=[str(kind)])
            assert len(alone["items"]) == wanted[kind], (reader, kind)
            assert (
                counted(office.sessions, "culvert", reader, kinds=[str(kind)])["count"]
                == (wanted[kind])
            )


def test_a_page_has_what_may_be_read_alone_and_no_cursor_points_at_the_rest(office):
    for grade in Secrecy:
        one_of_each(office, grade)
    for reader, clearance in READERS.items():
        grades, cursor, calls = [], None, 0
        for _ in range(40):
            page = asked(office.sessions, "culvert", reader, limit=3, cursor=cursor)
            grades += [each["secrecy"] for each in page["items"]]
            calls += 1
            if (cursor := page["next"]) is None:
                break
        each_grade = [grade.code for grade in Secrecy if grade <= clearance]
        assert sorted(grades) == sorted(each_grade * sum(OF_EACH.values()))
        # A page that ends with what may be read is full, however much follows that may not.
        assert calls == -(-len(grades) // 3)


def test_who_works_on_a_secret_file_finds_what_is_in_it(office):
    with office.cleared("roads-je", Secrecy.SECRET):
        file = office.file(JE, subject="Road", secrecy="secret")
    office.note(file, "culvert", JE)
    office.add(file, JE, title="culvert")
    office.letter(file, JE, body="culvert")
    for reader, wanted in ((JE, 3), (CLERK, 0), (DE, 0), (CE, 3)):
        assert counted(office.sessions, "culvert", reader)["count"] == wanted


def test_a_receipt_more_secret_than_the_file_it_is_in_is_not_found_by_who_reads_the_file(office):
    # A junior engineer opened the secret file and has had it; the receipt was never theirs.
    with office.cleared("roads-je", Secrecy.SECRET):
        file = office.file(JE, subject="Road", secrecy="secret")
    office.forward(file, "roads-ce")
    paper = office.paper(CE, 1)
    office.read(paper, "culvert parapet")
    receipt = office.diarise(
        CE, medium="hand", subject="Vigilance", secrecy="secret", papers=[paper]
    )
    office.put(receipt, file, CE)
    # As secret as the file: who has had that finds it.
    for reader, wanted in ((JE, 1), (CLERK, 0), (DE, 0), (CE, 1)):
        assert counted(office.sessions, "parapet", reader)["count"] == wanted
    with office.sessions.begin() as session:
        lowered = session.get(File, file.id)
        lowered.secrecy = Secrecy.NORMAL
        secrecy_changed(session, lowered)
        act(session, file.id, "file", "classified", None, NOW)
    for reader, wanted in ((JE, 0), (CLERK, 0), (DE, 0), (CE, 1), (ADDITIONAL, 1)):
        assert len(asked(office.sessions, "parapet", reader)["items"]) == wanted, reader
        assert counted(office.sessions, "parapet", reader)["count"] == wanted
        assert counted(office.sessions, "vigilance", reader)["count"] == 2 * wanted
        assert suggested(office.sessions, "vigil", reader) == ["vigilance"] * wanted
        assert counted(office.sessions, "road", reader)["count"] == 1


def test_a_receipt_in_no_file_is_found_by_who_has_it_has_had_it_or_diarised_it(office):
    paper = office.paper(REGISTRY, 1)
    office.read(paper, "parapet")
    receipt = office.diarise(subject="Vigilance", secrecy="top_secret", papers=[paper])
    other = office.diarise(CE, subject="Vigilance too", secrecy="top_secret")
    with office.cleared("roads-je", Secrecy.TOP_SECRET):
        office.send(receipt, "roads-je")
    for reader, wanted in ((REGISTRY, 1), (JE, 1), (DE, 0), (CE, 1), (ADDITIONAL, 2)):
        hits = asked(office.sessions, "vigilance", reader)["items"]
        assert len(hits) == wanted, reader
    office.receive(receipt, JE)
    with office.cleared("roads-de", Secrecy.TOP_SECRET):
        office.send(receipt, "roads-de", JE)
    for reader, wanted in ((REGISTRY, 1), (JE, 1), (DE, 1), (CLERK, 0), (CE, 0), (ADDITIONAL, 1)):
        assert counted(office.sessions, "parapet", reader)["count"] == wanted, reader
    assert suggested(office.sessions, "vigil", JE) == ["vigilance"]
    assert suggested(office.sessions, "vigil", CLERK) == []
    assert other.number not in str(asked(office.sessions, "vigilance", JE))


def test_the_receipts_that_are_found_are_those_that_are_listed(office):
    receipts = [
        office.diarise(who, subject="Vigilance", secrecy=grade.code)
        for grade in Secrecy
        for who in (REGISTRY, CLERK, CE)
    ]
    for each, to in ((receipts[0], "roads-je"), (receipts[6], "roads-je"), (receipts[9], "law")):
        with office.cleared(to, Secrecy.TOP_SECRET):
            office.send(each, to)
    with office.cleared("roads-ce", Secrecy.TOP_SECRET):
        secret = office.file(CE, secrecy="top_secret")
    office.put(receipts[2], secret, CE)
    with office.sessions() as session:
        posts = list(current(session).posts)
    for code in posts:
        reader = Identity.of(f"officer:{code}", "officer")
        page = search_as(office, reader)
        if page is None:
            continue
        listed = office.page(code)
        assert sorted(each["number"] for each in page["items"]) == sorted(listed), code


def search_as(office, reader):
    """What a post finds of receipts; None: nobody holds it."""
    try:
        return asked(office.sessions, "vigilance", reader, kinds=["receipt"], limit=100)
    except Forbidden:
        return None


def test_the_file_of_a_receipt_is_named_to_who_may_read_it(office):
    receipt = office.receive(office.send(office.diarise(subject="Vigilance"), "roads-ce"), CE)
    secret = office.file(CE, subject="Hush", secrecy="secret")
    office.put(receipt, secret, CE)
    # It is as secret as the file now: who has had it finds it still, and nobody else.
    assert asked(office.sessions, "vigilance", CLERK)["items"] == []
    (hit,) = asked(office.sessions, "vigilance", REGISTRY)["items"]
    assert (hit["number"], hit["file"]) == (receipt.number, None)
    assert secret.number not in str(hit)
    (hit,) = asked(office.sessions, "vigilance", CE, kinds=["receipt"])["items"]
    assert hit["file"]["number"] == secret.number


def test_to_know_of_a_secret_thing_no_more_than_its_own_is_looked_up(office):
    one_of_each(office, Secrecy.SECRET)
    with office.sessions() as session:
        post = current(session).posts["roads-je"]
        chosen = select(SearchWords.id).where(findable(SearchWords, post))
        said = chosen.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {said}")))
    assert plan.count("SubPlan") >= 4
    assert "hashed" not in plan


def test_what_is_found_later_does_not_shift_the_pages(office):
    for number in range(5):
        office.note(office.file(subject=f"Road {number}"), "culvert", JE)
    first = asked(office.sessions, "culvert", JE, limit=2)
    with office.sessions.begin() as session:
        loaded = Searching().load({"words": "culvert", "limit": 9, "cursor": first["next"]})
        rest = search.page(session, JE, loaded, NOW + timedelta(days=1))
    ids = [each["id"] for each in first["items"] + rest["items"]]
    assert len(set(ids)) == len(ids) == 5
