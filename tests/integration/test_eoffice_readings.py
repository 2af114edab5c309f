"""Who reads a file from outside leaves a trace, once a day; who has the file is told of it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Forbidden, Invalid, NotFound
from services.eoffice.commands.keep_reading import keep_reading, keep_reading_of_paper
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.root import begin_record
from services.eoffice.domain.reading import What, chain_of
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Reading
from services.eoffice.organisation_store import actor
from services.eoffice.queries.readings import readings
from services.eoffice.schemas.delegating import TakingLeave
from services.eoffice.schemas.readings import Readings
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, PORTAL, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import take
from tests.support.eoffice_search_office import Office
from tests.support.receipts import COMMISSIONER, REGISTRY

__all__ = ["database"]

HEALTH = Identity.of("officer:health-head", "officer")
HEALTH_CLERK = Identity.of("officer:health-clerk", "officer")
DAY = timedelta(days=1)


@pytest.fixture
def office(database: sessionmaker[Session]) -> Office:
    with emptied(database).begin() as session:
        begin_record(session, NOW)
    return Office(database)


def read(office, who, file, what=What.NOTE_SHEET, now=NOW, post=None) -> None:
    with office.sessions.begin() as session:
        keep_reading(session, actor(session, who, post, now), file.id, what, now)


def secret_file(office):
    with office.cleared("roads-je", Secrecy.CONFIDENTIAL):
        return office.file(JE, secrecy="confidential")


def kept(office, file) -> list[tuple[str, str]]:
    """Who has read it for which post, the first first."""
    with office.sessions() as session:
        found = select(Reading.reader, Reading.post).where(Reading.file_id == file.id)
        return [tuple(each) for each in session.execute(found.order_by(Reading.read_at))]


def wrong(office, only=None) -> list[tuple[str, str]]:
    found = []
    with office.sessions() as session:
        verify(session, city_keys_of_record(), found.append, only=only)
    return [(str(each.how), each.row) for each in found]


def told(office, who, file, **more):
    with office.sessions() as session:
        asked = Readings().load({"number": file.number, **more})
        return readings(session, actor(session, who, None, NOW), asked)


def test_a_clerk_of_another_department_who_reads_a_normal_file_is_kept(office):
    file = office.file(JE)
    read(office, HEALTH_CLERK, file)
    ((person, post),) = kept(office, file)
    assert post == "health-clerk"
    assert person not in ("health-clerk", "officer:health-clerk")
    assert wrong(office) == []


def test_of_those_whose_file_it_is_nothing_is_kept(office):
    file = office.file(JE)
    take(office.sessions, "mark", file, posts=["accounts"], question="?")
    office.forward(file, "health-head")
    office.forward(file, "roads-de", HEALTH)
    # Its department, the line above, who has had it, and who was asked.
    for who in (DE, CLERK, CE, COMMISSIONER, HEALTH, ACCOUNTS):
        read(office, who, file)
    assert kept(office, file) == []
    with office.sessions() as session:
        assert session.scalar(select(func.count()).where(Act.verb == "read")) == 0
    read(office, HEALTH_CLERK, file)
    assert len(kept(office, file)) == 1


def test_who_was_marked_to_stays_inside_when_the_answers_are_gathered(office):
    file = office.file(JE)
    take(office.sessions, "mark", file, posts=["accounts", "law"], question="?")
    take(office.sessions, "answer", file, ACCOUNTS, answer="!")
    take(office.sessions, "gather", file, withdraw=True)
    for who in (ACCOUNTS, Identity.of("officer:law", "officer")):
        read(office, who, file)
    assert kept(office, file) == []


def test_who_was_only_above_an_earlier_desk_is_outside_again(office):
    file = office.file(JE)
    office.forward(file, "health-clerk")
    read(office, HEALTH, file)
    assert kept(office, file) == []
    office.forward(file, "roads-je", HEALTH_CLERK)
    read(office, HEALTH, file)
    assert [post for _, post in kept(office, file)] == ["health-head"]


def test_of_a_secret_file_each_reading_but_the_holders_is_kept(office):
    file = secret_file(office)
    for who in (DE, CE, COMMISSIONER, JE):
        read(office, who, file)
    assert [post for _, post in kept(office, file)] == ["roads-de", "roads-ce", "commissioner"]
    office.forward(file, "roads-de")
    read(office, JE, file)
    assert [post for _, post in kept(office, file)][-1] == "roads-je"


def test_a_person_is_kept_once_a_day_of_india_with_what_was_read_first(office):
    file = office.file(JE)
    for what, after in (
        (What.LETTER, timedelta()),
        (What.NOTE_SHEET, timedelta(hours=1)),
        # Half past midnight in India is not yet the next day in UTC.
        (What.PAPER, timedelta(hours=14, minutes=30)),
    ):
        read(office, HEALTH_CLERK, file, what, NOW + after)
    items = told(office, JE, file)["items"]
    assert [(each["what"], each["day"]) for each in items] == [
        ("paper", "2026-07-02"),
        ("letter", "2026-07-01"),
    ]
    assert items[1]["read_at"] == "2026-07-01T04:30:00Z"
    assert wrong(office) == []


def test_what_is_kept_already_costs_an_insert_and_no_act(office):
    file = office.file(JE)
    read(office, HEALTH_CLERK, file)
    with office.sessions() as session:
        acts = session.scalar(select(func.count()).where(Act.verb == "read"))
    read(office, HEALTH_CLERK, file)
    with office.sessions() as session:
        assert session.scalar(select(func.count()).where(Act.verb == "read")) == acts == 1


def test_a_linked_officer_reads_for_the_post_and_is_named(postgres):
    with service_database(postgres, "eoffice") as found:
        office = Office(emptied(found))
        file = secret_file(office)
        with found.begin() as session:
            asked = {"person": "m.shinde3", "linked": "m.joglekar36"}
            days = {"since": "2026-07-01", "until": "2026-07-02", "post": "roads-ce"}
            take_leave(session, PORTAL, TakingLeave().load(asked | days), NOW)
        linked = Identity.of("officer:m.joglekar36", "officer")
        read(office, linked, file, post="roads-de")
        assert kept(office, file) == [("m.joglekar36", "roads-de")]


def test_where_a_service_reads_the_post_is_named(office):
    file = office.file(JE)
    read(office, PORTAL, file, post="health-head")
    read(office, PORTAL, file, post="roads-de")
    assert kept(office, file) == [("health-head", "health-head")]
    (item,) = told(office, JE, file)["items"]
    assert (item["person"], item["post"]) == (None, "health-head")


def test_of_what_was_brought_in_the_reading_is_kept(office):
    normal = office.archived("Old culvert", Secrecy.NORMAL)
    secret = office.archived("Old inquest", Secrecy.CONFIDENTIAL)
    for file in (normal, secret):
        for who in (REGISTRY, DE, HEALTH):
            read(office, who, file, What.ARCHIVE)
    assert [post for _, post in kept(office, normal)] == ["health-head"]
    assert len(kept(office, secret)) == 3
    assert [each["post"] for each in told(office, REGISTRY, normal)["items"]] == ["health-head"]
    with pytest.raises(Forbidden):
        told(office, HEALTH, normal)
    assert wrong(office) == []


def test_a_paper_is_read_in_each_file_that_has_it(office):
    normal, secret = office.file(JE), secret_file(office)
    paper = office.paper(JE, 2)
    for file in (normal, secret):
        office.add(file, paper_id=paper)

    def open_paper(who) -> None:
        with office.sessions.begin() as session:
            keep_reading_of_paper(session, actor(session, who, None, NOW), UUID(paper), NOW)

    for who in (JE, DE, HEALTH):
        open_paper(who)
    assert [post for _, post in kept(office, normal)] == ["health-head"]
    assert [post for _, post in kept(office, secret)] == ["roads-de", "health-head"]


def test_the_readings_of_the_files_of_a_paper_are_kept_by_the_files_ids(office):
    files = [office.file(JE) for _ in range(6)]
    paper = office.paper(JE, 2)
    for file in files:
        office.add(file, paper_id=paper)
    with office.sessions.begin() as session:
        # Without it the database sorts them by itself, to find those that come twice.
        session.execute(text("SET LOCAL enable_sort = off"))
        keep_reading_of_paper(session, actor(session, HEALTH, None, NOW), UUID(paper), NOW)
    with office.sessions() as session:
        kept = session.scalars(select(Reading.file_id).order_by(Reading.id)).all()
    # In this order their chains are locked: two readers do not wait for each other.
    assert kept == sorted(each.id for each in files)


def test_who_has_had_the_receipt_of_a_paper_reads_their_own(office):
    paper = office.paper(REGISTRY, 1)
    receipt = office.diarise(medium="email", papers=[paper])
    office.send(receipt, "health-clerk")
    office.receive(receipt, HEALTH_CLERK)
    office.send(receipt, "roads-je", HEALTH_CLERK)
    office.receive(receipt)
    file = office.file(JE)
    office.put(receipt, file)
    for who in (REGISTRY, HEALTH_CLERK, HEALTH):
        with office.sessions.begin() as session:
            keep_reading_of_paper(session, actor(session, who, None, NOW), UUID(paper), NOW)
    assert [post for _, post in kept(office, file)] == ["health-head"]


def test_the_readers_are_told_to_who_has_the_file_and_those_above_and_to_nobody_else(office):
    file = office.file(JE)
    read(office, HEALTH_CLERK, file)
    for who in (JE, DE, CE, COMMISSIONER):
        assert len(told(office, who, file)["items"]) == 1
    for who in (CLERK, HEALTH, HEALTH_CLERK, ACCOUNTS):
        with pytest.raises(Forbidden) as refused:
            told(office, who, file)
        assert refused.value.details["held_by"] == "roads-je"
    secret = office.file(DE, secrecy="confidential")
    with pytest.raises(NotFound):
        told(office, HEALTH, secret)


def test_the_list_goes_on_where_a_page_ended(office):
    file = office.file(JE)
    for day in range(5):
        read(office, HEALTH_CLERK, file, now=NOW + day * DAY)
    days, cursor = [], None
    while True:
        page = told(office, JE, file, limit=2, cursor=cursor)
        days.append([each["day"] for each in page["items"]])
        if (cursor := page["next"]) is None:
            break
    assert days == [
        ["2026-07-05", "2026-07-04"],
        ["2026-07-03", "2026-07-02"],
        ["2026-07-01"],
    ]
    other = office.file(JE)
    read(office, HEALTH_CLERK, other)
    with pytest.raises(Invalid):
        told(office, JE, other, cursor=told(office, JE, file, limit=2)["next"])


@pytest.mark.parametrize("one_file", [False, True], ids=["all", "one file"])
@pytest.mark.parametrize(
    ("hand", "how"),
    [
        ("UPDATE reading SET reader = 'nobody'", "changed"),
        ("UPDATE reading SET read_at = read_at + interval '1 day'", "changed"),
        ("DELETE FROM reading", "removed"),
        (
            "INSERT INTO reading (id, file_id, day, reader, post, what, read_at, rev) SELECT "
            "gen_random_uuid(), file_id, '2026-06-01', 'x', post, what, read_at, 1 FROM reading",
            "inserted",
        ),
    ],
)
def test_a_hand_in_the_table_is_found_out(office, hand, how, one_file):
    file = office.file(JE)
    read(office, HEALTH_CLERK, file)
    only = file.id if one_file else None
    assert wrong(office, only) == []
    with office.sessions.begin() as session:
        session.execute(text(hand))
    ((told_how, row),) = wrong(office, only)
    assert (told_how, row.partition(":")[0]) == (how, "reading")


def test_an_act_that_is_taken_back_with_its_row_is_missed(office):
    file = office.file(JE)
    read(office, HEALTH_CLERK, file)
    with office.sessions.begin() as session:
        session.execute(text("DELETE FROM reading"))
        session.execute(text("DELETE FROM act WHERE verb = 'read'"))
    for only in (None, file.id):
        assert any(str(chain_of(file.id)) in row for _, row in wrong(office, only))


def test_who_reads_does_not_wait_for_who_works_on_the_file(office):
    file = office.file(JE)
    with office.sessions.begin() as working:
        working.execute(text("SELECT 1 FROM file FOR UPDATE"))
        working.execute(text("SELECT 1 FROM chain FOR UPDATE"))
        with office.sessions.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            who = actor(session, HEALTH_CLERK, None, NOW)
            keep_reading(session, who, file.id, What.LETTER, NOW)
    assert len(kept(office, file)) == 1
