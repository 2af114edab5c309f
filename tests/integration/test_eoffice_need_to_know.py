"""A secret file is there for who is cleared and needs to know of it, and for nobody else: the same
in one file, in lists, in searches and in what refers to it."""

import pytest
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import NotFound
from palika.store import key_of
from services.eoffice import queries
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.commands.hold_post import transfer_person, vacate_post
from services.eoffice.commands.remove_zip import remove_zip
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Archive, File
from services.eoffice.organisation_store import actor, current, forget
from services.eoffice.queries import archived, contents, late, references, reports
from services.eoffice.queries.kept_zips import kept_zips
from services.eoffice.schemas import Getting, Listing
from services.eoffice.schemas.archives import Importeds, MakingArchive
from services.eoffice.schemas.filing import NextVolume, OpeningPart
from services.eoffice.schemas.noting import OneFile, Resolving
from services.eoffice.schemas.organisation import TransferringPerson, Vacating
from services.eoffice.schemas.reports import Overdue, Reporting
from services.eoffice.sealing import act
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import ADMIN, take
from tests.support.eoffice_search import asked, counted, suggested
from tests.support.eoffice_search_office import Office
from tests.support.receipts import COMMISSIONER, REGISTRY

__all__ = ["database"]

HEALTH = Identity.of("officer:health-head", "officer")
TAX = Identity.of("officer:tax-assistant", "officer")
ADDITIONAL = Identity.of("officer:addl-commissioner", "officer")
IN_IT = 4  # the file, its note, its paper and its letter


@pytest.fixture
def office(database: sessionmaker[Session]) -> Office:
    return Office(emptied(database))


def secret(office: Office, grade: str = "confidential") -> File:
    """A file of the roads department with the word in all that it has."""
    with office.cleared("roads-je", Secrecy.CONFIDENTIAL):
        file = office.file(JE, subject="Culvert enquiry", secrecy=grade, due_on="2026-06-01")
    office.note(file, "culvert noted", JE)
    office.add(file, JE, title="culvert drawn")
    office.letter(file, JE, body="culvert told")
    return file


def sees(office: Office, who: Identity, file: File) -> bool:
    """Whether it is there for them; by whichever way they ask, it is the same."""
    with office.sessions() as session:
        post = actor(session, who, None, NOW).post
        ways = {"get": _is_got(session, post, file)}
        page = queries.page(session, post, Listing().load({"limit": 200}))
        ways["list"] = file.number in [each["number"] for each in page["items"]]
        reader = Reader(post.code, post.clearance, post.department)
        over = late.overdue(session, Overdue().load({}), reader, NOW)
        ways["overdue"] = file.number in [each["number"] for each in over["items"]]
    found = asked(office.sessions, "culvert", who)
    ways["search"] = len(found["items"]) == IN_IT
    assert found["next"] is None
    ways["count"] = counted(office.sessions, "culvert", who)["count"] == IN_IT
    ways["suggest"] = suggested(office.sessions, "culv", who) == ["culvert"]
    assert found["items"] == [] or ways["search"]
    assert len(set(ways.values())) == 1, ways
    return ways["get"]


def _is_got(session, post, file) -> bool:
    try:
        queries.get(session, post, Getting().load({"number": file.number}))
    except NotFound:
        return False
    return True


def test_clearance_alone_is_not_enough(office):
    file = secret(office)
    assert not sees(office, TAX, file)
    assert not sees(office, HEALTH, file)
    assert not sees(office, ACCOUNTS, file)


def test_it_is_refused_as_if_it_were_not_there(office):
    file = secret(office)
    wanted = Getting().load({"number": file.number})
    with office.sessions() as session:
        post = current(session).posts["health-head"]
        with pytest.raises(NotFound) as refused:
            queries.get(session, post, wanted)
    assert refused.value.details == {"id": file.number}
    assert refused.value.message == f"there is no file {file.number}"


