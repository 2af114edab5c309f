"""Routing on a real database: who is given what is filed or transferred, and how evenly."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from unittest import mock

import pytest
from sqlalchemy import event as sqlalchemy_events
from sqlalchemy import select, text

from palika.errors import Conflict
from services.grievance.commands.officers import set_all
from services.grievance.domain.posts import Entry
from services.grievance.domain.routing import Place, Post, choose
from services.grievance.models import Grievance, Leave, Officer
from services.grievance.queries import officers, search
from services.grievance.schemas import Searching
from tests.support.grievances import CENTRE, CITIZEN, HOUR, NOW
from tests.support.part import ROOT, wait_for

WARDS = ("aundh-baner", "kothrud-bavdhan")


@pytest.fixture
def posts(desk):
    """Makes posts: a code with what it has beside being of roads."""

    def make(*codes: str, **options) -> None:
        with desk.sessions.begin() as session:
            set_all(session, [Entry(code, **{"department": "roads", **options}) for code in codes])

    return make


def on_leave(desk, officer: str, substitute: str | None = None, since=NOW - HOUR) -> None:
    with desk.sessions.begin() as session:
        session.add(
            Leave(officer=officer, from_at=since, to_at=NOW + 30 * HOUR, substitute=substitute)
        )


def post_with_load(desk, officer: Officer) -> Post:
    """A post as the rule sees it, read without the statement that is under test."""
    with desk.sessions() as session:
        leave = session.scalar(select(Leave).where(Leave.officer == officer.code))
        return Post(
            officer.code,
            officer.department,
            officer.level,
            tuple(officer.wards),
            tuple(officer.categories),
            officer.capacity,
            officer.active,
            loads(desk)[officer.code],
            leave is not None,
            leave and leave.substitute,
        )


def loads(desk) -> Counter:
    with desk.sessions() as session:
        return Counter(session.scalars(select(Grievance.officer)).all())


def test_what_is_filed_is_given_at_once_to_the_post_of_its_ward(desk, posts):
    posts("je-aundh", wards=("aundh-baner",))
    posts("je-kothrud", wards=("kothrud-bavdhan",))
    posts("drains-je", department="drainage")
    posts("de", level=1)
    filed = desk.file(ward="kothrud-bavdhan")
    assert (filed.state, filed.officer, filed.version) == ("assigned", "je-kothrud", 2)
    assert filed.assigned_at == filed.acknowledged_at == NOW
    told = desk.events(filed)
    assert [event.name.rpartition(".")[2] for event in told] == ["filed", "assigned"]
    assert [event.sequence for event in told] == [1, 2]
    assert told[1].data["officer"] == "je-kothrud"
    entry = desk.timeline(filed)[1]
    assert (entry["step"], entry["actor_role"]) == ("assign", "service")
    # What is returned is what is stored.
    assert desk.stored(filed).officer == "je-kothrud"
    assert desk.timeline(filed, CITIZEN)[1]["by"] == "system"


def test_what_nobody_is_for_stays_filed_and_is_listed(desk, posts):
    posts("je-kothrud", wards=("kothrud-bavdhan",))
    posts("gone", active=False)
    posts("signs", categories=("road-signs",))
    left = desk.file(ward="aundh-baner")
    given = desk.file(ward="kothrud-bavdhan")
    assert (left.state, left.officer) == ("filed", None)
    read = desk.take("acknowledge", desk.file(ward=None), CENTRE)
    desk.take("withdraw", desk.file(ward="aundh-baner"), CITIZEN)
    assert given.officer == "je-kothrud"
    assert set(unassigned(desk)) == {str(left.id), str(read.id)}
    assert unassigned(desk, ward="aundh-baner") == [str(left.id)]


def unassigned(desk, **filters) -> list[str]:
    with desk.sessions() as session:
        loaded = Searching().load({"open": True, "unassigned": True} | filters)
        return [item["id"] for item in search.page(session, loaded, NOW)["items"]]


def test_filing_with_routing_is_one_statement_more(desk, posts):
    posts("je")
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    engine = desk.sessions.kw["bind"]
    counts = []
    desk.file()  # The year's sequence is there.
    sqlalchemy_events.listen(engine, "before_cursor_execute", count)
    try:
        for given in (False, True):
            with mock.patch("services.grievance.commands.assign.policy") as policy:
                policy.return_value.auto_assign = given
                assert (desk.file().officer is not None) is given
            counts.append(len(statements))
            statements.clear()
    finally:
        sqlalchemy_events.remove(engine, "before_cursor_execute", count)
    assert counts[1] == counts[0] + 1


def test_the_load_is_counted_in_the_index_of_the_desks(desk, posts):
    posts("je")
    with desk.sessions.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        statement = officers.posts_statement().params(
            department="roads", level=0, ward="aundh-baner", now=NOW
        )
        compiled = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {compiled}")))
    assert "ix_grievance_open_officer" in plan


def test_who_is_on_leave_is_given_nothing_and_the_substitute_stands_in(desk, posts):
    posts("a", wards=("aundh-baner",))
    posts("b", wards=("kothrud-bavdhan",))
    on_leave(desk, "a", "b")
    assert {desk.file(ward="aundh-baner").officer for _ in range(3)} == {"b"}
    # Before it begins, and from the moment at which it ends, the post is there.
    assert desk.file(now=NOW - HOUR - timedelta(seconds=1)).officer == "a"
    assert desk.file(now=NOW + 30 * HOUR).officer == "a"
    on_leave(desk, "b")
    assert desk.file(ward="aundh-baner").officer is None


def test_a_transfer_routes_anew(desk, posts):
    posts("roads-1", "roads-2")
    posts("drains", department="drainage")
    posts("roads-je", level=1)
    filed = desk.file()
    assert filed.officer == "roads-1"
    moved = desk.take("transfer", filed, category="drainage-choked")
    assert (moved.department, moved.state, moved.officer) == ("drainage", "assigned", "drains")
    steps = [entry["step"] for entry in desk.timeline(filed)]
    assert steps == ["file", "assign", "transfer", "assign"]
    assert [event.sequence for event in desk.events(filed)] == [1, 2, 3, 4]
    assert desk.stored(filed).officer == "drains"
    with desk.sessions.begin() as session:
        session.get(Officer, "drains").active = False
    other = desk.take("transfer", desk.file(), category="drainage-choked")
    assert (other.state, other.officer) == ("acknowledged", None)
    with pytest.raises(Conflict, match="already"):
        desk.take("transfer", other, category="drainage-choked")


def test_a_rung_of_the_ladder_is_the_post_of_that_department_and_ward(desk, posts):
    posts("de-west", level=1, wards=("aundh-baner",))
    posts("de-other", level=1, wards=("kothrud-bavdhan",))
    posts("head", level=3, categories=("road-works",))
    posts("drains-de", level=1, department="drainage")
    with desk.sessions() as session:

        def rung(level: int, ward: str | None = "aundh-baner", now=NOW):
            return officers.post_of(session, "roads", ward, level, now)

        assert [rung(level) for level in range(4)] == [None, "de-west", None, "head"]
        assert rung(1, None) is None
    on_leave(desk, "de-west", "de-other")
    with desk.sessions() as session:
        found = officers.post_of(session, "roads", "aundh-baner", 1, NOW)
        assert found == "de-other"


def test_the_database_asks_nobody_whom_the_rule_would_not(desk, posts):
    """The statement narrows the posts down; that must not change who is chosen."""
    posts("all", "all-2")
    posts("west", "west-2", wards=("aundh-baner",), capacity=20)
    posts("both", wards=WARDS, capacity=90)
    posts("signs", categories=("road-signs",))
    posts("gone", active=False)
    posts("de", level=1)
    posts("drains", department="drainage")
    on_leave(desk, "west", "both")
    on_leave(desk, "all", "gone")
    on_leave(desk, "signs", "drains")
    for number in range(40):
        desk.file(ward=WARDS[number % 2])
    with desk.sessions() as session:
        everybody = [post_with_load(desk, each) for each in session.scalars(select(Officer))]
        for ward in (*WARDS, "bibwewadi", None):
            for department in ("roads", "drainage"):
                for category in ("pothole", "road-signs"):
                    for level in (0, 1):
                        place = Place(department, ward, category)
                        narrowed = officers.posts_around(session, place, level, NOW)
                        assert choose(narrowed, place, level) == choose(everybody, place, level)


FILER = """
import sys
from datetime import UTC, datetime
from palika.auth import Identity
from palika.database import sessions
from services.grievance.commands.file import file_grievance
from services.grievance.schemas import Filing

