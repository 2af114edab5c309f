"""What happens around a project: counts of its links by day, movements of its files."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid, NotFound, Unavailable
from palika.events import Event
from services.eoffice.schemas import FILE_CLOSED, FILE_MOVED
from services.grievance.schemas import FILED
from services.tax.schemas import PAID
from services.warroom.cli import around
from services.warroom.commands.follow_files import follow_files
from services.warroom.commands.link import link
from services.warroom.commands.watch import watch
from services.warroom.commands.withdraw import withdraw
from services.warroom.models import FileMove, FollowedFile
from services.warroom.queries.activity import activity
from services.warroom.schemas import asking
from services.warroom.schemas.reading import Watching
from tests.support.warroom import ADMIN, NOW, Room, emptied, posts_of_city

WARD = "kothrud-bavdhan"
NUMBER = "ROADS/EST/TENDER/2026/0001"


@pytest.fixture
def room(database: sessionmaker[Session]) -> Room:
    return Room(emptied(database))


@pytest.fixture
def road(room: Room) -> str:
    return str(room.add().id)


def linked(room: Room, road: str, **given: Any) -> str:
    state = room.do(link, asking.Linking, {"id": road, **given})
    return str([*state.links][-1])


def filed(at: Any = NOW, **changed: Any) -> Event:
    data = {
        "grievance_id": uuid4(),
        "number": "G/1",
        "department": "roads",
        "category": "pothole",
        "parent_category": "roads",
        "ward": WARD,
        "channel": "web",
        "filed_at": at,
        "due_at": at,
    }
    return FILED.new(subject="x", data=data | changed)


def paid(amount: int) -> Event:
    ids = {name: uuid4() for name in ("property_id", "bill_id", "payment_id")}
    data = {**ids, "ward": WARD, "amount_paise": amount, "balance_paise": 0, "mode": "upi"}
    return PAID.new(subject="x", data=data | {"paid_at": NOW})


def told(room: Room, *events: Event) -> dict[str, Any]:
    with room.sessions.begin() as session:
        return watch(session, events, room.now)


def shown(room: Room, road: str, **asked: Any) -> dict[str, Any]:
    with room.sessions() as session:
        return activity(session, Watching().load({"id": road, **asked}), room.now)


def test_grievances_and_tax_of_the_ward_are_counted_by_day(room, road):
    area = linked(room, road, kind="area", ward=WARD)
    tax = linked(room, road, kind="tax", ward=WARD)
    today = room.later(days=1)
    told(room, filed(today), filed(today), filed(NOW), filed(ward="aundh-baner"), paid(7_00))
    told(room, filed(today), paid(3_00))
    found = {each["id"]: each for each in shown(room, road)["links"]}
    assert found[area]["totals"]["grievances_filed"] == 4
    assert found[area]["days"] == [
        {"day": "2026-06-01", "grievances_filed": 1},
        {"day": "2026-06-02", "grievances_filed": 3},
    ]
    assert found[tax]["totals"]["tax_paid_paise"] == 10_00
    one_day = shown(room, road, from_day="2026-06-01", to_day="2026-06-01")
    assert one_day["links"][0]["totals"]["grievances_filed"] == 1


def test_what_comes_late_lands_on_its_own_day_and_leaves_the_past_as_it_was_read(room, road):
    linked(room, road, kind="area", ward=WARD)
    told(room, filed())
    room.later(days=3)
    as_of = room.now.isoformat()
    asked = {"as_of": as_of, "from_day": "2026-06-01", "to_day": "2026-06-30"}
    before = shown(room, road, **asked)
    told(room, filed(NOW))
    assert shown(room, road, **asked) == before
    now = shown(room, road, from_day="2026-06-01", to_day="2026-06-30")
    assert now["links"][0]["days"] == [{"day": "2026-06-01", "grievances_filed": 2}]


def test_a_link_counts_from_when_it_is_made_until_it_is_taken_back(room, road):
    told(room, filed())
    area = linked(room, road, kind="area", ward=WARD)
    told(room, filed())
    made = room.later(hours=1).isoformat()
    room.later(days=1)
    taking = {"id": road, "kind": "link", "fact_id": area, "reason": "another ward"}
    room.do(withdraw, asking.Withdrawing, taking)
    told(room, filed())
    assert shown(room, road)["links"] == []
    (then,) = shown(room, road, as_of=made)["links"]
    assert then["id"] == area
    with room.sessions() as session:
        rows = session.connection().exec_driver_sql("SELECT amount FROM activity").all()
    assert rows == [(1,)]


def test_what_comes_late_of_a_day_before_the_link_is_not_counted(room, road):
    room.later(days=9)
    linked(room, road, kind="area", ward=WARD)
    told(room, filed(NOW), filed(room.now - timedelta(days=1)), filed(room.now))
    (found,) = shown(room, road, from_day="2026-05-01", to_day="2026-06-30")["links"]
    assert found["days"] == [{"day": "2026-06-10", "grievances_filed": 1}]


def test_a_busy_file_shows_its_movements_of_a_past_period_and_whether_there_are_more(
    room, road, monkeypatch
):
    linked(room, road, kind="file", target=NUMBER)
    key, moved = uuid4(), {"kind": "forward", "from_post": "a", "to_post": "b"}
    january, may = datetime(2026, 1, 31, 18, 29, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
    moments = [january, january + timedelta(minutes=1)]
    moments += [may + timedelta(hours=each) for each in range(100)]
    with room.sessions.begin() as session:
        session.add(FollowedFile(file_id=key, number=NUMBER, followed_at=room.now, caught_up=True))
        session.flush()
        for at in moments:
            session.add(FileMove(file_id=key, moved_at=at, known_at=room.now, **moved))
    (file,) = shown(room, road, from_day="2026-01-01", to_day="2026-01-31")["files"]
    # The last minute of the month in India, and not the first of the next.
    assert [each["at"] for each in file["moves"]] == ["2026-01-31T18:29:00Z"]
    assert file["more"] is False
    (file,) = shown(room, road, from_day="2026-05-01", to_day="2026-05-31")["files"]
    assert (len(file["moves"]), file["more"]) == (100, False)
    (file,) = shown(room, road, from_day="1990-01-01", to_day="2100-12-31")["files"]
    assert (len(file["moves"]), file["more"]) == (100, True)
    monkeypatch.setattr("services.warroom.queries.activity.MOST_MOVES", 99)
    (file,) = shown(room, road, from_day="2026-05-01", to_day="2026-05-31")["files"]
    assert (len(file["moves"]), file["more"]) == (99, True)
    assert file["moves"][0]["at"] == "2026-05-05T03:00:00Z"


def test_what_cannot_be_counted_is_refused_and_the_others_are_counted(room, road):
    linked(room, road, kind="area", ward=WARD)
    wrong, right = filed(), filed()
    wrong.data["filed_at"] = "yesterday"
    strange = FILE_MOVED.new(subject="x", data=moved(str(uuid4()), NOW))
    strange.data["file_id"] = "R/1"
    refused = told(room, wrong, right, strange)
    assert {each: one.reason.split(":")[0] for each, one in refused.items()} == {
        wrong.id: "filed_at",
        strange.id: "not a movement of a file",
    }
    assert shown(room, road)["links"][0]["totals"]["grievances_filed"] == 1


def test_a_hundred_thousand_events_of_a_day_are_a_row_a_measure(room, road):
    linked(room, road, kind="area", ward=WARD)
    one = filed()
    for _ in range(10):
        told(room, *[one] * 10_000)
    with room.sessions() as session:
        rows = session.connection().exec_driver_sql("SELECT amount FROM activity").all()
    assert rows == [(100_000,)]


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "tax"},
        {"kind": "tax", "ward": WARD, "category": "pothole"},
        {"kind": "tax", "ward": WARD, "target": "x"},
    ],
)
def test_property_tax_is_linked_by_its_ward_only(given):
    found = asking.Linking().validate({"id": str(uuid4()), **given})
    assert [*found] == ["ward"]


def test_a_period_that_ends_before_it_begins_is_refused(room, road):
    with pytest.raises(Invalid, match="no such period"):
        shown(room, road, from_day="2026-06-02", to_day="2026-06-01")


# ---- files


def moved(file: str, at: Any, **changed: Any) -> dict[str, Any]:
    data = {"file_id": file, "department": "roads", "from_post": "roads-je", "moved_at": at}
    return data | {"to_post": "roads-de", "minutes_held": 5, "kind": "put_up"} | changed


class Eoffice:
    """The e-office, as ``get`` answers."""

    def __init__(self) -> None:
        self.id = str(uuid4())
        self.secrecy = "normal"
        self.there = True
        self.movements: list[dict[str, Any]] = []
        self.asked: list[str] = []

    def move(self, at: Any) -> Event:
        data = moved(self.id, at)
        event = FILE_MOVED.new(subject=self.id, data=data)
        self.movements.append({**data, "moved_at": event.data["moved_at"]})
        return event

    def get(self, number: str, post: str) -> dict[str, Any]:
        self.asked.append(post)
        if not self.there:
            raise NotFound(f"there is no file {number}")
        return {
            "id": self.id,
            "number": number,
            "secrecy": self.secrecy,
            "movements": [*self.movements],
            "closed_at": None,
        }


@pytest.fixture
def office() -> Eoffice:
    return Eoffice()


def follow(room: Room, ask: Any) -> int:
    return follow_files(room.sessions.begin, ask, room.now, lambda: False)


def moves(room: Room, road: str) -> list[str]:
    (file,) = shown(room, road, from_day="2026-05-01", to_day="2026-06-30")["files"]
    return [each["at"] for each in file["moves"]]


def test_a_linked_file_shows_how_it_went_before_and_goes_on_by_event(room, road, office):
    linked(room, road, kind="file", target=NUMBER)
    earlier = office.move(NOW - timedelta(days=2))
    assert shown(room, road)["files"] == [{"number": NUMBER, "followed": False, "moves": []}]
    assert follow(room, office.get) == 1
    assert set(office.asked) == {"roads-ce"}
    later = office.move(NOW)
    # An event that comes again, or that tells what was asked for already, is kept once.
    told(room, later, earlier)
    told(room, later)
    assert moves(room, road) == [later.data["moved_at"], earlier.data["moved_at"]]
    assert follow(room, office.get) == 0
    closed = FILE_CLOSED.new(
        subject=office.id,
        data={
            "file_id": office.id,
            "department": "roads",
            "opened_at": NOW,
            "closed_at": NOW + timedelta(hours=1),
            "minutes_open": 60,
            "moves": 2,
        },
    )
    told(room, closed)
    (file,) = shown(room, road)["files"]
    assert file["moves"][0]["kind"] == "closed"


def test_what_happens_while_a_file_is_being_found_is_not_lost(room, road, office):
    linked(room, road, kind="file", target=NUMBER)
    between: list[Event] = []

    def get(number: str, post: str) -> dict[str, Any]:
        answer = office.get(number, post)
        if not between:
            # After the first answer, before the file is followed: no event of it is kept yet.
            between.append(office.move(NOW))
            told(room, *between)
        return answer

    follow(room, get)
    assert moves(room, road) == [between[0].data["moved_at"]]


@pytest.mark.parametrize("why", ["secret", "not_there"])
def test_nothing_is_kept_of_a_file_that_is_secret_or_not_the_owners_to_read(
    room, road, office, why
):
    linked(room, road, kind="file", target=NUMBER)
    office.secrecy, office.there = ("secret", True) if why == "secret" else ("normal", False)
    move = office.move(NOW)
    assert follow(room, office.get) == 0
    told(room, move)
    assert shown(room, road)["files"] == [{"number": NUMBER, "followed": False, "moves": []}]


def test_a_file_that_its_owner_may_not_read_is_asked_for_ever_later(room, road, office):
    linked(room, road, kind="file", target=NUMBER)
    other = str(room.add(code="RD-02", owner="drainage-ce").id)
    office.there = False
    asked = []
    for minute in range(60):
        before = len(office.asked)
        follow(room, office.get)
        asked += [minute] * (len(office.asked) - before)
        room.later(minutes=1)
    assert asked == [0, 2, 6, 14, 30]
    # Another post that answers for the same file is asked for at once, and keeps to its own time.
    room.do(link, asking.Linking, {"id": other, "kind": "file", "target": NUMBER}, ADMIN)
    follow(room, office.get)
    assert office.asked[-1] == "drainage-ce"
    room.later(days=30)
    follow(room, office.get)
    room.later(hours=6)
    office.there = True
    office.move(room.now)
    assert follow(room, office.get) >= 1
    with room.sessions() as session:
        assert session.connection().exec_driver_sql("SELECT * FROM unread_file").all() == []


def test_where_the_office_is_away_the_next_time_goes_on(room, road, office):
    linked(room, road, kind="file", target=NUMBER)
    office.move(NOW)

    def away(number: str, post: str) -> dict[str, Any]:
        if office.asked:
            raise Unavailable("eoffice.get: the service is not running")
        return office.get(number, post)

    with pytest.raises(Unavailable):
        follow(room, away)
    assert moves(room, road) == []
    assert follow(room, office.get) == 1
    assert len(moves(room, road)) == 1


def test_a_file_that_nobody_is_linked_to_leaves_nothing(room, road, office):
    told(room, office.move(NOW))
    with room.sessions() as session:
        assert session.connection().exec_driver_sql("SELECT * FROM file_move").all() == []


# ---- at a terminal


def test_it_is_shown_at_a_terminal(room, road, office, monkeypatch):
    monkeypatch.setattr(around, "sessions", lambda service: room.sessions)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(around.activity_command, arguments, env={"COLUMNS": "200"})

    period = ("--from", "2026-05-20", "--to", "2026-06-02")
    assert "no area, tax or file" in run("RD-01", "--language", "en").output
    linked(room, road, kind="area", ward=WARD)
    linked(room, road, kind="tax", ward=WARD)
    linked(room, road, kind="file", target=NUMBER)
    told(room, filed(), filed(), paid(1_23_456_00))
    english = run("RD-01", *period, "--language", "en")
    for each in ("Kothrud", "filed", "01-06-2026", "₹1,23,456", NUMBER, "not kept here"):
        assert each in english.output
    marathi = run("RD-01", *period).output
    for each in ("तक्रारी", "दाखल", "एकूण", "मिळकतकर"):
        assert each in marathi
    follow(room, office.get)
    told(room, office.move(NOW))
    assert "roads-je" in run("RD-01", *period).output
    monkeypatch.setattr("services.warroom.cli.portfolio.posts_of_city", posts_of_city)
    assert "कनिष्ठ अभियंता, पथ → roads-de" in run("RD-01", *period).output
    answer = json.loads(run("RD-01", *period, "--json").output)
    assert answer["links"][0]["totals"]["grievances_filed"] == 2
    wrong = run("RD-01", "--from", "2026-06-02", "--to", "2026-06-01")
    assert (wrong.exit_code, "no such period" in wrong.output) == (2, True)