def test_a_report_counts_what_one_needs_to_know_of(office):
    secret(office)

    def counts(post: str) -> tuple[int, int]:
        with office.sessions() as session:
            found = current(session).posts[post]
            reader = Reader(found.code, found.clearance, found.department)
            by = {"by": "department"}
            flow, pendency = (
                reports.report(session, Reporting().load({"name": name, **by}), reader, NOW)
                for name in ("flow", "pendency")
            )
            return flow["total"]["opened"], pendency["total"]["pending"]

    for post in ("roads-de", "addl-commissioner"):
        assert counts(post) == (1, 1)
    for post in ("roads-clerk", "health-head", "tax-assistant"):
        assert counts(post) == (0, 0)
    # Who has it counts it, whatever it is cleared for.
    assert counts("roads-je") == (1, 1)


def test_a_normal_file_is_there_for_everybody(office):
    file = secret(office, grade="normal")
    for who in (TAX, HEALTH, Identity.of("officer:health-clerk", "officer")):
        assert sees(office, who, file)


def test_who_is_of_its_department_and_cleared_reads_it(office):
    file = secret(office)
    assert sees(office, DE, file)
    assert sees(office, CE, file)
    assert not sees(office, Identity.of("officer:roads-clerk", "officer"), file)
    higher = office.file(CE, subject="Culvert inquest", secrecy="secret")
    with office.sessions() as session:
        assert not _is_got(session, current(session).posts["roads-de"], higher)


def test_who_is_above_the_one_who_has_it_reads_it(office):
    file = secret(office)
    assert sees(office, ADDITIONAL, file)
    assert sees(office, COMMISSIONER, file)
    office.forward(file, "tax-assistant")
    # Another department's: its head is above who has it now, and no more when it has gone on.
    head = Identity.of("officer:tax-head", "officer")
    assert sees(office, head, file)
    office.forward(file, "roads-de", TAX)
    assert not sees(office, head, file)
    assert sees(office, TAX, file)


def test_who_has_had_it_reads_it_whatever_the_grade(office):
    file = secret(office)
    office.forward(file, "health-head")
    assert sees(office, HEALTH, file)
    office.forward(file, "roads-ce", HEALTH)
    assert sees(office, HEALTH, file)
    assert sees(office, JE, file)


def test_who_was_marked_to_reads_it_when_the_answers_are_gathered_too(office):
    file = secret(office)
    take(office.sessions, "mark", file, posts=["accounts", "law"], question="?")
    assert sees(office, ACCOUNTS, file)
    take(office.sessions, "answer", file, ACCOUNTS, answer="!")
    take(office.sessions, "gather", file, withdraw=True)
    assert sees(office, ACCOUNTS, file)
    assert sees(office, Identity.of("officer:law", "officer"), file)
    assert not sees(office, TAX, file)


def test_the_record_room_needs_to_know_of_what_is_closed(office):
    file = office.file(DE, secrecy="confidential")
    clerk = "registry-clerk"
    with office.cleared(clerk, Secrecy.CONFIDENTIAL), office.sessions() as session:
        assert not _is_got(session, current(session).posts[clerk], file)
    take(office.sessions, "close", file, DE)
    with office.cleared(clerk, Secrecy.CONFIDENTIAL), office.sessions() as session:
        assert _is_got(session, current(session).posts[clerk], file)
    with office.sessions() as session:
        assert not _is_got(session, current(session).posts[clerk], file)


def test_the_zips_of_archives_are_there_for_who_may_read_their_files(office):
    """Clearance alone shows none of an open file, and who has to do with it needs none."""
    file = office.file(DE, secrecy="confidential")
    made = Archive(id=uuid7(), file_id=file.id, acts=1, sha256="0" * 64, size=1)
    made.key = key_of(b"archive", NOW, ".zip")
    made.made_by, made.made_at, made.rev = "registry-clerk", NOW, 1
    with office.sessions.begin() as session:
        session.add(made)
        act(session, file.id, "file", "archived", None, NOW)

    def there() -> bool:
        with office.sessions() as session:
            post = current(session).posts["registry-clerk"]
            listed = [each["id"] for each in kept_zips(session, post, limit=9)] == [str(made.id)]
            try:
                remove_zip(session, REGISTRY, made.id, None, NOW)
            except NotFound:
                assert not listed
                return False
            assert listed
            session.rollback()
            return True

    with office.cleared("registry-clerk", Secrecy.CONFIDENTIAL):
        assert not there()
        take(office.sessions, "close", file, DE)
        assert there()
    assert not there()
    take(office.sessions, "reopen", file, DE, remark="Audit")
    with office.cleared("registry-clerk", Secrecy.CONFIDENTIAL):
        take(office.sessions, "mark", file, DE, posts=["registry-clerk"], question="?")
    assert there()