filing = {"category": "pothole", "ward": "aundh-baner", "description": "A hole"}
of = sessions("grievance")
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[1])):
    with of.begin() as session:
        loaded = Filing().load(filing)
        file_grievance(session, Identity.of("c:1", "citizen"), loaded, datetime.now(UTC))
"""


def test_a_thousand_filings_of_two_processes_at_once_are_spread_evenly(desk, posts):
    posts(*(f"je-{number}" for number in range(8)))
    posts("half", capacity=25)
    bound = desk.sessions.kw["bind"].url.set(drivername="postgresql")
    url = bound.render_as_string(hide_password=False)
    # Neither knows of what the other has not yet committed: that is one grievance each at a time,
    # and who has got one too many gets the next one later.
    filers = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", FILER, "500"],
            cwd=ROOT,
            env={"PATH": "", "PYTHONPATH": str(ROOT), "GRIEVANCE_DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for each in filers:
            assert each.stdout.readline() == "ready\n"
        for each in filers:
            each.stdin.write("go\n")
            each.stdin.flush()
        wait_for(lambda: all(each.poll() is not None for each in filers), 120, "both have filed")
    finally:
        for each in filers:
            each.kill()
            each.wait()
    assert [each.returncode for each in filers] == [0, 0]
    counted = loads(desk)
    assert counted.total() == 1_000
    half = counted.pop("half")
    assert len(counted) == 8
    # 1,000 over eight and a half: 117 or 118 each, and 58 or 59 for the half.
    assert min(counted.values()) >= 116
    assert max(counted.values()) <= 119
    assert 57 <= half <= 60
