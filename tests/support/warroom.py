"""What the tests of the war room share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.events import Event
from palika.tables import outbox
from services.warroom.commands.add_milestone import add_milestone
from services.warroom.commands.add_project import add_project
from services.warroom.domain.facts import State
from services.warroom.schemas import asking

NOW = datetime(2026, 6, 1, 4, 30, tzinfo=UTC)
"""10:00 in India."""
TODAY = date(2026, 6, 1)
OWNER = Identity.of("officer:roads-ce", "officer")
OTHER = Identity.of("officer:drainage-ce", "officer")
ADMIN = Identity.of("admin:palika", "admin")
PROJECT: dict[str, Any] = {
    "code": "RD-01",
    "name": {"mr": "रस्ता", "en": "A road"},
    "department": "roads",
    "owner": "roads-ce",
    "starts_on": "2026-01-01",
    "wards": ["kothrud-bavdhan"],
    "public": True,
}
MILESTONE: dict[str, Any] = {
    "key": "dpr",
    "name": {"mr": "अहवाल", "en": "Report"},
    "stage": "dpr",
    "weight": 10,
    "planned_on": "2026-03-01",
}

Command = Callable[[Session, Identity, Mapping[str, Any], datetime], State]


def emptied(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same database, with nothing in it. (The triggers that keep the past are a row's.)"""
    with database.begin() as session:
        session.execute(
            text(
                "TRUNCATE version, change, project, activity, followed_file, unread_file,"
                " file_move, unset_pack, seen, review_version, review_change, review, kpi_alert,"
                " outbox"
            )
        )
    return database


class Room:
    """The war room on a database, with a clock of the test's own."""

    def __init__(self, database: sessionmaker[Session]) -> None:
        self.sessions = database
        self.now = NOW

    def later(self, **by: float) -> datetime:
        """Time passes."""
        self.now += timedelta(**by)
        return self.now

    def do(
        self, command: Command, schema: Any, given: dict[str, Any], caller: Identity = OWNER
    ) -> State:
        """A call, with checked arguments."""
        with self.sessions.begin() as session:
            return command(session, caller, schema().load(given), self.now)

    def add(self, **given: Any) -> State:
        """A project."""
        return self.do(add_project, asking.Adding, {**PROJECT, **given}, ADMIN)

    def milestone(self, project: UUID, **given: Any) -> State:
        """A milestone."""
        return self.do(
            add_milestone, asking.AddingMilestone, {**MILESTONE, "id": str(project), **given}
        )

    def key(self, state: State, milestone: str) -> str:
        """The id of a milestone by its key."""
        return next(str(key) for key, each in state.milestones.items() if each.key == milestone)

    def events(self) -> list[Event]:
        """What was recorded, in order."""
        with self.sessions() as session:
            asked = outbox.select().order_by(outbox.c.position)
            return [Event.from_json(row.body) for row in session.execute(asked)]

    def told(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of a type."""
        return [each.data for each in self.events() if each.type == f"warroom.{name}.v1"]


def three_in_a_row(room: Room) -> str:
    """A project with three milestones in a row: dpr, tender, work."""
    added = room.add()
    room.milestone(added.id)
    dpr = room.key(room.milestone(added.id, key="land", planned_on="2026-02-01"), "dpr")
    state = room.milestone(
        added.id, key="tender", stage="tender", planned_on="2026-07-01", after=[dpr]
    )
    tender = room.key(state, "tender")
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01", after=[tender])
    return str(added.id)


POSTS: Final = {
    "commissioner": {"mr": "महानगरपालिका आयुक्त", "en": "Municipal Commissioner"},
    "electrical-head": {"mr": "विद्युत विभागप्रमुख", "en": "Head of Electrical"},
    "roads-je": {"mr": "कनिष्ठ अभियंता, पथ", "en": "Junior Engineer, Roads"},
}


def posts_of_city(codes: Sequence[str], within_s: float | None = None) -> dict[str, Any]:
    """``eoffice.posts`` of a city that has ``POSTS``; a terminal waits no longer than a second."""
    assert within_s is not None
    assert within_s <= 1
    return {"posts": {each: POSTS[each] for each in codes if each in POSTS}, "unknown": {}}