def test_the_right_is_the_posts_and_stays_behind_when_the_officer_goes(postgres):
    with service_database(postgres, "eoffice") as found:
        office = Office(emptied(found))
        file, officer = secret(office), Identity.of("officer:m.shinde3", "officer")
        assert sees(office, officer, file)
        with found.begin() as session:
            vacating = Vacating().load({"code": "health-head", "since": "2026-07-01"})
            vacate_post(session, ADMIN, vacating, NOW)
        with found.begin() as session:
            moving = {"person": "m.shinde3", "to": "health-head", "since": "2026-07-01"}
            transfer_person(session, ADMIN, TransferringPerson().load(moving), NOW)
        forget()
        assert not sees(office, officer, file)


def test_a_reference_goes_nowhere_where_the_file_may_not_be_read(office):
    file = secret(office)
    with office.sessions() as session:
        post = current(session).posts["tax-assistant"]
        own = office.file(TAX, subject="Own")
        for asked_for in (
            {"number": own.number, "ref": f"f:{file.number}"},
            {"number": file.number, "ref": "n:1"},
            {"id": str(file.id), "ref": "c:1"},
        ):
            with pytest.raises(NotFound):
                references.resolve(session, post, Resolving().load(asked_for))


def test_who_was_asked_about_the_second_volume_reads_nothing_of_the_first(office):
    with office.cleared("roads-je", Secrecy.CONFIDENTIAL):
        first = office.file(JE, secrecy="confidential")
    office.note(first, "noted")
    office.add(first, pages=250)
    with office.sessions.begin() as session:
        going_on = NextVolume().load({"file_id": str(first.id)})
        second = next_volume(session, JE, going_on, NOW)
    take(office.sessions, "mark", second, posts=["accounts"], question="?")

    def reads(post: str, ref: str) -> bool:
        with office.sessions() as session:
            asked_for = Resolving().load({"number": second.number, "ref": ref})
            try:
                references.resolve(session, current(session).posts[post], asked_for)
            except NotFound:
                return False
            return True

    for ref in ("n:1", "c:1", f"f:{first.number}"):
        assert reads("roads-de", ref)
        assert not reads("accounts", ref)
    with office.sessions() as session:
        asked_for = OneFile().load({"id": str(second.id)})
        shown = contents.cover(session, current(session).posts["accounts"], asked_for)
        assert shown["volumes"] == [second.number]


def test_a_part_that_may_not_be_read_is_on_no_cover(office):
    with office.cleared("roads-je", Secrecy.CONFIDENTIAL):
        file = office.file(JE, secrecy="confidential")
        take(office.sessions, "mark", file, posts=["accounts"], question="?")
        with office.sessions.begin() as session:
            asked_for = {"file_id": str(file.id), "subject": "Part"}
            part = open_part(session, JE, OpeningPart().load(asked_for), NOW)
    with office.sessions() as session:
        posts = current(session).posts
        shown = contents.cover(session, posts["accounts"], OneFile().load({"id": str(file.id)}))
        assert shown["parts"] == []
        shown = contents.cover(session, posts["roads-de"], OneFile().load({"id": str(file.id)}))
        assert shown["parts"] == [part.number]


def test_what_was_brought_in_is_read_by_who_needs_to_know(office):
    made = office.archived("Old culvert", Secrecy.CONFIDENTIAL)

    def there(post: str) -> bool:
        with office.sessions() as session:
            reader = current(session).posts[post]
            page = archived.page(session, reader, Importeds().load({}))
            listed = [each["number"] for each in page["items"]] == [made.number]
            who = Identity.of(f"officer:{post}", "officer")
            found = counted(office.sessions, "culvert", who)["count"] == 1
            try:
                archived.get(session, reader, MakingArchive().load({"number": made.number}))
            except NotFound:
                assert (listed, found) == (False, False)
                return False
            assert (listed, found) == (True, True)
            return True

    assert there("roads-de")
    assert there("addl-commissioner")
    assert not there("tax-assistant")
    assert not there("registry-clerk")
    with office.cleared("registry-clerk", Secrecy.CONFIDENTIAL):
        assert there("registry-clerk")
