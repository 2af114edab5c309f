"""The correspondence side: pages that go on, parts and volumes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from marshmallow import ValidationError
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.note import confirm_note, save_draft
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.record_file import record_file
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Recording
from services.eoffice.organisation_store import current
from services.eoffice.queries import contents, references
from services.eoffice.reference import volume_pages
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.filing import AddingPaper, NextVolume, OpeningPart
from services.eoffice.schemas.noting import DraftSaving, DraftStep, OneFile, Resolving
from services.eoffice.schemas.records import RecordingFile
from tests.support.eoffice import CE, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import LAW, take
from tests.support.receipts import Desk

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions, caller=JE, **args) -> File:
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": "Estimate", **args}), NOW)


def add(sessions, file, pages=2, caller=JE, **args):
    with sessions.begin() as session:
        asked = {"file_id": str(file.id), "title": "Sketch", "pages": pages, **args}
        return add_paper(session, caller, AddingPaper().load(asked), NOW)


def part(sessions, file, caller=JE, **args) -> File:
    with sessions.begin() as session:
        asked = OpeningPart().load({"file_id": str(file.id), **args})
        return open_part(session, caller, asked, NOW)


def volume(sessions, file, caller=JE, **args) -> File:
    with sessions.begin() as session:
        asked = NextVolume().load({"file_id": str(file.id), **args})
        return next_volume(session, caller, asked, NOW)


def noted(sessions, file, markup):
    with sessions.begin() as session:
        asked = DraftSaving().load({"file_id": str(file.id), "markup": markup})
        draft = save_draft(session, JE, asked, NOW)
        return confirm_note(session, JE, DraftStep().load({"id": str(draft.id)}), NOW)


def of(sessions, query, file, post="roads-je"):
    with sessions.begin() as session:
        asked = OneFile().load({"id": str(file.id)})
        return query(session, current(session).posts[post], asked)


def pages(sessions, file):
    found = of(sessions, contents.contents, file)["items"]
    return [(each["position"], each["first_page"], each["last_page"]) for each in found]


def test_pages_go_on_from_paper_to_paper(sessions):
    file = opened(sessions)
    for count in (3, 1, 500):
        add(sessions, file, count)
    assert pages(sessions, file) == [(1, 1, 3), (2, 4, 4), (3, 5, 504)]


def test_papers_added_at_once_share_no_page(sessions):
    file = opened(sessions)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda count: add(sessions, file, count), [1, 2, 3, 4, 5]))
    found = pages(sessions, file)
    assert [each[0] for each in found] == [1, 2, 3, 4, 5]
    assert [each[1] for each in found] == [1, *(each[2] + 1 for each in found[:-1])]


def test_a_paper_asked_for_again_is_added_once(sessions):
    file, key = opened(sessions), str(uuid7())
    assert add(sessions, file, id=key).id == add(sessions, file, id=key).id
    with pytest.raises(Conflict) as refused:
        add(sessions, file, id=key, title="Another")
    assert refused.value.details["differs"] == ["title"]
    assert len(pages(sessions, file)) == 1


def test_pages_of_what_is_kept_are_counted_here(sessions):
    file, paper = opened(sessions), Desk(sessions).paper(JE, 3)
    with pytest.raises(Invalid) as refused:
        add(sessions, file, 2, paper_id=paper)
    assert refused.value.fields == {"pages": ["the paper has 3, not 2; leave it out"]}
    add(sessions, file, None, paper_id=paper)
    assert pages(sessions, file) == [(1, 1, 3)]
    with pytest.raises(ValidationError, match="say how many"):
        add(sessions, file, None)


def test_only_the_desk_adds_papers(sessions):
    file = opened(sessions)
    with pytest.raises(Forbidden, match="it is with roads-je"):
        add(sessions, file, caller=DE)


def test_a_page_resolves_to_the_papers_that_it_is_in(sessions):
    file = opened(sessions)
    add(sessions, file, 3)
    add(sessions, file, 4)
    noted(sessions, file, "see {c:3-5}")
    with sessions.begin() as session:
        asked = Resolving().load({"id": str(file.id), "ref": "c:3-5"})
        found = references.resolve(session, current(session).posts["roads-je"], asked)["papers"]
        shown = [(each["position"], each["from_page"], each["to_page"]) for each in found]
        assert shown == [(1, 3, 3), (2, 1, 2)]
        with pytest.raises(NotFound, match="has 7 pages"):
            references.resolve(session, current(session).posts["roads-je"], asked | {"ref": "c:8"})


def test_parts_are_numbered_and_go_their_own_way(sessions):
    file = opened(sessions)
    key = str(uuid7())
    first = part(sessions, file, DE, id=key, subject="The tender meanwhile")
    assert part(sessions, file, DE, id=key, subject="The tender meanwhile").id == first.id
    second = part(sessions, file)
    assert [first.number, second.number] == [f"{file.number}/P2", f"{file.number}/P3"]
    assert (first.held_by, second.held_by) == ("roads-de", "roads-je")
    assert noted(sessions, second, "one").number == 1
    assert of(sessions, contents.cover, file)["parts"] == [first.number, second.number]


def test_what_one_may_not_read_one_opens_no_part_of(sessions):
    file = opened(sessions, CE, secrecy="secret")
    with pytest.raises(NotFound):
        part(sessions, file, JE)


def test_what_one_has_had_without_clearance_one_opens_no_part_of(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        file = opened(sessions, secrecy="secret")
    with pytest.raises(Forbidden) as refused:
        part(sessions, file, JE)
    assert refused.value.details["may"] == ["roads-ce", "addl-commissioner", "commissioner"]
    assert part(sessions, file, CE).secrecy == Secrecy.SECRET


def test_a_bulky_file_goes_on_in_a_volume(sessions):
    file = opened(sessions)
    noted(sessions, file, "one")
    with pytest.raises(Conflict, match=f"beyond {volume_pages()}"):
        volume(sessions, file)
    add(sessions, file, volume_pages() + 1)
    key = str(uuid7())
    second = volume(sessions, file, id=key)
    assert volume(sessions, file, id=key).id == second.id
    assert (second.number, second.volume) == (f"{file.number}/V2", 2)
    # Notes and pages are numbered on, and what went before can be spoken of.
    add(sessions, second, 4)
    assert pages(sessions, second) == [(1, volume_pages() + 2, volume_pages() + 5)]
    assert noted(sessions, second, "see {n:1}, {c:1} and {c:203}").number == 2
    for step in (lambda: add(sessions, file), lambda: volume(sessions, file)):
        with pytest.raises(Conflict, match=f"goes on in {second.number}|it is closed"):
            step()
    with pytest.raises(Conflict, match="beyond"):
        volume(sessions, second)
    cover = of(sessions, contents.cover, second)
    assert cover["volumes"] == [file.number, second.number]
    assert (cover["notes"], cover["department"]["en"]) == (1, "Roads")


def test_a_volume_that_has_changed_since_it_was_read_is_not_closed(sessions):
    file = opened(sessions)
    add(sessions, file, volume_pages() + 1)
    with sessions.begin() as session:
        there = Forwarding().load({"id": str(file.id), "to": "roads-de"})
        forward_file(session, JE, there, NOW + timedelta(hours=1))
    with sessions.begin() as session:
        back = Forwarding().load({"id": str(file.id), "to": "roads-je"})
        forward_file(session, DE, back, NOW + timedelta(hours=2))
    with pytest.raises(Conflict, match="at version 3, not 1"):
        volume(sessions, file, version=1)


def test_a_volume_is_not_closed_while_an_answer_is_waited_for(sessions):
    file = opened(sessions)
    add(sessions, file, volume_pages() + 1)
    take(sessions, "mark", file, posts=["law"], question="Is it so?")
    with pytest.raises(Conflict) as refused:
        volume(sessions, file)
    assert refused.value.details["waiting"] == ["law"]
    assert "gather" in refused.value.details["legal"]
    take(sessions, "answer", file, LAW, answer="It is.")
    assert volume(sessions, file).number.endswith("/V2")


def test_what_was_recorded_of_a_volume_is_due_again_when_another_follows(sessions):
    file = opened(sessions)
    add(sessions, file, volume_pages() + 1)
    take(sessions, "close", file)
    with sessions.begin() as session:
        record_file(session, JE, RecordingFile().load({"id": str(file.id)}), NOW)
    with sessions() as session:
        due = session.get_one(Recording, file.id).due_on
    take(sessions, "reopen", file, remark="More to come")
    volume(sessions, file)
    with sessions() as session:
        assert due is not None
        assert session.get_one(Recording, file.id).due_on == due


def test_a_reference_into_a_volume_that_one_may_not_read_goes_nowhere(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        first = opened(sessions, secrecy="secret")
    noted(sessions, first, "one")
    add(sessions, first, volume_pages() + 1)
    with sessions.begin() as session:
        there = Forwarding().load({"id": str(first.id), "to": "roads-ce"})
        forward_file(session, JE, there, NOW)
    second = volume(sessions, first, CE)
    add(sessions, second, 4, CE)
    with sessions.begin() as session:
        asked = DraftSaving().load({"file_id": str(second.id), "markup": "two"})
        draft = save_draft(session, CE, asked, NOW)
        confirm_note(session, CE, DraftStep().load({"id": str(draft.id)}), NOW)

    def resolved(post, ref):
        with sessions() as session:
            asked = Resolving().load({"id": str(first.id), "ref": ref})
            return references.resolve(session, current(session).posts[post], asked)

    # The junior engineer opened the first volume; the second one never came to that desk.
    last = volume_pages() + 1
    with pytest.raises(NotFound):
        of(sessions, contents.contents, second)
    for ref in ("n:2", f"c:{last + 1}", f"c:{last}-{last + 1}", "c:900"):
        assert ref == "c:900" or resolved("roads-ce", ref)["ref"] == ref
        with pytest.raises(NotFound) as refused:
            resolved("roads-je", ref)
        assert str(last + 4) not in refused.value.message
    assert resolved("roads-je", "n:1")["note"]["number"] == 1
    assert of(sessions, contents.cover, first)["volumes"] == [first.number]
    assert of(sessions, contents.cover, first, "roads-ce")["volumes"] == [
        *(first.number, second.number)
    ]
    assert len(resolved("roads-je", f"c:{last}")["papers"]) == 1


def test_a_file_of_which_a_part_is_worked_on_is_not_closed(sessions):
    file = opened(sessions)
    of_it, other = part(sessions, file), opened(sessions)
    with pytest.raises(Conflict, match=f"{of_it.number} .* is not closed") as refused:
        take(sessions, "close", file)
    assert [each["number"] for each in refused.value.details["parts"]] == [of_it.number]
    # A part of a part is of the file too; a part's own closing does not wait for the file.
    below = part(sessions, of_it)
    with pytest.raises(Conflict, match=below.number):
        take(sessions, "close", of_it)
    take(sessions, "close", other)
    take(sessions, "close", below)
    take(sessions, "park", of_it, wake_on="2026-07-09", reason="x")
    with pytest.raises(Conflict, match=of_it.number):
        take(sessions, "close", file)
    take(sessions, "wake", of_it)
    take(sessions, "close", of_it)
    assert take(sessions, "close", file).state == "closed"
